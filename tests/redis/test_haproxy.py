"""A real HAProxy with the file that redisctl writes, before real servers: every write reaches the master, a switch is followed, and the documents' way is seen to
fail side by side. What it measures it prints; docs/measurements.md has the figures."""
import sys
import tempfile
import time
import unittest
from contextlib import ExitStack

from asking import PASSWORD, Asking, codes
from haproxy import Haproxy, connect, first_write, require_haproxy, valid, writes_taken
from program import redisctl
from resp import ReplyError
from servers import Authority, Server, eventually, free_port
from writer import Writer

# The file of the documents: a connection check of all nodes in turn.
DOCUMENTED = """
defaults
    mode tcp
    timeout connect 60s
    timeout client 60s
    timeout server 60s
frontend redis
    bind 127.0.0.1:{port}
    default_backend redis
backend redis
    balance roundrobin
    option tcp-check
{servers}
"""
# What is found in many places: each question waits for its answer.
USUAL = """
defaults
    mode tcp
    timeout connect 1s
    timeout client 1h
    timeout server 1h
    timeout check 1s
listen redis
    bind 127.0.0.1:{port}
    option tcp-check
    tcp-check send PING\\r\\n
    tcp-check expect string +PONG
    tcp-check send info\\ replication\\r\\n
    tcp-check expect string role:master
    tcp-check send QUIT\\r\\n
    tcp-check expect string +OK
    default-server inter 100ms fastinter 100ms downinter 100ms fall 1 rise 1 on-marked-down shutdown-sessions
{servers}
"""


def setUpModule():
    require_haproxy()


def say(text: str) -> None:
    print(f"measured: {text}", file=sys.stderr, flush=True)


class WithHaproxy(Asking):
    def setUp(self):
        self.servers = self.enterContext(ExitStack())

    def system(self, replicas: int = 2, password: str = None, **how) -> list:
        master = self.servers.enter_context(Server(password=password, **how))
        nodes = [master, *(self.servers.enter_context(Server(password=password, replica_of=master, **how)) for _ in range(replicas))]
        for node in nodes[1:]:
            node.wait_linked()
        if password:
            master.command("CONFIG", "SET", "masterauth", password)
        return nodes

    def login(self, node: Server) -> dict:
        return {"REDISCLI_AUTH": node.password} if node.password else {}

    def generated(self, node: Server, *arguments, show: bool = False) -> tuple:
        """(the text, the port for writes, the port for reads)."""
        write, read = free_port(), free_port()
        words = ["haproxy", "generate", "--host", node.address, "--bind", "127.0.0.1", "--write-port", write, "--read-port", read, *arguments]
        answer = redisctl(*words, env=self.login(node)) if show else self.ask(*words, env=self.login(node))
        self.assertEqual(answer.code, 0, answer)
        return answer.out, write, read

    def running(self, node: Server, *arguments, **variables) -> tuple:
        text, write, read = self.generated(node, *arguments)
        if node.password:
            variables["REDIS_PASSWORD"] = node.password
        haproxy = self.servers.enter_context(Haproxy(text, **variables))
        haproxy.until_up(f"redis_write/{node.address}")
        # Until every other one was asked too, nobody is let in.
        first_write(write, node.password)
        return haproxy, write, read

    def beside(self, template: str, nodes: list) -> int:
        """The port of another HAProxy, with this file."""
        port = free_port()
        servers = "\n".join(f"    server redis-{i} {node.address} check" for i, node in enumerate(nodes))
        self.servers.enter_context(Haproxy(template.format(port=port, servers=servers), port))
        return port

    def failover(self, nodes: list, to: Server) -> None:
        state = self.servers.enter_context(tempfile.TemporaryDirectory(prefix="redisctl-test-"))
        answer = redisctl("failover", *(word for node in nodes for word in ("--host", node.address)), "--promote", to.address, "--override", "latency", "--yes",
                          env={"XDG_STATE_HOME": state, **self.login(nodes[0])})
        self.assertEqual(answer.code, 0, answer)


class Writing(WithHaproxy):
    def test_every_write_reaches_the_master_and_a_third_of_them_the_documents_way(self):
        nodes = self.system()
        haproxy, write, read = self.running(nodes[0])
        for node in nodes[1:]:
            haproxy.until_up(f"redis_write/{node.address}", "DOWN")
        documented = self.beside(DOCUMENTED, nodes)
        mine, theirs = writes_taken(write, 30), writes_taken(documented, 30)
        say(f"{mine} of 30 writes taken, {theirs} of 30 the documents' way")
        self.assertEqual(mine, 30)
        self.assertEqual(theirs, 10)

        def role(port: int) -> bytes:
            with connect(port) as client:
                return client.command("ROLE")[0]

        self.assertEqual({role(write) for _ in range(10)}, {b"master"})
        self.assertEqual({role(read) for _ in range(10)}, {b"slave"})

    def test_a_failover_is_followed_and_no_acknowledged_write_is_lost(self):
        nodes = self.system()
        _, write, _ = self.running(nodes[0])
        documented = self.beside(DOCUMENTED, nodes)
        # A client that stays, each way. The documents' one is the first that gets to the master.
        stays = connect(write)
        theirs = next(client for client in (connect(documented) for _ in nodes) if client.command("ROLE")[0] == b"master")
        self.assertEqual((stays.command("SET", "a", "1"), theirs.command("SET", "b", "1")), (b"OK", b"OK"))
        with Writer([f"127.0.0.1:{write}"], rate=500) as writer:
            self.failover(nodes, nodes[1])
            first_write(write)
            before = int(nodes[1].info()["master_repl_offset"])
            eventually("the writer goes on", lambda: int(nodes[1].info()["master_repl_offset"]) > before + 300)
            result = writer.stop(master=nodes[1].address)
        say(f"a failover behind HAProxy: the writer's longest gap {result.longest_gap_ms:.0f} ms, {result.lost} of {result.acked} lost, refused: {result.errors}")
        self.assertEqual(result.lost, 0, result)
        self.assertLess(result.longest_gap_ms, 1000, result)

        # Ours was closed, and comes to the new master when it connects again. Theirs stays where it was, for ever.
        with self.assertRaises(OSError):
            stays.command("SET", "a", "2")
        self.assertEqual(writes_taken(write, 10), 10)
        with connect(write) as client:
            self.assertEqual(client.command("CONFIG", "GET", "port")[1], str(nodes[1].port).encode())
        # redisctl has closed the connections of the old master's clients; HAProxy's round robin brings a third of the new ones to the master.
        self.assertIn(writes_taken(documented, 30), range(8, 13))
        for client in (stays, theirs):
            client.close()

    def test_how_soon_a_switch_is_seen(self):
        """By roles alone, without the help of redisctl, which closes the clients' connections itself."""
        first, second = self.system(replicas=1)
        haproxy, write, _ = self.running(first)
        usual = self.beside(USUAL, [first, second])
        eventually("the usual way's first write", lambda: writes_taken(usual, 1))
        eventually("the usual way has found out", lambda: writes_taken(usual, 10) == 10)
        ours, theirs = [], []
        master, replica = first, second
        for _ in range(5):
            client, other = connect(write), connect(usual)
            self.assertEqual((client.command("SET", "a", "1"), other.command("SET", "a", "1")), (b"OK", b"OK"))
            master.command("REPLICAOF", "127.0.0.1", replica.port)
            replica.command("REPLICAOF", "NO", "ONE")
            since = time.monotonic()
            ours.append(1000 * (first_write(write) - since))
            for stays in (client, other):
                self.assertTrue(self.closed(stays), "the session to the old master stays open")
            theirs.append(1000 * (time.monotonic() - since))
            eventually("linked", lambda: master.info()["master_link_status"] == "up")
            eventually("both ways lead to the new master", lambda: writes_taken(usual, 2) == 2 and writes_taken(write, 2) == 2)
            master, replica = replica, master
        say(f"from a promotion to the first write through HAProxy: {', '.join(f'{ms:.0f}' for ms in sorted(ours))} ms, "
            f"the usual check's sessions closed after {', '.join(f'{ms:.0f}' for ms in sorted(theirs))} ms")
        self.assertLess(max(ours), 1000)
        self.assertGreater(max(theirs), 1000, "the usual check waits for timeout check")

    def closed(self, client) -> bool:
        """Whether it is closed within 5 s. Until then its writes are answered with READONLY."""
        try:
            for _ in range(5000):
                try:
                    client.command("SET", "a", "2")
                    return False
                except ReplyError as reply:
                    self.assertEqual(reply.word, "READONLY")
                    time.sleep(0.001)
            return False
        except OSError:
            return True

    def test_two_masters_get_no_new_clients(self):
        master, replica = self.system(replicas=1)
        haproxy, write, _ = self.running(master)
        haproxy.until_up(f"redis_write/{replica.address}", "DOWN")
        replica.command("REPLICAOF", "NO", "ONE")
        haproxy.until_up(f"redis_write/{replica.address}")
        self.assertEqual(writes_taken(write, 10), 0)
        replica.command("REPLICAOF", "127.0.0.1", master.port)
        eventually("one is left", lambda: writes_taken(write, 1))


class Reading(WithHaproxy):
    def test_only_linked_replicas_are_read_and_without_one_the_master(self):
        master, linked, cut = self.system()
        haproxy, _, read = self.running(master)
        cut.command("REPLICAOF", "127.0.0.1", free_port())

        def ports() -> set:
            found = set()
            for _ in range(12):
                try:
                    with connect(read) as client:
                        found.add(int(client.command("CONFIG", "GET", "port")[1]))
                except OSError:
                    found.add(None)
            return found

        eventually("the one without a link is out", lambda: ports() == {linked.port})
        linked.stop()
        eventually("the master answers", lambda: ports() == {master.port})


class Logins(WithHaproxy):
    def test_the_password_comes_from_the_environment(self):
        nodes = self.system(replicas=1, password=PASSWORD)
        text, _, _ = self.generated(nodes[0])
        taken, said = valid(text)
        self.assertFalse(taken)
        self.assertIn("REDIS_PASSWORD is not set: it has to hold the password of Redis", said)
        self.assertEqual(valid(text, REDIS_PASSWORD="x")[0], True)
        _, write, _ = self.running(nodes[0])
        self.assertEqual(writes_taken(write, 5, PASSWORD), 5)

    def test_a_password_with_everything_in_it(self):
        master = self.servers.enter_context(Server())
        password = "pa55 of'the\"test\\with$HOME#and%7dünd"
        master.command("CONFIG", "SET", "requirepass", password)
        master.password = password
        text, write, _ = self.generated(master, "--with-secrets", show=True)
        self.assertEqual(valid(text)[0], True, text)
        haproxy = self.servers.enter_context(Haproxy(text))
        haproxy.until_up(f"redis_write/{master.address}")
        self.assertEqual(writes_taken(write, 3, password), 3)
        # As a variable it has to be written for Redis' inline commands, which is said.
        document = self.document("haproxy generate", "HaproxyConfig", "--host", master.address, env=self.login(master))
        self.assertEqual(codes(document), {("HAPROXY_PASSWORD_QUOTES", "warning")})

    def test_tls_to_the_servers_and_to_the_clients(self):
        authority = self.servers.enter_context(Authority())
        with open(authority["ca.crt"]), open(authority["client.pem"], "w") as client, open(authority["server.pem"], "w") as server:
            for name, file in (("client", client), ("server", server)):
                for end in ("crt", "key"):
                    with open(authority[f"{name}.{end}"]) as part:
                        file.write(part.read())
        master = self.servers.enter_context(Server(tls=authority))
        replica = self.servers.enter_context(Server(tls=authority, replica_of=master))
        replica.wait_linked()
        flags = ["--tls", "--cacert", authority["ca.crt"], "--cert", authority["client.crt"], "--key", authority["client.key"], "--sni", "redis.test",
                 "--certificates", authority.folder]
        _, write, _ = self.running(master, *flags)
        self.assertEqual(writes_taken(write, 3), 3)
        document = self.document("haproxy generate", "HaproxyConfig", "--host", master.address, *flags)
        self.assertEqual(codes(document), {("HAPROXY_PLAIN_CLIENTS", "warning")})
        document = self.document("haproxy generate", "HaproxyConfig", "--host", master.address, *flags, "--bind-tls")
        self.assertEqual(codes(document), set())
        self.assertEqual(valid(document["items"][0]["text"])[0], True)

    def test_what_would_break_the_file_is_refused(self):
        master = self.system(replicas=0)[0]
        for flags, message in {("--bind", "a\nglobal"): "--bind does not take", ("--password-variable", "A B"): "is no name of a variable",
                               ("--write-port", "0"): "--write-port: '0' is no port", ("--read-port", "6379"): "--write-port and --read-port are the same",
                               ("--interval", "1ms"): "--interval: '1ms' is no time between checks",
                               ("--certificates", "/a b"): "--certificates does not take '/a b'"}.items():
            answer = self.ask("haproxy", "generate", "--host", master.address, *flags, code=2)
            self.assertEqual(answer.out, "")
            self.assertIn(message, answer.err)


class Checking(WithHaproxy):
    def judged(self, text: str, *arguments, code: int, **how) -> dict:
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
            file.write(text)
            file.flush()
            document = self.document("haproxy check", "HaproxyCheck", file.name, *arguments, code=code, **how)
        for problem in document["items"][0]["problems"]:
            self.assertTrue(problem["line"] and problem["cause"] and problem["hint"], problem)
        return document

    def test_the_documents_file_is_wrong_in_all_the_ways_that_were_seen(self):
        nodes = self.system(password=PASSWORD)
        text = DOCUMENTED.format(port=6379, servers="\n".join(f"    server redis-{i} {node.address} check" for i, node in enumerate(nodes[:2])))
        text += "    server other redis-9.redis.svc:6379 check\n"
        document = self.judged(text, "--host", nodes[0].address, code=1, env=self.login(nodes[0]))
        self.assertEqual(codes(document), {("HAPROXY_NO_ROLE_CHECK", "critical"), ("HAPROXY_SESSIONS_STAY", "critical"), ("HAPROXY_NO_RESOLVERS", "critical"),
                                           ("HAPROXY_MISSING_NODE", "critical"), ("HAPROXY_UNKNOWN_SERVER", "warning"), ("HAPROXY_SHORT_TIMEOUT", "info")})
        problems = {problem["code"]: problem for problem in document["items"][0]["problems"]}
        lines = text.splitlines()
        self.assertIn("option tcp-check", lines[problems["HAPROXY_NO_ROLE_CHECK"]["line"] - 1])
        self.assertIn("server other", lines[problems["HAPROXY_UNKNOWN_SERVER"]["line"] - 1])
        self.assertIn(nodes[2].address, problems["HAPROXY_MISSING_NODE"]["message"])
        backend = self.only(document["items"][0]["backends"])
        self.assertEqual((backend["lets"], [server["node"] for server in backend["servers"]]), ("all", [nodes[0].address, nodes[1].address, None]))

    def test_the_usual_file_is_slow_and_cannot_log_in(self):
        nodes = self.system(replicas=1, password=PASSWORD)
        text = USUAL.format(port=6379, servers="\n".join(f"    server redis-{i} {node.address} check" for i, node in enumerate(nodes)))
        document = self.judged(text, "--host", nodes[0].address, code=1, env=self.login(nodes[0]))
        self.assertEqual(codes(document), {("HAPROXY_NO_AUTH", "critical"), ("HAPROXY_SLOW_CHECK", "warning"), ("HAPROXY_TWO_MASTERS", "info")})
        # Without the servers nothing is known of passwords.
        document = self.judged(text, "--offline", code=0)
        self.assertEqual(codes(document), {("HAPROXY_SLOW_CHECK", "warning"), ("HAPROXY_TWO_MASTERS", "info")})
        self.judged(text, "--offline", "--fail-on", "warning", code=1)

    def test_its_own_file_is_right(self):
        nodes = self.system(password=PASSWORD)
        text, _, _ = self.generated(nodes[0])
        document = self.judged(text, "--host", nodes[0].address, code=0, env=self.login(nodes[0]))
        self.assertEqual(codes(document), set())
        self.assertEqual({backend["name"]: backend["lets"] for backend in document["items"][0]["backends"]}, {"redis_write": "master", "redis_read": "replicas"})
        # A password in the file is told, and never shown.
        text, _, _ = self.generated(nodes[0], "--with-secrets", show=True)
        document = self.judged(text, "--host", nodes[0].address, code=0, env=self.login(nodes[0]))
        self.assertEqual(codes(document), {("HAPROXY_PASSWORD_IN_FILE", "warning")})

    def test_the_answer_for_people_names_file_and_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
            file.write(DOCUMENTED.format(port=6379, servers="    server a 10.0.0.1:6379 check\n    server b 10.0.0.2:6379 check"))
            file.flush()
            answer = self.ask("haproxy", "check", file.name, "--offline", code=1)
        self.assertRegex(answer.out, rf"critical +HAPROXY_NO_ROLE_CHECK +{file.name}:12: backend redis sends its clients to any of its 2 servers")
        self.assertIn("  hint: option tcp-check\n        tcp-check send \"INFO replication\\r\\nQUIT\\r\\n\"\n", answer.out)

    def test_a_file_that_is_none(self):
        answer = self.ask("haproxy", "check", "/nonexistent.cfg", "--offline", code=2)
        self.assertIn("/nonexistent.cfg cannot be read", answer.err)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("hello\n")
            file.flush()
            self.assertIn("the file is no haproxy.cfg", self.ask("haproxy", "check", file.name, "--offline", code=2).err)


if __name__ == "__main__":
    unittest.main()
