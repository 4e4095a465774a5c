"""Hand-written manifests with a Sentinel Deployment: no label says what belongs together, Redis and Sentinel do."""
import unittest

from world import systems
from world.kubectl import OWN, pods
from world.program import Asking

MEMBERS = ["redis-master-0", "redis-slave-0", "redis-slave-1"]


def setUpModule():
    global SENTINEL, LOOK
    SENTINEL = systems.need(systems.SENTINEL)
    LOOK = ["-n", SENTINEL.namespace]


class Sentinel(Asking):
    def test_one_instance_with_its_sentinels(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])
        self.assertEqual((instance["system"], instance["master"]), ("sentinel", "redis-master-0"))
        self.assertEqual([(n["name"], n["role"]) for n in instance["nodes"]], [(m, "master" if "master" in m else "replica") for m in MEMBERS])
        for replica in instance["nodes"][1:]:
            self.assertEqual((replica["masterNode"], replica["linkStatus"]), ("redis-master-0", "up"))
        self.assertEqual(sorted(s["pod"] for s in instance["sentinels"]), sorted(set(pods(SENTINEL.namespace)) - set(MEMBERS)))

    def test_every_sentinel_is_a_witness(self):
        instance = self.only(self.document("master-info", "MasterInfo", *LOOK)["items"])
        self.assertEqual(instance["master"], "redis-master-0")
        replication = self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])
        said = [w["says"] for w in replication["witnesses"] if w["source"] == "sentinel"]
        self.assertEqual(said, ["redis-master-0"] * 3)

    def test_healthy(self):
        self.document("status", "Status", *LOOK)
        self.document("ping", "Ping", *LOOK)

    @unittest.skipUnless(OWN, "pods' addresses are reachable only in the cluster's own network")
    def test_through_a_sentinel_without_kubernetes(self):
        address = next(p["status"]["podIP"] for n, p in pods(SENTINEL.namespace).items() if n.startswith("redis-sentinel-"))
        document = self.document("replication-info", "ReplicationInfo", "--sentinel", f"{address}:26379", "--master-name", "mymaster", kubeconfig="/nonexistent")
        instance = self.only(document["items"])
        self.assertEqual((instance["name"], len(instance["nodes"])), ("mymaster", 3))
        self.assertEqual([n["role"] for n in instance["nodes"]].count("master"), 1)
        self.assertIsNotNone(instance["master"], "a name and the address behind it are one master, not two")
