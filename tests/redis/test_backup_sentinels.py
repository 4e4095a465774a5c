"""backup config and all, of Sentinels: a real one starts with what was saved and watches the same, no password is readable, and what cannot be read is named."""
import os
import stat
from pathlib import Path

from asking import PASSWORD
from servers import Sentinel, Server, eventually
from test_backup_config import OTHER, Backup
from versions import INSTALLED, VERSIONS, program


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


class Watching(Sentinel):
    """6.0 wants to know a master before it hears more of it."""

    def configuration(self) -> list:
        return sorted(super().configuration(), key=lambda line: line.startswith("sentinel ") and not line.startswith("sentinel monitor "))


class Sentinels(Backup):
    def watched(self, *options: str, version: str = INSTALLED, password: str = None, sentinel_password: str = None, count: int = 1) -> tuple:
        master = self.enterContext(Server(version=version, password=password, *([f"masterauth {password}"] if password else [])))
        sentinels = [self.enterContext(Watching(*options, monitors={"mymaster": master}, quorum=2, version=version, password=sentinel_password)) for _ in range(count)]
        return master, sentinels

    def options(self) -> list:
        return ["sentinel down-after-milliseconds mymaster 1234", "sentinel failover-timeout mymaster 4321", "sentinel parallel-syncs mymaster 3"]

    def of_sentinels(self, item: dict) -> list:
        return [part for part in item["parts"] if part["kind"] == "sentinel"]

    def fields(self, sentinel) -> dict:
        flat = [word.decode() for word in sentinel.command("SENTINEL", "MASTER", "mymaster")]
        pairs = dict(zip(flat[::2], flat[1::2]))
        return {name: pairs.get(name) for name in ("name", "ip", "port", "quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs", "notification-script")}

    def start_with(self, text: str, version: str) -> Sentinel:
        lines = [line for line in text.splitlines() if not line.startswith("port ")]

        class Same(Sentinel):
            def configuration(self) -> list:
                return [*lines, "bind 127.0.0.1", f"dir {self.folder}", f"port {self.port}"]

        return self.enterContext(Same(monitors={}, version=version))

    def there_and_again(self, version: str, *more: str, told: bool = True):
        script = self.folder.parent / "told"
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
        master, (sentinel,) = self.watched(*self.options(), f"sentinel notification-script mymaster {script}", *more, version=version)
        item = self.item("--host", master.address, "--sentinel", sentinel.address)
        part = self.only(self.of_sentinels(item))
        self.assertEqual((part["name"], part["encrypted"], item["missing"]), (sentinel.address, False, []))
        self.assertEqual(part["notTold"], ["auth-pass", "auth-user", "rename-command"] + ([] if told else ["announce-ip", "announce-port"]))
        text = self.text(part)
        self.assertIn(f"port {sentinel.port}\n", text)
        self.assertIn("# No Sentinel tells whether it has these, so they are not in it: auth-pass, auth-user, rename-command", text)
        self.assertNotIn("myid", text)
        self.assertNotIn("known-", text)
        again = self.start_with(text, version)
        self.assertEqual(self.fields(again), self.fields(sentinel))
        eventually("it watches", lambda: self.fields(again)["ip"] and b"flags" in again.command("SENTINEL", "MASTER", "mymaster"))
        return text, again

    def test_7_0_starts_with_it(self):
        text, again = self.there_and_again(INSTALLED, "sentinel resolve-hostnames yes", "sentinel announce-ip 127.0.0.1", "user ann on nopass +ping")
        self.assertEqual(again.command("SENTINEL", "CONFIG", "GET", "resolve-hostnames"), [b"resolve-hostnames", b"yes"])
        self.assertIn("sentinel announce-ip 127.0.0.1\n", text)
        self.assertTrue(any(user.startswith(b"user ann ") for user in again.command("ACL", "LIST")))

    def test_6_0_starts_with_it(self):
        self.there_and_again("6.0", told=False)

    def test_8_0_starts_with_it(self):
        text, _ = self.there_and_again("8.0", "loglevel verbose")
        self.assertIn("\nloglevel verbose\n", text)

    def test_valkey_8_1_starts_with_it(self):
        self.there_and_again("valkey-8.1")

    def test_passwords(self):
        """auth-pass cannot be read back, sentinel-pass can: neither is in it, and with --with-secrets the second is."""
        master, (sentinel,) = self.watched(f"sentinel sentinel-pass {OTHER}", password=PASSWORD, sentinel_password=OTHER)
        secret = self.folder.parent / "of-sentinels"
        secret.write_text(OTHER)
        way = ["--host", master.address, "--sentinel", sentinel.address, "--sentinel-password-file", secret]
        item = self.item(*way, env={"REDISCLI_AUTH": PASSWORD})
        text = self.text(self.only(self.of_sentinels(item)))
        self.assertNotIn("pa55", text)
        self.assertIn("# sentinel sentinel-pass (hidden)\n", text)
        self.assertRegex(text, r"\n# user default on #\(hidden\)")
        item = self.sealed(*way, env={"REDISCLI_AUTH": PASSWORD})
        part = self.only(self.of_sentinels(item))
        self.assertTrue(part["encrypted"])
        text = self.shown(item["id"], part["name"], "--passphrase-file", self.passphrase, secret=True).stdout
        self.assertIn(f"\nsentinel sentinel-pass {OTHER}\n", text)
        self.assertNotIn(PASSWORD, text)

    def test_every_one_is_in_it_and_the_list_knows(self):
        master, sentinels = self.watched(count=3)
        for sentinel in sentinels:
            eventually("they know each other", lambda: b"num-other-sentinels" in (flat := sentinel.command("SENTINEL", "MASTER", "mymaster")) and flat[flat.index(b"num-other-sentinels") + 1] == b"2")
        item = self.item("--host", master.address, *(word for each in sentinels for word in ("--sentinel", each.address)))
        self.assertCountEqual([part["name"] for part in self.of_sentinels(item)], [each.address for each in sentinels])
        self.assertEqual(self.listed()["state"], "ok")
        self.assertEqual([(check["check"], check["ok"]) for check in self.verified(item["id"])], [("part", True)] * 4)
        answer = self.ask("backup", "list", "--dir", self.folder)
        self.assertIn("config+sentinel", answer.out)
        for name in os.listdir(self.folder):
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)
        part = self.of_sentinels(item)[0]
        self.assertEqual(self.shown(item["id"], part["name"]).stdout, self.text(part))
        (self.folder / part["file"]).write_text("changed")
        self.verified(item["id"], code=1)

    def test_with_the_data(self):
        master, (sentinel,) = self.watched()
        item = self.item("--host", master.address, "--sentinel", sentinel.address, command="backup all")
        self.assertEqual([part["kind"] for part in item["parts"]], ["config", "sentinel"])
        self.assertEqual(self.only([Path(item["path"]).suffix]), ".rdb")

    def test_only_those_that_are_named(self):
        master, (sentinel,) = self.watched()
        way = ["--host", master.address, "--sentinel", sentinel.address]
        for node, kind in ((master, "config"), (sentinel, "sentinel")):
            self.assertEqual(self.only(self.item(*way, "--node", node.address)["parts"])["kind"], kind)

    def test_a_dead_one_is_missing(self):
        master, sentinels = self.watched(count=2)
        sentinels[1].stop()
        document = self.save("--host", master.address, *(word for each in sentinels for word in ("--sentinel", each.address)), code=7)
        item = self.only(document["items"])
        self.assertEqual([(each["kind"], each["name"]) for each in item["missing"]], [("sentinel", sentinels[1].address)])
        self.assertEqual(self.listed(code=1)["state"], "incomplete")

    def test_what_one_may_not_tell_is_missing(self):
        master, (sentinel,) = self.watched("user looker on >pa55-of-looker +sentinel|masters +sentinel|master +sentinel|sentinels +sentinel|replicas +info +client|setname", sentinel_password=OTHER)
        document = self.save("--host", master.address, "--sentinel", sentinel.address, "--sentinel-user", "looker", "--sentinel-password-stdin", input="pa55-of-looker", code=7)
        self.assertEqual([each["name"] for each in self.only(document["items"])["missing"]], [f"{sentinel.address} settings", f"{sentinel.address} users"])

    def test_restore_config_leaves_them_alone_and_says_so(self):
        master, (sentinel,) = self.watched()
        way = ["--host", master.address, "--sentinel", sentinel.address]
        item = self.item(*way)
        before = self.fields(sentinel)
        sentinel.command("SENTINEL", "SET", "mymaster", "parallel-syncs", "7")
        master.command("CONFIG", "SET", "maxmemory", "64mb")
        for change in (lambda: None, lambda: master.command("CONFIG", "SET", "maxmemory", "0")):
            change()
            answer = self.ask("restore", "config", item["id"], "--dir", self.folder, *way, "--dry-run")
            self.assertIn("redisctl sentinel sync", answer.out + answer.err, answer)
        self.assertEqual(self.fields(sentinel), {**before, "parallel-syncs": "7"})
