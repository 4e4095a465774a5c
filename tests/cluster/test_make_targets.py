"""The make targets of make/ops/redis.mk beside their successors, on the same system in the same state.

The successors have to be right where the old ones were wrong.
"""
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from world import systems
from world.charts import PODS
from world.kubectl import KUBECONFIG, eventually
from world.make_targets import TARGET, Away, make, make_each, took
from world.program import start


class Looking(Away):
    def test_master_info(self):
        self.assertIn("role:slave", make("info", "replication").stdout)
        # Exit 1: the chart makes my-redis-0 the master again at its next start (HOME_DRIFT).
        document = self.document("master-info", "MasterInfo", *TARGET, code=1)
        self.assertEqual((self.only(document["items"])["master"], [finding["code"] for finding in document["findings"]]), ("my-redis-1", ["HOME_DRIFT"]))

    def test_replica_lag(self):
        """Every pod but the one called -0: so it looks at the master, and not at one of the replicas."""
        looked_at = [pod for pod in PODS if not pod.endswith("-0")]
        answers = dict(zip(looked_at, make_each(looked_at, "info", "replication")))
        self.assertNotIn("master_link_status", answers["my-redis-1"].stdout)
        replicas = self.only(self.document("replica-lag", "ReplicaLag", *TARGET)["items"])["replicas"]
        self.assertEqual(sorted(replica["name"] for replica in replicas), ["my-redis-0", "my-redis-2"])
        self.assertTrue(all(isinstance(replica["lagBytes"], int) for replica in replicas), replicas)

    def test_replication_info(self):
        nodes = self.nodes("replication-info", "ReplicationInfo")
        self.assertEqual({name: node["masterNode"] for name, node in nodes.items()}, {"my-redis-0": "my-redis-1", "my-redis-1": None, "my-redis-2": "my-redis-1"})
        loop = took(lambda: make_each(PODS, "info", "replication"))
        ours = took(lambda: self.ask("replication-info", *TARGET))
        self.assertLess(ours, loop)

    def test_role(self):
        self.assertIn("slave", make("role").stdout)
        self.assertEqual({name: node["role"] for name, node in self.nodes("role", "Role").items()}, {"my-redis-0": "replica", "my-redis-1": "master", "my-redis-2": "replica"})

    def test_ping_with_a_wrong_password(self):
        wrong = Path(tempfile.mkdtemp()) / "password"
        wrong.write_text("not-it")
        old = make("ping", password="not-it")
        self.assertEqual(old.returncode, 0)
        self.assertNotIn("PONG", old.stdout.splitlines())
        answer = self.ask("ping", *TARGET, "--password-file", wrong, code=5)
        self.assertIn("WRONGPASS", answer.said)
        self.ask("ping", *TARGET)

    def test_dbsize(self):
        """One pod's number, beside which databases of which node."""
        self.fill(7)
        self.redis.ask("my-redis-2", "CONFIG", "SET", "replica-read-only", "no")
        self.addCleanup(self.redis.ask, "my-redis-2", "CONFIG", "SET", "replica-read-only", "yes")
        self.redis.ask("my-redis-2", "DEL", "key:0")  # as a client of a writable replica may
        self.assertEqual(make("dbsize").stdout.strip(), "7")
        nodes = self.nodes("dbsize", "DatabaseSizes")
        self.assertEqual({name: (node["keys"], node["missing"]) for name, node in nodes.items()}, {"my-redis-0": (7, 0), "my-redis-1": (7, None), "my-redis-2": (6, 1)})

    def test_config(self):
        for words in (["get", "requirepass"], ["get", "*"]):
            self.assertIn(systems.PASSWORD, make("config", *words).stdout)
        # ask() itself refuses an answer in which a password is shown.
        self.assertIn("requirepass", self.ask("config", "get", "requirepass", *TARGET).out)
        self.ask("config", "get", *TARGET, "--json")

    def test_keys(self):
        self.fill(30)
        for pod in PODS:
            self.redis.ask(pod, "CONFIG", "RESETSTAT")
        keys = self.only(self.document("keys", "Keys", *TARGET, "key:*")["items"])
        self.assertEqual((len(keys["keys"]), keys["role"]), (30, "replica"))
        self.assertNotIn("cmdstat_keys", "".join(self.redis.ask(pod, "INFO", "commandstats").decode() for pod in PODS))
        self.assertEqual(len(make("keys", "*").stdout.split()), 30)
        self.assertIn("cmdstat_keys", self.redis.ask("my-redis-0", "INFO", "commandstats").decode())

    def test_one_pod_beside_all(self):
        for command, kind in {"ping": "Ping", "memory": "Memory", "stats": "Stats", "clients": "Clients", "persistence": "Persistence", "slowlog": "SlowLog"}.items():
            with self.subTest(command):
                self.assertEqual(sorted(self.nodes(command, kind)), PODS)
        for command, kind in {"version": "Version", "info": "Info"}.items():
            with self.subTest(command):
                self.assertEqual(sorted(self.nodes(command, kind)), PODS)

    def test_check_replication_and_pre_upgrade_check(self):
        """A second master: the old chain of looks succeeds whatever it sees."""
        self.redis.ask("my-redis-2", "REPLICAOF", "NO", "ONE")
        self.assertEqual([answer.returncode for answer in make_each(PODS, "info", "replication")], [0, 0, 0])
        for command, kind in {"status": "Status", "doctor": "Doctor"}.items():
            with self.subTest(command):
                document = self.document(command, kind, *TARGET, code=1)
                self.assertIn("SPLIT_BRAIN", json.dumps(document["findings"]))


class Changing(Away):
    def test_cli(self):
        old = make("set", "order", "42")
        self.assertEqual((old.returncode, "READONLY" in old.stdout), (0, True), old)
        self.assertIsNone(self.redis.ask("my-redis-1", "GET", "order"))
        self.ask("exec", *TARGET, "--", "SET", "order", "42 and 'a quote'")
        self.assertEqual(self.redis.ask("my-redis-1", "GET", "order"), b"42 and 'a quote'")

    def test_flushall(self):
        self.fill(5)
        old = make("flushall")
        self.assertEqual((old.returncode, "READONLY" in old.stdout, self.redis.ask("my-redis-1", "DBSIZE")), (0, True, 5), old)
        refused = self.ask("exec", *TARGET, "--", "FLUSHALL", code=6)
        self.assertIn("--confirm my-redis", refused.err)
        self.assertEqual(self.redis.ask("my-redis-1", "DBSIZE"), 5)
        self.ask("exec", *TARGET, "--confirm", "my-redis", "--", "FLUSHALL")
        eventually("all are empty", lambda: {self.redis.ask(pod, "DBSIZE") for pod in PODS} == {0}, 10)

    def test_force_failover(self):
        """By name, whoever is the master: here the one that is called so is, and nothing happens but a success."""
        self.assertEqual(make("replicaof", "no", "one", pod="my-redis-1").returncode, 0)
        self.assertEqual(self.redis.roles(), self.redis.settled("my-redis-1"))
        done = self.change("failover")
        self.assertEqual((done.code, done.result["outcome"], done.result["lostBytes"]), (0, "done", 0), done)
        self.assertEqual(self.redis.roles(), self.redis.settled(done.result["to"]))

    def test_promote_replica(self):
        """REPLICAOF NO ONE alone makes a second master, and the others stay where they are."""
        self.assertEqual(make("replicaof", "no", "one", pod="my-redis-2").returncode, 0)
        self.assertEqual(list(self.redis.roles().values()).count("master"), 2)
        self.redis.reset("my-redis-0")
        done = self.change("promote-replica", "my-redis-2")
        self.assertEqual((done.code, done.result["lostBytes"]), (0, 0), done)
        self.check_state("my-redis-2")

    def test_resync_replica(self):
        """It names pod 0 as the master: told of my-redis-1 it leaves nobody as the master, and every write is refused."""
        self.fill(3)
        refused = self.change("resync-replica", "my-redis-1")
        self.assertEqual((refused.code, refused.result["changed"]), (6, False), refused)
        self.assertEqual(self.redis.roles(), self.redis.settled("my-redis-1"))
        done = self.change("resync-replica", "my-redis-2", "--full")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.redis.roles(), self.redis.settled("my-redis-1"))
        old = make("replicaof", self.redis.ip("my-redis-0"), "6379", pod="my-redis-1")
        self.assertEqual(old.returncode, 0)
        self.assertNotIn("master", self.redis.roles().values())

    def test_backup(self):
        """A save that takes longer than the sleep: what is copied is the file of before."""
        self.fill(1, "before")
        self.assertIn("OK", make("save").stdout)
        self.fill(40, "after")
        self.redis.ask("my-redis-0", "CONFIG", "SET", "rdb-key-save-delay", 250_000)
        self.addCleanup(self.redis.ask, "my-redis-0", "CONFIG", "SET", "rdb-key-save-delay", 0)
        self.assertIn("started", make("bgsave").stdout)
        time.sleep(5)
        copied = subprocess.run(["kubectl", "--kubeconfig", KUBECONFIG, "exec", "-n", self.redis.namespace, "my-redis-0", "--", "cat", "/data/dump.rdb"],
                                capture_output=True, timeout=30).stdout
        self.assertIn(b"before:0", copied)
        self.assertNotIn(b"after:1", copied)
        self.redis.ask("my-redis-0", "CONFIG", "SET", "rdb-key-save-delay", 0)
        folder = tempfile.mkdtemp()
        saved = self.only(self.document("backup rdb", "Backup", *TARGET, "--dir", folder)["items"])
        self.assertEqual(saved["keys"]["db0"]["keys"], 41, saved)
        self.assertIn(b"after:1", Path(folder, saved["file"]).read_bytes())
        self.ask("backup", "verify", saved["id"], "--dir", folder)

    def test_port_forward(self):
        """The old one leads to one pod for good; ours to the master, also after a switch."""
        port, ours_port = 21379, 21380
        old = subprocess.Popen(["kubectl", "--kubeconfig", KUBECONFIG, "port-forward", "-n", self.redis.namespace, "svc/my-redis", f"{port}:6379"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ours = start("forward", str(ours_port), *TARGET)
        try:
            eventually("both lead to the master", lambda: set_through(port) == set_through(ours_port) == "OK")
            done = self.change("return-home")
            self.assertEqual(done.code, 0, done)
            self.assertIn("READONLY", set_through(port))
            eventually("ours follows", lambda: set_through(ours_port) == "OK", 10)
        finally:
            for process in (old, ours):
                process.terminate()
                process.communicate(timeout=10)


def set_through(port: int) -> str:
    """What a client of that local port is told."""
    try:
        with socket.create_connection(("127.0.0.1", port), 3) as line:
            line.settimeout(3)
            line.sendall(f"AUTH {systems.PASSWORD}\r\nSET through {port}\r\n".encode())
            heard = b""
            while heard.count(b"\r\n") < 2 and (more := line.recv(4096)):
                heard += more
        return heard.decode().split("\r\n")[1].lstrip("+-")
    except (OSError, IndexError) as error:
        return str(error)
