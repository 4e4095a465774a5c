"""`flush`: what it would delete is said, the instance has to be named, and the replicas are seen to follow."""
import unittest

from asking import PASSWORD, Asking, by_name
from keyboard import Keyboard
from program import REDISCTL, environment
from servers import Server


class Flush(Asking):
    def setUp(self):
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", password=PASSWORD))
        self.replica = self.enterContext(Server(password=PASSWORD, replica_of=self.master)).wait_linked()
        self.hosts = ["--host", self.master.address, "--host", self.replica.address]
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD}}
        with self.master.client() as client:
            for database, keys in ((0, 7), (3, 2)):
                client.command("SELECT", str(database))
                for i in range(keys):
                    client.command("SET", f"key:{i}", "x")
        self.replica.wait_linked()

    def keys(self, server: Server) -> dict:
        return {name: int(value.split("=")[1].split(",")[0]) for name, value in server.info("keyspace").items() if name.startswith("db")}

    def flush(self, *arguments, code: int = 0, **how):
        return self.ask("flush", *self.hosts, *arguments, code=code, **{**self.way, **how})

    def item(self, *arguments, code: int = 0) -> dict:
        return self.only(self.document("flush", "Flush", *self.hosts, *arguments, code=code, **self.way)["items"])

    def untouched(self) -> None:
        self.assertEqual(self.keys(self.master), {"db0": 7, "db3": 2})

    def test_one_database_on_the_master_and_its_replica(self):
        item = self.item("--db", "3", "--confirm", self.master.address)
        self.assertEqual((item["command"], item["database"], item["done"], item["master"]), ("FLUSHDB", 3, True, self.master.address))
        for node in by_name(item["nodes"]).values():
            self.assertEqual((node["keysBefore"], node["keysAfter"], node["error"]), ({"db0": 7, "db3": 2}, {"db0": 7}, None))
        self.assertEqual((self.keys(self.master), self.keys(self.replica)), ({"db0": 7}, {"db0": 7}))

    def test_all_databases(self):
        answer = self.flush("--all", "--async", "--confirm", self.master.address)
        self.assertIn(f"FLUSHALL ASYNC on {self.master.address}", answer.out)
        self.assertIn("7 keys in db0, 2 keys in db3, in all databases", answer.out)
        self.assertIn(f"also on   {self.replica.address}", answer.out)
        self.assertRegex(answer.out, r"master +7 keys in db0, 2 keys in db3 +no keys")
        self.assertEqual((self.keys(self.master), self.keys(self.replica)), ({}, {}))

    def test_a_dry_run_says_what_would_be_deleted(self):
        self.assertIn("2 keys in db3 (only db3)", self.flush("--db", "3", "--dry-run").out)
        self.assertEqual(self.item("--all", "--dry-run")["done"], False)
        self.untouched()

    def test_without_a_terminal_the_name_has_to_be_given(self):
        self.assertIn(f"--confirm {self.master.address}", self.flush("--all", code=6).err)
        self.assertIn("is not the instance's name, so nothing was changed", self.flush("--all", "--confirm", "wrong", code=6).err)
        self.untouched()

    def test_on_a_terminal_it_is_typed(self):
        for typed, left in (("yes", {"db0": 7, "db3": 2}), (self.master.address, {"db3": 2})):
            with Keyboard([REDISCTL, "flush", *self.hosts, "--db", "0"], environment(REDISCLI_AUTH=PASSWORD, TERM="xterm")) as terminal:
                terminal.wait_for("undo", "none", "to go on:")
                terminal.type(typed + "\n")
                terminal.wait_for("nothing was changed" if typed == "yes" else "no keys" if not left else "AFTER")
            self.assertEqual(self.keys(self.master), left)

    def test_a_master_that_is_gone_by_then(self):
        """It certainly flushed nothing, so nobody is told that this is unknown."""
        with Keyboard([REDISCTL, "flush", *self.hosts, "--db", "0"], environment(REDISCLI_AUTH=PASSWORD, TERM="xterm")) as terminal:
            terminal.wait_for("to go on:")
            self.master.stop()
            terminal.type(self.master.address + "\n")
            terminal.wait_for("Connection refused")
            self.assertNotIn("nobody knows", terminal.shown)
            self.assertEqual(terminal.end(), 4)

    def test_where_nothing_may_be_changed(self):
        for how in ({"env": {**self.way["env"], "REDISCTL_READ_ONLY": "1"}}, {}):
            answer = self.flush("--all", "--confirm", self.master.address, *([] if how else ["--read-only"]), code=6, **how)
            self.assertIn("nothing is changed from here", answer.err)
        self.untouched()

    def test_a_disabled_command_is_named(self):
        with Server('rename-command FLUSHALL ""') as disabled:
            answer = self.ask("flush", "--host", disabled.address, "--all", "--confirm", disabled.address, code=6)
            self.assertIn(f"{disabled.address} does not know FLUSHALL", answer.err)
            self.assertIn("disableCommands", answer.err)

    def test_a_replica_that_does_not_follow_is_said(self):
        # It keeps its data: nothing comes through to it any more.
        self.replica.command("CONFIG", "SET", "masterauth", "wrong")
        self.replica.command("REPLICAOF", "127.0.0.1", "1")
        self.master.command("CLIENT", "KILL", "TYPE", "replica")
        answer = self.ask("flush", "--host", self.master.address, "--all", "--confirm", self.master.address, **self.way)
        self.assertEqual(self.keys(self.master), {})
        self.assertEqual(self.keys(self.replica), {"db0": 7, "db3": 2}, answer)

    def test_a_silent_replica_leaves_it_incomplete(self):
        self.replica.freeze()
        item = self.item("--all", "--confirm", self.master.address, "--timeout", "3s", code=9)
        nodes = by_name(item["nodes"])
        self.assertEqual((nodes[self.master.address]["keysAfter"], nodes[self.master.address]["error"]), ({}, None))
        self.assertNotEqual(nodes[self.replica.address]["error"], None)

    def test_only_the_master_of_one_instance(self):
        self.replica.command("REPLICAOF", "NO", "ONE")
        answer = self.flush("--all", "--confirm", self.master.address, code=6)
        self.assertIn("has no agreed master", answer.err)
        self.untouched()

    def test_usage(self):
        self.assertIn("neither --db nor --all is given", self.flush(code=2).err)
        self.assertIn("exclude each other", self.flush("--all", "--db", "1", code=2).err)
        self.assertIn("is no number of a database", self.flush("--db", "x", code=2).err)


if __name__ == "__main__":
    unittest.main()
