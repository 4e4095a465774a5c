"""`config set`: on all nodes or on none, and how long it lasts."""
import unittest

from asking import PASSWORD, Asking, by_name
from keyboard import Keyboard
from program import REDISCTL, environment
from servers import Server

SECRET = "pa55-that-is-new"


class ConfigSet(Asking):
    def setUp(self):
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", password=PASSWORD))
        self.replica = self.enterContext(Server(password=PASSWORD, replica_of=self.master)).wait_linked()
        self.hosts = ["--host", self.master.address, "--host", self.replica.address]
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD}}

    def set(self, *arguments, code: int = 0, **how):
        return self.ask("config", "set", *self.hosts, *arguments, code=code, **{**self.way, **how})

    def item(self, *arguments, code: int = 0, **how) -> dict:
        return self.only(self.document("config set", "ConfigChange", *self.hosts, *arguments, code=code, **{**self.way, **how})["items"])

    def values(self, parameter: str) -> list:
        return [server.command("CONFIG", "GET", parameter)[1].decode() for server in (self.master, self.replica)]

    def test_every_node_replicas_first(self):
        item = self.item("maxmemory", "100mb", "--yes")
        self.assertEqual((item["outcome"], [node["role"] for node in item["nodes"]]), ("done", ["replica", "master"]))
        for node in item["nodes"]:
            self.assertEqual((node["before"], node["after"], node["rewritten"], node["error"]), ("0", "104857600", None, None))
        self.assertEqual(self.values("maxmemory"), ["104857600"] * 2)
        # The same once more, in other words, is as good.
        self.assertEqual(self.item("maxmemory", "102400kb", "--yes")["outcome"], "done")

    def test_only_one_node_and_a_plan(self):
        answer = self.set("hz", "20", "--node", self.replica.address, "--dry-run")
        self.assertIn(f"{self.replica.address} (replica)  10 -> 20", answer.out)
        self.assertIn("a server that restarts has lost it; --rewrite writes it into its configuration file", answer.out)
        self.assertEqual(self.values("hz"), ["10", "10"])
        self.assertEqual(self.item("hz", "20", "--dry-run")["outcome"], "planned")
        self.set("hz", "20", "--node", self.replica.address, "--yes")
        self.assertEqual(self.values("hz"), ["10", "20"])

    def test_a_value_that_no_server_takes(self):
        answer = self.set("maxmemory-policy", "nonsense", "--yes", code=8)
        self.assertIn("rolled back: every node has its old value again", answer.err)
        self.assertEqual(self.values("maxmemory-policy"), ["noeviction"] * 2)

    def test_what_one_refuses_none_keeps(self):
        # The master denies what the replica has taken already.
        self.master.command("ACL", "SETUSER", "default", "-config|set")
        item = self.item("hz", "20", "--yes", code=8)
        nodes = by_name(item["nodes"])
        self.assertEqual(item["outcome"], "rolled-back")
        self.assertEqual(nodes[self.master.address]["error"]["code"], "NOPERM")
        self.assertEqual((nodes[self.replica.address]["after"], nodes[self.replica.address]["error"]), ("10", None))
        self.assertEqual(self.values("hz"), ["10", "10"])

    def test_a_node_that_is_gone_when_its_turn_comes(self):
        """It certainly did not hear: the others have their old value again, and that is all."""
        with Keyboard([REDISCTL, "config", "set", "hz", "20", *self.hosts], environment(REDISCLI_AUTH=PASSWORD, TERM="xterm")) as terminal:
            terminal.wait_for("Set it?")
            self.master.stop()
            terminal.type("y\n")
            terminal.wait_for("rolled back: every node has its old value again")
            self.assertEqual(terminal.end(), 8)
        self.assertEqual(self.replica.command("CONFIG", "GET", "hz")[1], b"10")

    def test_a_secret_comes_by_stdin_and_is_never_shown(self):
        self.assertIn("--value-stdin", self.set("masterauth", "some-word", "--yes", code=2).err)
        item = self.item("masterauth", "--value-stdin", "--yes", input=SECRET + "\n")
        self.assertEqual(item["value"], "(hidden)")
        self.assertEqual({node["after"] for node in item["nodes"]}, {"(hidden)"})
        self.assertEqual(self.values("masterauth"), [SECRET] * 2)
        self.assertIn("(hidden) -> (hidden)", self.set("masterauth", "--value-stdin", "--dry-run", input=SECRET).out)

    def test_the_password_itself(self):
        answer = self.set("requirepass", "--value-stdin", "--yes", input=SECRET)
        self.assertIn("whoever logs in from now on needs it", answer.out)
        for server in (self.master, self.replica):
            server.password = SECRET
            server.command("PING")

    def test_rewrite_reaches_the_file(self):
        item = self.item("hz", "33", "--rewrite", "--yes")
        self.assertEqual([node["rewritten"] for node in item["nodes"]], [True, True])
        for server in (self.master, self.replica):
            self.assertIn("hz 33", (server.folder / "server.conf").read_text())

    def test_a_file_that_cannot_be_written_is_said(self):
        (self.master.folder / "server.conf").unlink()
        (self.master.folder / "server.conf").mkdir()
        item = self.item("hz", "33", "--rewrite", "--yes", code=9)
        nodes = by_name(item["nodes"])
        self.assertEqual((nodes[self.master.address]["after"], nodes[self.master.address]["rewritten"]), ("33", False))
        self.assertEqual(nodes[self.master.address]["error"]["code"], "NOT_REWRITTEN")
        self.assertEqual(nodes[self.replica.address]["rewritten"], True)

    def test_refusals(self):
        self.assertIn("--yes", self.set("hz", "20", code=6).err)
        self.assertIn("there is no parameter maxmemroy", self.set("maxmemroy", "1", "--yes", code=6).err)
        self.assertIn("nothing is changed from here", self.set("hz", "20", "--yes", "--read-only", code=6).err)
        self.replica.freeze()
        self.assertIn(f"{self.replica.address} does not answer", self.set("hz", "20", "--yes", "--timeout", "2s", code=6).err)
        self.assertEqual(self.master.command("CONFIG", "GET", "hz")[1], b"10")

    def test_usage(self):
        self.assertIn("no value is given", self.set("hz", code=2).err)
        self.assertIn("more than once", self.set("hz", "20", "--value-stdin", code=2, input="30").err)
        self.assertIn("is a pattern", self.set("max*", "20", code=2).err)
        self.assertIn("stdin is wanted for the value and for a password", self.set("hz", "--value-stdin", "--password-stdin", code=2, input="x").err)


if __name__ == "__main__":
    unittest.main()
