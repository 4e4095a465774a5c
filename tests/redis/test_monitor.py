"""`monitor`: what a replica, or the nodes that are named, carry out, for a bounded while, without values, and never a password."""
import json
import re
import signal
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from asking import PASSWORD, Asking, schema_of
from program import REDISCTL, Answer, environment, redisctl
from servers import Sentinel, Server, eventually, free_port
from world.schema import problems

LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d{6} (\S+) +db(\d+) (\S+) +(\S.*)$")


def is_monitored(server: Server) -> bool:
    return any(b" flags=O " in line for line in server.command("CLIENT", "LIST").splitlines())


class Monitor(Asking):
    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(Server("enable-debug-command yes"))
        cls.replica = cls.enterClassContext(Server(replica_of=cls.master)).wait_linked()
        cls.hosts = ["--host", cls.master.address, "--host", cls.replica.address]

    def tearDown(self):
        for server in (self.master, self.replica):
            eventually("nobody monitors it any more", lambda server=server: not is_monitored(server))

    def monitor(self, *arguments, on: list, do, code: int = 0, **how) -> Answer:
        """Does it as soon as these servers are monitored."""
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.ask, "monitor", *arguments, code=code, **how)
            for server in on:
                eventually("it is monitored", lambda server=server: asked.done() or is_monitored(server))
            do()
            return asked.result()

    def lines(self, answer: Answer) -> list:
        lines = [json.loads(line) for line in answer.out.splitlines()]
        for line in lines:
            self.assertEqual(problems(line, schema_of("MonitorLine")), [], line)
        return lines

    def of_key(self, answer: Answer, key: str) -> list:
        return [line for line in self.lines(answer) if line["key"] == key]

    def test_a_replica_by_default_and_there_what_the_master_writes(self):
        seen = []

        def do():
            seen.append(is_monitored(self.master))
            self.master.command("SET", "user:1", "hunter2", "PX", "60000")
            self.replica.command("GET", "user:1")

        answer = self.monitor(*self.hosts, "--json", "--duration", "1s", on=[self.replica], do=do)
        self.assertEqual(seen, [False])
        lines = self.of_key(answer, "user:1")
        self.assertEqual([line["command"][0].lower() for line in lines], ["set", "get"])
        self.assertEqual({(line["node"], line["database"]) for line in lines}, {(self.replica.address, 0)})
        self.assertNotIn("hunter2", answer.out)
        self.assertIn(f"MONITOR slows {self.replica.address} down, to half the throughput at worst, for 1 s or 1000 commands", answer.err)
        self.assertRegex(answer.err, r"ended after \d+ commands: --duration is over, 1 s\n$")

    def test_lines_for_people(self):
        def do():
            with self.master.client() as client:
                client.command("SELECT", "3")
                client.command("SET", "user:1", "hunter2")
                client.command("MGET", "user:1", "user:2")
                client.command("SET", "evil\x1b[2J", "x")

        answer = self.monitor(*self.hosts, "--master", "--max", "4", on=[self.master], do=do)
        shown = [LINE.match(line) for line in answer.out.splitlines()]
        self.assertTrue(all(shown), answer)
        self.assertEqual([match[4] for match in shown], ["SELECT (1 byte)", "SET user:1 (7 bytes)", "MGET user:1 (6 bytes)", "SET evil\\x1b[2J (1 byte)"])
        # The server tells of a SELECT when it has been carried out.
        self.assertEqual([(match[1], match[2]) for match in shown][1:], [(self.master.address, "3")] * 3)
        self.assertRegex(shown[0][3], r"^127\.0\.0\.1:\d+$")
        self.assertTrue(answer.err.endswith("ended after 4 commands: --max is reached\n"), answer)
        self.assertLess(answer.seconds, 8)

    def test_a_script_has_no_address_and_its_text_is_not_shown(self):
        answer = self.monitor(*self.hosts, "--master", "--max", "2", "--json", on=[self.master],
                              do=lambda: self.master.command("EVAL", "return redis.call('get', KEYS[1])", "1", "user:1"))
        script, inner = self.lines(answer)
        self.assertEqual((script["command"], script["key"]), (["EVAL", "(33 bytes)", "(1 byte)", "(6 bytes)"], None))
        self.assertEqual((inner["client"], inner["command"], inner["key"]), ("lua", ["get", "user:1"], "user:1"))

    def test_values_are_shown_when_they_are_asked_for_and_passwords_are_not(self):
        def do():
            self.master.command("SET", "user:1", b"a\x00\"b \xff")
            self.master.command("CONFIG", "SET", "masterauth", PASSWORD)
            self.master.command("CONFIG", "SET", "masterauth", "")
            self.master.command("ACL", "SETUSER", "jane", f">{PASSWORD}", "on")
            with self.master.client() as client:
                client.command("AUTH", "jane", PASSWORD)
            with self.assertRaises(Exception):
                self.master.command("MIGRATE", "127.0.0.1", free_port(), "user:1", "0", "100", "AUTH", PASSWORD)

        for values in ([], ["--values"]):
            answer = self.monitor(*self.hosts, "--master", "--duration", "1s", "--json", *values, on=[self.master], do=do)
            told = {line["command"][0]: line["command"] for line in self.lines(answer)}
            self.assertEqual(told["SET"], ["SET", "user:1", 'a\x00"b \ufffd' if values else "(6 bytes)"])
            self.assertEqual(told["MIGRATE"][3::4], ["user:1" if values else "(6 bytes)", "(hidden)"])

    def test_the_time_is_the_servers_in_microseconds(self):
        before = time.time()
        answer = self.monitor(*self.hosts, "--master", "--max", "1", "--json", on=[self.master], do=lambda: self.master.command("GET", "a"))
        told = self.only(self.lines(answer))["time"]
        self.assertRegex(told, r"\.\d{6}Z$")
        stamp = time.strptime(told[:19], "%Y-%m-%dT%H:%M:%S")
        self.assertLess(abs(time.mktime(stamp) - time.timezone - before), 20)

    def test_several_nodes_are_merged_by_time(self):
        def do():
            for number in range(20):
                (self.master if number % 2 else self.replica).command("GET", f"key:{number}")

        answer = self.monitor(*self.hosts, self.master.address, self.replica.address, "--duration", "1500ms", "--json", on=[self.master, self.replica], do=do)
        lines = [line for line in self.lines(answer) if (line["key"] or "").startswith("key:")]
        self.assertEqual([line["key"] for line in lines], [f"key:{number}" for number in range(20)])
        self.assertEqual([line["node"] for line in lines[:2]], [self.replica.address, self.master.address])

    def test_ctrl_c_ends_it_well(self):
        answer = redisctl("monitor", *self.hosts, "--duration", "25s", interrupt_after=2)
        self.assertEqual(answer.code, 0, answer)
        self.assertRegex(answer.err, r"ended after \d+ commands: Ctrl-C\n$")

    def test_a_quiet_server_is_asked_whether_it_is_there_and_that_is_not_shown(self):
        with Server() as quiet:
            answer = self.ask("monitor", "--host", quiet.address, "--master", "--duration", "4s", "--json")
            self.assertEqual(answer.out, "")
            self.assertIn("ended after 0 commands: --duration is over, 4 s", answer.err)
            self.assertIn("cmdstat_ping", quiet.info("commandstats"))

    def test_a_node_that_is_lost_is_said_and_the_others_go_on(self):
        with Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()

            def do():
                replica.stop()
                time.sleep(0.3)
                master.command("GET", "later")

            answer = self.monitor("--host", master.address, "--host", replica.address, master.address, replica.address, "--duration", "2s", "--json",
                                  on=[master, replica], do=do, code=7)
            self.assertRegex(answer.err, f"error: .*{replica.address}")
            self.assertEqual(self.only(self.of_key(answer, "later"))["node"], master.address)
            self.assertIn("--duration is over", answer.err)

    def test_a_node_that_falls_silent_is_given_up(self):
        with Server() as only:
            answer = self.monitor("--host", only.address, "--master", "--duration", "25s", on=[only], do=only.freeze, code=4)
            self.assertIn("has been silent for too long", answer.err)
            self.assertIn("ended after 0 commands: no node is left", answer.err)
            self.assertLess(answer.seconds, 15)

    def test_a_dead_node_holds_up_nobody(self):
        dead = f"127.0.0.1:{free_port()}"
        answer = self.monitor(*self.hosts, "--host", dead, "--node", self.replica.address, "--node", dead, "--duration", "1s", "--json", code=7,
                              on=[self.replica], do=lambda: self.replica.command("GET", "a"))
        self.assertEqual(len(self.of_key(answer, "a")), 1)
        self.assertRegex(answer.err, f"error: .*{dead}")
        alone = self.ask("monitor", "--host", dead, dead, code=4)
        self.assertIn("no node is left", alone.err)

    def test_no_permission(self):
        with Server(f"user watcher on >{PASSWORD} ~* +@all -monitor") as server:
            answer = self.ask("monitor", "--host", server.address, "--master", "--user", "watcher", code=5, env={"REDISCLI_AUTH": PASSWORD})
            self.assertIn(f"{server.address}: the node does not permit MONITOR to this user", answer.err)
            self.assertIn("ACL SETUSER NAME +monitor", answer.err)

    def test_a_renamed_command(self):
        with Server('rename-command MONITOR ""') as server:
            answer = self.ask("monitor", "--host", server.address, "--master", code=1)
            self.assertIn(f"{server.address}: the node does not know MONITOR: renamed or disabled", answer.err)
            self.assertIn("rename-command", answer.err)

    def test_the_master_is_not_taken_for_want_of_a_replica(self):
        with Server() as alone:
            document = json.loads(self.ask("monitor", "--host", alone.address, "--json", code=6).out)
            error = self.only(document["errors"])
            self.assertEqual((error["code"], error["hint"]), ("NO_REPLICA", "redisctl monitor --master"))
            self.assertFalse(is_monitored(alone))

    def test_an_unfit_replica_is_not_taken(self):
        with Server(f"replicaof 127.0.0.1 {free_port()}") as orphan:
            answer = self.ask("monitor", "--host", orphan.address, code=6)
            self.assertIn(f"{orphan.address}: it has no link to its master", answer.err)

    def test_sentinels_are_not_monitored(self):
        with Sentinel(monitors={"mymaster": self.master}) as sentinel:
            sentinel.wait_found("mymaster", 1)
            answer = self.ask("monitor", "--sentinel", sentinel.address, "--master-name", "mymaster", sentinel.address, code=3)
            self.assertIn("no node is left to monitor", answer.err)

    def stuck(self, *arguments) -> subprocess.Popen:
        """Nobody reads what it says; more is said than a pipe holds."""
        process = subprocess.Popen([str(REDISCTL), "monitor", *self.hosts, "--master", "--json", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        eventually("it is monitored", lambda: is_monitored(self.master))
        with self.master.client() as client:
            for number in range(1000):
                client.command("GET", f"key:{number}")
        return process

    def test_whoever_reads_slowly_holds_up_no_server(self):
        process = self.stuck("--duration", "2s", "--max", "5000")
        eventually("the server is let go", lambda: not is_monitored(self.master), 5)
        self.assertIsNone(process.poll())
        out, err = process.communicate(timeout=20)
        self.assertEqual([json.loads(line)["key"] for line in out.splitlines()], [f"key:{number}" for number in range(1000)])
        self.assertEqual(process.returncode, 0, err)

    def test_ctrl_c_ends_it_though_nobody_reads(self):
        process = self.stuck("--duration", "25s", "--max", "5000")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(5), 0)

    def test_a_reader_that_goes_away_ends_it(self):
        process = self.stuck("--duration", "25s", "--max", "5000")
        process.stdout.close()
        process.stdout = None
        self.assertEqual(process.wait(5), 0)

    def test_usage(self):
        self.assertIn("exclude each other", self.ask("monitor", *self.hosts, "--master", self.replica.address, code=2).err)
        self.assertIn("--max: '0' is no number from 1 on", self.ask("monitor", *self.hosts, "--max", "0", code=2).err)
        self.assertIn("'5'", self.ask("monitor", *self.hosts, "--duration", "5", code=2).err)
        self.assertIn("no node called redis-9", self.ask("monitor", *self.hosts, "redis-9", code=3).err)


if __name__ == "__main__":
    unittest.main()
