"""`upgrade run` and `upgrade rollback`: pods are replaced one by one by pods of another image, the master last and behind a switch. Each system is set up for
these tests alone, and taken down behind them."""
import json
import signal
import time
import unittest

from onenode.places import ROOT
from world import people, systems
from world.kubectl import OWN, eventually, get, kubectl, pods, ready
from world.program import REDISCTL, environment, redisctl
from world.switching import Switched, state_folder
from world.systems import System
from keyboard import Keyboard  # found where world.switching says
from writer import Writer

OLD, NEW, NOWHERE = "docker.io/local/redis:7.0", "docker.io/local/redis:8.0", "docker.io/local/redis:nowhere"
CHART = System("upgraded", 3, parts=[systems.sb("up", "up-redis", 3, systems.PASSWORD)])
PLAIN = System("upgraded-plain", 3, parts=[systems.plain("plain", "redis:7.0", 3)])
WATCHED = System("upgraded-watched", 3, parts=[("bitnami-sentinel.yaml", systems.bitnami_sentinel("eel"))])
ALL = (CHART, PLAIN, WATCHED)
# Who may do what, by the Roles of docs/rbac.yaml alone.
ACCOUNTS = {"switcher": ["redisctl-view", "redisctl-switch"], "upgrader": ["redisctl-view", "redisctl-switch", "redisctl-upgrade"]}
# How late this machine lets a server answer is no matter of these tests.
LATE = ["--override", "latency"]
# Nor that these systems keep nothing on disk, which `upgrade check` calls critical.
ANYWAY = [*LATE, "--override", "findings"]


def setUpModule():
    if not OWN:
        raise unittest.SkipTest("needs images of several Redis versions: only the tests' own cluster has them")
    kubectl("apply", "-f", "-", text_in=systems.items([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": system.namespace}} for system in ALL]))
    kubectl("apply", "-f", "-", text_in="\n---\n".join(systems.rendered(system, *part) for system in ALL for part in system.parts))
    kubectl("apply", "-n", CHART.namespace, "-f", str(ROOT / "docs" / "rbac.yaml"))
    for account, roles in ACCOUNTS.items():
        kubectl("create", "serviceaccount", account, "-n", CHART.namespace)
        for role in roles:
            kubectl("create", "rolebinding", f"{account}-{role}", "-n", CHART.namespace, f"--role={role}", f"--serviceaccount={CHART.namespace}:{account}")
    for system in ALL:
        eventually(f"{system.pods} pods ready in {system.namespace}", lambda: sum(map(ready, pods(system.namespace).values())) == system.pods, 120)


def tearDownModule():
    kubectl("delete", "namespace", "--timeout=100s", "--ignore-not-found", *[system.namespace for system in ALL])


class Upgrading(unittest.TestCase):
    maxDiff = None

    def of(self, system: System, instance: str, workload: str, password: str = None) -> None:
        self.redis, self.workload, self.state = Switched(system, instance, password), workload, state_folder("upgrade")

    def upgrade(self, what: str, *arguments, code: int, outcome: str, kubeconfig=None):
        change = self.redis.change("upgrade", what, *arguments, timeout=300, XDG_STATE_HOME=self.state, kubeconfig=kubeconfig)
        self.assertEqual((change.code, change.result["exitCode"], change.result["outcome"], change.result["command"]), (code, code, outcome, f"upgrade {what}"), change)
        self.assertNotIn("pa55", change.answer.said)
        return change

    def set(self) -> dict:
        return get("statefulset", self.workload, "-n", self.redis.namespace)

    def images(self) -> dict:
        """Of the container redis, by pod."""
        return {name: next(c["image"] for c in pod["spec"]["containers"] if c["name"] == "redis") for name, pod in pods(self.redis.namespace).items()}

    def uids(self) -> dict:
        return {name: pod["metadata"]["uid"] for name, pod in pods(self.redis.namespace).items()}

    def strategy(self) -> str:
        return self.set()["spec"]["updateStrategy"]["type"]

    def note(self) -> dict:
        text = self.set()["metadata"].get("annotations", {}).get("redisctl.io/upgrade")
        return json.loads(text) if text else None

    def check_given_back(self, image: str, master: str) -> None:
        """All run the image, follow the master, and Kubernetes updates them as it did before, with nothing to do."""
        self.assertEqual(self.images(), dict.fromkeys(self.redis.names, image))
        self.redis.addresses.clear()
        for name in self.redis.names:
            self.redis.ip(name)
        self.assertEqual(self.redis.roles(), self.redis.settled(master))
        self.assertEqual((self.strategy(), self.note(), self.redis.lease()["holder"]), ("RollingUpdate", None, ""))
        before = self.uids()
        eventually("the controller has nothing to update", lambda: self.set()["status"]["currentRevision"] == self.set()["status"]["updateRevision"], 30)
        self.assertEqual(self.uids(), before, "giving the strategy back replaced pods")

    def replaced(self, change) -> list:
        return [event["node"] for event in change.events if event.get("status") == "done" and event["step"].startswith("replace-")]


class OnTheChart(Upgrading):
    """Pod 0 is the master at every start: away it goes, and home again."""

    def setUp(self):
        self.of(CHART, "up", "up-redis", systems.PASSWORD)

    def test_1_a_dry_run_changes_nothing(self):
        before = self.set(), self.uids()
        plan = self.redis.change("upgrade", "run", "--image", NEW, "--dry-run", *ANYWAY, XDG_STATE_HOME=self.state).result
        self.assertEqual((plan["kind"], plan["command"]), ("Plan", "upgrade run"))
        steps = [step["id"] for step in plan["steps"]]
        self.assertEqual(steps, ["save-state", "hold", "replace-up-redis-2", "replace-up-redis-1", "switch", "replace-up-redis-0", "return-home", "give-back", "verify"])
        self.assertEqual((self.set()["spec"], self.uids()), (before[0]["spec"], before[1]))

    def test_1_who_may_not_replace_pods(self):
        before = self.set()["spec"], self.uids()
        refused = self.upgrade("run", "--image", NEW, *ANYWAY, code=6, outcome="refused", kubeconfig=people.with_token("switcher", self.redis.namespace))
        self.assertIn("permissions", refused.result["errors"][0]["message"])
        self.assertEqual((self.set()["spec"], self.uids()), before)

    def test_1_nobody_to_ask(self):
        """--step without a terminal stops before anything is changed."""
        before = self.set()["spec"], self.uids()
        self.upgrade("run", "--image", NEW, "--step", *ANYWAY, code=6, outcome="refused")
        self.assertEqual((self.set()["spec"], self.uids()), before)
        self.assertEqual(self.redis.lease()["holder"], "")

    def test_2_run_and_no_way_back(self):
        service = self.redis.service("up-redis")["spec"]["clusterIP"]
        with Writer([f"{service}:6379"], password=systems.PASSWORD, timeout=3) as writer:
            change = self.upgrade("run", "--image", NEW, *ANYWAY, code=0, outcome="done", kubeconfig=people.with_token("upgrader", self.redis.namespace))
            self.assertEqual(self.replaced(change), ["up-redis-2", "up-redis-1", "up-redis-0"], "the master is the last")
            switches = [event for event in change.events if event["kind"] == "OperationResult"]
            self.assertEqual([(one["from"], one["to"], one["lostBytes"]) for one in switches], [("up-redis-0", "up-redis-1", 0), ("up-redis-1", "up-redis-0", 0)], change)
            self.check_given_back(NEW, "up-redis-0")
            written = writer.stop(f"{self.redis.ip('up-redis-0')}:6379")
        self.assertGreater(written.acked, 100)
        self.assertEqual(written.lost, 0, written)
        proof = change.result["proof"]
        self.assertEqual([gate for gate in proof["gates"] if not gate["ok"]], [])
        self.assertEqual({node["version"][:2] for node in proof["nodes"]}, {"8."})
        self.assertEqual([one["givenBack"] for one in proof["statefulSets"]], [True])

        with self.subTest("the file of before is one that upgrade verify takes"):
            words = ["verify", proof["before"], "-n", self.redis.namespace, "--instance", "up", "--json"]
            gates = {gate["gate"]: gate["ok"] for gate in redisctl("upgrade", *words).document["items"][0]["gates"]}
            # A cache with keys and without persistence is what `doctor` calls critical, before and after.
            self.assertEqual(gates.pop("findings"), False)
            self.assertEqual(set(gates.values()), {True}, gates)
        with self.subTest("the same again"):
            self.upgrade("run", "--image", NEW, code=0, outcome="noop")
        with self.subTest("what upgrade check refuses is refused"):
            before = self.uids()
            refused = self.upgrade("run", "--image", NOWHERE, *LATE, code=6, outcome="refused")
            self.assertIn("findings: MASTER_NOT_PERSISTENT", refused.result["errors"][0]["cause"])
            self.assertEqual(self.uids(), before)
        with self.subTest("7.0 cannot load what 8.0 replicates"):
            before = self.set()["spec"], self.uids()
            refused = self.upgrade("rollback", *ANYWAY, code=6, outcome="refused")
            self.assertIn("rdb-version", refused.result["errors"][0]["message"])
            self.assertIn("RDB 12", refused.result["errors"][0]["cause"])
            self.assertIn("redisctl restore rdb", refused.result["errors"][0]["hint"])
            self.assertEqual((self.set()["spec"], self.uids()), before)


class Stopped(Upgrading):
    """Hand-written pods: pod 0 starts as the master, and no chart is known to say so."""

    def setUp(self):
        self.of(PLAIN, "plain", "plain")

    def test_1_no_record_of_any(self):
        refused = self.upgrade("rollback", code=6, outcome="refused")
        self.assertEqual(refused.result["errors"][0]["code"], "NO_RECORD")

    def test_2_an_image_that_is_not_there(self):
        before = self.uids()
        stopped = self.upgrade("run", "--image", NOWHERE, "--wait", "6s", *ANYWAY, code=9, outcome="incomplete")
        error = stopped.result["errors"][0]
        self.assertEqual((error["code"], error["message"]), ("NOT_CAUGHT_UP", "plain-2 is no caught-up replica after 6 s"))
        self.assertIn(f"upgrade run --image {NOWHERE} -n {self.redis.namespace} --instance plain, or redisctl upgrade rollback", error["hint"])
        self.assertEqual(self.images(), {"plain-0": OLD, "plain-1": OLD, "plain-2": NOWHERE})
        self.assertEqual({name: self.uids()[name] for name in ("plain-0", "plain-1")}, {name: before[name] for name in ("plain-0", "plain-1")})
        self.assertEqual((self.strategy(), self.note()["image"], self.redis.lease()["holder"]), ("OnDelete", OLD, ""))
        self.assertIn(f"plain-0 (master): {OLD}, answers as 7.0.15", stopped.result["achieved"])
        self.assertTrue(any("is left at OnDelete" in sentence for sentence in stopped.result["achieved"]), stopped)

        with self.subTest("doctor tells of it"):
            answer = redisctl("doctor", "-n", self.redis.namespace, "--instance", "plain", "--json")
            left, = [finding for finding in answer.document["findings"] if finding["code"] == "UPGRADE_UNFINISHED"]
            self.assertIn(f"the upgrade of StatefulSet plain from {OLD} to {NOWHERE} is under way or was left", left["message"])

        with self.subTest("a colleague elsewhere goes back by the note on the StatefulSet alone"):
            self.state = state_folder("colleague")
            back = self.upgrade("rollback", *ANYWAY, code=0, outcome="done")
            self.assertEqual(self.replaced(back), ["plain-2"])
            self.check_given_back(OLD, "plain-0")

    def test_3_killed_and_taken_back(self):
        """Its pod comes back by itself and no other goes; its lock is in the way until it expires, and nothing else is."""
        with self.redis.begin("upgrade", "run", "--image", NEW, *ANYWAY, XDG_STATE_HOME=self.state) as running:
            running.until("replace-plain-2", "started")
            running.send(signal.SIGKILL)
            running.end()

        def plan():
            return self.redis.change("upgrade", "rollback", *ANYWAY, "--dry-run", XDG_STATE_HOME=self.state)

        refused = plan()
        self.assertEqual((refused.code, "lock" in refused.result["errors"][0]["message"]), (6, True), refused)
        self.assertIn("another change is under way, or was killed less than 30s ago: redisctl history", json.dumps(refused.result["errors"]))
        eventually("the pod is back", lambda: self.images().get("plain-2") == NEW and all(map(ready, pods(self.redis.namespace).values())), 60)
        self.assertEqual(self.images(), {"plain-0": OLD, "plain-1": OLD, "plain-2": NEW})
        self.assertEqual((self.strategy(), self.note()["image"]), ("OnDelete", OLD))
        eventually("the lock has expired", lambda: plan().code == 0, 40, 1)
        back = self.upgrade("rollback", *ANYWAY, code=0, outcome="done")
        self.assertEqual(self.replaced(back), ["plain-2"])
        self.check_given_back(OLD, "plain-0")

    def test_4_interrupted_and_gone_on(self):
        self.interrupted("plain-2", 1)
        # It waits for the one that is away, and touches no other.
        self.assertEqual(self.images(), {"plain-0": OLD, "plain-1": OLD, "plain-2": NEW})
        with self.subTest("a second Ctrl-C does not wait"):
            self.interrupted("plain-1", 2)
            eventually("the pod is back", lambda: self.images().get("plain-1") == NEW, 60)
        with self.subTest("step by step, on a terminal"):
            words = [REDISCTL, "upgrade", "run", "--image", NEW, "-n", self.redis.namespace, "--instance", "plain", "--yes", "--step", *ANYWAY]
            with Keyboard(words, environment(XDG_STATE_HOME=self.state, TERM="xterm")) as keyboard:
                keyboard.wait_for("set the image", "go on?")
                keyboard.type("y\r")
                keyboard.wait_for("switch away from plain-0", "go on?")
                keyboard.type("n\r")
                keyboard.wait_for("stopped before: switch away from plain-0")
                self.assertEqual(keyboard.end(), 9)
            self.assertEqual((self.images()["plain-0"], self.redis.roles()["plain-0"], self.strategy(), self.redis.lease()["holder"]), (OLD, "master", "OnDelete", ""))
            with Keyboard(words, environment(XDG_STATE_HOME=self.state, TERM="xterm")) as keyboard:
                for question in "set the image", "switch away from plain-0", "replace plain-0", "return home to plain-0":
                    keyboard.wait_for(question, "go on?")
                    keyboard.type("y\r")
                self.assertEqual(keyboard.end(), 0)
        self.check_given_back(NEW, "plain-0")

    def interrupted(self, node: str, times: int) -> None:
        """While that one is away."""
        with self.redis.begin("upgrade", "run", "--image", NEW, *ANYWAY, XDG_STATE_HOME=self.state) as running:
            running.until(f"replace-{node}", "started", seconds=60)
            for _ in range(times):
                running.send(signal.SIGINT)
                time.sleep(0.2)
            answer = running.end(120 if times == 1 else 5)
        self.assertEqual(answer.code, 9, answer)
        self.assertEqual((self.strategy(), self.redis.lease()["holder"]), ("OnDelete", ""))


class WatchedBySentinels(Upgrading):
    def test_they_stay_agreed(self):
        self.of(WATCHED, "eel", "eel-redis-node", systems.PASSWORD)
        sentinels = {name: next(c["image"] for c in pod["spec"]["containers"] if c["name"] == "sentinel") for name, pod in pods(self.redis.namespace).items()}
        change = self.redis.change("upgrade", "run", "--image", NEW, *ANYWAY, timeout=300, XDG_STATE_HOME=self.state)
        if change.code == 9:
            # 7.0 came to a full resync behind the switch, which it cannot load; now that it is 8.0 too, the switch ends.
            self.assertEqual([error["code"] for error in change.result["errors"]], ["SWITCH_UNFINISHED"], change)
            resumed = self.redis.change("resume", timeout=120, XDG_STATE_HOME=self.state)
            self.assertEqual((resumed.code, resumed.result["outcome"]), (0, "done"), resumed)
        else:
            self.assertEqual((change.code, change.result["outcome"]), (0, "done"), change)
        self.assertEqual(self.replaced(change)[-1], "eel-redis-node-0", "the master is the last")
        master = next(name for name, role in self.redis.roles().items() if role == "master")
        self.assertNotEqual(master, "eel-redis-node-0", "there is no home to return to")
        self.check_given_back(NEW, master)
        self.assertEqual({name: next(c["image"] for c in pod["spec"]["containers"] if c["name"] == "sentinel") for name, pod in pods(self.redis.namespace).items()}, sentinels)
