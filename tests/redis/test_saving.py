"""`bgsave` and `aof-rewrite`: done means that the server wrote it, and not that it was told to."""
import os
import time
import unittest

from asking import PASSWORD, Asking, by_name
from servers import Server, eventually


class Saving(Asking):
    def setUp(self):
        self.master = self.enterContext(Server("enable-debug-command yes", f"masterauth {PASSWORD}", password=PASSWORD))
        self.replica = self.enterContext(Server("appendonly yes", password=PASSWORD, replica_of=self.master)).wait_linked()
        self.hosts = ["--host", self.master.address, "--host", self.replica.address]
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD}}
        self.master.command("SET", "key", "value")
        # A replica with an AOF writes it anew behind its copy.
        eventually("the AOF is written", lambda: {self.replica.info("persistence")[f"aof_rewrite_{state}"] for state in ("in_progress", "scheduled")} == {"0"})

    def nodes(self, command: str, kind: str, *arguments, code: int = 0) -> dict:
        return by_name(self.only(self.document(command, kind, *self.hosts, *arguments, code=code, **self.way)["items"])["nodes"])

    def test_every_node_saves_and_has_saved(self):
        before = {server: int(server.command("LASTSAVE")) for server in (self.master, self.replica)}
        time.sleep(1.1)
        nodes = self.nodes("bgsave", "BackgroundSave", "--wait")
        for server, role in ((self.master, "master"), (self.replica, "replica")):
            node = nodes[server.address]
            self.assertEqual((node["role"], node["state"], node["error"]), (role, "done", None))
            self.assertGreater(int(server.command("LASTSAVE")), before[server])
            self.assertTrue((server.folder / "dump.rdb").exists())

    def test_only_the_nodes_that_are_named_and_without_waiting(self):
        nodes = self.nodes("bgsave", "BackgroundSave", self.replica.address)
        self.assertEqual([(name, node["state"]) for name, node in nodes.items()], [(self.replica.address, "started")])
        self.assertFalse((self.master.folder / "dump.rdb").exists())

    def test_a_save_that_fails_is_no_save(self):
        os.mkdir(self.master.folder / "dump.rdb")  # cannot be replaced by a file
        answer = self.ask("bgsave", *self.hosts, self.master.address, "--wait", code=1, **self.way)
        self.assertRegex(answer.out, r"master +failed")
        self.assertIn("the snapshot failed", answer.err)
        self.assertIn("rdb_last_bgsave_status: err", answer.err)
        os.rmdir(self.master.folder / "dump.rdb")

    def test_one_that_is_under_way_is_joined_and_one_behind_a_rewrite_waits(self):
        with self.master.client() as client:
            client.command("DEBUG", "POPULATE", "20000", "k", "100")
            client.command("CONFIG", "SET", "rdb-key-save-delay", "50")
            client.command("BGSAVE")
        node = self.nodes("bgsave", "BackgroundSave", self.master.address)[self.master.address]
        self.assertEqual(node["state"], "joined")
        node = self.nodes("bgsave", "BackgroundSave", self.master.address, "--wait")[self.master.address]
        self.assertEqual((node["state"], node["error"]), ("done", None))

    def test_a_wait_has_an_end(self):
        with self.master.client() as client:
            client.command("DEBUG", "POPULATE", "2000", "k", "100")
            client.command("CONFIG", "SET", "rdb-key-save-delay", "100000")
        answer = self.ask("bgsave", *self.hosts, self.master.address, "--wait", "--timeout", "2s", code=4, **self.way)
        self.assertIn("the snapshot goes on", answer.err)
        self.assertLess(answer.seconds, 20)

    def test_save_is_the_same_and_stops_nobody(self):
        self.assertRegex(self.ask("save", *self.hosts, self.master.address, "--wait", **self.way).out, r"master +done")

    def test_the_aof_is_written_anew(self):
        for _ in range(100):
            self.master.command("SET", "key", "x" * 1000)
        self.replica.wait_linked()
        eventually("it is in the AOF", lambda: int(self.replica.info("persistence")["aof_current_size"]) > 100_000)
        nodes = self.nodes("aof-rewrite", "AofRewrite", self.replica.address, "--wait")
        self.assertEqual((nodes[self.replica.address]["state"], nodes[self.replica.address]["error"]), ("done", None))
        self.assertLess(int(self.replica.info("persistence")["aof_current_size"]), 50_000)

    def test_an_aof_that_is_off_has_nothing_to_rewrite(self):
        answer = self.ask("aof-rewrite", *self.hosts, self.master.address, "--wait", code=6, **self.way)
        self.assertIn(f"the AOF of {self.master.address} is off", answer.err)
        nodes = self.nodes("aof-rewrite", "AofRewrite", "--wait", code=7)
        self.assertEqual([nodes[server.address]["state"] for server in (self.master, self.replica)], ["unknown", "done"])
        self.assertEqual(nodes[self.master.address]["error"]["code"], "AOF_OFF")

    def test_where_nothing_may_be_changed(self):
        for command in ("bgsave", "aof-rewrite", "save"):
            self.assertIn("nothing is changed from here", self.ask(command, *self.hosts, "--read-only", code=6, **self.way).err)
        self.assertFalse((self.master.folder / "dump.rdb").exists())


if __name__ == "__main__":
    unittest.main()
