"""Healthy systems seen by every command that looks, where no other module does: the chart that gives out roles by ordinal, hand-written pods with a role label, a
replication without any marks; and a Redis Cluster, which is named, not judged, and never changed."""
import json
import unittest

from world import looking, systems
from world.charts import PODS, SERVICES, Switching, my_redis
from world.kubectl import OWN, eventually, kubectl
from world.switching import Switched


class Healthy(Switching):
    @unittest.skipUnless(OWN, "pods' addresses are reachable only in the cluster's own network")
    def test_the_chart_that_gives_out_roles_by_ordinal(self):
        redis = my_redis()
        redis.fresh(PODS[0])
        with redis.writer_direct(PODS[0], rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                redis.namespace, "my-redis", "sb-replica", PODS[0], PODS[1:], services={**{name: "master" for name in SERVICES}, "my-redis-headless": "headless"},
                doctor=[("MASTER_NOT_PERSISTENT", PODS[0])], password=systems.PASSWORD))
            self.assertEqual(writer.stop(f"{redis.ip(PODS[0])}:6379").lost, 0)

    @unittest.skipUnless(OWN, "pods' addresses are reachable only in the cluster's own network")
    def test_hand_written_pods_with_a_role_label(self):
        db = Switched(systems.need(systems.LABELLED), "db")
        kubectl("delete", "service", "db-owned", "-n", db.namespace, "--ignore-not-found")  # of another module: pinned to a pod, as the chart's are
        db.fresh("db-0")
        for number in range(3):
            kubectl("label", "pod", f"db-{number}", "-n", db.namespace, "--overwrite", f"isMaster={str(number == 0).lower()}")
        eventually("the Service leads to it", lambda: db.leads_to("db-write") == ["db-0"])
        with db.writer_direct("db-0", rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                db.namespace, "db", "generic", "db-0", ["db-1", "db-2"], services={"db": "headless", "db-write": "master"},
                doctor=[("MASTER_NOT_PERSISTENT", "db-0")]))
            self.assertEqual(writer.stop(f"{db.ip('db-0')}:6379").lost, 0)


@unittest.skipUnless(OWN, "pods' addresses are reachable only in the cluster's own network")
class Terminating(Switching):
    FINALIZER = "redisctl.io/test"

    def test_a_master_whose_pod_is_being_deleted_is_no_stranger(self):
        """It is gone only when somebody lets it go: until then it is said whom the replicas follow, and not that they were orphans."""
        redis = my_redis()
        redis.fresh(PODS[0])
        self.addCleanup(redis.reset, PODS[0])
        look = ["-n", redis.namespace]
        finalizers = lambda *names: kubectl("patch", "pod", PODS[0], *look, "--type=merge", "-p", json.dumps({"metadata": {"finalizers": list(names)}}), check=False)  # noqa: E731
        self.addCleanup(finalizers)
        finalizers(self.FINALIZER)
        redis.delete(PODS[0])
        eventually("both have lost it", lambda: {redis.field(pod, "replication", "master_link_status") for pod in PODS[1:]} == {"down"}, 30)
        found = {(one["code"], one["node"] or ""): one["message"] for one in self.document("status", "Status", *look, code=1)["findings"]}
        self.assertEqual(found["NO_MASTER", ""], f"no node is a master; being deleted, and followed: {PODS[0]}")
        for pod in PODS[1:]:
            self.assertEqual(found["MASTER_TERMINATING", pod], f"{pod} follows {PODS[0]}, which is being deleted")
        self.assertNotIn("ORPHAN", {code for code, _ in found})
        finalizers()
        eventually("it is back", lambda: redis.roles()[PODS[0]] == "master", 60)


class ClusterMode(Switching):
    def setUp(self):
        super().setUp()
        self.parts = Switched(systems.need(systems.PARTS), "parts")
        ask = self.parts.ask
        if b"cluster_slots_assigned:0" in ask("parts-0", "CLUSTER", "INFO"):
            ask("parts-0", "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        if ask("parts-1", "ROLE")[0] == b"master":
            ask("parts-1", "CLUSTER", "MEET", self.parts.ip("parts-0"), 6379)
            first = ask("parts-0", "CLUSTER", "MYID")
            eventually("they have met", lambda: first in ask("parts-1", "CLUSTER", "NODES"), 30)
            ask("parts-1", "CLUSTER", "REPLICATE", first)
        eventually("one follows the other", lambda: self.parts.roles() == self.parts.settled("parts-0"), 30)
        eventually("they take writes", lambda: all(b"cluster_state:ok" in ask(pod, "CLUSTER", "INFO") for pod in self.parts.names), 30)
        self.look = ["-n", self.parts.namespace]

    def test_it_is_named(self):
        document = self.document("status", "Status", *self.look)
        item = self.only(document["items"])
        self.assertEqual((item["system"], item["evidence"], item["health"], item["master"]), ("cluster-mode", ["parts-0 says redis_mode:cluster"], "degraded", None), item)
        finding = self.only(document["findings"], "finding")
        self.assertEqual((finding["code"], finding["message"]), ("CLUSTER_MODE", "this is a Redis Cluster: it has a master for each part of the keys, and redisctl does "
                                                                 "not judge or change it"))
        doctor = self.document("doctor", "Doctor", *self.look)
        self.assertLessEqual({"CLUSTER_MODE"}, {finding["code"] for finding in doctor["findings"]})
        self.assertNotIn("critical", {finding["severity"] for finding in doctor["findings"]}, doctor)

    def test_nothing_is_changed(self):
        nodes = lambda: {pod: sorted(line.split()[2] for line in self.parts.ask(pod, "CLUSTER", "NODES").splitlines()) for pod in self.parts.names}  # noqa: E731
        before = nodes()
        for command in (["failover"], ["switchover"], ["failover", "--promote", "parts-1"], ["failover", "--accept-data-loss", "--confirm", "parts"], ["promote-replica", "parts-1"]):
            with self.subTest(command=command):
                error = self.refused(*command)
                self.assertEqual((error["message"], error["cause"], error["hint"]), ("the switch is refused by: cluster-mode", "cluster-mode: parts-0, parts-1, and it must be: off",
                                                                                    "redis-cli --cluster; CLUSTER FAILOVER on the replica"))
        self.check_no_home(self.parts, "cluster-mode")
        self.assertEqual(self.refused("guard")["code"], "NO_HOME")
        for command in (["heal", "--apply"], ["resync-replica", "parts-1"], ["label sync"]):
            self.check_result(self.parts.change(*command, XDG_STATE_HOME=self.state), 0, "noop", False)
        self.assertEqual((nodes(), self.parts.roles()), (before, self.parts.settled("parts-0")))

    def refused(self, *command) -> dict:
        refused = self.parts.change(*command, XDG_STATE_HOME=self.state)
        self.check_result(refused, 6, "refused", False)
        return self.only(refused.result["errors"], "error")
