"""backup rdb, list and verify: what is saved is what the server holds, and where it fails nothing is left behind that looks like a backup."""
import hashlib
import json
import os
import re
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from asking import PASSWORD, Asking, codes, said
from datasets import fill
from program import REDISCTL, environment, redisctl
from servers import Sentinel, Server, eventually
from versions import INSTALLED, VERSIONS, program


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


def debug(version: str) -> list:
    return [] if version == "6.0" else ["enable-debug-command yes"]


class Backup(Asking):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "backups"

    def names(self) -> list:
        return sorted(os.listdir(self.folder)) if self.folder.exists() else []

    def back_up(self, *arguments, code: int = 0, **how) -> dict:
        document = self.document("backup rdb", "Backup", "--dir", self.folder, *arguments, code=code, **how)
        return self.only(document["items"]) if code == 0 else document

    def failed(self, *arguments, code: int, **how) -> dict:
        """The error of a backup that left nothing behind."""
        answer = self.ask("backup", "rdb", "--dir", self.folder, *arguments, "--json", code=code, **how)
        self.assertEqual(self.names(), [], answer)
        return self.error(answer)


class Whole(Backup):
    def whole(self, version: str, diskless: str):
        with Server(*debug(version), version=version) as master, \
                Server(f"repl-diskless-sync {diskless}", *debug(version), version=version, replica_of=master) as replica:
            counted = fill(master)
            replica.wait_linked()
            item = self.back_up("--host", master.address)
            self.assertEqual((item["node"], item["role"]), (replica.address, "replica"))
            self.assertLessEqual(item["lagBytes"], 100)
            self.assertEqual({name: (db["keys"], db["expiring"]) for name, db in item["keys"].items()}, counted)
            self.assertEqual((item["notCounted"], item["checksum"], item["deleted"]), (None, "good", []))
            self.assertEqual(item["functions"], 0 if version == "6.0" else 2)
            info = replica.info()
            self.assertEqual((item["replid"], info["connected_slaves"]), (info["master_replid"], "0"))
            self.assertLessEqual(item["offset"], int(info["master_repl_offset"]))
            self.check_file(item)
            with Server(*debug(version), version=version, dump=Path(item["path"]).read_bytes()) as loaded:
                self.assertEqual(loaded.command("DEBUG", "DIGEST"), master.command("DEBUG", "DIGEST"))

    def check_file(self, item: dict):
        path = Path(item["path"])
        content = path.read_bytes()
        self.assertEqual((len(content), hashlib.sha256(content).hexdigest()), (item["bytes"], item["sha256"]))
        self.assertEqual(self.names(), sorted([path.name, Path(item["manifest"]).name]))
        for name in self.names():
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)
        manifest = json.loads(Path(item["manifest"]).read_text())
        for member in manifest.keys() - {"apiVersion", "kind", "redisctl"}:
            self.assertEqual(manifest[member], item[member], member)
        check = self.only(self.document("backup verify", "BackupCheck", path)["items"])
        self.assertEqual({each["check"]: each["ok"] for each in check["checks"]}, {name: True for name in ("size", "sha256", "rdb", "checksum", "keys")}, check)

    def test_7_0_with_its_length(self):
        self.whole(INSTALLED, "no")

    def test_7_0_without_its_length(self):
        self.whole(INSTALLED, "yes")

    def test_6_0(self):
        self.whole("6.0", "no")
        self.folder = self.folder.parent / "diskless"
        self.whole("6.0", "yes")

    def test_8_0(self):
        self.whole("8.0", "yes")

    def test_valkey_8_1(self):
        self.whole("valkey-8.1", "yes")

    def test_nothing_at_all(self):
        with Server() as server:
            item = self.back_up("--host", server.address)
            self.assertEqual((item["keys"], item["role"]), ({}, "master"))

    def test_64_mib_in_a_few(self):
        """Memory stays flat: the limit is far below what is streamed."""
        with Server("rdbcompression no") as server:
            with server.client() as client:
                for i in range(8):
                    client.command("SET", f"key:{i}", os.urandom(8 << 20))
            words = [str(REDISCTL), "backup", "rdb", "--dir", str(self.folder), "--host", server.address, "--json"]
            script = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
            done = subprocess.run(["python3", "-c", script, *words], env=environment(), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done)
            self.assertLess(int(done.stdout.splitlines()[-1]), 48 << 10, "KiB at most")


class Sources(Backup):
    def test_without_a_replica_the_master_is_taken_and_that_is_said(self):
        with Server() as server:
            answer = self.ask("backup", "rdb", "--host", server.address, "--dir", self.folder)
            self.assertIn("taken from the master", answer.err)
            self.assertIn("there is no replica", answer.err)

    def test_only_from_a_replica(self):
        with Server() as server:
            error = self.failed("--host", server.address, "--from", "replica", code=4)
            self.assertEqual((error["code"], error["hint"]), ("NO_SOURCE", "--from master"))

    def test_a_replica_without_link_is_passed_over(self):
        with Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()
            asked = ["--host", master.address, "--host", replica.address]
            self.assertEqual(self.back_up(*asked, "--from", "master")["node"], master.address)
            replica.command("REPLICAOF", "127.0.0.1", "1")
            item = self.back_up(*asked)
            self.assertEqual((item["node"], item["why"]), (master.address, "no replica is fit for it"))

    def test_two_masters(self):
        with Server() as one, Server() as other:
            asked = ["--host", one.address, "--host", other.address]
            error = self.failed(*asked, code=6)
            self.assertIn("it is not clear which data", error["message"])
            self.assertEqual(self.back_up(*asked, "--node", other.address)["node"], other.address)

    def test_a_dry_run_writes_nothing(self):
        with Server() as server:
            document = self.document("backup rdb", "BackupPlan", "--host", server.address, "--dir", self.folder, "--dry-run")
            self.assertEqual(self.only(document["items"])["node"], server.address)
            self.assertEqual(self.names(), [])

    def test_a_password_and_a_user_who_may_not(self):
        with Server("user looker on >pa55-of-looker +info +role +client +config|get", password=PASSWORD) as server:
            self.back_up("--host", server.address, env={"REDISCLI_AUTH": PASSWORD})
            before = self.names()
            answer = self.ask("backup", "rdb", "--dir", self.folder, "--host", server.address, "--user", "looker", "--password-stdin", "--json", input="pa55-of-looker", code=5)
            self.assertEqual(self.error(answer)["code"], "NOPERM")
            self.assertEqual(self.names(), before)

    def test_a_master_that_waits_for_one_replica_more(self):
        """6.0 would count us: it would take writes that no replica has."""
        with Server("min-replicas-to-write 1", version="6.0") as server:
            error = self.failed("--host", server.address, code=6)
            self.assertIn("would take us for one", error["cause"])
        with Server("min-replicas-to-write 1") as server:
            self.back_up("--host", server.address)


    def test_a_sentinel_takes_us_for_no_replica(self):
        """It reads INFO of the master every 10 s, and would remember what it sees there."""
        for version in (INSTALLED, "6.0"):
            with self.subTest(version=version), Server("repl-diskless-sync yes", "rdb-key-save-delay 6000", version=version) as server, \
                    Sentinel(monitors={"main": server}, version=version) as sentinel:
                with server.client() as client:
                    for i in range(2000):
                        client.command("SET", f"key:{i}", "value")
                self.back_up("--host", server.address)
                self.assertEqual(sentinel.command("SENTINEL", "REPLICAS", "main"), [])


class Retention(Backup):
    def test_only_the_older_ones_of_the_same_instance_go(self):
        with Server() as server, Server() as stranger:
            self.back_up("--host", stranger.address)
            foreign = self.folder / "dump-of-mine.rdb"
            foreign.write_bytes(b"REDIS")
            (self.folder / "notes.json").write_text("{}")
            first = self.back_up("--host", server.address)
            kept = []
            for _ in range(2):
                time.sleep(1.01)  # the time of a backup has seconds
                kept.append(self.back_up("--host", server.address, "--retain", 2))
            self.assertEqual(kept[-1]["deleted"], [first["path"]])
            self.assertFalse(Path(first["manifest"]).exists())
            listed = self.document("backup list", "BackupList", "--dir", self.folder)
            self.assertEqual([item["path"] for item in listed["items"]][1:], [item["path"] for item in kept])
            self.assertTrue(foreign.exists())

    def test_not_after_a_failure(self):
        with Server() as server:
            item = self.back_up("--host", server.address)
        self.ask("backup", "rdb", "--dir", self.folder, "--host", server.address, "--retain", 1, code=4)
        self.assertTrue(Path(item["path"]).exists())

    def test_a_number_that_is_none(self):
        answer = self.ask("backup", "rdb", "--host", "127.0.0.1:1", "--retain", "0", code=2)
        self.assertIn("--retain", answer.err)


class Failing(Backup):
    """A server that takes seconds to send what it has."""

    def slow(self, **how) -> Server:
        server = self.enterContext(Server("repl-diskless-sync yes", "rdb-key-save-delay 3000", **how))
        with server.client() as client:
            if not how.get("replica_of"):
                for i in range(2000):
                    client.command("SET", f"key:{i}", os.urandom(300))
        return server

    def under_way(self) -> bool:
        parts = list(self.folder.glob(".*.part")) if self.folder.exists() else []
        return bool(parts) and parts[0].stat().st_size > 0

    def interfere(self, server, interference) -> dict:
        """The error of a backup in whose midst something happens."""
        def wait_and_act():
            eventually("bytes are being written", self.under_way)
            interference()

        thread = threading.Thread(target=wait_and_act)
        thread.start()
        try:
            return self.failed("--host", server.address, "--node", server.address, code=4)
        finally:
            thread.join()

    def test_the_server_dies(self):
        server = self.slow()
        error = self.interfere(server, server.stop)
        self.assertIn("broke off", error["message"])
        self.assertIn("it does not answer any more; no file is left behind", error["cause"])

    def test_the_replica_is_promoted(self):
        master = self.enterContext(Server("repl-diskless-sync yes"))
        with master.client() as client:
            for i in range(2000):
                client.command("SET", f"key:{i}", os.urandom(300))
        replica = self.slow(replica_of=master).wait_linked()
        error = self.interfere(replica, lambda: replica.command("REPLICAOF", "NO", "ONE"))
        self.assertIn("it was a replica and is a master now", error["cause"])

    def test_the_child_of_the_server_dies(self):
        server = self.slow()
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        error = self.interfere(server, lambda: os.kill(int(children.read_text().split()[0]), 9))
        self.assertIn("what it is has not changed", error["cause"])

    def test_ctrl_c(self):
        server = self.slow()
        answer = self.ask("backup", "rdb", "--dir", self.folder, "--host", server.address, interrupt_after=2, code=130)
        self.assertEqual(self.names(), [], answer)

    def test_a_server_that_says_nothing_more(self):
        server = self.slow()
        error = self.interfere_frozen(server)
        self.assertIn("sent nothing more in time", error["message"])

    def interfere_frozen(self, server) -> dict:
        def wait_and_act():
            eventually("bytes are being written", self.under_way)
            children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
            for pid in [server.process.pid, *map(int, children)]:
                os.kill(pid, 19)

        thread = threading.Thread(target=wait_and_act)
        thread.start()
        try:
            return self.failed("--host", server.address, "--idle-timeout", "1s", code=4)
        finally:
            thread.join()

    def test_a_disk_that_is_full(self):
        with Server() as server:
            with server.client() as client:
                client.command("SET", "big", os.urandom(1 << 20))
            words = " ".join([str(REDISCTL), "backup", "rdb", "--json", "--dir", str(self.folder), "--host", server.address])
            done = subprocess.run(["bash", "-c", f"ulimit -f 100; exec {words}"], env=environment(), capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 74, done)
            error = self.only(json.loads(done.stdout)["errors"])
            self.assertEqual(error["code"], "NO_SPACE")
            self.assertIn("nothing is left behind", error["cause"])
            self.assertEqual(self.names(), [])

    def test_a_folder_that_cannot_be_made(self):
        with Server() as server:
            self.folder = Path("/proc/backups")
            error = self.failed("--host", server.address, code=74)
            self.assertIn("/proc/backups", error["message"])


class Verify(Backup):
    def setUp(self):
        super().setUp()
        with Server() as server:
            fill(server)
            self.item = self.back_up("--host", server.address)
        self.path = Path(self.item["path"])

    def checks(self, *what, code: int) -> dict:
        item = self.only(self.document("backup verify", "BackupCheck", *what, code=code)["items"])
        self.assertEqual(item["whole"], code == 0)
        return {check["check"]: check for check in item["checks"]}

    def test_by_its_id_and_by_its_manifest(self):
        self.checks(self.item["id"], "--dir", self.folder, code=0)
        self.checks(self.item["manifest"], code=0)

    def test_cut(self):
        os.truncate(self.path, self.item["bytes"] - 1)
        checks = self.checks(self.path, code=1)
        self.assertIn("ends in the middle", checks["rdb"]["says"])
        self.assertEqual((checks["size"]["ok"], checks["sha256"]["ok"]), (False, False))
        listed = self.document("backup list", "BackupList", "--dir", self.folder, code=1)
        self.assertEqual(self.only(listed["items"])["state"], "size")

    def test_one_bit_and_no_manifest(self):
        os.unlink(self.item["manifest"])
        checks = self.checks(self.path, code=0)
        self.assertEqual((checks["sha256"]["ok"], checks["keys"]["ok"]), (None, None))
        content = bytearray(self.path.read_bytes())
        content[content.index(b"0123456789abcdef") + 3] ^= 1
        self.path.write_bytes(content)
        self.assertIn("checksum is wrong", self.checks(self.path, code=1)["checksum"]["says"])

    def test_what_is_no_rdb(self):
        other = self.folder / "other"
        other.write_bytes(b"hello, world")
        self.assertIn("this is no RDB", self.checks(other, code=1)["rdb"]["says"])

    def test_what_is_not_there(self):
        for what in ("20200101T000000Z-00000000", "/nonexistent/dump.rdb"):
            answer = self.ask("backup", "verify", what, code=3)
            self.assertIn(what if what[0] != "/" else "/nonexistent", answer.err)
        os.unlink(self.path)
        self.ask("backup", "verify", self.item["id"], "--dir", self.folder, code=3)
        listed = self.document("backup list", "BackupList", "--dir", self.folder, code=1)
        self.assertEqual(self.only(listed["items"])["state"], "missing")

    def test_what_a_killed_run_leaves_is_told(self):
        (self.folder / ".redis-x.rdb.part").write_bytes(b"REDIS")
        listed = self.document("backup list", "BackupList", "--dir", self.folder)
        self.assertIn(("BACKUP_UNFINISHED", "info"), codes(listed))
