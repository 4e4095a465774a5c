"""The master is moved, on the charts that give out roles and on labelled pods: nothing is lost, the Services lead to the new master, and everybody sees that
it is not at home."""
import json
import os
import signal

from world import people, systems
from world.kubectl import eventually, get, kubectl, pods, ready
from world.program import Asking, redisctl
from world.switching import POD_NAME, Switched, change_of, state_folder

SERVICES = ["my-redis", "my-redis-master"]
PODS = ["my-redis-0", "my-redis-1", "my-redis-2"]


def setUpModule():
    global REDIS, HOME
    REDIS = Switched(systems.need(systems.SWITCHED), "my-redis", systems.PASSWORD)
    HOME = REDIS.selectors(*SERVICES)


def leading_to(pod: str) -> dict:
    return {name: {**HOME[name], POD_NAME: pod} for name in SERVICES}


class Switching(Asking):
    maxDiff = None

    def setUp(self):
        self.state = state_folder("switching")

    def check_result(self, change, code: int, outcome: str, changed: bool) -> None:
        self.assertEqual((change.code, change.result["exitCode"], change.result["outcome"], change.result["changed"]), (code, code, outcome, changed), change)

    def check_lossless(self, change, origin: str, target: str) -> None:
        """It says that it is done and that nothing was lost, and proves it."""
        self.check_result(change, 0, "done", True)
        result = change.result
        self.assertEqual((result["from"], result["to"], result["lostBytes"], result["errors"], result["warnings"]), (origin, target, 0, [], []), change)
        doubts = [name for name in ("sameHistory", "historyContinues", "fencedAtReading", "finalOffsetFrozen", "appliedAll") if not result["proof"][name]]
        self.assertEqual(doubts, [], change)
        self.assertLess(result["writeOutageMs"], 1000, change)


class Chart(Switching):
    def setUp(self):
        super().setUp()
        REDIS.reset("my-redis-0", HOME)

    def change(self, command: str, *arguments, **how):
        return REDIS.change(command, *arguments, XDG_STATE_HOME=self.state, **how)

    def begin(self, command: str, *arguments, **how):
        return self.enterContext(REDIS.begin(command, *arguments, XDG_STATE_HOME=self.state, **how))

    def check_state(self, master: str, roles: dict = None) -> None:
        """The servers, both Services and the lock: nothing borrowed is left."""
        self.assertEqual(REDIS.roles(), roles or REDIS.settled(master))
        self.assertEqual(REDIS.selectors(*SERVICES), leading_to(master))
        eventually(f"the Services lead to {master}", lambda: [REDIS.leads_to(name) for name in SERVICES] == [[master]] * 2)
        self.assertEqual((REDIS.lease() or {"holder": None})["holder"] or "", "")
        self.assertEqual({REDIS.ask(pod, "CONFIG", "GET", "min-replicas-to-write")[1] for pod in PODS}, {b"0"})


class ThereAndBack(Chart):
    def there_and_back(self, *arguments) -> None:
        with REDIS.writer_inside("my-redis-2", "my-redis") as through_service, REDIS.writer_direct(*PODS) as direct:
            self.check_lossless(self.change("failover", "--promote", "my-redis-1", *arguments), "my-redis-0", "my-redis-1")
            self.check_state("my-redis-1")
            for name in SERVICES:
                self.assertRegex(REDIS.drift(name), "^my-redis-1 instead of my-redis-0, since operation [0-9a-f]{12}$")
            self.check_lossless(self.change("return-home", *arguments), "my-redis-1", "my-redis-0")
            self.check_state("my-redis-0")
            self.assertEqual([REDIS.drift(name) for name in SERVICES], [None, None])
            for writer in (through_service, direct):
                written = writer.stop(f"{REDIS.ip('my-redis-0')}:6379")
                self.assertGreater(written.acked, 100)
                self.assertEqual(written.lost, 0, written)

    def test_by_the_failover_command(self):
        self.there_and_back()

    def test_by_a_fence(self):
        self.there_and_back("--engine", "fenced")

    def test_away_from_home_is_loud(self):
        self.change("failover", "--promote", "my-redis-2")
        status = self.document("status", "Status", "-n", REDIS.namespace, code=1)
        drift = self.only([finding for finding in status["findings"] if finding["code"] == "HOME_DRIFT"], "finding")
        self.assertEqual((drift["severity"], drift["node"]), ("critical", "my-redis-2"))
        self.assertEqual(drift["hint"], f"redisctl return-home -n {REDIS.namespace} --instance my-redis")
        self.assertIn("critical: my-redis-2 is the master, but the chart makes another pod the master at every start", self.ask("status", "-n", REDIS.namespace, code=1).out)
        refused = self.change("failover", "--promote", "my-redis-1")
        self.check_result(refused, 6, "refused", False)
        self.assertIn("drift", refused.result["errors"][0]["message"], refused)
        self.assertEqual(refused.result["errors"][0]["hint"], "redisctl return-home")
        self.check_lossless(self.change("return-home"), "my-redis-2", "my-redis-0")
        self.ask("status", "-n", REDIS.namespace, code=0)

    def test_at_home_there_is_nothing_to_return_from(self):
        before = get("services", "-n", REDIS.namespace)["items"]
        self.check_result(self.change("return-home"), 0, "noop", False)
        self.assertEqual(get("services", "-n", REDIS.namespace)["items"], before)

    def test_a_dry_run_changes_nothing(self):
        before = get("services,leases", "-n", REDIS.namespace)["items"]
        answer = self.ask("failover", "-n", REDIS.namespace, "--promote", "my-redis-1", "--override", "latency", "--dry-run", "--json", kind="Plan")
        self.assertEqual(get("services,leases", "-n", REDIS.namespace)["items"], before)
        self.check_state("my-redis-0")
        steps = [step["id"] for step in answer.document["steps"]]
        self.assertLess(steps.index("endpoints-my-redis-master"), steps.index("hand-over"), "the Services lead there before the switch")


class Rights(Chart):
    def setUp(self):
        super().setUp()
        self.accounts = {name: people.with_token(name, REDIS.namespace) for name in ("switcher", "no-patch", "viewer")}

    def test_the_projects_own_roles_are_enough(self):
        switcher = self.accounts["switcher"]
        self.check_lossless(self.change("failover", "--promote", "my-redis-1", kubeconfig=switcher), "my-redis-0", "my-redis-1")
        self.check_state("my-redis-1")
        with REDIS.begin("guard", kubeconfig=switcher) as guard:
            guard.until("watch", "started", "my-redis-1")
            REDIS.restart("my-redis-0")
            guard.until("attach", "done", "my-redis-0")
            eventually("it follows", lambda: REDIS.roles() == REDIS.settled("my-redis-1"))
            guard.send(signal.SIGINT)
            self.assertEqual(guard.end().code, 0)
        eventually("it is ready", lambda: ready(pods(REDIS.namespace)["my-redis-0"]))
        self.check_lossless(self.change("return-home", kubeconfig=switcher), "my-redis-1", "my-redis-0")
        self.check_state("my-redis-0")
        self.assertEqual(redisctl("history", kubeconfig=switcher, XDG_STATE_HOME=self.state).code, 0)

    def refused(self, account: str, denied: str, rule: str) -> None:
        before = get("services,leases", "-n", REDIS.namespace)["items"]
        refused = self.change("failover", "--promote", "my-redis-1", kubeconfig=self.accounts[account])
        self.check_result(refused, 6, "refused", False)
        error = self.only(refused.result["errors"], "error")
        self.assertEqual(error["code"], "CHECK_FAILED", refused)
        self.assertIn("permissions", error["message"])
        self.assertIn(denied, error["cause"])
        self.assertIn(rule, error["hint"])
        self.assertIn(rule, refused.answer.err, "the rule to add is printed")
        self.assertEqual(get("services,leases", "-n", REDIS.namespace)["items"], before)
        self.check_state("my-redis-0")

    def test_who_may_not_patch_services_is_refused_before_anything_is_changed(self):
        self.refused("no-patch", "patch services", '{apiGroups: [""], resources: [services], verbs: [patch]}')

    def test_who_may_only_look_is_refused_before_anything_is_changed(self):
        self.refused("viewer", "create leases", '{apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, create, update]}')

    def test_services_left_alone_need_no_right_to_patch_them(self):
        done = self.change("failover", "--promote", "my-redis-1", "--keep-services", kubeconfig=self.accounts["no-patch"])
        self.check_lossless(done, "my-redis-0", "my-redis-1")
        self.assertEqual(REDIS.selectors(*SERVICES), HOME)


class Refused(Chart):
    """Not in the middle of something else: exit 6, and nothing is touched."""

    def refused(self, check: str, node: str = None) -> None:
        refused = self.change("failover", "--promote", "my-redis-1")
        self.check_result(refused, 6, "refused", False)
        self.assertIn(f"{check} ({node})" if node else check, refused.result["errors"][0]["message"], refused)
        self.assertEqual(REDIS.selectors(*SERVICES), HOME)
        self.assertEqual(REDIS.roles()["my-redis-0"], "master")

    def patch(self, kind: str, name: str, patch: dict, *arguments) -> None:
        kubectl("patch", kind, name, "-n", REDIS.namespace, "--type=merge", "-p", json.dumps(patch), *arguments)

    def test_during_a_rollout(self):
        def rollout(partition, note):
            strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
            self.patch("statefulset", "my-redis", {"spec": {"updateStrategy": strategy, "template": {"metadata": {"annotations": {"changed": note}}}}})

        self.addCleanup(rollout, 0, None)
        rollout(3, "yes")  # a canary's: none of the pods is replaced yet
        eventually("the rollout is seen", lambda: get("statefulset", "my-redis", "-n", REDIS.namespace)["status"].get("updateRevision") !=
                   get("statefulset", "my-redis", "-n", REDIS.namespace)["status"].get("currentRevision"))
        self.refused("rollout")

    def test_while_a_pod_is_being_deleted(self):
        """It is stopped, so that it cannot end itself for its 6 seconds of grace."""
        os.kill(int(REDIS.process("my-redis-2")), signal.SIGSTOP)
        self.addCleanup(lambda: eventually("there are three again", lambda: sum(map(ready, pods(REDIS.namespace).values())) == 3))
        uid = pods(REDIS.namespace)["my-redis-2"]["metadata"]["uid"]
        self.addCleanup(lambda: eventually("it is gone", lambda: pods(REDIS.namespace).get("my-redis-2", {"metadata": {"uid": None}})["metadata"]["uid"] != uid))
        REDIS.delete("my-redis-2", "--grace-period=6")
        self.refused("terminating")

    def test_when_the_machine_is_about_to_be_drained(self):
        machine = pods(REDIS.namespace)["my-redis-1"]["spec"]["nodeName"]
        self.addCleanup(kubectl, "uncordon", machine)
        kubectl("cordon", machine)
        self.refused("k8s-node", "my-redis-1")


class MeanwhileChanged(Chart):
    """What others do while the switch is under way: undone and said, and nothing is lost."""

    def waiting(self, *arguments):
        """A switch whose Services have moved, and which now waits for the proxies."""
        running = self.begin("failover", "--promote", "my-redis-1", "--settle", "5s", *arguments)
        running.until("endpoints-my-redis-master", "started")
        return running

    def check_rolled_back(self, running, code: str = None) -> None:
        change = change_of(running.end())
        self.check_result(change, 8, "rolled-back", True)
        self.assertEqual((change.result["to"], change.result["lostBytes"]), ("my-redis-1", 0), change)
        if code:
            self.assertEqual(change.result["errors"][0]["code"], code, change)

    def test_the_replica_is_recreated(self):
        with REDIS.writer_direct(*PODS) as writer:
            running = self.waiting()
            REDIS.delete("my-redis-1")
            self.check_rolled_back(running)
            eventually("it is back", lambda: sum(map(ready, pods(REDIS.namespace).values())) == 3)
            self.check_state("my-redis-0")
            self.assertEqual(writer.stop(f"{REDIS.ip('my-redis-0')}:6379").lost, 0)

    def test_the_lease_is_stolen(self):
        with REDIS.writer_direct(*PODS) as writer:
            running = self.waiting()
            kubectl("patch", "lease", "redisctl-my-redis", "-n", REDIS.namespace, "--type=merge", "-p", '{"spec":{"holderIdentity":"thief@elsewhere/1/ffffffffffff"}}')
            self.check_rolled_back(running, "LOCK_LOST")
            self.assertEqual(REDIS.lease()["holder"], "thief@elsewhere/1/ffffffffffff", "it is not ours to give back")
            self.assertEqual(writer.stop(f"{REDIS.ip('my-redis-0')}:6379").lost, 0)
        self.assertEqual((REDIS.roles(), REDIS.selectors(*SERVICES)), (REDIS.settled("my-redis-0"), HOME))
        held = self.change("failover", "--promote", "my-redis-1")
        self.check_result(held, 6, "refused", False)
        self.assertIn("lock", held.result["errors"][0]["message"], held)

    def test_ctrl_c(self):
        running = self.waiting()
        running.send(signal.SIGINT)
        self.check_rolled_back(running)
        self.check_state("my-redis-0")

    def test_a_helm_upgrade_sets_the_selectors_back_behind_the_switch(self):
        self.check_lossless(self.change("failover", "--promote", "my-redis-1"), "my-redis-0", "my-redis-1")
        for name in SERVICES:
            kubectl("patch", "service", name, "-n", REDIS.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": HOME[name]}}))
        eventually("they lead home", lambda: [REDIS.leads_to(name) for name in SERVICES] == [["my-redis-0"]] * 2)
        findings = self.document("status", "Status", "-n", REDIS.namespace, code=1)["findings"]
        self.assertLessEqual({"HOME_DRIFT", "SERVICE_ROUTES_TO_REPLICA"}, {finding["code"] for finding in findings})
        self.check_lossless(self.change("return-home"), "my-redis-1", "my-redis-0")
        self.check_state("my-redis-0")
        self.ask("status", "-n", REDIS.namespace, code=0)


class Emergency(Chart):
    def test_a_frozen_master_is_replaced_and_comes_back_as_a_second_one(self):
        """What it acknowledged after its last byte left it is not known, and that is said. It thaws with writes of its own: they are kept for a human."""
        process = int(REDIS.process("my-redis-0"))
        self.addCleanup(lambda: REDIS.restart("my-redis-0"))
        with REDIS.writer_direct(*PODS, rate=500) as writer:
            os.kill(process, signal.SIGSTOP)
            self.addCleanup(lambda: os.path.exists(f"/proc/{process}") and os.kill(process, signal.SIGCONT))
            refused = self.change("failover")
            self.check_result(refused, 6, "refused", False)
            self.assertIn("witness-dead", refused.result["errors"][0]["message"], "its replicas have not noticed yet")
            self.assertEqual(REDIS.selectors(*SERVICES), HOME)
            for pod in PODS[1:]:
                REDIS.ask(pod, "CONFIG", "SET", "repl-timeout", "2")
                self.addCleanup(REDIS.ask, pod, "CONFIG", "SET", "repl-timeout", "60")
                eventually(f"{pod} has noticed", lambda: REDIS.field(pod, "replication", "master_link_status") == "down", 20)
            done = self.change("failover", "--accept-data-loss", "--confirm", "my-redis", "--promote", "my-redis-1")
            self.assertEqual((done.code, done.result["mode"], done.result["outcome"], done.result["to"]), (0, "emergency", "done", "my-redis-1"), done)
            self.assertIsNone(done.result["lostBytes"], "nobody can know, while the old master is silent")
            self.assertTrue(done.result["lostReason"], done)
            self.assertEqual(REDIS.selectors(*SERVICES), leading_to("my-redis-1"))
            self.assertEqual({pod: REDIS.ask(pod, "ROLE")[0] for pod in PODS[1:]}, {"my-redis-1": b"master", "my-redis-2": b"slave"})
            writer.stop(f"{REDIS.ip('my-redis-1')}:6379")
        os.kill(process, signal.SIGCONT)
        eventually("two masters", lambda: REDIS.roles()["my-redis-0"] == "master")
        self.assertIn("SPLIT_BRAIN", [finding["code"] for finding in self.document("status", "Status", "-n", REDIS.namespace, code=1)["findings"]])
        with REDIS.begin("guard") as guard:
            self.assertEqual(guard.until("alarm", "failed", "my-redis-0")["error"]["hint"], "redisctl heal")
            self.assertEqual(REDIS.roles()["my-redis-0"], "master", "what may have writes of its own is left alone")
            REDIS.restart("my-redis-0")
            guard.until("attach", "done", "my-redis-0")
        eventually("one master", lambda: REDIS.roles() == REDIS.settled("my-redis-1"))


class Bitnami(Switching):
    """The master is a StatefulSet of its own, and its Service selects a label that never moves."""

    def test_there_and_back(self):
        shop = Switched(systems.need(systems.BITNAMI), "shop", systems.PASSWORD)
        service, names = "shop-redis-master", ["shop-redis-master-0", "shop-redis-replicas-0", "shop-redis-replicas-1"]
        home = {service: {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "master"}}
        shop.reset(names[0], home)
        with shop.writer_inside(names[2], service) as through_service, shop.writer_direct(*names) as direct:
            there = shop.change("failover", "--promote", names[1], XDG_STATE_HOME=self.state)
            self.check_lossless(there, names[0], names[1])
            self.assertEqual((shop.roles(), shop.leads_to(service)), (shop.settled(names[1]), [names[1]]))
            self.assertIn(f"{names[1]} instead of {names[0]}", shop.drift(service))
            self.assertIn("HOME_DRIFT", [finding["code"] for finding in self.document("status", "Status", "-n", shop.namespace, code=1)["findings"]])
            # What a helm upgrade makes of it: the chart's selector beside ours, which nobody fits.
            kubectl("patch", "service", service, "-n", shop.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": home[service]}}))
            eventually("the Service leads nowhere", lambda: shop.leads_to(service) == [])
            self.assertIn("SERVICE_WITHOUT_ENDPOINTS", [finding["code"] for finding in self.document("status", "Status", "-n", shop.namespace, code=1)["findings"]])
            back = shop.change("return-home", XDG_STATE_HOME=self.state)
            self.check_lossless(back, names[1], names[0])
            self.assertEqual((shop.roles(), shop.selectors(service), shop.drift(service)), (shop.settled(names[0]), home, None))
            eventually("the Service leads home", lambda: shop.leads_to(service) == [names[0]])
            for writer in (through_service, direct):
                self.assertEqual(writer.stop(f"{shop.ip(names[0])}:6379").lost, 0)
        self.ask("status", "-n", shop.namespace, code=0)


class Labelled(Switching):
    """Whoever carries isMaster=true is behind the Service. Another Service belongs to a controller."""

    def setUp(self):
        super().setUp()
        self.db = Switched(systems.need(systems.LABELLED), "db")
        self.db.reset("db-0", {})
        self.label(**{"db-0": "true", "db-1": "false", "db-2": None})
        owner = get("configmap", "db-owner", "-n", self.db.namespace)["metadata"]
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "db-owner", "uid": owner["uid"], "controller": True}
        kubectl("apply", "-f", "-", text_in=json.dumps({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "db-owned", "namespace": self.db.namespace, "ownerReferences": [reference]},
            "spec": {"selector": {"app": "db", POD_NAME: "db-0"}, "ports": [{"name": "redis", "port": 6379}]}}))
        eventually("db-write leads to db-0", lambda: self.db.leads_to("db-write") == ["db-0"])

    def label(self, **values) -> None:
        for pod, value in values.items():
            kubectl("label", "pod", pod, "-n", self.db.namespace, "--overwrite", f"isMaster={value}" if value else "isMaster-")

    def labels(self) -> dict:
        return {name: pod["metadata"]["labels"].get("isMaster") for name, pod in sorted(pods(self.db.namespace).items())}

    def test_the_label_moves_and_the_service_follows(self):
        with self.db.writer_inside("db-2", "db-write") as through_service, self.db.writer_direct("db-0", "db-1") as direct:
            self.check_lossless(self.db.change("failover", "--promote", "db-1", XDG_STATE_HOME=self.state), "db-0", "db-1")
            self.assertEqual((self.db.roles(), self.labels(), self.db.leads_to("db-write")),
                             (self.db.settled("db-1"), {"db-0": "false", "db-1": "true", "db-2": None}, ["db-1"]))
            self.assertEqual(self.db.selectors("db-owned")["db-owned"][POD_NAME], "db-0", "what a controller owns is left alone")
            for writer in (through_service, direct):
                self.assertEqual(writer.stop(f"{self.db.ip('db-1')}:6379").lost, 0)

    def test_a_second_pod_that_is_called_master_loses_the_label_too(self):
        self.label(**{"db-2": "true"})
        eventually("two endpoints", lambda: self.db.leads_to("db-write") == ["db-0", "db-2"])
        self.ask("status", "-n", self.db.namespace, code=1)
        self.check_lossless(self.db.change("failover", "--promote", "db-1", XDG_STATE_HOME=self.state), "db-0", "db-1")
        self.assertEqual((self.labels(), self.db.leads_to("db-write")), ({"db-0": "false", "db-1": "true", "db-2": "false"}, ["db-1"]))

    def test_labels_go_back_when_the_switch_is_stopped(self):
        with self.db.begin("failover", "--promote", "db-1", "--settle", "5s", XDG_STATE_HOME=self.state) as running:
            running.until("endpoints-db-write", "started")
            running.send(signal.SIGTERM)
            self.assertEqual(running.end().code, 8)
        self.assertEqual((self.db.roles(), self.labels()), (self.db.settled("db-0"), {"db-0": "true", "db-1": "false", "db-2": None}))
        eventually("db-write leads to db-0 again", lambda: self.db.leads_to("db-write") == ["db-0"])


