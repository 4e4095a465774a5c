"""`restore config`: what differs from a backup goes back, on all nodes or on none."""
import tempfile
import unittest
from pathlib import Path

from asking import PASSWORD, Asking
from servers import Server, eventually


class RestoreConfig(Asking):
    def setUp(self):
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", "io-threads 2", password=PASSWORD))
        self.replica = self.enterContext(Server(f"masterauth {PASSWORD}", password=PASSWORD, replica_of=self.master)).wait_linked()
        self.hosts = ["--host", self.master.address, "--host", self.replica.address]
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD}}
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def save(self, *arguments) -> str:
        return self.only(self.document("backup config", "Backup", *self.hosts, "--dir", self.folder, *arguments, **self.way)["items"])["id"]

    def restore(self, backup: str, *arguments, code: int = 0) -> dict:
        document = self.document("restore config", "ConfigRestore", *self.hosts, backup, "--dir", self.folder, *arguments, code=code, **self.way)
        self.errors = document["errors"]
        return self.only(document["items"])

    def set(self, server: Server, *pairs: str) -> None:
        for name, value in zip(pairs[::2], pairs[1::2]):
            server.command("CONFIG", "SET", name, value)

    def value(self, server: Server, name: str) -> str:
        return server.command("CONFIG", "GET", name)[1].decode()

    def test_what_differs_goes_back_replicas_first(self):
        self.set(self.master, "maxmemory", "100mb", "save", "3600 1 300 100", "client-output-buffer-limit", "normal 209715200 104857600 60")
        before = {name: self.value(self.master, name) for name in ("maxmemory", "save", "client-output-buffer-limit")}
        backup = self.save()
        self.set(self.master, "maxmemory", "1gb", "save", "", "client-output-buffer-limit", "normal 0 0 0")
        self.set(self.replica, "hz", "50")
        item = self.restore(backup, "--yes")
        self.assertEqual((item["outcome"], self.errors), ("done", []), item)
        self.assertEqual([(each["node"], each["parameter"]) for each in item["settings"]],
                         [(self.replica.address, "hz"), (self.master.address, "client-output-buffer-limit"), (self.master.address, "maxmemory"), (self.master.address, "save")])
        self.assertEqual({name: self.value(self.master, name) for name in before}, before)
        self.assertEqual(self.value(self.replica, "hz"), "10")
        self.assertEqual(self.restore(backup, "--yes")["outcome"], "noop")

    def test_a_plan_and_only_what_is_named(self):
        backup = self.save()
        self.set(self.master, "hz", "50", "timeout", "30")
        answer = self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, "--dry-run", **self.way)
        self.assertIn(f"{self.master.address} (master)  hz  50 -> 10", answer.out)
        self.assertIn("a server that restarts has lost them; --rewrite writes them into its configuration file", answer.out)
        self.assertEqual(self.restore(backup, "--dry-run")["outcome"], "planned")
        self.assertEqual((self.value(self.master, "hz"), self.value(self.master, "timeout")), ("50", "30"))
        self.restore(backup, "HZ", "--yes", "--rewrite")
        self.assertEqual((self.value(self.master, "hz"), self.value(self.master, "timeout")), ("10", "30"))

    def test_roles_places_and_passwords_stay(self):
        """A backup of before a failover makes nobody a replica again."""
        backup = self.save()
        self.replica.command("REPLICAOF", "NO", "ONE")
        self.master.command("REPLICAOF", "127.0.0.1", self.replica.port)
        eventually("it follows", lambda: self.master.info().get("master_link_status") == "up")
        self.set(self.master, "bind-source-addr", "127.0.0.1")
        item = self.restore(backup, "--yes")
        self.assertEqual((item["outcome"], item["settings"]), ("noop", []), item)
        self.assertIn("bind-source-addr", item["leftAlone"])
        self.assertEqual([server.command("ROLE")[0] for server in (self.master, self.replica)], [b"slave", b"master"])
        item = self.restore(backup, "bind-source-addr", "--yes")
        self.assertEqual((item["outcome"], self.value(self.master, "bind-source-addr")), ("done", ""), item)

    def test_what_one_refuses_none_keeps(self):
        backup = self.save()
        for server in (self.master, self.replica):
            self.set(server, "hz", "50")
        self.master.command("ACL", "SETUSER", "default", "-config|set")
        item = self.restore(backup, "--yes", code=8)
        self.assertEqual(item["outcome"], "rolled-back")
        self.assertEqual([(error["node"], error["code"]) for error in self.errors], [(self.master.address, "NOPERM")])
        self.assertEqual([self.value(server, "hz") for server in (self.master, self.replica)], ["50", "50"])

    def test_what_only_a_start_can_set_is_named_and_the_rest_is_done(self):
        backup = self.save()
        self.master.stop()
        self.master.options.remove("io-threads 2")
        self.master.start()
        self.set(self.master, "hz", "50")
        item = self.restore(backup, "--yes", code=9)
        self.assertEqual((item["outcome"], self.value(self.master, "hz"), self.value(self.master, "io-threads")), ("incomplete", "10", "1"), item)
        self.assertEqual([(error["code"], error["message"]) for error in self.errors], [("ONLY_AT_START", f"{self.master.address} takes io-threads only at its start")])

    def test_sealed_and_its_passwords_by_name(self):
        (self.folder / "passphrase").write_text("correct horse")
        backup = self.save("--with-secrets", "--passphrase-file", self.folder / "passphrase")
        self.set(self.replica, "masterauth", "another pa55", "hz", "50")
        self.assertIn("--passphrase-file", self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, "--yes", code=2, **self.way).err)
        item = self.restore(backup, "--passphrase-file", self.folder / "passphrase", "--yes")
        self.assertEqual(([each["parameter"] for each in item["settings"]], item["leftAlone"]), (["hz"], ["masterauth"]), item)
        item = self.restore(backup, "masterauth", "--passphrase-file", self.folder / "passphrase", "--yes")
        self.assertEqual([(each["before"], each["saved"], each["after"]) for each in item["settings"]], [("(hidden)",) * 3], item)
        self.assertEqual(self.value(self.replica, "masterauth"), PASSWORD)

    def test_what_it_refuses(self):
        backup = self.save()
        self.assertIn("the backup does not say no-such-thing", self.ask("restore", "config", *self.hosts, backup, "no-such-thing", "--dir", self.folder, "--yes", code=3, **self.way).err)
        self.assertIn("--with-secrets", self.ask("restore", "config", *self.hosts, backup, "requirepass", "--dir", self.folder, "--yes", code=3, **self.way).err)
        self.set(self.master, "hz", "50")
        self.assertIn("--yes", self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, code=6, **self.way).err)
        self.assertIn("read-only", self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, "--yes", "--read-only", code=6, **self.way).err)
        self.assertEqual(self.value(self.master, "hz"), "50")
        self.replica.freeze()
        refused = self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, "--yes", code=6, **self.way)
        self.assertIn(f"{self.replica.address} does not answer", refused.err)
        self.ask("restore", "config", *self.hosts, backup, "--dir", self.folder, "--yes", "--node", self.master.address, **self.way)
        self.assertEqual(self.value(self.master, "hz"), "10")


if __name__ == "__main__":
    unittest.main()
