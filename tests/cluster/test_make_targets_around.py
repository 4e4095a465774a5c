"""The make targets that look around a system, upgrade and recover it, beside their successors, on the same system in the same state."""
import tempfile
from pathlib import Path

from test_make_targets_data import in_pod
from world import systems
from world.charts import PODS
from world.kubectl import kubectl
from world.make_targets import TARGET, Away, make, make_each
from world.program import redisctl
from world.switching import change_of


class Around(Away):
    def test_describe(self):
        """What kubectl says of the first pod, beside who each of them is."""
        old = kubectl("describe", "pod", "my-redis-0", "-n", self.redis.namespace)
        self.assertNotIn("my-redis-1", old)
        out = self.ask("pods", *TARGET).out
        self.assertEqual({pod: pod in out for pod in PODS}, dict.fromkeys(PODS, True), out)

    def test_events(self):
        """Found by a word, a stranger's are among them; ours are of the instance's own objects."""
        for pod in ("my-redis-2", "not-our-redis-0"):
            about = {"apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": self.redis.namespace}
            event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": f"seen-{pod}", "namespace": self.redis.namespace}, "involvedObject": about, "type": "Warning",
                     "reason": "Seen", "message": f"seen at {pod}", "lastTimestamp": "2026-11-22T03:30:00Z"}
            kubectl("apply", "-f", "-", text_in=systems.items([event]))
            self.addCleanup(kubectl, "delete", "event", f"seen-{pod}", "-n", self.redis.namespace)
        old = [line for line in kubectl("get", "events", "-n", self.redis.namespace).splitlines() if "redis" in line]
        self.assertTrue(any("seen at not-our-redis-0" in line for line in old), old)
        out = self.ask("events", *TARGET).out
        self.assertEqual(("seen at my-redis-2" in out, "not-our-redis-0" in out), (True, False), out)

    def test_top(self):
        """Without a metrics server the old one has nothing to say."""
        with self.assertRaisesRegex(AssertionError, "Metrics API not available"):
            kubectl("top", "pod", "-n", self.redis.namespace)
        self.assertEqual(sorted(self.nodes("top", "Stats")), PODS)
        self.assertRegex(self.ask("top", *TARGET).out, r"CPU +MEMORY")

    def test_health(self):
        """A ping, memory and clients of the first pod: all is well while another one has lost its master."""
        self.redis.ask("my-redis-2", "REPLICAOF", self.redis.ip("my-redis-1"), 6380)
        self.assertEqual([make(*words).returncode for words in (["ping"], ["info", "memory"], ["info", "clients"])], [0] * 3)
        found = {finding["code"] for finding in self.document("doctor", "Doctor", *TARGET, code=1)["findings"]}
        self.assertIn("REPLICA_LINK_DOWN", found)

    def test_memory_stats(self):
        """Of one pod, beside all of them."""
        self.assertIn("peak.allocated", make("memory", "stats").stdout)
        self.assertEqual(sorted(self.nodes("memory", "Memory")), PODS)

    def test_shell_and_bash(self):
        """The first pod of the list, which is a replica, beside the master's."""
        self.assertEqual(in_pod("my-redis-0", "hostname").strip(), b"my-redis-0")
        self.assertEqual(self.ask("shell", *TARGET, "--", "hostname").out.strip(), "my-redis-1")

    def test_flushdb(self):
        """Of a replica: refused, and a success all the same; ours goes to the master, and to the database that is meant."""
        self.fill(5)
        with self.redis.client("my-redis-1") as client:
            client.command("SELECT", 1)
            client.command("SET", "of another", 1)
        old = make("flushdb")
        self.assertEqual((old.returncode, "READONLY" in old.stdout, self.redis.ask("my-redis-1", "DBSIZE")), (0, True, 5), old)
        self.ask("flush", "--db", "1", *TARGET, "--confirm", "my-redis")
        keyspace = self.redis.ask("my-redis-1", "INFO", "keyspace")
        self.assertEqual((b"db0:keys=5" in keyspace, b"db1" in keyspace), (True, False), keyspace)

    def test_post_upgrade_check_and_validate_upgrade(self):
        """The keys are gone: the old chains look at nothing that could tell."""
        self.fill(40)
        before = Path(self.enterContext(tempfile.TemporaryDirectory())) / "before.json"
        # Its gate of findings is closed: nothing is saved to a disk here.
        before.write_text(self.ask("upgrade", "check", *TARGET, "--json", code=1).out)
        self.redis.ask("my-redis-1", "FLUSHALL")
        self.assertEqual([make(*words).returncode for words in (["ping"], ["info", "server"], ["dbsize"])], [0] * 3)
        self.assertEqual([answer.returncode for answer in make_each(PODS, "info", "replication")], [0] * 3)
        self.assertRegex(self.ask("upgrade", "verify", before, *TARGET, code=1).out, r"(?m)^keys +NO ")


class Recovering(Away):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def save(self, what: str) -> dict:
        return self.only(self.document(f"backup {what}", "Backup", *TARGET, "--dir", self.folder)["items"])

    def keys(self) -> set:
        return {self.redis.ask(pod, "DBSIZE") for pod in PODS}

    def test_disaster_recovery(self):
        """The old one lists files, and says what could be done."""
        self.fill(30)
        saved = self.save("all")
        self.redis.ask("my-redis-1", "FLUSHALL")
        for pod in PODS:
            self.redis.ask(pod, "CONFIG", "SET", "hz", 33)
            self.addCleanup(self.redis.ask, pod, "CONFIG", "SET", "hz", 10)
        answer = self.ask("restore", "all", saved["id"], "--dir", self.folder, *TARGET, "--confirm", "my-redis", XDG_STATE_HOME=self.state)
        self.assertIn(f"redisctl backup show {saved['id']} statefulsets --dir {self.folder} | kubectl apply -f -", answer.out)
        self.assertEqual(({self.redis.ask(pod, "CONFIG", "GET", "hz")[1] for pod in PODS}, self.keys()), ({b"10"}, {30}), answer)

    def test_restore_aof(self):
        """A server since 7.0 does not look at the file that the old one copies to it."""
        self.assertEqual(self.change("return-home").code, 0)
        self.redis.ask("my-redis-0", "FLUSHALL")  # the probes of that switch
        for i in range(50):
            self.redis.ask("my-redis-0", "SET", f"key:{i}", i)
        self.assertEqual(self.redis.ask("my-redis-0", "WAIT", 2, 3000), 2)
        saved = self.save("aof")
        commands = next((self.folder / part["file"]).read_bytes() for part in saved["parts"] if part["name"] == "incr")
        in_pod("my-redis-0", "sh", "-c", "cat >/data/appendonly.aof", stdin=commands)
        self.redis.delete_pod("my-redis-0")
        self.redis.reset("my-redis-0")
        self.assertEqual(self.keys(), {0})
        done = change_of(redisctl("restore", "aof", saved["id"], "--dir", self.folder, *TARGET, "--confirm", "my-redis", "--json", XDG_STATE_HOME=self.state))
        self.check_result(done, 0, "done", True)
        self.assertEqual((self.keys(), self.redis.ask("my-redis-2", "GET", "key:49")), ({50}, b"49"))
