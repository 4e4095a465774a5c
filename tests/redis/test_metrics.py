"""`metrics`: what Prometheus reads is well formed and true, once or as long as it is served."""
import http.client
import signal
import socket
import subprocess
import unittest

from asking import PASSWORD, Asking
from exposition import parse
from program import REDISCTL, environment
from servers import Server, free_port


class Metrics(Asking):
    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(Server(f"masterauth {PASSWORD}", "maxmemory 100mb", password=PASSWORD))
        cls.replica = cls.enterClassContext(Server("appendonly yes", password=PASSWORD, replica_of=cls.master)).wait_linked()
        cls.hosts = ["--host", cls.master.address, "--host", cls.replica.address]
        cls.way = {"env": {"REDISCLI_AUTH": PASSWORD}}
        with cls.master.client() as client:
            client.command("SET", "a", "b")
            client.command("SET", "gone", "b", "EX", "1000")
            client.command("SELECT", "3")
            client.command("SET", "c", "d")
        cls.replica.wait_linked()

    def families(self, *arguments, **how) -> dict:
        return parse(self.ask("metrics", *self.hosts, *arguments, **{**self.way, **how}).out)

    def value(self, families: dict, name: str, server: Server, **labels):
        found = [value for known, value in families[name] if known["pod"] == server.address and labels.items() <= known.items()]
        self.assertEqual(len(found), 1, (name, families[name]))
        return found[0]

    def test_they_are_what_the_servers_say(self):
        families = self.families("--instance", "cache")
        for server, role in ((self.master, "master"), (self.replica, "replica")):
            self.assertEqual(self.value(families, "redis_up", server, instance="cache", namespace="", role=role), 1)
            self.assertEqual(self.value(families, "redis_db_keys", server, db="db0"), 2)
            self.assertEqual(self.value(families, "redis_db_keys_expiring", server, db="db0"), 1)
            self.assertEqual(self.value(families, "redis_db_keys", server, db="db3"), 1)
            self.assertAlmostEqual(self.value(families, "redis_memory_used_bytes", server), int(server.info("memory")["used_memory"]), delta=1 << 20)
            self.assertEqual(self.value(families, "redis_instance_info", server, run_id=server.info("server")["run_id"]), 1)
        self.assertEqual(self.value(families, "redis_memory_max_bytes", self.master), 100 << 20)
        self.assertEqual(self.value(families, "redis_connected_slaves", self.master), 1)
        self.assertEqual(self.value(families, "redis_aof_enabled", self.replica), 1)
        self.assertEqual(self.value(families, "redis_rdb_last_bgsave_status", self.master), 1)
        self.assertGreater(self.value(families, "redis_commands_processed_total", self.master), 5)

    def test_as_a_document(self):
        item = self.only(self.document("metrics", "Metrics", *self.hosts, **self.way)["items"])
        families = self.families()
        for node in item["nodes"]:
            for metric in node["metrics"]:
                self.assertIn(metric["name"], families)
                self.assertEqual(metric["labels"]["pod"], node["name"])

    def test_replication_from_both_sides(self):
        families = self.families()
        port = str(self.replica.port)
        self.assertEqual(self.value(families, "redis_connected_slave_offset_bytes", self.master, slave_port=port, slave_state="online"),
                         self.value(families, "redis_slave_repl_offset", self.replica))
        self.assertLessEqual(self.value(families, "redis_connected_slave_lag_seconds", self.master, slave_port=port), 2)
        for name, expected in (("redis_master_link_up", 1), ("redis_master_sync_in_progress", 0)):
            self.assertEqual(self.value(families, name, self.replica, master_port=str(self.master.port)), expected)
        self.assertLessEqual(self.value(families, "redis_master_last_io_seconds_ago", self.replica), 11)

    def test_a_dead_node_is_down_and_all_else_of_it_unknown(self):
        dead = f"127.0.0.1:{free_port()}"
        answer = self.ask("metrics", *self.hosts, "--host", dead, code=7, **self.way)
        families = parse(answer.out)
        self.assertEqual([(labels["role"], value) for labels, value in families["redis_up"] if labels["pod"] == dead], [("unknown", 0)])
        self.assertFalse([name for name, samples in families.items() if name != "redis_up" and any(labels["pod"] == dead for labels, _ in samples)])
        self.assertIn(dead, answer.err)

    def test_a_link_that_is_down(self):
        with Server("masterauth wrong", password=PASSWORD, replica_of=self.master) as unlinked:
            families = parse(self.ask("metrics", "--host", unlinked.address, "--node", unlinked.address, **self.way).out)
            self.assertEqual(self.value(families, "redis_master_link_up", unlinked), 0)
            # -1 is how servers say that there is none.
            self.assertNotIn("redis_master_last_io_seconds_ago", families)


class Serving(Metrics):
    def setUp(self):
        self.process = subprocess.Popen([REDISCTL, "metrics", *self.hosts, "--serve", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=environment(REDISCLI_AUTH=PASSWORD))
        self.addCleanup(self.end)
        self.port = int(self.process.stdout.readline().removesuffix("/metrics\n").rpartition(":")[2])

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def get(self, path: str = "/metrics", method: str = "GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.getheaders())

    def raw(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(request)
            said = b""
            while more := connection.recv(65536):
                said += more
        return said

    def families(self, *_, **__) -> dict:
        status, text, headers = self.get()
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return parse(text)

    # As it is printed, save for what is about one run.
    test_they_are_what_the_servers_say = None
    test_a_dead_node_is_down_and_all_else_of_it_unknown = None
    test_a_link_that_is_down = None

    def test_each_scrape_is_a_look_of_its_own(self):
        before = self.value(self.families(), "redis_db_keys", self.master, db="db0")
        self.master.command("SET", "one-more", "x")
        self.assertEqual(self.value(self.families(), "redis_db_keys", self.master, db="db0"), before + 1)
        self.master.command("DEL", "one-more")

    def test_what_is_asked_wrongly(self):
        self.assertEqual(self.get("/")[:2], (200, "metrics stand at /metrics\n"))
        self.assertEqual(self.get("/favicon.ico")[0], 404)
        self.assertEqual(self.get("/metrics", "POST")[0], 405)
        self.assertEqual(self.get("/metrics?name[]=x", "HEAD")[:2], (200, ""))
        self.assertTrue(self.raw(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 "))
        self.assertTrue(self.raw(b"GET / HTTP/1.1\r\nX: " + b"x" * 20000).startswith(b"HTTP/1.1 431 "))
        self.families()

    def test_who_says_nothing_holds_nobody_up(self):
        silent = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(20)]
        for connection in silent:
            self.addCleanup(connection.close)
        self.families()
        # In the end they are closed, and so is the one that sends half a head.
        silent[0].sendall(b"GET /metrics HTTP/1.1\r\n")
        silent[0].settimeout(20)
        self.assertEqual(silent[0].recv(1), b"")

    def test_more_than_it_takes_at_once_wait_their_turn(self):
        waiting = [socket.create_connection(("127.0.0.1", self.port), timeout=20) for _ in range(50)]
        for connection in waiting:
            self.addCleanup(connection.close)
            connection.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        for connection in waiting:
            self.assertTrue(connection.recv(16).startswith(b"HTTP/1.1 200 "))

    def test_it_ends_with_ctrl_c(self):
        self.families()
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(20), 0)

    def test_a_port_that_somebody_has_and_no_port_at_all(self):
        answer = self.ask("metrics", *self.hosts, "--serve", f"127.0.0.1:{self.port}", code=4, **self.way)
        self.assertIn("Address already in use", answer.err)
        self.assertIn("is no ADDRESS:PORT", self.ask("metrics", *self.hosts, "--serve", "here", code=2, **self.way).err)
        self.assertIn("is no address to listen on", self.ask("metrics", *self.hosts, "--serve", "no.such.host.invalid:1", code=2, **self.way).err)


if __name__ == "__main__":
    unittest.main()
