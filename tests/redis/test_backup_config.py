"""backup config, show and all: a real server starts with what was saved, no password is readable, and what fails leaves nothing that looks whole."""
import json
import os
import re
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from asking import PASSWORD, Asking, said
from program import REDISCTL, environment
from servers import Server
from versions import INSTALLED, VERSIONS, program

OTHER = "pa55-of-another"
# What a server makes of its own start: where it stands, and what it is started with.
OWN = {"dir", "port", "logfile", "pidfile", "proc-title-template", "bind", "unixsocket"}


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


class Backup(Asking):
    def setUp(self):
        base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder, self.passphrase = base / "backups", base / "passphrase"
        self.passphrase.write_text("a pa55phrase\n")

    def names(self) -> list:
        return sorted(os.listdir(self.folder)) if self.folder.exists() else []

    def save(self, *arguments, command: str = "backup config", code: int = 0, **how) -> dict:
        return self.document(command, "Backup", "--dir", self.folder, *arguments, code=code, **how)

    def item(self, *arguments, **how) -> dict:
        return self.only(self.save(*arguments, **how)["items"])

    def sealed(self, *arguments, **how) -> dict:
        return self.item("--with-secrets", "--passphrase-file", self.passphrase, *arguments, **how)

    def text(self, part: dict) -> str:
        return (self.folder / part["file"]).read_text()

    def shown(self, *arguments, code: int = 0, secret: bool = False):
        words = [str(REDISCTL), "backup", "show", *map(str, arguments), "--dir", str(self.folder)]
        done = subprocess.run(words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, code, done)
        self.assertNotIn("pa55", done.stderr)
        if not secret:
            self.assertNotIn("pa55", done.stdout)
        return done

    def listed(self, code: int = 0) -> dict:
        return self.only(self.document("backup list", "BackupList", "--dir", self.folder, code=code)["items"])

    def verified(self, backup: str, code: int = 0) -> list:
        item = self.only(self.document("backup verify", "BackupCheck", backup, "--dir", self.folder, code=code)["items"])
        self.assertEqual(item["whole"], code == 0)
        return item["checks"]


class Settings(Backup):
    def settings_of(self, server) -> dict:
        pairs = [each.decode("latin-1") for each in server.command("CONFIG", "GET", "*")]
        return dict(zip(pairs[::2], pairs[1::2]))

    def users_of(self, server) -> list:
        """7.0 says of whom it has read from a file that payloads are checked, which is so of everybody."""
        return [user.replace(b" sanitize-payload", b"") for user in server.command("ACL", "LIST")]

    def start_with(self, text: str, server, version: str, password: str = None) -> Server:
        """A server on a port of its own, whose file is this but for where it stands."""
        lines = [line for line in text.splitlines() if line.split(" ", 1)[0] not in OWN]

        class Same(Server):
            def configuration(self) -> list:
                return [*lines, "bind 127.0.0.1", f"dir {self.folder}", f"port {self.port}"]

        return self.enterContext(Same(version=version, password=password))

    def same(self, version: str):
        options = ["save 3600 1 300 100", "maxmemory 64mb", "maxmemory-policy allkeys-lru", "client-output-buffer-limit replica 1mb 2mb 30",
                   'notify-keyspace-events "KEA"', "appendonly yes", "hash-max-ziplist-entries 77", 'syslog-ident "a \\"b\\" \\\\ \\x09c"',
                   "user ann on nopass ~a:* +get", "repl-backlog-size 2mb"]
        with Server(*options, version=version) as server:
            item = self.item("--host", server.address)
            part = self.only(item["parts"])
            self.assertEqual((part["kind"], part["name"], part["encrypted"], item["missing"], item["file"]), ("config", server.address, False, [], None))
            before, users = self.settings_of(server), self.users_of(server)
        again = self.start_with(self.text(part), server, version)
        after = self.settings_of(again)
        self.assertEqual({name: value for name, value in after.items() if name not in OWN}, {name: value for name, value in before.items() if name not in OWN})
        self.assertEqual(self.users_of(again), users)
        self.assertEqual(self.only([value for name, value in after.items() if name == "syslog-ident"]), 'a "b" \\ \tc')

    def test_6_0_starts_with_it(self):
        self.same("6.0")

    def test_7_0_starts_with_it(self):
        self.same(INSTALLED)

    def test_8_0_starts_with_it(self):
        self.same("8.0")

    def test_valkey_8_1_starts_with_it(self):
        self.same("valkey-8.1")

    def test_every_node_has_its_file(self):
        with Server() as master, Server("replica-priority 7", replica_of=master) as replica:
            replica.wait_linked()
            item = self.item("--host", master.address)
            self.assertCountEqual([part["name"] for part in item["parts"]], [master.address, replica.address])
            texts = {part["name"]: self.text(part) for part in item["parts"]}
            self.assertIn("replica-priority 7\n", texts[replica.address])
            self.assertIn(f"replicaof 127.0.0.1 {master.port}\n", texts[replica.address])
            self.assertNotIn("replicaof", texts[master.address])
            for name in self.names():
                self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)
            self.assertEqual(len(self.names()), 3)
            self.assertEqual(self.listed()["state"], "ok")
            self.assertEqual([(check["check"], check["ok"]) for check in self.verified(item["id"])], [("part", True)] * 2)
            only = self.item("--host", master.address, "--node", replica.address)
            self.assertEqual(self.only(only["parts"])["name"], replica.address)

    def test_passwords_are_comments(self):
        with Server(f"masterauth {OTHER}", f"user ann on >{OTHER} ~* +get", password=PASSWORD) as server:
            part = self.only(self.item("--host", server.address, env={"REDISCLI_AUTH": PASSWORD})["parts"])
            users = [user.decode() for user in server.command("ACL", "LIST")]
        text = self.text(part)
        self.assertNotIn("pa55", text)
        for digest in re.findall(r"#([0-9a-f]{64})", " ".join(users)):
            self.assertNotIn(digest, text)
        for line in ("# requirepass (hidden)\n", "# masterauth (hidden)\n"):
            self.assertIn(line, text)
        self.assertRegex(text, r"\n# user ann on .*#\(hidden\)")
        again = self.start_with(text, server, INSTALLED)
        self.assertEqual(again.command("PING"), b"PONG")

    def test_a_server_that_may_not_be_asked(self):
        with Server("user looker on >pa55-of-looker +info +role +client", password=PASSWORD) as server:
            answer = self.ask("backup", "config", "--dir", self.folder, "--host", server.address, "--user", "looker", "--password-stdin", "--json", input="pa55-of-looker", code=5)
            self.assertEqual(self.error(answer)["code"], "NOPERM")
            self.assertEqual(self.names(), [])

    def test_users_that_may_not_be_seen(self):
        with Server("user looker on >pa55-of-looker +info +role +client +config|get", password=PASSWORD) as server:
            document = self.save("--host", server.address, "--user", "looker", "--password-stdin", input="pa55-of-looker", code=7)
            missing = self.only(self.only(document["items"])["missing"])
            self.assertEqual((missing["kind"], missing["name"]), ("config", f"{server.address} users"))

    def test_a_dead_node(self):
        with Server() as master, Server() as other:
            other_address = other.address
            hosts = ["--host", master.address, "--host", other_address]
            other.process.kill()
            other.process.wait()
            document = self.save(*hosts, "--retain", 1, code=7)
            item = self.only(document["items"])
            self.assertEqual(self.only(item["parts"])["name"], master.address)
            self.assertEqual(self.only(item["missing"])["name"], other_address)
            error = self.only(document["errors"])
            self.assertEqual((error["code"], error["message"]), ("PART_MISSING", f"config {other_address} is not in the backup"))
            self.assertEqual(self.listed(code=1)["state"], "incomplete")
            self.assertEqual([(check["check"], check["ok"]) for check in self.verified(item["id"], code=1)], [("part", True), ("complete", False)])

    def test_nobody_answers(self):
        answer = self.ask("backup", "config", "--dir", self.folder, "--host", "127.0.0.1:1", "--json", code=4)
        self.error(answer)
        self.assertEqual(self.names(), [])

    def test_plain_hosts_have_no_objects(self):
        answer = self.ask("backup", "k8s", "--dir", self.folder, "--host", "127.0.0.1:1", code=3)
        self.assertIn("plain hosts have no Kubernetes objects", answer.err)

    def test_a_full_disk(self):
        with Server() as server:
            words = " ".join([str(REDISCTL), "backup", "config", "--json", "--dir", str(self.folder), "--host", server.address])
            done = subprocess.run(["bash", "-c", f"ulimit -f 1; exec {words}"], env=environment(), capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 74, done)
            error = self.only(json.loads(done.stdout)["errors"])
            self.assertEqual(error["code"], "NO_SPACE")
            self.assertEqual(self.names(), [])

    def test_old_ones_go_and_other_kinds_stay(self):
        with Server() as server:
            rdb = self.item("--host", server.address, command="backup rdb")
            first = self.item("--host", server.address)
            second = self.item("--host", server.address, "--retain", 1)
            self.assertEqual(second["deleted"], [first["manifest"]])
            self.assertEqual(self.names(), sorted([rdb["file"], Path(rdb["manifest"]).name, self.only(second["parts"])["file"], Path(second["manifest"]).name]))

    def test_it_is_no_rdb_to_restore(self):
        with Server() as server:
            item = self.item("--host", server.address)
            answer = self.ask("restore", "rdb", item["id"], "--dir", self.folder, "--host", server.address, "--dry-run", code=3)
            self.assertIn("holds no RDB", answer.err)


class Damaged(Backup):
    def setUp(self):
        super().setUp()
        with Server() as server:
            self.saved = self.item("--host", server.address)
        self.part = self.only(self.saved["parts"])
        self.path = self.folder / self.part["file"]

    def test_shown_as_it_was_saved(self):
        self.assertEqual(self.shown(self.saved["id"], self.part["name"]).stdout, self.path.read_text())

    def test_changed(self):
        self.path.write_text(self.path.read_text().replace("maxmemory 0", "maxmemory 1"))
        self.assertEqual(self.listed()["state"], "ok", "the same size")
        self.assertIn("sha256", self.only(self.verified(self.saved["id"], code=1))["says"])
        done = self.shown(self.saved["id"], self.part["name"], code=1)
        self.assertEqual(done.stdout, "")
        self.assertIn("is damaged", done.stderr)

    def test_longer(self):
        with open(self.path, "a") as file:
            file.write("x")
        self.assertEqual(self.listed(code=1)["state"], "size")
        self.shown(self.saved["id"], self.part["name"], code=1)

    def test_gone(self):
        self.path.unlink()
        self.assertEqual(self.listed(code=1)["state"], "missing")
        self.verified(self.saved["id"], code=1)
        self.shown(self.saved["id"], self.part["name"], code=3)

    def test_no_such_part(self):
        self.assertIn("there are: " + self.part["name"], self.shown(self.saved["id"], "redis-9", code=3).stderr)


class Sealed(Backup):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Server(f"masterauth {OTHER}", password=PASSWORD))
        self.asked = ["--host", self.server.address]
        self.login = {"env": {"REDISCLI_AUTH": PASSWORD}}

    def test_there_and_back(self):
        item = self.sealed(*self.asked, **self.login)
        part = self.only(item["parts"])
        self.assertTrue(part["encrypted"])
        content = (self.folder / part["file"]).read_bytes()
        self.assertNotIn(b"maxmemory", content)
        text = self.shown(item["id"], part["name"], "--passphrase-file", self.passphrase, secret=True).stdout
        self.assertIn(f"\nrequirepass {PASSWORD}\n", text)
        self.assertIn(f"\nmasterauth {OTHER}\n", text)
        self.assertEqual([check["ok"] for check in self.verified(item["id"])], [True])
        self.passphrase.write_text("another pa55phrase")
        done = self.shown(item["id"], part["name"], "--passphrase-file", self.passphrase, code=5)
        self.assertEqual(done.stdout, "")
        self.assertIn("this is not its passphrase", done.stderr)
        self.assertIn("is encrypted", self.shown(item["id"], part["name"], code=2).stderr)
        self.assertIn("cannot be opened", self.shown(item["id"], part["name"], "--passphrase-file", "/nonexistent", code=2).stderr)
        (self.folder / part["file"]).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        self.assertIn("is damaged", self.shown(item["id"], part["name"], "--passphrase-file", self.passphrase, code=1).stderr)

    def test_never_without_a_passphrase(self):
        empty = self.passphrase.parent / "empty"
        empty.write_text("\n")
        for arguments, says in ((["--with-secrets"], "needs a passphrase"), (["--passphrase-file", self.passphrase], "is for --with-secrets"),
                                (["--with-secrets", "--passphrase-file", "/nonexistent"], "cannot be opened"), (["--with-secrets", "--passphrase-file", empty], "is empty")):
            with self.subTest(arguments=arguments):
                answer = self.ask("backup", "config", "--dir", self.folder, *self.asked, *arguments, code=2, **self.login)
                self.assertIn(says, answer.err)
        self.assertEqual(self.names(), [])


class All(Backup):
    def test_one_id_and_one_manifest(self):
        with Server() as master, Server(replica_of=master) as replica:
            master.command("SET", "a", "b")
            replica.wait_linked()
            item = self.item("--host", master.address, command="backup all")
            self.assertEqual((item["node"], item["keys"]["db0"]["keys"], item["missing"]), (replica.address, 1, []))
            self.assertEqual(len(item["parts"]), 2)
            self.assertEqual(len(self.names()), 4)
            self.assertEqual({check["check"] for check in self.verified(item["id"])}, {"size", "sha256", "rdb", "checksum", "keys", "part"})
            self.assertEqual(self.listed()["state"], "ok")
            answer = self.ask("backup", "list", "--dir", self.folder)
            self.assertIn("rdb+config", answer.out)

    def test_no_data_no_backup(self):
        with Server("user looker on >pa55-of-looker +info +role +client +config|get +acl|list", password=PASSWORD) as server:
            answer = self.ask("backup", "all", "--dir", self.folder, "--host", server.address, "--user", "looker", "--password-stdin", "--json", input="pa55-of-looker", code=5)
            self.assertEqual(self.error(answer)["code"], "NOPERM")
            self.assertEqual(self.names(), [])

    def test_no_settings_is_said(self):
        with Server("user looker on >pa55-of-looker +info +role +client +psync +replconf +ping", password=PASSWORD) as server:
            document = self.save("--host", server.address, "--user", "looker", "--password-stdin", input="pa55-of-looker", command="backup all", code=7)
            item = self.only(document["items"])
            self.assertEqual(self.only(item["missing"])["kind"], "config")
            self.assertIn("config", said(self.only(document["errors"])))
            self.assertEqual(self.listed(code=1)["state"], "incomplete")

    def test_a_full_disk(self):
        with Server() as server:
            with server.client() as client:
                client.command("SET", "big", os.urandom(1 << 20))
            words = " ".join([str(REDISCTL), "backup", "all", "--json", "--dir", str(self.folder), "--host", server.address])
            done = subprocess.run(["bash", "-c", f"ulimit -f 100; exec {words}"], env=environment(), capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 74, done)
            self.assertEqual(self.names(), [])


if __name__ == "__main__":
    unittest.main()
