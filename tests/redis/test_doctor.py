"""`doctor` on plain hosts: what would be lost with a restart, what refuses writes, what a switch would change, in one look at real servers."""
import unittest

from asking import PASSWORD, Asking
from program import redisctl
from servers import Server, eventually


class Doctor(Asking):
    def setUp(self):
        self.master = self.enterContext(Server("save 3600 1"))
        self.replica = self.enterContext(Server("save 3600 1", replica_of=self.master)).wait_linked()

    def examined(self, *arguments, code: int = 0) -> dict:
        """The one item, with its findings by code."""
        document = self.document("doctor", "Doctor", "--host", self.master.address, *arguments, code=code)
        item, = document["items"]
        self.areas = {area["area"]: area["verdict"] for area in item["areas"]}
        return {finding["code"]: finding for finding in document["findings"]}

    def test_all_is_well(self):
        self.assertEqual(self.examined(), {})
        self.assertEqual(self.areas, dict.fromkeys(("Nodes", "Replication", "Who is the master", "Condition"), "ok"))

    def test_a_master_that_saves_nothing(self):
        self.master.command("CONFIG", "SET", "save", "")
        found = self.examined(code=1)
        self.assertEqual(set(found), {"MASTER_NOT_PERSISTENT", "SETTINGS_DIFFER"})
        self.assertEqual((found["MASTER_NOT_PERSISTENT"]["severity"], found["MASTER_NOT_PERSISTENT"]["node"]), ("critical", self.master.address))
        self.assertIn("restarted it is empty, and its replicas copy that", found["MASTER_NOT_PERSISTENT"]["message"])
        self.assertEqual(self.areas["Condition"], "critical")

    def test_writes_that_a_replica_refused(self):
        with self.assertRaisesRegex(Exception, "READONLY"):
            self.replica.command("SET", "a", 1)
        found = self.examined()
        self.assertIn("refused 1 writes with READONLY", found["WRITES_TO_REPLICA"]["message"])
        self.assertTrue(found["WRITES_TO_REPLICA"]["hint"].startswith("redisctl uri "), found)
        self.examined("--fail-on", "warning", code=1)

    def test_a_master_that_refuses_writes(self):
        self.master.command("CONFIG", "SET", "maxmemory", "1mb")
        self.replica.command("CONFIG", "SET", "maxmemory", "1mb")
        with self.assertRaisesRegex(Exception, "OOM"):
            self.master.command("SET", "a", "x")
        found = self.examined()
        self.assertEqual(set(found), {"WRITES_REFUSED", "MEMORY_NEARLY_FULL"})
        self.assertIn("with OOM", found["WRITES_REFUSED"]["message"])

    def test_keys_that_are_thrown_away(self):
        for server in (self.master, self.replica):
            server.command("CONFIG", "SET", "maxmemory", "100mb")
            server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        found = self.examined()
        self.assertEqual((set(found), found["EVICTS_KEYS"]["severity"]), ({"EVICTS_KEYS"}, "info"))
        self.master.command("MSET", *(word for i in range(100) for word in (f"k{i}", "x" * 10_000)))
        used = self.master.command("INFO", "memory").partition(b"used_memory:")[2].split()[0]
        self.master.command("CONFIG", "SET", "maxmemory", int(used) - 200_000)
        self.master.command("SET", "a", "x")
        found = self.examined()
        self.assertEqual(found["EVICTS_KEYS"]["severity"], "warning", found)
        self.assertRegex(found["EVICTS_KEYS"]["message"], r"has thrown \d+ keys away \(allkeys-lru\)")

    def test_a_save_that_failed(self):
        # A folder stands where the file has to go.
        (self.master.folder / "dump.rdb" / "x").mkdir(parents=True)
        self.master.command("SET", "a", 1)
        self.master.command("BGSAVE")
        eventually("the save failed", lambda: b"rdb_last_bgsave_status:err" in self.master.command("INFO", "persistence"))
        found = self.examined(code=1)
        self.assertEqual((found["SAVE_FAILED"]["severity"], found["SAVE_FAILED"]["node"]), ("critical", self.master.address))

    def test_a_silent_node_makes_the_rest_unknown(self):
        self.replica.stop()
        self.examined("--host", self.replica.address, "--timeout", "2s", code=1)
        self.assertEqual((self.areas["Nodes"], self.areas["Condition"]), ("critical", "unknown"))

    def test_people_get_a_table_and_what_to_do(self):
        self.master.command("CONFIG", "SET", "save", "")
        answer = redisctl("doctor", "--host", self.master.address)
        self.assertEqual(answer.code, 1, answer)
        self.assertRegex(answer.out, r"(?m)^AREA +VERDICT +FINDINGS$")
        self.assertRegex(answer.out, r"(?m)^Condition +critical +2$")
        self.assertIn("\n  hint: redisctl failover --dry-run --host ", answer.out)


class Passwords(Asking):
    def test_a_replica_whose_password_for_the_master_is_wrong(self):
        with Server(password=PASSWORD) as master, Server(f"masterauth {PASSWORD}", password=PASSWORD, replica_of=master) as replica:
            replica.wait_linked()
            replica.command("CONFIG", "SET", "masterauth", "an-old-one")
            answer = redisctl("doctor", "--host", master.address, "--json", env={"REDISCLI_AUTH": PASSWORD})
            found = {finding["code"]: finding for finding in answer.document["findings"]}
            self.assertIn("REPLICA_CANNOT_LOG_IN", found, answer)
            self.assertIn("its link stays down, or breaks for good the next time", found["REPLICA_CANNOT_LOG_IN"]["message"])
            self.assertIn("MASTER_CANNOT_LOG_IN", found, answer)
            for secret in (PASSWORD, "an-old-one"):
                self.assertNotIn(secret, answer.out + answer.err)

    def test_a_replica_that_came_back_empty(self):
        with Server(password=PASSWORD) as master, Server("masterauth an-old-one", password=PASSWORD) as empty:
            master.command("SET", "a", 1)
            empty.command("REPLICAOF", "127.0.0.1", master.port)
            answer = redisctl("doctor", "--host", master.address, "--host", empty.address, "--json", env={"REDISCLI_AUTH": PASSWORD})
            found = {finding["code"]: finding for finding in answer.document["findings"]}
            self.assertEqual(found["REPLICA_EMPTY"]["message"], f"{empty.address} holds no key, {master.address} holds 1")
            self.assertTrue(found["REPLICA_EMPTY"]["hint"].startswith(f"redisctl resync-replica {empty.address} --dry-run --host "), found)


if __name__ == "__main__":
    unittest.main()
