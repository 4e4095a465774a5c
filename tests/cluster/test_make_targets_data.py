"""The make targets that save, restore and measure, beside their successors, on the same system in the same state."""
import json
import subprocess
import tempfile
import time
from pathlib import Path

from world import systems
from world.charts import PODS
from world.kubectl import KUBECONFIG, eventually, kubectl
from world.make_targets import TARGET, Away, make, words_of
from world.program import redisctl, start
from world.switching import change_of


def in_pod(pod: str, *command, stdin: bytes = None) -> bytes:
    words = ["kubectl", "--kubeconfig", KUBECONFIG, "exec", "-i", "-n", systems.SWITCHED.namespace, pod, "--", *command]
    return subprocess.run(words, input=stdin, stdout=subprocess.PIPE, timeout=60, check=True).stdout


class Saving(Away):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def save(self, what: str, *arguments) -> dict:
        return self.only(self.document(f"backup {what}", "Backup", *TARGET, "--dir", self.folder, *arguments)["items"])

    def test_restore(self):
        """The file is put into the first pod, and the pod is deleted: its volume goes with it, and the master comes back empty."""
        self.assertEqual(self.change("return-home").code, 0)
        self.redis.ask("my-redis-0", "FLUSHALL")  # the probes of that switch
        for i in range(50):
            self.redis.ask("my-redis-0", "SET", f"key:{i}", i)
        self.assertEqual(self.redis.ask("my-redis-0", "WAIT", 2, 3000), 2)
        saved = self.save("rdb")
        in_pod("my-redis-0", "sh", "-c", "cat >/data/dump.rdb", stdin=(self.folder / saved["file"]).read_bytes())
        self.redis.delete_pod("my-redis-0")
        self.redis.reset("my-redis-0")
        self.assertEqual({self.redis.ask(pod, "DBSIZE") for pod in PODS}, {0})
        done = change_of(redisctl("restore", "rdb", self.folder / saved["file"], *TARGET, "--confirm", "my-redis", "--json", XDG_STATE_HOME=self.state))
        self.check_result(done, 0, "done", True)
        self.assertEqual(({self.redis.ask(pod, "DBSIZE") for pod in PODS}, self.redis.ask("my-redis-2", "GET", "key:49")), ({50}, b"49"))

    def test_backup_aof(self):
        """Since 7.0 there is no appendonly.aof: "AOF not enabled" where it is on."""
        self.fill(5)
        self.redis.ask("my-redis-0", "CONFIG", "SET", "appendonly", "yes")
        self.addCleanup(self.redis.ask, "my-redis-0", "CONFIG", "SET", "appendonly", "no")
        eventually("its AOF is there", lambda: b"appendonlydir" in in_pod("my-redis-0", "ls", "/data"), 10)
        self.assertEqual(in_pod("my-redis-0", "sh", "-c", "test -f /data/appendonly.aof && echo there || echo AOF not enabled").strip(), b"AOF not enabled")
        saved = self.save("aof")
        self.assertEqual((saved["keys"]["db0"]["keys"], saved["aof"]["ended"]), (5, "caught-up"), saved)
        self.ask("backup", "verify", saved["id"], "--dir", self.folder)

    def test_backup_config(self):
        """The old file shows every password to who may read it; ours none, and a server starts with it."""
        self.assertIn(systems.PASSWORD, make("config", "get", "*").stdout)
        parts = [part for part in self.save("config")["parts"] if part["kind"] == "config"]
        self.assertEqual({part["name"] for part in parts}, set(PODS))
        for part in parts:
            path = self.folder / part["file"]
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertNotIn(systems.PASSWORD, path.read_text())
            self.assertRegex(path.read_text(), r"(?m)^maxmemory-policy noeviction$")

    def test_restore_config(self):
        """The old one prints the file; ours sets what differs."""
        saved = self.save("config")
        self.redis.ask("my-redis-2", "CONFIG", "SET", "hz", 33)
        self.addCleanup(self.redis.ask, "my-redis-2", "CONFIG", "SET", "hz", 10)
        self.ask("restore", "config", saved["id"], "--dir", self.folder, *TARGET, "--yes")
        self.assertEqual(self.redis.ask("my-redis-2", "CONFIG", "GET", "hz")[1], b"10")

    def test_backup_k8s_resources(self):
        """The Secret in base64, which everybody reads, and ids that nothing can be applied with again."""
        old = kubectl("get", "secret", "my-redis", "-n", self.redis.namespace, "-o", "json")
        data = json.loads(old)["data"]["redis-password"]
        self.assertIn("resourceVersion", old)
        for part in self.save("k8s")["parts"]:
            content = (self.folder / part["file"]).read_text()
            self.assertNotIn(data, content)
            self.assertNotIn("resourceVersion", content)

    def test_full_backup(self):
        """Three parts with three times of their own, and "completed" whatever became of them; ours is one, and says what is missing."""
        saved = self.save("all")
        self.assertEqual(saved["missing"], [])
        self.assertEqual({saved["id"] in part["file"] for part in saved["parts"]}, {True}, saved)


class Running(Away):
    def test_save(self):
        """While the old one saves, nobody is answered; beside ours a write takes as long as ever."""
        self.fill(8)
        self.redis.ask("my-redis-0", "CONFIG", "SET", "rdb-key-save-delay", 250_000)
        self.addCleanup(self.redis.ask, "my-redis-0", "CONFIG", "SET", "rdb-key-save-delay", 0)
        for waits, begin in (True, lambda: subprocess.Popen(words_of("save"), stdout=subprocess.DEVNULL)), (False, lambda: start("bgsave", "my-redis-0", "--wait", *TARGET)):
            with self.subTest(waits=waits), begin() as running:
                longest = 0.0
                while running.poll() is None:
                    since = time.monotonic()
                    self.redis.ask("my-redis-0", "PING")
                    longest = max(longest, time.monotonic() - since)
                    time.sleep(0.02)
                self.assertEqual((running.returncode, longest > 1), (0, waits))

    def test_bgsave_that_fails(self):
        """The old one says that it has started, and nobody hears of the rest."""
        in_pod("my-redis-0", "sh", "-c", "rm -rf /data/dump.rdb && mkdir -p /data/dump.rdb/in-the-way")
        self.addCleanup(make, "save")  # behind the other: nobody becomes the master whose last save failed
        self.addCleanup(in_pod, "my-redis-0", "rm", "-rf", "/data/dump.rdb")
        old = make("bgsave")
        self.assertEqual((old.returncode, "started" in old.stdout), (0, True), old)
        eventually("it is over", lambda: b"rdb_bgsave_in_progress:0" in self.redis.ask("my-redis-0", "INFO", "persistence"), 10)
        time.sleep(1)
        self.ask("bgsave", "my-redis-0", "--wait", *TARGET, code=1)

    def test_latency(self):
        """The old one has no end; ours has, and an answer of each node."""
        with self.assertRaises(subprocess.TimeoutExpired):
            make("--latency-history", timeout=4)
        latency = self.only(self.document("latency", "Latency", *TARGET, "--duration", "500ms")["items"])
        self.assertEqual({node["name"]: node["roundTrips"]["count"] > 0 for node in latency["nodes"]}, dict.fromkeys(PODS, True))

    def test_monitor(self):
        """The old one has no end, and shows what was written."""
        with self.redis.writer_direct("my-redis-1", rate=100) as writer:
            with self.assertRaises(subprocess.TimeoutExpired) as old:
                make("monitor", timeout=4)
            ours = self.ask("monitor", *TARGET, "--max", "20", "--duration", "20s")
            writer.stop(f"{self.redis.ip('my-redis-1')}:6379")
        old_lines = [line for line in old.exception.stdout.decode().splitlines() if '"' in line]
        self.assertTrue(old_lines)
        self.assertEqual(len(ours.out.splitlines()), 20, ours)

    def test_bigkeys(self):
        """The old one looks through the first pod, the new one through a replica, wherever the master is."""
        self.assertEqual(self.change("return-home").code, 0)
        self.redis.ask("my-redis-0", "SET", "big", "x" * 100_000)
        self.assertEqual(self.redis.ask("my-redis-0", "WAIT", 2, 3000), 2)
        for ask, on_master in (lambda: make("--bigkeys").stdout, True), (lambda: self.ask("bigkeys", *TARGET).out, False):
            self.redis.ask("my-redis-0", "CONFIG", "RESETSTAT")
            self.assertIn("big", ask())
            self.assertEqual(b"cmdstat_scan" in self.redis.ask("my-redis-0", "INFO", "commandstats"), on_master)

    def test_lastsave(self):
        """The old one compares the time of a start with its own clock where nothing is ever saved."""
        self.assertRegex(make("lastsave").stdout, r"^\d+$")
        for node in self.nodes("persistence", "Persistence").values():
            self.assertEqual((node["rdb"]["schedule"], node["aof"]["enabled"]), ("", False), node)

    def test_aof_rewrite(self):
        """The old one is told that it has started; ours is there when it is over."""
        self.redis.ask("my-redis-0", "CONFIG", "SET", "appendonly", "yes")
        self.addCleanup(self.redis.ask, "my-redis-0", "CONFIG", "SET", "appendonly", "no")
        eventually("it is on", lambda: b"aof_rewrite_in_progress:0" in self.redis.ask("my-redis-0", "INFO", "persistence"), 10)
        old = make("bgrewriteaof")
        self.assertIn("started", old.stdout)
        eventually("it is over", lambda: b"aof_rewrite_in_progress:0" in self.redis.ask("my-redis-0", "INFO", "persistence"), 10)
        self.ask("aof-rewrite", "my-redis-0", "--wait", *TARGET)
        self.assertIn(b"aof_rewrite_in_progress:0", self.redis.ask("my-redis-0", "INFO", "persistence"))

    def test_metrics(self):
        """The old one needs an exporter in the pod, and ends everybody's port-forwards; ours asks the nodes."""
        out = self.ask("metrics", *TARGET).out
        for pod in PODS:
            self.assertRegex(out, rf'(?m)^redis_up{{[^}}]*"{pod}"[^}}]*}} 1$')

    def test_logs(self):
        """One pod's, beside all of them in the order of time."""
        old = kubectl("logs", "my-redis-0", "-c", "redis", "-n", self.redis.namespace, "--tail", "5")
        self.assertNotIn("my-redis-1", old)
        out = self.ask("logs", *TARGET, "--tail", "5").out
        self.assertEqual({pod: pod in out for pod in PODS}, dict.fromkeys(PODS, True), out)

    def test_pre_upgrade_check(self):
        """The old chain ends with a check mark, ours with a closed gate: a replica does not follow."""
        self.redis.ask("my-redis-2", "REPLICAOF", self.redis.ip("my-redis-1"), 6380)
        self.assertEqual([make(*words).returncode for words in (["ping"], ["info", "replication"], ["info", "memory"], ["lastsave"])], [0] * 4)
        self.assertRegex(self.ask("upgrade", "check", *TARGET, code=1).out, r"(?m)^replicas +NO ")

