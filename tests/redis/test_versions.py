"""The same look at Redis 6.0 and 8.0 and Valkey 8.1 and 9 as at the installed one, and at a system in the middle of an upgrade."""
from asking import PASSWORD, Asking, by_name, codes
from servers import Sentinel, Server
from versions import VERSIONS, program

ENV = {"REDISCLI_AUTH": PASSWORD}


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


class Looks:
    """What every version must give; the classes below name theirs."""

    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(Server(version=cls.version, password=PASSWORD))
        cls.replica = cls.enterClassContext(Server(version=cls.version, password=PASSWORD, replica_of=cls.master))
        cls.replica.wait_linked()

    def test_replication(self):
        document = self.document("replication-info", "ReplicationInfo", "--host", self.replica.address, env=ENV)
        instance = self.only(document["items"])
        self.assertEqual((instance["master"], instance["health"], document["errors"]), (self.master.address, "healthy", []))
        nodes = by_name(instance["nodes"])
        replica = nodes[self.replica.address]
        self.assertEqual((replica["masterNode"], replica["linkStatus"]), (self.master.address, "up"))
        self.assertLessEqual(replica["lagBytes"], 100)
        for node in nodes.values():
            self.assertTrue(node["version"].startswith(self.number), node["version"])

    def test_version(self):
        document = self.document("version", "Version", "--host", self.master.address, env=ENV)
        node = self.only(document["items"])["nodes"][0]
        self.assertEqual(node["server"], self.kind)
        self.assertTrue(node["version"].startswith(self.number), node["version"])

    def test_sentinel(self):
        with Sentinel(monitors={"main": self.master}, version=self.version) as sentinel:
            sentinel.wait_found("main", 1)
            document = self.document("replication-info", "ReplicationInfo", "--sentinel", sentinel.address, env=ENV)
            instance = self.only(document["items"])
            self.assertEqual((instance["master"], self.only(instance["sentinels"])["knownReplicas"]), (self.master.address, 1))

    def test_a_wrong_password(self):
        answer = self.ask("ping", "--host", self.master.address, "--json", env={"REDISCLI_AUTH": "wrong-pa55"}, code=5)
        self.assertEqual(self.error(answer)["code"], "WRONGPASS")


class Redis60(Looks, Asking):
    version, kind, number = "6.0", "redis", "6.0."


class Redis80(Looks, Asking):
    version, kind, number = "8.0", "redis", "8.0."


class Valkey81(Looks, Asking):
    version, kind, number = "valkey-8.1", "valkey", "8.1."


class Valkey9(Looks, Asking):
    version, kind, number = "valkey-9", "valkey", "9."  # Debian's next release: whichever of 9 it has today


class Upgrade(Asking):
    def test_a_system_in_the_middle_of_an_upgrade(self):
        with Server(version="6.0") as old, Server(replica_of=old) as new:
            new.wait_linked()
            document = self.document("replication-info", "ReplicationInfo", "--host", old.address)
            self.assertEqual(self.only(document["items"])["master"], old.address)
            self.assertIn("MIXED_VERSIONS", {code for code, _ in codes(document)})
