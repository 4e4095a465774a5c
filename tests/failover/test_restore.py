"""restore rdb: what was saved is there again, on the master and its replicas, whatever keeps the data and whoever watches them."""
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from datasets import fill
from program import REDISCTL, environment, redisctl
from restoring import Restoring, debug
from servers import eventually
from versions import INSTALLED
from watched import Watched


class RoundTrip(Restoring):
    """Every type with its time to live, streams with groups, functions, several databases: by the servers' own digest."""

    def round_trip(self, version: str, into: str = None):
        source = self.server(version=version)
        counted = fill(source)
        path = self.back_up(source)
        nodes = self.system(*debug(into or version), version=into or version, replicas=1)
        result = self.restore(path, nodes=nodes).result
        # Another version makes another digest of the same: it has to be that of the file, loaded at its start.
        loaded = source if version == (into or version) else self.server(version=into, dump=path.read_bytes())
        for node in nodes:
            self.assert_holds(node, loaded.command("DEBUG", "DIGEST"))
        proof = result["proof"]
        self.assertEqual({name: (db["restored"], db["after"]) for name, db in proof["databases"].items()}, {name: (keys, keys) for name, (keys, _) in counted.items()})
        self.assertEqual((proof["expired"], proof["refused"], proof["safetyBackup"]), (0, 0, None))
        self.assertEqual(proof["replicas"], {nodes[1].address: {"caughtUp": True, "keys": proof["restored"], "same": True}})
        self.assertEqual(proof["functions"], 0 if version == "6.0" else 2)
        for question in (["PTTL", "expires"], ["PTTL", "number:12"]):
            self.assertAlmostEqual(source.command(*question), nodes[0].command(*question), delta=100)
        for question in (["XINFO", "GROUPS", "stream:groups"], ["XLEN", "stream:groups"], ["XPENDING", "stream:groups", "readers"]):
            if version == (into or version):
                self.assertEqual(source.command(*question), nodes[1].command(*question), question)
        if version != "6.0":
            self.assertEqual([len(node.command("FUNCTION", "LIST")) for node in nodes], [2, 2])
        self.assert_untouched(nodes)

    def test_7_0(self):
        self.round_trip(INSTALLED)

    def test_6_0(self):
        self.round_trip("6.0")

    def test_8_0(self):
        self.round_trip("8.0")

    def test_valkey_8_1(self):
        self.round_trip("valkey-8.1")

    def test_old_encodings_into_8_0(self):
        self.round_trip("6.0", "8.0")

    def test_redis_into_valkey(self):
        self.round_trip(INSTALLED, "valkey-8.1")

    def test_nothing_at_all(self):
        nodes = self.system(*debug(INSTALLED), replicas=0)
        result = self.restore(self.back_up(self.server()), nodes=nodes).result
        self.assertEqual((result["proof"]["restored"], self.keys(nodes[0])), (0, 0))


class Values(Restoring):
    def test_large_ones_in_little_memory(self):
        """Neither the file nor a value of it is ever held."""
        source = self.server("rdbcompression no")
        with source.client() as client:
            client.command("SET", "huge", os.urandom(48 << 20))
            client.command("SELECT", 2)
            client.command("RPUSH", "list", *(os.urandom(3 << 20) for _ in range(3)))
            client.command("SET", "small", "1")
        path = self.back_up(source)
        nodes = self.system(*debug(INSTALLED), replicas=1)
        script = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(code)"
        change = self.restore(path, nodes=nodes, inside=["python3", "-c", script])
        self.assertLess(int(change.answer.err.splitlines()[-1]), 40 << 10, "KiB at most")
        for node in nodes:
            self.assert_holds(node, source.command("DEBUG", "DIGEST"))

    def test_expired_ones_are_left_out(self):
        source = self.server()
        source.command("SET", "stays", "1")
        source.command("SET", "goes", "1", "PX", 300)
        path = self.back_up(source)
        time.sleep(0.4)
        nodes = self.system(*debug(INSTALLED), replicas=0)
        proof = self.restore(path, nodes=nodes).result["proof"]
        self.assertEqual((proof["restored"], proof["expired"], self.keys(nodes[0])), (1, 1, 1))

    def test_how_they_were_used(self):
        source = self.server("maxmemory-policy allkeys-lfu")
        for _ in range(50):
            source.command("SET", "often", "1")
        path = self.back_up(source)
        nodes = self.system("maxmemory-policy allkeys-lfu", *debug(INSTALLED), replicas=0)
        self.restore(path, nodes=nodes)
        self.assertEqual(nodes[0].command("OBJECT", "FREQ", "often"), source.command("OBJECT", "FREQ", "often"))


class WhatIsThere(Restoring):
    def setUp(self):
        super().setUp()
        source = self.server()
        source.command("SET", "both", "of the file")
        source.command("SET", "file", "1")
        self.path = self.back_up(source)
        self.nodes = self.system(*debug(INSTALLED), replicas=1)
        self.nodes[0].command("SET", "both", "of before")
        self.nodes[0].command("SET", "here", "1")
        self.nodes[1].wait_linked()

    def test_is_not_touched_without_a_word(self):
        change = self.refused(self.path, "--confirm", self.nodes[0].address, nodes=self.nodes, error="CHECK_FAILED")
        self.assert_says(change, "CHECK_FAILED", "target-keys", "2 keys", "--merge")

    def test_merge(self):
        result = self.restore(self.path, "--merge", nodes=self.nodes).result
        for node in self.nodes:
            self.assertEqual((node.command("GET", "both"), node.command("GET", "here"), node.command("GET", "file")), (b"of the file", b"1", b"1"))
        self.assertEqual(result["proof"]["databases"]["db0"], {"before": 2, "inFile": 2, "restored": 2, "after": 3})

    def test_replace_all_and_back_by_the_safety_backup(self):
        before = self.nodes[0].command("DEBUG", "DIGEST")
        change = self.restore(self.path, "--replace-all", nodes=self.nodes)
        self.assertEqual(change.steps(), ["safety-backup", "empty", "replay", "compare"])
        for node in self.nodes:
            self.assertEqual((node.command("GET", "both"), node.command("GET", "here"), self.keys(node)), (b"of the file", None, 2))
        safety = Path(change.result["proof"]["safetyBackup"])
        self.assertEqual(safety.parent, self.folder)
        self.restore(safety, "--replace-all", "--no-safety-backup", nodes=self.nodes)
        for node in self.nodes:
            self.assert_holds(node, before)

    def test_the_plan_shows_what_is_hit(self):
        plan = self.plan("restore rdb", self.path, "--replace-all", nodes=self.nodes)
        self.assertEqual(plan["baseline"]["databases"], {"db0": {"now": 2, "inFile": 2, "expired": 0}})
        self.assertEqual([step["id"] for step in plan["steps"]], ["safety-backup", "empty", "replay", "compare"])
        self.assertEqual(self.nodes[0].command("GET", "here"), b"1")
        text = redisctl("restore", "rdb", self.path, "--replace-all", "--dry-run", *self.hosts(self.nodes))
        self.assertEqual(text.code, 0, text)
        self.assertIn("FLUSHALL ASYNC", text.out)

    def test_by_a_replica_that_is_named_the_master_gets_it(self):
        name = self.nodes[1].address
        change = self.change("restore rdb", self.path, "--merge", "--confirm", name, nodes=[self.nodes[1]])
        self.assertEqual(change.result["to"], self.nodes[0].address)
        self.assertEqual(self.nodes[0].command("GET", "file"), b"1")


class OnDisk(Restoring):
    """Where the servers start from their own files again."""

    def test_with_aof_and_killed_right_behind(self):
        path = self.backed_up()
        nodes = self.system("appendonly yes", *debug(INSTALLED), replicas=1)
        self.restore(path, nodes=nodes)
        nodes[0].stop()
        nodes[0].start()
        self.assert_holds(nodes[0])

    def test_an_aof_by_a_server_that_loads_it(self):
        """As docs/restore.md has it: all that was written while the AOF was saved, into another system."""
        source = self.server()
        fill(source)
        saving = subprocess.Popen([REDISCTL, "backup", "aof", "--host", source.address, "--for", "2s", "--dir", self.folder, "--json"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        eventually("it is followed", lambda: b"state=online" in source.command("INFO", "replication"))
        for i in range(200):
            source.command("INCR", "counted since")
        source.command("SET", "short", "lived", "PX", "60000")
        digest = source.command("DEBUG", "DIGEST")
        saved = json.loads(saving.communicate(timeout=30)[0])["items"][0]
        shutil.copytree(Path(saved["path"]).parent, self.folder / "appendonlydir")
        loaded = self.server(f"dir {self.folder}", "appendonly yes")
        self.assertEqual((loaded.command("DEBUG", "DIGEST"), loaded.command("GET", "counted since")), (digest, b"200"))
        nodes = self.system(*debug(INSTALLED))
        nodes[0].command("SET", "of before", "1")
        self.restore(self.back_up(loaded), "--replace-all", nodes=nodes)
        for node in nodes:
            self.assert_holds(node, digest)

    def test_the_old_way_and_ours(self):
        """SHUTDOWN NOSAVE, copy the file, start: with AOF on the file is never read."""
        path = self.backed_up()
        nodes = self.system("appendonly yes", *debug(INSTALLED), replicas=0)
        nodes[0].command("SET", "of before", "1")
        try:
            nodes[0].command("SHUTDOWN", "NOSAVE")
        except Exception:  # noqa: BLE001: the line ends with the server
            pass
        nodes[0].process.wait()
        (nodes[0].folder / "dump.rdb").write_bytes(path.read_bytes())
        nodes[0].start()
        self.assertEqual((nodes[0].command("GET", "of before"), self.keys(nodes[0])), (b"1", 1), "the old way restored something")
        self.restore(path, "--replace-all", nodes=nodes)
        self.assert_holds(nodes[0])
        nodes[0].stop()
        nodes[0].start()
        self.assert_holds(nodes[0])


class UnderSentinels(Watched, Restoring):
    def test_no_failover_is_caused(self):
        path = self.backed_up()
        nodes = self.system(*debug(INSTALLED), replicas=2)
        before = [self.said(sentinel)["config-epoch"] for sentinel in self.sentinels]
        self.restore(path, nodes=nodes)
        for node in nodes:
            self.assert_holds(node)
        self.assert_sentinels_name(nodes[0])
        self.assertEqual([self.said(sentinel)["config-epoch"] for sentinel in self.sentinels], before)
        self.assert_untouched(nodes)
