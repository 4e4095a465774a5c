"""restore aof: a server of this machine loads the AOF, and what it holds then is restored; whatever comes in between, neither that server nor its folder stays."""
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from datasets import fill
from program import REDISCTL, environment, redisctl
from restoring import Restoring, debug
from servers import Server, eventually
from throttle import Throttle
from versions import INSTALLED, VERSIONS, program

BASE, INCR = "appendonly.aof.1.base.rdb", "appendonly.aof.1.incr.aof"


def setUpModule():
    for version in VERSIONS:
        program(version)  # skips the module, with the reason, where one cannot be had


class Aof(Restoring):
    def setUp(self):
        super().setUp()
        self.work = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="redisctl-test-")))

    def save(self, source: Server, write=lambda: None) -> dict:
        """A set of `backup aof`, with what is written behind its base."""
        words = [REDISCTL, "backup", "aof", "--host", source.address, "--node", source.address, "--for", "3s", "--dir", self.folder, "--json"]
        saving = subprocess.Popen(list(map(str, words)), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        eventually("it is followed", lambda: b"state=online" in source.command("INFO", "replication"))
        write()
        offset = int(source.info()["master_repl_offset"])
        item = json.loads(saving.communicate(timeout=30)[0])["items"][0]
        self.assertGreaterEqual(item["aof"]["offset"], offset, "it ended before all was written")
        return item

    def saved(self, version: str = INSTALLED, keys: int = 50) -> dict:
        source = self.server(version=version)
        for i in range(keys):
            source.command("SET", f"key:{i}", i)
        item = self.save(source, lambda: source.command("INCR", "key:7"))
        self.digest = source.command("DEBUG", "DIGEST")
        return item

    def set_of(self, item: dict) -> Path:
        return Path(item["path"]).parent

    def script(self, start: str, version: str = INSTALLED) -> Path:
        """A server behind a script: `start` is a line of sh that has to end in one, of the words in $SERVER."""
        path = self.folder / "a-server"
        words = " ".join(f"'{word}'" for word in program(version))
        path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && exec {words} --version\n{start.replace('$SERVER', words)}\n")
        path.chmod(0o755)
        return path

    def slow(self) -> Path:
        return self.script('exec $SERVER "$@" --key-load-delay 100000 --loading-process-events-interval-bytes 1024')

    def loading(self, *arguments, nodes: list, name: str = None, **how):
        return self.start("restore aof", *arguments, "--work-dir", self.work, "--confirm", name or nodes[0].address, nodes=nodes, **how)

    def load(self, what, *arguments, nodes: list, code: int = 0, outcome: str = "done", version: str = None, **how):
        server = ["--server", self.script('exec $SERVER "$@"', version)] if version else []
        change = self.finished(self.loading(what, *server, *arguments, nodes=nodes, **how), code, outcome)
        self.assert_nothing_left()
        return change

    def refuses(self, what, *arguments, nodes: list, error: str, **how):
        change = self.load(what, *arguments, nodes=nodes, code=6, outcome="refused", **how)
        self.assertEqual((change.result["errors"][0]["code"], change.result["changed"]), (error, False), change)
        return change

    def here(self) -> list:
        """Processes that work in the folder."""
        found = []
        for place in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if os.readlink(place).startswith(str(self.work)):
                    found.append(int(place.parent.name))
            except OSError:
                continue
        return found

    def assert_nothing_left(self) -> None:
        eventually("no process is left", lambda: not self.here(), seconds=5)
        self.assertEqual(os.listdir(self.work), [])

    def until_loading(self) -> int:
        return eventually("the server loads", lambda: any(b"MB of memory usage" in log.read_bytes() or b"Loading RDB" in log.read_bytes() or b"DB loaded" in log.read_bytes() for log in self.work.glob("*/log")) and self.here())[0]


class RoundTrip(Aof):
    def there_and_back(self, version: str, by: str = None):
        """Commands that mean something else, or nothing, where the base is restored without them, or the keys of it have gone."""
        source = self.server(version=version)
        fill(source)
        for name in ("counted", "gone"):
            source.command("SET", name, 40, "EX", 1000)
        source.command("SET", "soon", 40, "PX", 60000)

        def write():
            with source.client() as client:
                for _ in range(2):
                    client.command("INCR", "counted")
                for words in (("DEL", "gone"), ("INCR", "since"), ("PERSIST", "counted"), ("EXPIRE", "counted", 500), ("SELECT", 5), ("LPUSH", "list", "a", "b"), ("RPOP", "list"), ("SET", "short", 1, "PX", 60000)):
                    client.command(*words)

        item = self.save(source, write)
        nodes = self.system(*debug(by or version), version=by or version, replicas=1)
        change = self.load(item["id"], "--dir", self.folder, nodes=nodes, version=by or version)
        self.assertEqual(change.steps(), ["replay", "compare"])
        self.assertEqual((nodes[0].command("GET", "counted"), nodes[0].command("EXISTS", "gone"), nodes[0].command("GET", "since")), (b"42", 0, b"1"))
        # 6.0 sends EXPIRE as it was told.
        self.assertAlmostEqual(nodes[1].command("PTTL", "counted"), source.command("PTTL", "counted"), delta=5000 if version == "6.0" else 200)
        self.assertEqual("begin anew where it is loaded" in change.answer.err, version == "6.0")
        if version == (by or version):
            for node in nodes:
                self.assert_holds(node, source.command("DEBUG", "DIGEST"))
        self.assert_untouched(nodes)

    def test_7_0(self):
        self.there_and_back(INSTALLED)

    def test_8_0(self):
        self.there_and_back("8.0")

    def test_valkey_8_1(self):
        self.there_and_back("valkey-8.1")

    def test_6_0_by_7_0(self):
        self.there_and_back("6.0", INSTALLED)

    def test_what_has_expired_since_is_not_begun_anew(self):
        """Sent to a running master, this INCR would make a key of 1 that never ends."""
        source = self.server()
        source.command("SET", "counter", 41, "PX", 1500)
        source.command("SET", "stays", 1)
        item = self.save(source, lambda: source.command("INCR", "counter"))
        self.assertIn(b"INCR", (self.set_of(item) / INCR).read_bytes())
        eventually("its time has come", lambda: source.command("EXISTS", "counter") == 0)
        nodes = self.system(*debug(INSTALLED), replicas=1)
        self.load(item["id"], "--dir", self.folder, nodes=nodes)
        for node in nodes:
            self.assertEqual((node.command("GET", "counter"), node.command("GET", "stays")), (None, b"1"))

    def test_replace_all_with_a_safety_backup_beside_the_set(self):
        item = self.saved()
        nodes = self.system(*debug(INSTALLED), replicas=1)
        nodes[0].command("SET", "of before", "1")
        change = self.load(self.set_of(item), "--replace-all", nodes=nodes)
        self.assertEqual(change.steps(), ["safety-backup", "empty", "replay", "compare"])
        self.assertEqual(Path(change.result["proof"]["safetyBackup"]).parent, self.folder)
        for node in nodes:
            self.assert_holds(node)

    def test_a_dry_run_shows_what_is_in_it(self):
        item = self.saved()
        nodes = self.system(*debug(INSTALLED), replicas=0)
        nodes[0].command("SET", "of before", "1")
        plan = self.plan("restore aof", item["id"], "--dir", self.folder, "--work-dir", self.work, "--merge", nodes=nodes, env={"REDISCTL_READ_ONLY": "1"})
        self.assertEqual((plan["command"], plan["baseline"]["databases"]), ("restore aof", {"db0": {"now": 1, "inFile": 50, "expired": 0}}))
        self.assertIn(f"of {item['instance']}", next(check["value"] for check in plan["checks"] if check["name"] == "origin"))
        self.assertEqual(self.keys(nodes[0]), 1)
        self.assert_nothing_left()

    def test_more_databases_than_a_server_has_by_itself(self):
        source = self.server("databases 1000")
        with source.client() as client:
            client.command("SELECT", 900)
            client.command("SET", "far", "1")
        item = self.save(source, lambda: source.command("SET", "near", "1"))
        nodes = self.system("databases 1000", *debug(INSTALLED), replicas=0)
        self.load(item["id"], "--dir", self.folder, nodes=nodes)
        self.assert_holds(nodes[0], source.command("DEBUG", "DIGEST"))


class OfServers(Aof):
    """What servers write by themselves, as it lies on their disk."""

    def written_by(self, *options: str, version: str = INSTALLED) -> Server:
        source = self.server("appendonly yes", "appendfsync always", *options, version=version)
        source.command("SET", "counted", 40, "EX", 1000)
        source.command("SET", "gone", 1)
        if version != "6.0" or "aof-use-rdb-preamble yes" in options:
            source.command("BGREWRITEAOF")
            eventually("it has rewritten it", lambda: source.info("persistence")["aof_rewrite_in_progress"] == "0" and source.info("persistence")["aof_rewrite_scheduled"] == "0")
        source.command("INCR", "counted")
        source.command("DEL", "gone")
        self.digest = source.command("DEBUG", "DIGEST")
        source.stop()
        return source

    def sums(self, folder: Path) -> dict:
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}

    def restores(self, what: Path, **how):
        nodes = self.system(*debug(INSTALLED), replicas=1)
        folder = what if what.is_dir() else what.parent
        before = self.sums(folder)
        self.load(what, "--no-safety-backup", nodes=nodes, **how)
        for node in nodes:
            self.assert_holds(node)
        self.assertEqual(self.sums(folder), before, "what was there is as it was")

    def test_its_folder(self):
        self.restores(self.written_by().folder / "appendonlydir")

    def test_the_folder_that_it_is_in(self):
        self.restores(self.written_by().folder)

    def test_the_list_in_it_under_another_name(self):
        source = self.written_by("appendfilename other.aof", "appenddirname otherdir")
        self.restores(source.folder / "otherdir" / "other.aof.manifest")

    def test_one_file_of_an_older_server(self):
        self.restores(self.written_by("aof-use-rdb-preamble yes", version="6.0").folder / "appendonly.aof")

    def test_one_file_of_commands_only(self):
        self.restores(self.written_by("aof-use-rdb-preamble no", version="6.0").folder / "appendonly.aof")

    def test_cut_off_in_the_middle_of_a_command(self):
        source = self.written_by()
        incr = sorted((source.folder / "appendonlydir").glob("*.incr.aof"))[-1]
        incr.write_bytes(incr.read_bytes()[:-5])
        nodes = self.system(*debug(INSTALLED), replicas=0)
        change = self.refuses(source.folder / "appendonlydir", nodes=nodes, error="NOT_LOADED")
        self.assert_says(change, "NOT_LOADED", "cannot load this AOF", "Unexpected end of file", "--truncated")
        self.load(source.folder / "appendonlydir", "--truncated", nodes=nodes)
        self.assertEqual((nodes[0].command("GET", "counted"), nodes[0].command("GET", "gone")), (b"41", b"1"))

    def test_of_a_newer_server_it_says_what_it_does_not_know(self):
        source = self.written_by(version="8.0")
        file = self.folder / "appendonly.aof"
        file.write_bytes(next((source.folder / "appendonlydir").glob("*.base.rdb")).read_bytes())
        nodes = self.system(*debug(INSTALLED), replicas=0)
        change = self.refuses(file, nodes=nodes, error="NOT_LOADED")
        self.assert_says(change, "NOT_LOADED", "redis 7.0.* cannot load", "Can't handle RDB format version", "--server PATH")

    def test_names_that_are_none_of_a_set(self):
        source = self.written_by()
        folder = source.folder / "appendonlydir"
        nodes = self.system(*debug(INSTALLED), replicas=0)
        where = ["--host", nodes[0].address, "--confirm", nodes[0].address, "--json"]
        for what, code, says in ((next(folder.glob("*.incr.aof")), 6, "is one file of several"), (self.folder, 3, "no list of files is in it"), ("20261122T033000Z-1a2b3c4d", 3, "there is no backup"),
                                 (source.folder / "server.conf", 3, "begins neither with"), (self.folder / "none.aof", 3, "cannot be read")):
            with self.subTest(what=what):
                answer = redisctl("restore", "aof", what, "--dir", self.folder, *where)
                self.assertEqual(answer.code, code, answer)
                self.assertIn(says, answer.err, answer)


class Refused(Aof):
    def setUp(self):
        super().setUp()
        self.item = self.saved()
        self.what = [self.item["id"], "--dir", self.folder]
        self.nodes = self.system(*debug(INSTALLED), replicas=0)
        self.mark = self.folder / "started"
        self.marking = self.script(f'touch {self.mark}; exec $SERVER "$@"')

    def refused_before(self, *arguments, error: str, **how):
        change = self.refuses(*self.what, "--server", self.marking, *arguments, nodes=self.nodes, error=error, **how)
        self.assertFalse(self.mark.exists(), "a server was started for nothing")
        return change

    def test_keys_are_there(self):
        self.nodes[0].command("SET", "here", "1")
        change = self.refused_before(error="NOT_EMPTY")
        self.assert_says(change, "NOT_EMPTY", "is not empty", "it has 1 keys", "--merge")

    def test_another_name(self):
        self.refused_before(name="other", error="NOT_CONFIRMED")

    def test_nobody_to_ask(self):
        change = self.finished(self.start("restore aof", *self.what, "--work-dir", self.work, "--server", self.marking, nodes=self.nodes, inside=["setsid", "--wait"]), 6, "refused")
        self.assert_says(change, "NOT_CONFIRMED", "there is no terminal")
        self.assertFalse(self.mark.exists())
        self.assert_nothing_left()

    def test_no_master(self):
        other = self.server()
        change = self.finished(self.start("restore aof", *self.what, "--work-dir", self.work, "--server", self.marking, nodes=[self.nodes[0], other]), 6, "refused")
        self.assertEqual(change.result["errors"][0]["code"], "NO_MASTER", change)
        self.assertFalse(self.mark.exists())

    def test_a_set_that_is_not_whole(self):
        incr = self.set_of(self.item) / INCR
        incr.write_bytes(incr.read_bytes()[:-5])
        change = self.refused_before(error="NOT_WHOLE")
        self.assert_says(change, "NOT_WHOLE", "cannot be restored", "part: aof incr", "backup verify")

    def test_a_set_of_a_newer_server(self):
        item = self.saved("8.0")
        change = self.refuses(item["id"], "--dir", self.folder, nodes=self.nodes, error="SERVER_TOO_OLD")
        self.assert_says(change, "SERVER_TOO_OLD", "is too old for this AOF: redis 7.0", "saved by Redis 8.0", "--server PATH")

    def test_a_server_that_knows_one_file_only(self):
        change = self.refuses(*self.what, nodes=self.nodes, version="6.0", error="SERVER_TOO_OLD")
        self.assert_says(change, "SERVER_TOO_OLD", "redis 6.0", "since 7.0")

    def test_no_server_is_here(self):
        empty = self.folder / "bin"
        empty.mkdir()
        change = self.refuses(*self.what, nodes=self.nodes, env={"PATH": str(empty)}, error="NO_SERVER")
        self.assert_says(change, "NO_SERVER", "no server is on this machine", "neither redis-server nor valkey-server is in PATH", "--server PATH")
        for server, says in (("/bin/echo", "is no Redis or Valkey server"), ("/nonexistent/redis-server", "cannot be started"), ("redis-server-of-nobody", "is not in PATH")):
            with self.subTest(server=server):
                change = self.refuses(*self.what, "--server", server, nodes=self.nodes, error="NO_SERVER")
                self.assertIn(says, str(change.result["errors"][0]))

    def test_no_room(self):
        small = self.folder / "small"
        small.mkdir()
        source = self.server("rdbcompression no")
        source.command("SET", "large", os.urandom(100 << 10))
        item = self.save(source)
        inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'mount -t tmpfs -o size=64k none {small} && exec "$@"', "sh"]
        change = self.finished(self.start("restore aof", item["id"], "--dir", self.folder, "--work-dir", small, "--confirm", self.nodes[0].address, nodes=self.nodes, inside=inside), 6, "refused")
        self.assert_says(change, "NO_SPACE", "not enough room", "64KiB are free, and 200", "--work-dir")

    def test_a_backup_without_an_aof(self):
        path = self.back_up(self.nodes[0])
        answer = redisctl("restore", "aof", path, "--host", self.nodes[0].address, "--dry-run", "--json")
        self.assertEqual(answer.code, 6, answer)
        self.assertIn("redisctl restore rdb", answer.err)
        answer = redisctl("restore", "rdb", self.item["id"], "--dir", self.folder, "--host", self.nodes[0].address, "--dry-run")
        self.assertIn(f"redisctl restore aof {self.item['id']}", answer.out)


class Broken(Aof):
    """Something ends while the server loads: it is said why, and nothing stays."""

    def setUp(self):
        super().setUp()
        self.item = self.saved(keys=400)
        self.nodes = self.system(*debug(INSTALLED), replicas=0)

    def begin(self, *arguments, server: Path = None):
        return self.loading(self.item["id"], "--dir", self.folder, "--server", server or self.slow(), *arguments, nodes=self.nodes)

    def test_it_is_for_us_alone(self):
        running = self.begin()
        self.until_loading()
        folder = next(self.work.iterdir())
        password = (folder / "password").read_text()
        self.assertEqual((folder.stat().st_mode & 0o777, len(password)), (0o700, 48))
        for path in folder.rglob("*"):
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        for place in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    self.assertNotIn(password.encode(), (place / name).read_bytes())
                except OSError:
                    continue
        running.send(signal.SIGINT)
        running.finish()

    def test_ctrl_c(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=number):
                running = self.begin()
                self.until_loading()
                running.send(number)
                answer = running.finish(seconds=10)
                self.assertEqual(answer.code, code, answer)
                self.assert_nothing_left()
                self.assertEqual(self.keys(self.nodes[0]), 0)

    def test_we_are_killed(self):
        """Its folder stays then; nobody is there to remove it."""
        running = self.begin()
        self.until_loading()
        running.send(signal.SIGKILL)
        running.finish()
        eventually("no process is left", lambda: not self.here(), seconds=5)
        shutil.rmtree(next(self.work.iterdir()))

    def test_the_server_is_killed(self):
        running = self.begin()
        os.kill(self.until_loading(), signal.SIGKILL)
        change = self.finished(running, 6, "refused")
        self.assert_says(change, "NOT_LOADED", "redis 7.0.* cannot load this AOF", "ended by signal 9", "memory")
        self.assert_nothing_left()

    def test_the_server_does_not_start(self):
        change = self.refuses(self.item["id"], "--dir", self.folder, "--server", self.script('exec $SERVER "$@" --nonsense 1'), nodes=self.nodes, error="NOT_LOADED")
        self.assert_says(change, "NOT_LOADED", "cannot load", "Bad directive")

    def test_it_takes_too_long(self):
        change = self.finished(self.begin("--load-wait", "1s"), 6, "refused")
        self.assert_says(change, "NOT_LOADED_IN_TIME", "has not loaded the AOF in time", "more than 1 s", "--load-wait")
        self.assert_nothing_left()

    def test_a_script_that_does_not_become_the_server(self):
        change = self.refuses(self.item["id"], "--dir", self.folder, "--server", self.script('$SERVER "$@"; exit 1'), nodes=self.nodes, error="OTHER_PROCESS")
        self.assert_says(change, "OTHER_PROCESS", "does not become the server", hint="exec")

    def test_a_port_that_was_taken_meanwhile(self):
        """Another process takes it before the server does, once."""
        taken = self.folder / "taken"
        script = self.script(f'[ -e {taken} ] || {{ touch {taken}; echo "bind: Address already in use"; exit 1; }}; exec $SERVER "$@"')
        self.load(self.item["id"], "--dir", self.folder, "--server", script, nodes=self.nodes)
        self.assertTrue(taken.exists())
        self.assert_holds(self.nodes[0])

    def test_a_disk_that_is_full(self):
        inside = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash"]
        answer = self.start("restore aof", self.item["id"], "--dir", self.folder, "--work-dir", self.work, "--confirm", self.nodes[0].address, nodes=self.nodes, inside=inside).finish()
        self.assertEqual(answer.code, 74, answer)
        self.assertIn("could not be written", answer.err)
        self.assertIn("--work-dir FOLDER", answer.err)
        self.assert_nothing_left()


class Stopped(Aof):
    def test_the_line_begins_it_again(self):
        """The RDB that was sent is gone, and another one of the same set has its keys in another order: there is no place to go on from."""
        item = self.saved(keys=4000)
        node, = self.system(*debug(INSTALLED), replicas=0)
        with Throttle(node, rate=64 << 10) as way:
            running = self.start("restore aof", item["id"], "--dir", self.folder, "--work-dir", self.work, "--host", way.address, "--confirm", way.address)
            eventually("some of it is there", lambda: self.keys(node) > 500, every=0.005)
            running.send(signal.SIGINT)
            hint = self.finished(running, 9, "incomplete").result["errors"][0]["hint"]
            self.assert_nothing_left()
            self.assertIn(f"restore aof {item['id']} --work-dir {self.work} --merge ", hint)
            way.rate = None
            pasted = subprocess.run([REDISCTL, *shlex.split(hint)[1:]], cwd="/", env=environment(XDG_STATE_HOME=str(self.state)), capture_output=True, text=True, timeout=60)
        self.assertEqual(pasted.returncode, 0, pasted)
        self.assert_holds(node, self.digest)
        refused = redisctl("restore", "aof", item["id"], "--resume")
        self.assertEqual((refused.code, "--resume" in refused.err), (2, True), refused)
