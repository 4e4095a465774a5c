"""backup aof: a server that loads what was saved holds what was written up to its end, whatever ended it, and not one command more."""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from asking import Asking, said
from datasets import fill
from program import REDISCTL, environment
from resp import ReplyError
from servers import Server, eventually
from versions import INSTALLED, VERSIONS, program

BASE, INCR, LIST = "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof", "appendonly.aof.manifest"


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


class Writing:
    """Writes one key after the other, some in transactions, and publishes; knows behind which offset of the history each of them is. Always in the same database, which it selects once."""

    def __init__(self, master: Server, database: int = 3):
        self.master, self.database = master, database
        self.written = []  # (offset, key)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        with self.master.client() as client:
            client.command("SELECT", self.database)
            for i in range(1_000_000):
                if self.stopping.is_set():
                    return
                words = [["SET", f"key:{i}", "x" * (i % 300)]]
                if i % 10 == 0:
                    words = [["MULTI"], *words, ["SET", f"twin:{i}", i], ["PUBLISH", "news", i], ["EXEC"]]
                elif i % 7 == 0:
                    words.append(["PUBLISH", "news", i])
                words.append(["INFO", "replication"])
                # In one piece: nothing of the server's own comes in between.
                client.connection.sendall(b"".join(b"*%d\r\n" % len(each) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in (str(part).encode() for part in each)) for each in words))
                try:
                    said_by_it = [client.reply() for _ in words][-1].decode()
                except (OSError, ReplyError):
                    return
                offset = int(re.search(r"master_repl_offset:(\d+)", said_by_it).group(1))
                self.written += [(offset, f"key:{i}")] + ([(offset, f"twin:{i}")] if i % 10 == 0 else [])
                time.sleep(0.0005)

    def up_to(self, offset: int) -> set:
        return {key for at, key in self.written if at <= offset}

    def __enter__(self):
        self.thread.start()
        eventually("something is written", lambda: len(self.written) > 20)
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Aof(Asking):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "backups"

    def names(self) -> list:
        return sorted(os.listdir(self.folder)) if self.folder.exists() else []

    def back_up(self, *arguments, code: int = 0, **how) -> dict:
        document = self.document("backup aof", "Backup", "--dir", self.folder, *arguments, code=code, **how)
        return self.only(document["items"]) if code == 0 else document

    def set_of(self, item: dict) -> Path:
        return Path(item["path"]).parent

    def loaded(self, item: dict, version: str = INSTALLED) -> Server:
        """A server that loads a copy of the set as it is."""
        place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        if version == "6.0":
            (place / "appendonly.aof").write_bytes(b"".join((self.set_of(item) / name).read_bytes() for name in (BASE, INCR)))
        else:
            shutil.copytree(self.set_of(item), place / "appendonlydir")
        return self.enterContext(Server(f"dir {place}", "appendonly yes", version=version))

    def keys_of(self, server: Server, database: int = 3) -> set:
        with server.client() as client:
            client.command("SELECT", database)
            return {key.decode("latin-1") for key in client.command("KEYS", "*")}

    def check_holds(self, item: dict, writing: Writing, version: str = INSTALLED):
        server = self.loaded(item, version)
        self.assertEqual(self.keys_of(server, writing.database), writing.up_to(item["aof"]["offset"]))
        return server

    def check_files(self, item: dict, version: str = INSTALLED):
        folder = self.set_of(item)
        self.assertEqual(sorted(os.listdir(folder)), [BASE, INCR, LIST])
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        self.assertEqual({stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}, {0o600})
        self.assertEqual((folder / LIST).read_text(), f"file {BASE} seq 1 type b\nfile {INCR} seq 1 type i\n")
        self.assertEqual(self.names(), sorted([folder.name, Path(item["manifest"]).name]))
        manifest = json.loads(Path(item["manifest"]).read_text())
        self.assertEqual((manifest["aof"], manifest["parts"]), (item["aof"], item["parts"]))
        words = list(program(INSTALLED if version == "6.0" else version))  # that knows its base's format, and sets of several files
        checker = [*words[:-1], re.sub(r"-server$", "-check-aof", str(words[-1]))]
        checked = subprocess.run([*checker, str(folder / LIST)], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked)
        self.assertIn("All AOF files and manifest are valid", checked.stdout)
        incr = (folder / INCR).read_bytes()
        for word in (b"PING", b"GETACK", b"PUBLISH"):
            self.assertNotIn(word, incr)
        checks = self.verify(item)
        self.assertEqual({name: check["ok"] for name, check in checks.items()}, {name: True for name in ("size", "sha256", "rdb", "checksum", "keys", "part", "commands")})

    def verify(self, item: dict, code: int = 0) -> dict:
        document = self.document("backup verify", "BackupCheck", item["id"], "--dir", self.folder, code=code)
        return {check["check"]: check for check in self.only(document["items"])["checks"] if check["check"] != "part" or not check["ok"] or "incr" in check["says"]}


class Whole(Aof):
    def whole(self, version: str, diskless: str = "yes"):
        """From a replica, which passes on what its master says: that selected its database long ago."""
        with Server(version=version) as master, Server(f"repl-diskless-sync {diskless}", "rdb-key-save-delay 2000", "repl-ping-replica-period 1", version=version, replica_of=master) as replica:
            fill(master, (0,))
            with Writing(master) as writing:
                eventually("the replica is linked", lambda: replica.info()["master_link_status"] == "up")
                time.sleep(0.3)
                item = self.back_up("--host", master.address, "--for", "2500ms")
            self.assertEqual((item["node"], item["role"], item["aof"]["ended"]), (replica.address, "replica", "duration"))
            self.assertGreater(item["aof"]["commands"], 100)
            self.check_files(item, version)
            server = self.check_holds(item, writing, version)
            self.assertEqual(self.keys_of(server, 0), self.keys_of(master, 0))

    def test_7_0(self):
        self.whole(INSTALLED)

    def test_7_0_by_its_disk(self):
        self.whole(INSTALLED, "no")

    def test_6_0(self):
        self.whole("6.0")

    def test_8_0(self):
        self.whole("8.0")

    def test_valkey_8_1(self):
        self.whole("valkey-8.1")

    def test_without_a_duration_it_ends_when_it_has_caught_up(self):
        """All that was acknowledged before it began is in it, and what came while the RDB was sent."""
        with Server("rdb-key-save-delay 1000", "repl-diskless-sync yes") as master:
            with Writing(master) as writing:
                time.sleep(0.5)
                before = master.info()["master_repl_offset"]
                item = self.back_up("--host", master.address)
            self.assertEqual(item["aof"]["ended"], "caught-up")
            self.assertGreater(item["aof"]["offset"], int(before))
            self.assertGreater(item["aof"]["offset"], item["offset"])
            self.check_files(item)
            self.check_holds(item, writing)

    def test_nothing_at_all(self):
        with Server() as server:
            item = self.back_up("--host", server.address, env={"REDISCTL_READ_ONLY": "1"})
            self.assertEqual((item["aof"]["commands"], item["aof"]["offset"]), (1, item["offset"]))
            self.check_files(item)
            self.assertEqual(self.loaded(item).command("DBSIZE"), 0)

    def test_a_server_hears_from_us_and_waits_for_no_copy_of_ours(self):
        """It hangs up on replicas that say nothing for 2 s; WAIT counts who has what was written."""
        with Server("repl-timeout 2", "repl-ping-replica-period 1") as server:
            counted = []

            def ask():
                eventually("we follow", lambda: "state=online" in server.info().get("slave0", ""))
                with server.client() as client:
                    client.command("SET", "a", "b")
                    counted.append(client.command("WAIT", 1, 2000))

            thread = threading.Thread(target=ask)
            thread.start()
            item = self.back_up("--host", server.address, "--for", "6s")
            thread.join()
            self.assertEqual((item["aof"]["ended"], counted), ("duration", [0]))
            self.assertEqual(self.loaded(item).command("GET", "a"), b"b")
            self.assertEqual(server.info()["connected_slaves"], "0")


class Ending(Aof):
    def setUp(self):
        super().setUp()
        self.master = self.enterContext(Server())

    def started(self, *arguments) -> subprocess.Popen:
        words = [REDISCTL, "backup", "aof", "--json", "--dir", self.folder, "--host", self.master.address, *arguments]
        return subprocess.Popen(list(map(str, words)), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def follows(self):
        eventually("commands are taken down", lambda: list(self.folder.glob(f".*.part/.{INCR}.part")) if self.folder.exists() else None)

    def end(self, process: subprocess.Popen, code: int) -> dict:
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, code, out + err)
        return json.loads(out)

    def test_ctrl_c(self):
        with Writing(self.master) as writing:
            process = self.started("--for", "60s")
            self.follows()
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            item = self.only(self.end(process, 0)["items"])
        self.assertEqual(item["aof"]["ended"], "interrupted")
        self.check_files(item)
        self.check_holds(item, writing)

    def test_ctrl_c_before_the_rdb_is_there(self):
        self.master.command("CONFIG", "SET", "rdb-key-save-delay", "5000000")
        self.master.command("SET", "a", "b")
        answer = self.ask("backup", "aof", "--host", self.master.address, "--dir", self.folder, interrupt_after=1.5, code=130)
        self.assertEqual(self.names(), [], answer)

    def test_the_server_is_killed(self):
        with Writing(self.master) as writing:
            process = self.started("--for", "60s")
            self.follows()
            time.sleep(1)
            self.master.process.kill()
            document = self.end(process, 7)
        item, error = self.only(document["items"]), self.only(document["errors"])
        self.assertEqual((item["aof"]["ended"], error["code"]), ("broken", "CLOSED"))
        self.assertIn("ends early", error["message"])
        self.assertIn(f"what was written is whole, up to offset {item['aof']['offset']}", error["cause"])
        self.check_files(item)
        # What it had not told its writer of may have come to us.
        held, known = self.keys_of(self.loaded(item)), writing.up_to(item["aof"]["offset"])
        self.assertLessEqual(known, held)
        self.assertLessEqual(len(held - known), 2)

    def test_the_replica_is_promoted(self):
        replica = self.enterContext(Server(replica_of=self.master)).wait_linked()
        process = self.started("--for", "60s")
        self.follows()
        replica.command("REPLICAOF", "NO", "ONE")
        document = self.end(process, 7)
        self.assertIn("it was a replica and is a master now", self.only(document["errors"])["cause"])
        self.check_files(self.only(document["items"]))

    def test_a_reader_that_is_too_slow(self):
        """The server hangs up when too much waits for us; those of Redis 8 count that."""
        self.master.__exit__()
        self.master = self.enterContext(Server("client-output-buffer-limit replica 1mb 1mb 1", version="8.0"))
        process = self.started("--for", "60s")
        self.follows()
        process.send_signal(signal.SIGSTOP)
        with self.master.client() as client:
            for i in range(40):
                client.command("SET", f"key:{i}", os.urandom(1 << 20))
        eventually("it has hung up", lambda: self.master.info()["connected_slaves"] == "0")
        process.send_signal(signal.SIGCONT)
        document = self.end(process, 7)
        item, error = self.only(document["items"]), self.only(document["errors"])
        self.check_files(item, "8.0")
        self.assertIn("read too slowly", error["cause"])
        held = self.keys_of(self.loaded(item, "8.0"), 0)
        self.assertEqual(held, {f"key:{i}" for i in range(len(held))})
        self.assertLess(len(held), 40)

    def test_others_take_us_for_no_node(self):
        """INFO of the server shows us among its replicas for as long as it lasts."""
        replica = self.enterContext(Server(replica_of=self.master)).wait_linked()
        for node in (self.master, replica):
            process = self.started("--node", node.address, "--for", "60s")
            self.follows()
            eventually("we are shown", lambda: "port=65536,state=online" in str(node.info()))
            status = self.document("status", "Status", "--host", self.master.address)
            self.assertNotIn("NODE_UNREACHABLE", [finding["code"] for finding in status["findings"]])
            plan = self.ask("failover", "--dry-run", "--host", self.master.address)
            self.assertNotIn("127.0.0.1:0", plan.out)
            process.send_signal(signal.SIGINT)
            self.end(process, 0)

    def test_a_disk_that_is_full(self):
        with self.master.client() as client:
            client.command("SET", "big", os.urandom(1 << 20))
        words = " ".join([str(REDISCTL), "backup", "aof", "--json", "--dir", str(self.folder), "--host", self.master.address])
        done = subprocess.run(["bash", "-c", f"ulimit -f 100; exec {words}"], env=environment(), capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 74, done)
        self.assertEqual(self.only(json.loads(done.stdout)["errors"])["code"], "NO_SPACE")
        self.assertEqual(self.names(), [])

    def test_a_master_that_counts_its_replicas(self):
        """We would be one of them for as long as it lasts."""
        self.master.command("CONFIG", "SET", "min-replicas-to-write", "1")
        answer = self.ask("backup", "aof", "--host", self.master.address, "--dir", self.folder, "--json", code=6)
        self.assertIn("would", said(self.error(answer)))
        self.assertEqual(self.names(), [])
        replicas = [self.enterContext(Server(replica_of=self.master)).wait_linked() for _ in range(2)]
        answer = self.ask("backup", "aof", "--host", self.master.address, "--from", "master", "--dir", self.folder, "--json", code=6)
        self.assertEqual((self.error(answer)["code"], self.error(answer)["hint"]), ("MIN_REPLICAS", "take them from a replica: --from replica"))
        self.assertIn(self.back_up("--host", self.master.address)["node"], [replica.address for replica in replicas])


class Kept(Aof):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(Server())
        fill(self.server)
        self.item = self.back_up("--host", self.server.address)

    def test_a_byte_of_its_commands(self):
        incr = self.set_of(self.item) / INCR
        content = bytearray(incr.read_bytes())
        content[1] = ord("9")
        incr.write_bytes(content)
        checks = self.verify(self.item, code=1)
        self.assertEqual((checks["part"]["ok"], checks["commands"]["ok"], checks["rdb"]["ok"]), (False, False, True))
        self.assertIn("ends in the middle of a command", checks["commands"]["says"])

    def test_a_byte_of_its_base(self):
        base = self.set_of(self.item) / BASE
        content = bytearray(base.read_bytes())
        content[content.index(b"0123456789abcdef") + 3] ^= 1
        base.write_bytes(content)
        checks = self.verify(self.item, code=1)
        self.assertEqual((checks["sha256"]["ok"], checks["checksum"]["ok"], checks["commands"]["ok"]), (False, False, True))

    def test_a_file_that_is_gone(self):
        (self.set_of(self.item) / LIST).unlink()
        listed = self.document("backup list", "BackupList", "--dir", self.folder, code=1)
        self.assertEqual(self.only(listed["items"])["state"], "missing")
        self.verify(self.item, code=1)

    def test_by_its_folder_and_by_its_manifest(self):
        for what in (self.set_of(self.item), f"{self.set_of(self.item)}/", self.item["manifest"], self.item["path"]):
            with self.subTest(what=what):
                self.ask("backup", "verify", what)

    def test_a_restore_says_that_it_leaves_its_commands_out(self):
        with Server() as empty:
            answer = self.ask("restore", "rdb", self.item["id"], "--dir", self.folder, "--host", empty.address, "--dry-run")
            self.assertRegex(answer.out, r"commands .*1 command behind the RDB, up to .*, is left out", answer)

    def test_its_files_are_no_parts_to_print(self):
        self.ask("backup", "show", self.item["id"], "incr", "--dir", self.folder, code=3)

    def test_old_ones_go_whole(self):
        time.sleep(1.01)  # the time of a backup has seconds
        rdb = self.only(self.document("backup rdb", "Backup", "--dir", self.folder, "--host", self.server.address, "--retain", 1)["items"])
        self.assertEqual(rdb["deleted"], [])
        later = self.back_up("--host", self.server.address, "--retain", 1)
        self.assertEqual(later["deleted"], [self.item["path"]])
        self.assertFalse(self.set_of(self.item).exists())
        self.assertEqual(len(self.names()), 4)

    def test_what_a_killed_run_leaves_is_told(self):
        (self.folder / ".redis-x.aof.part").mkdir()
        listed = self.document("backup list", "BackupList", "--dir", self.folder)
        self.assertEqual([finding["code"] for finding in listed["findings"]], ["BACKUP_UNFINISHED"])
