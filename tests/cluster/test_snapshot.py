"""Snapshots of volumes, made and restored: a chart's three pods without an AOF and not as root, and three with one under Sentinel. The volumes and their snapshots
are real ones (test_volumes)."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from onenode.extras import DRIVER
from onenode.places import ROOT, VOLUMES
from world import people, systems, volumes
from world.charts import Switching, leading_to
from world.kubectl import KUBECONFIG, eventually, get, kubectl, pods, ready
from world.program import redisctl, start
from world.switching import Client, Running, Switched, change_of

SB = systems.System("snapshots", 3, own_only=True, parts=[systems.sb("my-redis", "my-redis", 3, systems.PASSWORD), ("keepers.yaml", {})])
SENTINEL = systems.System("snapshots-sentinel", 3, own_only=True, parts=[("bitnami-sentinel.yaml", systems.bitnami_sentinel("ant"))])
TEMPORARY = ("pods", "persistentvolumeclaims", "secrets", "configmaps")


def setUpModule():
    volumes.serve()
    for system, user in (SB, volumes.USER), (SENTINEL, None):
        # They stand already when the module is tried once more.
        if f"namespace/{system.namespace}" in kubectl("get", "namespaces", "--field-selector", "status.phase=Active", "-o", "name"):
            continue
        kubectl("create", "namespace", system.namespace)
        kubectl("apply", "-n", system.namespace, "-f", str(ROOT / "docs" / "rbac.yaml"))
        for part in system.parts:
            kubectl("apply", "-f", "-", text_in=volumes.on_volumes(systems.rendered(system, *part), user))
    for system in SB, SENTINEL:
        eventually(f"the pods of {system.namespace} are ready", lambda: sum(map(ready, pods(system.namespace).values())) == system.pods, 180)


class Keeping(Switching):
    """Each test begins with a thousand keys."""

    system, instance = SB, "my-redis"
    home = leading_to("my-redis-0")

    def setUp(self):
        super().setUp()
        self.redis = Switched(self.system, self.instance, systems.PASSWORD, home=self.home)
        self.master = self.the_master()
        self.redis.ask(self.master, "FLUSHALL")
        self.write("before", 1000)
        self.begun = self.everything()

    def the_master(self) -> str:
        def one():
            roles = self.redis.roles()
            return next((name for name, role in roles.items() if role == "master" and roles == self.redis.settled(name)), None)

        return eventually("one master that all others follow", one, 60)

    @property
    def target(self) -> list:
        return ["-n", self.redis.namespace, "--instance", self.instance]

    # The truth

    def write(self, prefix: str, count: int) -> None:
        with self.redis.client(self.master) as client:
            for i in range(count):
                client.command("SET", f"{prefix}:{i}", i)
            self.assertEqual(client.command("WAIT", 2, 5000), 2)

    def sizes(self) -> set:
        return {self.redis.ask(pod, "DBSIZE") for pod in self.redis.names}

    def everything(self) -> dict:
        """What is in the namespace; of pods also how often they began."""
        found = {kind: {each["metadata"]["name"] for each in get(kind, "-n", self.redis.namespace)["items"]} for kind in TEMPORARY}
        found["began"] = {(name, pod["metadata"]["uid"], *(each["restartCount"] for each in pod["status"]["containerStatuses"]))
                          for name, pod in pods(self.redis.namespace).items() if name in self.redis.names}
        found["volumes"] = {each.name for each in (VOLUMES / "volumes").iterdir()}
        return found

    def nothing_left(self) -> None:
        """A volume goes some moments after its claim."""
        eventually(f"nothing is left\n{self.begun}", lambda: self.everything() == self.begun, 30)

    def snapshots(self) -> dict:
        return {each["metadata"]["name"]: each for each in get("volumesnapshots", "-n", self.redis.namespace)["items"]}

    @contextlib.contextmanager
    def loaded(self, snapshot: str, *flags: str):
        """A server that has nothing but a volume made from it."""
        image, where = systems.image("redis:7.0"), ["-n", self.redis.namespace]
        container = {"name": "redis", "image": image["IMAGE"], "imagePullPolicy": image["PULL"], "command": ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", *flags],
                     "volumeMounts": [{"name": "data", "mountPath": "/data"}], "startupProbe": {"exec": {"command": ["redis-cli", "dbsize"]}, "periodSeconds": 1}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader", "namespace": self.redis.namespace},
               "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "reader"}}]}}
        kubectl("apply", "-f", "-", text_in=systems.items([volumes.claim("reader", self.redis.namespace, snapshot), pod]))
        try:
            eventually("it has loaded", lambda: ready(pods(self.redis.namespace)["reader"]), 60)
            with Client(socket.create_connection((pods(self.redis.namespace)["reader"]["status"]["podIP"], 6379), 5)) as client:
                yield client
        finally:
            kubectl("delete", *where, "pod/reader", "pvc/reader")

    # Doing

    def create(self, *arguments, code: int = 0, **how) -> dict:
        return self.only(self.document("snapshot create", "Snapshot", *self.target, *arguments, code=code, **how)["items"])

    def restoring(self, *arguments) -> list:
        words = ["snapshot", "restore", *arguments, *self.target, "--json", "--confirm", self.instance]
        return words if "--no-safety-backup" in arguments else [*words, "--dir", self.enterContext(tempfile.TemporaryDirectory())]

    def restore(self, *arguments, **how):
        return change_of(redisctl(*self.restoring(*arguments), timeout=120, XDG_STATE_HOME=self.state, **how))


class Making(Keeping):
    def test_the_old_target(self):
        """Its lines are joined to one, so the here-document never begins, and what should be in it is run as commands. Ours waits until the driver has it."""
        script = ("PVC=data-my-redis-0; NAME=old; cat <<END | kubectl apply -f - ; apiVersion: snapshot.storage.k8s.io/v1; kind: VolumeSnapshot; metadata:; name: $NAME; "
                  "spec:; source:; persistentVolumeClaimName: $PVC; END echo made $NAME")
        before = self.snapshots()
        old = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, env=dict(os.environ, KUBECONFIG=KUBECONFIG))
        self.assertEqual((old.returncode, self.snapshots()), (127, before), old)
        made = self.create("--class", volumes.SLOW)
        self.assertEqual((made["outcome"], self.snapshots()[made["snapshot"]]["status"]["readyToUse"], made["tookMs"] > 3000), ("ready", True, True), made)

    def test_the_freshest_replicas(self):
        """A node that nobody named is a replica; what it holds was saved just now, and the note says up to where. A plan alone makes nothing."""
        before = self.snapshots()
        self.assertEqual((self.create("--dry-run")["outcome"], self.snapshots()), ("planned", before))
        made = self.create()
        self.assertEqual((made["outcome"], made["role"], made["node"] != self.master, made["keys"], made["aof"]), ("ready", "replica", True, {"db0": 1000}, False), made)
        self.assertEqual((made["claim"], made["class"], made["driver"]), (f"data-{made['node']}", volumes.CLASS, DRIVER), made)
        self.assertLessEqual(made["offset"], int(self.redis.field(made["node"], "replication", "slave_repl_offset")))
        self.write("after", 10)
        with self.loaded(made["snapshot"], "--appendonly", "no") as client:
            self.assertEqual((client.command("DBSIZE"), client.command("MGET", "before:999", "after:0")), (1000, [b"999", None]))
        item = {each["snapshot"]: each for each in self.document("snapshot list", "SnapshotList", *self.target)["items"]}[made["snapshot"]]
        self.assertEqual((item["ready"], item["node"], item["keys"], item["byRedisctl"]), (True, made["node"], {"db0": 1000}, True), item)
        self.nothing_left()

    def test_somebody_gives_up_waiting(self):
        """It is made, and may become ready: that is told, with the command that removes it."""
        before = set(self.snapshots())
        with Running(start("snapshot", "create", *self.target, "--class", volumes.SLOW, "--json")) as running:
            eventually("it is made", lambda: set(self.snapshots()) - before, 30)
            running.send(signal.SIGINT)
            answer = running.end(20)
        name, = set(self.snapshots()) - before
        self.check(answer, 9, "Snapshot")
        self.assertIn(f"kubectl delete volumesnapshot {name}", answer.document["items"][0]["remove"], answer)

    def test_a_volume_that_the_driver_has_no_more(self):
        """The driver's own words, not only that the time is up."""
        folder = volumes.folder_of("data-my-redis-2", self.redis.namespace).parent / "about.json"
        away = folder.with_name("away")
        folder.rename(away)
        self.addCleanup(away.rename, folder)
        answer = self.ask("snapshot", "create", "my-redis-2", *self.target, code=9)
        self.assertIn("NotFound", answer.said, answer)


class Restoring(Keeping):
    def test_there_and_back(self):
        """By somebody who has the two Roles and no more. What was written before is there again, what was written behind it is not; and nothing restarts."""
        keeper = people.with_token("keeper", self.redis.namespace)
        made = self.create("--class", volumes.CLASS, kubeconfig=keeper)
        self.write("after", 100)
        self.redis.ask(self.master, "DEL", "before:0", "before:1")
        self.redis.ask(self.master, "SET", "before:2", "changed")
        done = self.restore(made["snapshot"], "--replace-all", kubeconfig=keeper)
        self.check_result(done, 0, "done", True)
        self.assertNotIn("pa55", done.answer.said)
        self.assertEqual((self.sizes(), self.redis.ask(self.master, "MGET", "before:0", "before:2", "after:0")), ({1000}, [b"0", b"2", None]), done)
        self.assertEqual(self.redis.roles(), self.redis.settled(self.master))
        self.nothing_left()

    def test_into_what_is_written_meanwhile(self):
        """A snapshot that somebody else made: how its server is set now stands for then."""
        self.redis.ask("my-redis-1", "SAVE")
        kubectl("apply", "-f", "-", text_in=systems.items([volumes.snapshot("by-hand", self.redis.namespace, "data-my-redis-1")]))
        self.addCleanup(kubectl, "delete", "volumesnapshot", "by-hand", "-n", self.redis.namespace)
        eventually("it is ready", lambda: self.snapshots()["by-hand"].get("status", {}).get("readyToUse"), 30)
        self.write("after", 100)
        self.redis.ask(self.master, "DEL", "before:0")
        refused = self.restore("by-hand")
        self.check_error(refused, 6, "NOT_EMPTY")
        with self.redis.writer_direct(self.master, rate=200) as writer:
            done = self.restore("by-hand", "--merge")
            written = writer.stop(f"{self.redis.ip(self.master)}:6379")
        self.check_result(done, 0, "done", True)
        self.assertEqual((self.redis.ask(self.master, "MGET", "before:0", "after:99"), written.lost), ([b"0", b"99"], 0), done)
        self.assertLess(written.longest_gap_ms, 1000, written)
        self.nothing_left()

    def test_stopped_by_ctrl_c(self):
        """When its volume is being made, and when its pod runs: nothing of it is left, and nobody was touched."""
        made = self.create()
        self.write("after", 10)
        for when in "Pending", "Running":
            with self.subTest(when=when), Running(start(*self.restoring(made["snapshot"], "--replace-all"), XDG_STATE_HOME=self.state)) as running:
                eventually(f"its pod is {when}", lambda: when in [pod["status"]["phase"] for name, pod in pods(self.redis.namespace).items() if name not in self.redis.names], 30, 0.01)
                running.send(signal.SIGINT)
                answer = running.end(30)
                self.assertNotEqual(answer.code, 0, answer)
                self.nothing_left()
                # Where the pod ran only for a moment, keys were under way already, and that is said.
                result = change_of(answer).result
                if not (result and result["changed"]):
                    self.assertEqual(self.sizes(), {1010})

    def test_killed(self):
        """What it had made is of one name, and goes with the pod: Kubernetes knows whose it is."""
        made = self.create()
        with Running(start(*self.restoring(made["snapshot"], "--replace-all"), XDG_STATE_HOME=self.state)) as running:
            eventually("all three are there", lambda: sum(map(len, self.new().values())) == 3, 30, 0.1)
            running.send(signal.SIGKILL)
        (pod,), (claim,), (secret,) = (self.new()[kind] for kind in ("pods", "persistentvolumeclaims", "secrets"))
        self.assertEqual({pod, claim, secret}, {pod})
        # Nobody takes it for one of the instance.
        item = self.only(self.document("status", "Status", *self.target)["items"])
        self.assertEqual((sorted(node["name"] for node in item["nodes"]), self.redis.leads_to("my-redis-headless")), (self.redis.names, self.redis.names))
        kubectl("delete", "pod", pod, "-n", self.redis.namespace)
        self.nothing_left()

    def new(self) -> dict:
        now = self.everything()
        return {kind: now[kind] - self.begun[kind] for kind in TEMPORARY}

    def test_its_volume_cannot_be_made(self):
        """In the provisioner's words: the storage has lost what the snapshot stands for."""
        before = volumes.snapshot_folders()
        made = self.create()
        lost, = volumes.snapshot_folders() - before
        shutil.rmtree(VOLUMES / "snapshots" / lost)
        failed = self.restore(made["snapshot"], "--replace-all", "--load-wait", "3s")
        self.check_error(failed, 4, "NOT_STARTED")
        self.assertIn("NotFound", failed.result["errors"][0]["cause"], failed)
        self.nothing_left()
        self.assertEqual(self.sizes(), {1000})

    def test_its_image_is_not_to_be_had(self):
        made = self.create()
        kubectl("annotate", "volumesnapshot", made["snapshot"], "-n", self.redis.namespace, "--overwrite", "redisctl.io/image=docker.io/local/redis:gone")
        failed = self.restore(made["snapshot"], "--replace-all", "--load-wait", "10s")
        self.check_error(failed, 4, "NOT_STARTED")
        self.assertIn("ErrImageNeverPull", failed.result["errors"][0]["cause"], failed)
        self.nothing_left()
        self.assertEqual(self.sizes(), {1000})

    def test_without_the_role(self):
        made = self.create()
        viewer = people.with_token("viewer", self.redis.namespace)
        for words in ["create"], ["list"], ["restore", made["snapshot"], "--replace-all", "--confirm", self.instance]:
            with self.subTest(words=words):
                answer = self.ask("snapshot", *words, *self.target, code=5, kubeconfig=viewer)
                self.assertRegex(answer.err, r"resources: *\[", answer)
        self.nothing_left()

    def check_error(self, change, code: int, reason: str) -> None:
        self.assertEqual((change.code, self.only(change.result["errors"], "error")["code"]), (code, reason), change)


class UnderSentinel(Keeping):
    system, instance, home = SENTINEL, "ant", {}

    def test_the_aof_is_in_it(self):
        """Which is what a server with an AOF loads at its start. Somebody writes all the time: all from before is in it, and what comes behind it is not."""
        with self.redis.writer_direct(self.master, rate=200) as writer:
            made = self.create()
            self.write("after", 10)
            self.assertEqual(writer.stop(f"{self.redis.ip(self.master)}:6379").lost, 0)
        self.assertEqual((made["aof"], made["synced"], made["role"], made["node"] != self.master), (True, True, "replica", True), made)
        with self.loaded(made["snapshot"], "--appendonly", "yes") as client:
            self.assertEqual((client.command("EXISTS", *(f"before:{i}" for i in range(1000))), client.command("GET", "after:0")), (1000, None))
            self.assertGreater(client.command("DBSIZE"), 1000)
        self.nothing_left()

    def test_there_and_back(self):
        """What is restored goes into the AOFs of all three, and no Sentinel has anything to do."""
        made = self.create()
        self.write("after", 100)
        self.redis.ask(self.master, "SET", "before:2", "changed")
        done = self.restore(made["snapshot"], "--replace-all")
        self.check_result(done, 0, "done", True)
        self.assertEqual((self.sizes(), self.redis.ask(self.master, "MGET", "before:2", "after:0")), ({1000}, [b"2", None]), done)
        self.assertEqual(self.redis.roles(), self.redis.settled(self.master))
        self.nothing_left()
