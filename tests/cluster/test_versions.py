"""Redis 6.0, 7.0, 8.0 and Valkey 8.1, in one namespace and without a password: one instance each."""
from world import systems
from world.kubectl import redis_cli
from world.program import Asking

# instance: (start of its version, how many replicas)
EXPECTED = {"redis-6-0": ("6.0.", 1), "redis-8-0": ("8.0.", 1), "single": ("7.0.", 0), "valkey-8-1": ("8.1.", 1)}


def setUpModule():
    global LOOK
    LOOK = ["-n", systems.need(systems.VERSIONS).namespace]


class Versions(Asking):
    def test_each_is_read(self):
        items = self.by_name(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])
        self.assertEqual(set(items), set(EXPECTED))
        for name, (version, replicas) in EXPECTED.items():
            with self.subTest(instance=name):
                master, *others = items[name]["nodes"]
                self.assertEqual(items[name]["master"], f"{name}-0")
                self.assertTrue(master["version"].startswith(version), master["version"])
                self.assertEqual((master["role"], master["connectedReplicas"], len(others)), ("master", replicas, replicas))
                for node in others:
                    self.assertEqual((node["role"], node["masterNode"], node["linkStatus"]), ("replica", f"{name}-0", "up"))
                    self.assertIsInstance(node["lagBytes"], int)
                    self.assertTrue(node["version"].startswith(version), node["version"])

    def test_a_single_one_is_standalone(self):
        items = self.by_name(self.document("replication-info", "ReplicationInfo", *LOOK, "--instance", "single")["items"])
        self.assertEqual(items["single"]["system"], "standalone")

    def test_order_is_natural(self):
        names = [i["name"] for i in self.document("replication-info", "ReplicationInfo", *LOOK)["items"]]
        self.assertEqual(names, sorted(EXPECTED))

    def test_version_tells_all_of_them(self):
        answer = self.ask("version", *LOOK)
        for version in ("6.0.", "7.0.", "8.0.", "8.1."):
            self.assertIn(version, answer.out)
        self.document("version", "Version", *LOOK)

    def test_every_command_reads_every_version(self):
        for command, kind in (("master-info", "MasterInfo"), ("replica-lag", "ReplicaLag"), ("role", "Role"), ("ping", "Ping"), ("status", "Status"), ("info", "Info")):
            with self.subTest(command=command):
                self.document(command, kind, *LOOK)


class Disagreement(Asking):
    def test_two_masters_of_one_instance_are_told(self):
        """The replica is promoted behind everybody's back: both say `I am`, and the command that judges exits 1."""
        systems_ns = LOOK[1]
        redis_cli(systems_ns, "redis-8-0-1", "replicaof", "no", "one")
        try:
            instance = self.only(self.document("replication-info", "ReplicationInfo", *LOOK, "--instance", "redis-8-0")["items"])
            self.assertIsNone(instance["master"])
            self.assertEqual({w["says"] for w in instance["witnesses"] if w["source"] == "role"}, {"redis-8-0-0", "redis-8-0-1"})
            answer = self.ask("master-info", *LOOK, "--instance", "redis-8-0", code=1)
            self.assertIn("redis-8-0-0", answer.said)
            self.assertIn("redis-8-0-1", answer.said)
            self.document("status", "Status", *LOOK, "--instance", "redis-8-0", code=1)
        finally:
            redis_cli(systems_ns, "redis-8-0-1", "replicaof", "redis-8-0-0.redis-8-0", "6379")
