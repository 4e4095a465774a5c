"""The master is moved, on the charts that give out roles and on labelled pods: nothing is lost, the Services lead to the new master, and everybody sees that
it is not at home."""
import json
import os
import signal

from world import charts, people, systems
from world.charts import PODS, SERVICES, Chart, Switching, leading_to
from world.kubectl import eventually, get, kubectl, pods, ready
from world.program import redisctl
from world.switching import POD_NAME, Switched, change_of


class ThereAndBack(Chart):
    def there_and_back(self, *arguments) -> None:
        with self.redis.writer_inside("my-redis-2", "my-redis") as through_service, self.redis.writer_direct(*PODS) as direct:
            self.check_lossless(self.change("failover", "--promote", "my-redis-1", *arguments), "my-redis-0", "my-redis-1")
            self.check_state("my-redis-1")
            for name in SERVICES:
                self.assertRegex(self.redis.drift(name), "^my-redis-1 instead of my-redis-0, since operation [0-9a-f]{12}$")
            self.check_lossless(self.change("return-home", *arguments), "my-redis-1", "my-redis-0")
            self.check_state("my-redis-0")
            self.assertEqual([self.redis.drift(name) for name in SERVICES], [None, None])
            for writer in (through_service, direct):
                written = writer.stop(f"{self.redis.ip('my-redis-0')}:6379")
                self.assertGreater(written.acked, 100)
                self.assertEqual(written.lost, 0, written)

    def test_by_the_failover_command(self):
        self.there_and_back()

    def test_by_a_fence(self):
        self.there_and_back("--engine", "fenced")

    def test_from_inside_the_cluster_a_write_goes_through_each_service(self):
        change = self.change("failover", "--promote", "my-redis-1", "--via", "direct")
        self.check_lossless(change, "my-redis-0", "my-redis-1")
        through = [f"write-through-{name}" for name in SERVICES]
        self.assertEqual([step["step"] for step in change.result["steps"] if step["status"] == "done" and step["step"] in through], through, change)
        probes = [f"redisctl:probe:{change.result['operation']}:after:{name}" for name in SERVICES]
        self.assertEqual([self.redis.ask("my-redis-1", "GET", key) for key in probes], [b"1", b"1"])
        self.check_lossless(self.change("return-home", "--via", "direct"), "my-redis-1", "my-redis-0")
        self.check_state("my-redis-0")

    def test_away_from_home_is_loud(self):
        self.change("failover", "--promote", "my-redis-2")
        status = self.document("status", "Status", "-n", self.redis.namespace, code=1)
        drift = self.only([finding for finding in status["findings"] if finding["code"] == "HOME_DRIFT"], "finding")
        self.assertEqual((drift["severity"], drift["node"]), ("critical", "my-redis-2"))
        self.assertEqual(drift["hint"], f"redisctl return-home -n {self.redis.namespace} --instance my-redis")
        self.assertIn("critical: my-redis-2 is the master, but the chart makes another pod the master at every start", self.ask("status", "-n", self.redis.namespace, code=1).out)
        refused = self.change("failover", "--promote", "my-redis-1")
        self.check_result(refused, 6, "refused", False)
        self.assertIn("drift", refused.result["errors"][0]["message"], refused)
        self.assertEqual(refused.result["errors"][0]["hint"], "redisctl return-home")
        self.check_lossless(self.change("return-home"), "my-redis-2", "my-redis-0")
        self.ask("status", "-n", self.redis.namespace, code=0)

    def test_at_home_there_is_nothing_to_return_from(self):
        before = get("services", "-n", self.redis.namespace)["items"]
        self.check_result(self.change("return-home"), 0, "noop", False)
        self.assertEqual(get("services", "-n", self.redis.namespace)["items"], before)

    def test_a_dry_run_changes_nothing(self):
        before = get("services,leases", "-n", self.redis.namespace)["items"]
        answer = self.ask("failover", "-n", self.redis.namespace, "--promote", "my-redis-1", "--override", "latency", "--dry-run", "--json", kind="Plan")
        self.assertEqual(get("services,leases", "-n", self.redis.namespace)["items"], before)
        self.check_state("my-redis-0")
        steps = [step["id"] for step in answer.document["steps"]]
        self.assertLess(steps.index("endpoints-my-redis-master"), steps.index("hand-over"), "the Services lead there before the switch")


class Rights(Chart):
    def setUp(self):
        super().setUp()
        self.accounts = {name: people.with_token(name, self.redis.namespace) for name in ("switcher", "no-patch", "viewer")}

    def test_the_projects_own_roles_are_enough(self):
        switcher = self.accounts["switcher"]
        self.check_lossless(self.change("failover", "--promote", "my-redis-1", kubeconfig=switcher), "my-redis-0", "my-redis-1")
        self.check_state("my-redis-1")
        with self.redis.begin("guard", kubeconfig=switcher) as guard:
            guard.until("watch", "started", "my-redis-1")
            self.redis.restart("my-redis-0")
            guard.until("attach", "done", "my-redis-0")
            eventually("it follows", lambda: self.redis.roles() == self.redis.settled("my-redis-1"))
            guard.send(signal.SIGINT)
            self.assertEqual(guard.end().code, 0)
        eventually("it is ready", lambda: ready(pods(self.redis.namespace)["my-redis-0"]))
        self.check_lossless(self.change("return-home", kubeconfig=switcher), "my-redis-1", "my-redis-0")
        self.check_state("my-redis-0")
        self.assertEqual(redisctl("history", kubeconfig=switcher, XDG_STATE_HOME=self.state).code, 0)

    def refused(self, account: str, denied: str, rule: str) -> None:
        before = get("services,leases", "-n", self.redis.namespace)["items"]
        refused = self.change("failover", "--promote", "my-redis-1", kubeconfig=self.accounts[account])
        self.check_result(refused, 6, "refused", False)
        error = self.only(refused.result["errors"], "error")
        self.assertEqual(error["code"], "CHECK_FAILED", refused)
        self.assertIn("permissions", error["message"])
        self.assertIn(denied, error["cause"])
        self.assertIn(rule, error["hint"])
        self.assertIn(rule, refused.answer.err, "the rule to add is printed")
        self.assertEqual(get("services,leases", "-n", self.redis.namespace)["items"], before)
        self.check_state("my-redis-0")

    def test_who_may_not_patch_services_is_refused_before_anything_is_changed(self):
        self.refused("no-patch", "patch services", '{apiGroups: [""], resources: [services], verbs: [patch]}')

    def test_who_may_only_look_is_refused_before_anything_is_changed(self):
        self.refused("viewer", "create leases", '{apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, create, update]}')

    def test_services_left_alone_need_no_right_to_patch_them(self):
        done = self.change("failover", "--promote", "my-redis-1", "--keep-services", kubeconfig=self.accounts["no-patch"])
        self.check_lossless(done, "my-redis-0", "my-redis-1")
        self.assertEqual(self.redis.selectors(*SERVICES), leading_to("my-redis-0"))


class Refused(Chart):
    """Not in the middle of something else: exit 6, and nothing is touched."""

    def refused(self, check: str, node: str = None) -> None:
        refused = self.change("failover", "--promote", "my-redis-1")
        self.check_result(refused, 6, "refused", False)
        self.assertIn(check, refused.result["errors"][0]["message"], refused)
        self.assertIn(f"{check} of {node}: " if node else "", refused.result["errors"][0]["cause"], refused)
        self.assertEqual(self.redis.selectors(*SERVICES), leading_to("my-redis-0"))
        self.assertEqual(self.redis.roles()["my-redis-0"], "master")

    def patch(self, kind: str, name: str, patch: dict, *arguments) -> None:
        kubectl("patch", kind, name, "-n", self.redis.namespace, "--type=merge", "-p", json.dumps(patch), *arguments)

    def test_during_a_rollout(self):
        def rollout(partition, note):
            strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
            self.patch("statefulset", "my-redis", {"spec": {"updateStrategy": strategy, "template": {"metadata": {"annotations": {"changed": note}}}}})

        self.addCleanup(rollout, 0, None)
        rollout(3, "yes")  # a canary's: none of the pods is replaced yet
        eventually("the rollout is seen", lambda: get("statefulset", "my-redis", "-n", self.redis.namespace)["status"].get("updateRevision") !=
                   get("statefulset", "my-redis", "-n", self.redis.namespace)["status"].get("currentRevision"))
        self.refused("rollout")

    def test_while_a_pod_is_being_deleted(self):
        """It is stopped, so that it cannot end itself for its 6 seconds of grace."""
        os.kill(int(self.redis.process("my-redis-2")), signal.SIGSTOP)
        self.addCleanup(lambda: eventually("there are three again", lambda: sum(map(ready, pods(self.redis.namespace).values())) == 3))
        uid = pods(self.redis.namespace)["my-redis-2"]["metadata"]["uid"]
        self.addCleanup(lambda: eventually("it is gone", lambda: pods(self.redis.namespace).get("my-redis-2", {"metadata": {"uid": None}})["metadata"]["uid"] != uid))
        self.redis.delete("my-redis-2", "--grace-period=6")
        self.refused("terminating")

    def test_when_the_machine_is_about_to_be_drained(self):
        machine = pods(self.redis.namespace)["my-redis-1"]["spec"]["nodeName"]
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
        with self.redis.writer_direct(*PODS) as writer:
            running = self.waiting()
            self.redis.delete("my-redis-1")
            self.check_rolled_back(running)
            eventually("it is back", lambda: sum(map(ready, pods(self.redis.namespace).values())) == 3)
            self.check_state("my-redis-0")
            self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-0')}:6379").lost, 0)

    def test_the_lease_is_stolen(self):
        with self.redis.writer_direct(*PODS) as writer:
            running = self.waiting()
            kubectl("patch", "lease", "redisctl-my-redis", "-n", self.redis.namespace, "--type=merge", "-p", '{"spec":{"holderIdentity":"thief@elsewhere/1/ffffffffffff"}}')
            self.check_rolled_back(running, "LOCK_LOST")
            self.assertEqual(self.redis.lease()["holder"], "thief@elsewhere/1/ffffffffffff", "it is not ours to give back")
            self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-0')}:6379").lost, 0)
        self.assertEqual((self.redis.roles(), self.redis.selectors(*SERVICES)), (self.redis.settled("my-redis-0"), leading_to("my-redis-0")))
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
            kubectl("patch", "service", name, "-n", self.redis.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": leading_to("my-redis-0")[name]}}))
        eventually("they lead home", lambda: [self.redis.leads_to(name) for name in SERVICES] == [["my-redis-0"]] * 2)
        findings = self.document("status", "Status", "-n", self.redis.namespace, code=1)["findings"]
        self.assertLessEqual({"HOME_DRIFT", "SERVICE_ROUTES_TO_REPLICA"}, {finding["code"] for finding in findings})
        self.check_lossless(self.change("return-home"), "my-redis-1", "my-redis-0")
        self.check_state("my-redis-0")
        self.ask("status", "-n", self.redis.namespace, code=0)


class Bitnami(Switching):
    def test_there_and_back(self):
        shop, service, names = charts.shop(), charts.SHOP_SERVICE, charts.SHOP_PODS
        shop.reset(names[0])
        with shop.writer_inside(names[2], service) as through_service, shop.writer_direct(*names) as direct:
            there = shop.change("failover", "--promote", names[1], XDG_STATE_HOME=self.state)
            self.check_lossless(there, names[0], names[1])
            self.assertEqual((shop.roles(), shop.leads_to(service)), (shop.settled(names[1]), [names[1]]))
            self.assertIn(f"{names[1]} instead of {names[0]}", shop.drift(service))
            self.assertIn("HOME_DRIFT", [finding["code"] for finding in self.document("status", "Status", "-n", shop.namespace, code=1)["findings"]])
            # What a helm upgrade makes of it: the chart's selector beside ours, which nobody fits.
            kubectl("patch", "service", service, "-n", shop.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": shop.home[service]}}))
            eventually("the Service leads nowhere", lambda: shop.leads_to(service) == [])
            self.assertIn("SERVICE_WITHOUT_ENDPOINTS", [finding["code"] for finding in self.document("status", "Status", "-n", shop.namespace, code=1)["findings"]])
            back = shop.change("return-home", XDG_STATE_HOME=self.state)
            self.check_lossless(back, names[1], names[0])
            self.assertEqual((shop.roles(), shop.selectors(service), shop.drift(service)), (shop.settled(names[0]), shop.home, None))
            eventually("the Service leads home", lambda: shop.leads_to(service) == [names[0]])
            for writer in (through_service, direct):
                self.assertEqual(writer.stop(f"{shop.ip(names[0])}:6379").lost, 0)
        self.ask("status", "-n", shop.namespace, code=0)


class Labelled(Switching):
    """Whoever carries isMaster=true is behind the Service. Another Service belongs to a controller."""

    def setUp(self):
        super().setUp()
        self.db = Switched(systems.need(systems.LABELLED), "db")
        self.db.reset("db-0")
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

    def test_a_frozen_master_loses_its_label_and_comes_back_as_a_second_one(self):
        self.addCleanup(self.db.reset, "db-0")
        thaw = self.db.freeze("db-0")
        self.addCleanup(thaw)
        for pod in ("db-1", "db-2"):
            self.db.ask(pod, "CONFIG", "SET", "repl-timeout", "2")
            self.addCleanup(self.db.ask, pod, "CONFIG", "SET", "repl-timeout", "60")
            eventually(f"{pod} has noticed", lambda pod=pod: self.db.field(pod, "replication", "master_link_status") == "down", 20)
        done = self.db.change("failover", "--accept-data-loss", "--confirm", "db", "--promote", "db-1", XDG_STATE_HOME=self.state)
        self.check_result(done, 0, "done", True)
        self.assertEqual((done.result["mode"], done.result["from"], done.result["to"], done.result["lostBytes"]), ("emergency", "db-0", "db-1", None), done)
        self.assertEqual(self.labels(), {"db-0": "false", "db-1": "true", "db-2": None})
        eventually("db-write leads to db-1", lambda: self.db.leads_to("db-write") == ["db-1"])
        thaw()
        eventually("two masters", lambda: self.db.roles() == {"db-0": "master", "db-1": "master", "db-2": "db-1"})
        self.assertIn("SPLIT_BRAIN", [finding["code"] for finding in self.document("status", "Status", "-n", self.db.namespace, code=1)["findings"]])
        healed = self.db.change("heal", "--apply", "--keep", "db-1", "--confirm", "db", XDG_STATE_HOME=self.state)
        self.check_result(healed, 0, "done", True)
        self.assertEqual((self.db.roles(), self.labels(), self.db.leads_to("db-write")), (self.db.settled("db-1"), {"db-0": "false", "db-1": "true", "db-2": None}, ["db-1"]))
