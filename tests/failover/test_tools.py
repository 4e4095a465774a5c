"""The tools of this layer do what they say: a writer that cannot see a loss, or a link that cannot break, would make every test here pass."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import dying
from links import DOWN, UP, Net, Relay
from program import environment
from resp import Client
from servers import Server, eventually
from writer import KINDS, Writer

WRITER = Path(__file__).resolve().parent.parent / "support" / "writer.py"


def is_running(pid: str) -> bool:
    """A zombie has no program any more."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


def switch(old: Server, new: Server) -> None:
    """By hand, and it waits: FAILOVER loses nothing."""
    old.command("FAILOVER", "TO", "127.0.0.1", new.port, "TIMEOUT", 3000)
    eventually("promoted", lambda: new.command("ROLE")[0] == b"master", every=0.001)


def heard(server: Server, command: str) -> str:
    """The key of the next such command that comes to the server."""
    with server.client() as client:
        client.command("MONITOR")
        while True:
            words = client.reply().decode().split()
            if f'"{command}"' in words:
                return words[words.index(f'"{command}"') + 1].strip('"')


class Writers(unittest.TestCase):
    def pair(self, *options: str) -> tuple:
        master = self.enterContext(Server(*options))
        replica = self.enterContext(Server(*options, replica_of=master))
        return master, replica.wait_linked()

    def test_every_kind_survives_a_switch_that_loses_nothing(self):
        master, replica = self.pair()
        for kind in KINDS:
            with self.subTest(kind=kind), Writer([master.address, replica.address], kind=kind) as writer:
                switch(master, replica)
                written = int(replica.info()["master_repl_offset"])
                # It may still be publishing to the old one, which takes that: a replica is no master for it.
                eventually("goes on", lambda: kind == "publish" or int(replica.info()["master_repl_offset"]) > written)
                result = writer.stop()
                self.assertEqual((result.lost, result.lost_writes), (None if kind == "publish" else 0, []), result)
                self.assertGreater(result.acked, 0)
            master, replica = replica, master
            replica.master = master
            replica.wait_linked()

    def test_every_kind_sees_a_loss(self):
        for kind in (kind for kind in KINDS if kind not in ("publish", "queue")):
            with self.subTest(kind=kind):
                master, replica = self.pair()
                with Writer([master.address], kind=kind) as writer:
                    eventually("written", lambda: int(replica.info()["master_repl_offset"]) > 20000)
                    # The master goes on without it.
                    replica.command("REPLICAOF", "NO", "ONE")
                    missed = int(master.info()["master_repl_offset"])
                    eventually("written on", lambda: int(master.info()["master_repl_offset"]) > missed + 5000)
                    result = writer.stop(master=replica.address)
                self.assertGreater(result.lost, 10, result)
                self.assertLess(result.lost, result.acked)

    def test_a_pop_that_is_lost_is_seen(self):
        master, replica = self.pair()
        with Writer([master.address], kind="queue", rate=200) as writer:
            eventually("written", lambda: int(replica.info()["master_repl_offset"]) > 5000)
            key = heard(master, "RPUSH")
            # What was taken long ago is back, as after a switch to a replica that had not heard of the taking.
            with master.client() as client:
                client.command("MULTI")
                for n in range(1, 6):
                    client.command("RPUSH", key, n)
                client.command("EXEC")
            eventually("taken again", lambda: master.command("LLEN", key) == 0)
            result = writer.stop()
        self.assertEqual((result.lost, result.lost_writes), (5, [1, 2, 3, 4, 5]), result)

    def test_all_of_several_writers_move_and_see_what_was_lost(self):
        with Server() as master, Relay(master.address) as relay, Server(f"replicaof 127.0.0.1 {relay.port}") as replica:
            eventually("linked", lambda: replica.info()["master_link_status"] == "up")
            with Writer([master.address, replica.address], writers=3, rate=500) as writer:
                relay.silence(DOWN)
                before = master.command("DBSIZE")
                eventually("unreplicated", lambda: master.command("DBSIZE") > before + 200)
                master.stop()
                replica.command("REPLICAOF", "NO", "ONE")
                there = replica.command("DBSIZE")
                eventually("goes on", lambda: replica.command("DBSIZE") > there + 100)
                result = writer.stop()
        self.assertGreater(result.lost, 190, result)
        self.assertEqual(len(result.lost_writes), 20)
        self.assertGreaterEqual(sum(result.errors.values()), 3, "each of them had to move")

    def test_the_gap_is_the_gap(self):
        master, replica = self.pair()
        with Writer([master.address]) as writer:
            eventually("written", lambda: master.command("DBSIZE") > 200)
            since = time.monotonic()
            master.command("CLIENT", "PAUSE", 300, "WRITE")
            until = time.monotonic()
            eventually("goes on", lambda: master.command("DBSIZE") > 1000)
            result = writer.stop()
        self.assertAlmostEqual(result.longest_gap_ms, 300, delta=60)
        self.assertEqual(result.gap_between(since, until), result.longest_gap_ms if result.longest_gap_ms > 1.5 else None)
        self.assertTrue(since - 0.05 <= result.gap_at <= until + 0.05, result)
        self.assertEqual((result.lost, result.errors, result.unknown), (0, {}, 0))

    def test_a_broken_connection_leaves_one_write_unknown(self):
        master, _ = self.pair()
        with Relay(master.address) as relay, Writer([relay.address]) as writer:
            relay.silence(DOWN)
            time.sleep(0.05)
            relay.reset()
            relay.mend()
            acked = master.command("DBSIZE")
            eventually("goes on", lambda: master.command("DBSIZE") > acked + 100)
            result = writer.stop(master=master.address)
        self.assertEqual((result.unknown, result.lost, sum(result.errors.values())), (1, 0, 1), result)

    def test_large_values_in_pipelines(self):
        master, replica = self.pair()
        with Writer([master.address], size=1 << 20, pipeline=4, rate=20) as writer:
            eventually("written", lambda: master.command("DBSIZE") >= 12)
            result = writer.stop()
        self.assertEqual(result.lost, 0)
        self.assertEqual(master.command("DBSIZE"), result.acked)

    def test_two_masters_are_no_place_to_check(self):
        with Server() as one, Server() as other, Writer([one.address, other.address]) as writer:
            result = writer.stop()
        self.assertEqual((result.lost, result.why), (None, f"LookupError: 2 of {one.address}, {other.address} say that they are the master"))

    def test_nowhere_to_write(self):
        with Server("replicaof 127.0.0.1 1") as server, self.assertRaisesRegex(AssertionError, "a writer ended with 1"), Writer([server.address]):
            pass

    def test_as_a_program(self):
        with Server(password="pa55-of-the-test") as server:
            words = [sys.executable, str(WRITER), "--seconds", "0.3", "--writers", "2", server.address]
            done = subprocess.run(words, env={"REDISCLI_AUTH": "pa55-of-the-test", **environment()}, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r'"acked": [1-9]\d+, "lost": 0, "why": null, "unknown": 0,')


VICTIM = """
import os, socket, sys, time
file, peer = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND), socket.create_connection(('127.0.0.1', int(sys.argv[2])))
for step in range(3):
    os.write(file, b'intent %d\\n' % step); os.fsync(file)
    peer.send(b'POLL'); peer.send(b'ACT %d' % step)
    os.write(file, b'done %d\\n' % step); os.fsync(file)
os.write(1, b'%d' % (time.time() - time.monotonic() + 0.5))
"""


class Dying(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.listener = self.enterContext(socket.create_server(("127.0.0.1", 0)))

    def run_victim(self, env: dict) -> tuple:
        """(code, what its file holds, what its peer heard, what it said)."""
        file = os.path.join(self.folder, str(time.monotonic_ns()))
        words = [sys.executable, "-I", "-S", "-c", VICTIM, file, str(self.listener.getsockname()[1])]
        process = subprocess.Popen(words, env={**environment(), **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        peer, _ = self.listener.accept()
        out, _ = process.communicate(timeout=20)
        heard = b""
        with peer:
            while part := peer.recv(4096):
                heard += part
        with open(file, "rb") as opened:
            return process.returncode, opened.read().decode().splitlines(), heard.decode(), out.decode()

    def test_after_each_fsync(self):
        left = []
        for moment in dying.each_fsync():
            code, lines, heard, _ = self.run_victim(moment.env)
            if moment.survived(code):
                break
            self.assertEqual(code, dying.KILLED)
            left.append((len(lines), heard.count("ACT")))
        self.assertEqual(left, [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)])
        self.assertEqual((code, len(lines), heard.count("ACT")), (0, 6, 3))

    def test_after_each_send_of_one_kind(self):
        left = []
        for moment in dying.each_send("ACT", "NEVER"):
            code, lines, heard, _ = self.run_victim(moment.env)
            if moment.survived(code):
                break
            left.append((len(lines), heard))
        self.assertEqual(left, [(1, "POLLACT 0"), (3, "POLLACT 0POLLACT 1"), (5, "POLLACT 0POLLACT 1POLLACT 2")])

    def test_after_each_send(self):
        codes = []
        for moment in dying.each_send():
            codes.append(self.run_victim(moment.env)[0])
            if moment.survived(codes[-1]):
                break
        self.assertEqual(codes, 6 * [dying.KILLED] + [0])

    def test_a_disk_that_is_full(self):
        code, lines, heard, _ = self.run_victim(dying.env(full_at_write=4))
        self.assertEqual((code, lines, heard.count("ACT")), (1, ["intent 0", "done 0", "intent 1"], 2))

    def test_a_clock_that_jumps(self):
        offset = [int(self.run_victim(env)[3]) for env in (dying.env(), dying.env(clock_at_fsync="2:3600"), dying.env(clock_at_fsync="2:-3600"))]
        self.assertAlmostEqual(offset[1] - offset[0], 3600, delta=2)
        self.assertAlmostEqual(offset[2] - offset[0], -3600, delta=2)

    def test_stopped_until_it_is_told_to_go_on(self):
        file = os.path.join(self.folder, "stopped")
        words = [sys.executable, "-I", "-S", "-c", VICTIM, file, str(self.listener.getsockname()[1])]
        with subprocess.Popen(words, env={**environment(), **dying.env(stop_at_fsync=3)}, stdout=subprocess.DEVNULL) as process, self.listener.accept()[0] as peer:
            dying.wait_stopped(process)
            with open(file, encoding="utf-8") as opened:
                self.assertEqual(opened.read().splitlines(), ["intent 0", "done 0", "intent 1"])
            process.send_signal(signal.SIGCONT)
            self.assertEqual(process.wait(20), 0)
            self.assertIn(b"ACT 2", peer.recv(4096))


class Relays(unittest.TestCase):
    def test_what_comes_through(self):
        with Server() as server, Relay(server.address) as relay:
            with socket.create_connection(("127.0.0.1", relay.port), 5) as connection:
                connection.settimeout(0.2)

                def ask() -> bytes:
                    connection.sendall(b"PING\r\n")
                    return connection.recv(100)

                self.assertEqual(ask(), b"+PONG\r\n")
                eventually("counted", lambda: (relay.connections, relay.passed) == (1, {UP: 6, DOWN: 7}))
                for way in (UP, DOWN):
                    relay.silence(way)
                    with self.assertRaises(TimeoutError):
                        ask()
                    relay.mend()
                    self.assertEqual(connection.recv(100), b"+PONG\r\n", "what was held comes after all")
                relay.delay(0.05)
                since = time.monotonic()
                self.assertEqual(ask(), b"+PONG\r\n")
                self.assertGreater(time.monotonic() - since, 0.1)
                relay.delay(0)
                relay.cut()
                with self.assertRaises(ConnectionError):
                    ask()
            with self.assertRaises(ConnectionError):
                self.ping(relay)
            relay.mend()
            self.assertEqual(self.ping(relay), b"PONG")

    def ping(self, relay: Relay) -> bytes:
        with Client(socket.create_connection(("127.0.0.1", relay.port), 1)) as client:
            return client.command("PING")

    def test_slow(self):
        with Server() as server, Relay(server.address) as relay:
            server.command("SET", "a", "x" * 20000)
            relay.throttle(100_000, DOWN)
            since = time.monotonic()
            with Client(socket.create_connection(("127.0.0.1", relay.port), 5)) as client:
                self.assertEqual(len(client.command("GET", "a")), 20000)
            self.assertAlmostEqual(time.monotonic() - since, 0.2, delta=0.1)


class Networks(unittest.TestCase):
    def test_links_are_cut_pairwise_and_mended(self):
        with Net() as net, net.server("repl-timeout 1", "repl-ping-replica-period 1") as master, net.server("repl-timeout 1", replica_of=master) as one, \
                net.server("repl-timeout 1", replica_of=master) as other:
            for replica in (one, other):
                replica.wait_linked()
            self.assertEqual(self.ask(net, net.TOOL, one), "PONG")
            net.cut(master, one)
            eventually("cut", lambda: one.info()["master_link_status"] == "down")
            self.assertEqual(other.info()["master_link_status"], "up")
            self.assertEqual((self.ask(net, net.TOOL, one), self.ask(net, other, one), self.ask(net, master, one)), ("PONG", "PONG", ""))
            net.mend()
            one.wait_linked()
            net.isolate(one, net.TOOL)
            self.assertEqual((self.ask(net, net.TOOL, one), self.ask(net, other, one)), ("PONG", ""))

    def ask(self, net: Net, who, server: Server) -> str:
        host, _, port = server.address.partition(":")
        return subprocess.run([*net.inside(who), "timeout", "0.5", "redis-cli", "-h", host, "-p", port, "PING"], capture_output=True, text=True).stdout.strip()

    def test_nothing_is_left_of_a_run_that_is_killed(self):
        program = """
import sys; sys.path[:0] = sys.argv[1].split(':')
from links import Net
with Net() as net, net.server() as one, net.server() as other:
    print(one.process.pid, other.process.pid, one.folder, other.folder, flush=True); sys.stdin.read()
"""
        process = subprocess.Popen([sys.executable, "-c", program, ":".join(sys.path[:4])], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            *pids, one, other = process.stdout.readline().split()
            process.kill()
        for folder in (one, other):
            self.addCleanup(shutil.rmtree, folder)
        eventually("the servers ended", lambda: not any(is_running(pid) for pid in pids))
