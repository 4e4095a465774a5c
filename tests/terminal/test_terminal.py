"""redisctl on a terminal and off it: width, colours, pipes that close, disks that are full, Ctrl-C."""
import contextlib
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from program import REDISCTL, environment, redisctl
from servers import Server, eventually

ESCAPE = "\x1b["


class OnTerminal:
    """redisctl with a terminal of its own, which is its controlling one: Ctrl-C typed there is SIGINT."""

    def __init__(self, *words, columns: int = 80, **variables):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(REDISCTL, [str(REDISCTL), *map(str, words)], environment(TERM="xterm-256color") | variables)

    def read(self, seconds: float = 30) -> tuple:
        """(exit code, text), when it has ended."""
        text, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                text += os.read(self.fd, 65536)
            except OSError:  # EIO: the other side is closed
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code, text.decode().replace("\r\n", "\n")

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)


def on_terminal(*words, columns: int = 80, **variables) -> tuple:
    return OnTerminal(*words, columns=columns, **variables).read()


@contextlib.contextmanager
def silent_server():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


class Looks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = contextlib.ExitStack()
        cls.addClassCleanup(cls.servers.close)
        cls.master = cls.servers.enter_context(Server())
        cls.replica = cls.servers.enter_context(Server(replica_of=cls.master))
        eventually("the replica's link is up", lambda: b"master_link_status:up" in cls.replica.command("INFO", "replication"))
        cls.words = ["replication-info", "--host", cls.master.address]

    def test_colours_are_for_terminals(self):
        for code, text, colored in [(*on_terminal(*self.words), True),
                                    (*on_terminal(*self.words, NO_COLOR="1"), False),
                                    (*on_terminal(*self.words, TERM="dumb"), False),
                                    (*on_terminal(*self.words, "--color", "never"), False),
                                    (*on_terminal(*self.words, "--color=always", NO_COLOR="1"), True),
                                    (*on_terminal(*self.words, "--json"), False)]:
            self.assertEqual(code, 0, text)
            self.assertEqual(ESCAPE in text, colored, text)
        for words, colored in [([], False), (["--color", "auto"], False), (["--color", "always"], True)]:
            done = redisctl(*self.words, *words)
            self.assertEqual(done.code, 0, done)
            self.assertEqual(ESCAPE in done.out, colored, done)

    def test_a_narrow_terminal_cuts_what_a_pipe_does_not(self):
        words = ["pods", *self.words[1:]]  # what it shows does not change from one look to the next
        whole = redisctl(*words)
        self.assertIn(self.master.address, whole.out)
        self.assertNotIn("…", whole.out)
        code, wide = on_terminal(*words, "--color", "never", columns=200)
        self.assertEqual((code, wide), (0, whole.out))
        widest = max(map(len, whole.out.splitlines()))
        code, narrow = on_terminal(*words, "--color", "never", columns=widest - 2)
        self.assertEqual(code, 0)
        self.assertIn("…", narrow)
        self.assertLessEqual(max(map(len, narrow.splitlines()[1:])), widest - 2, narrow)

    def test_help_follows_the_width_of_the_terminal(self):
        code, text = on_terminal("status", "--help", columns=70)
        self.assertEqual(code, 0)
        lines = [line for line in text.splitlines() if line.startswith("  ") and "redisctl" not in line]
        self.assertGreater(max(map(len, lines)), 50)
        self.assertLessEqual(max(map(len, lines)), 70)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        for words in [self.words, [*self.words, "--json"], ["--help"], ["completion", "bash"], ["--version"]]:
            read, write = os.pipe()
            os.close(read)
            done = redisctl(*words, stdout=write)
            os.close(write)
            self.assertEqual((done.code, done.err), (0, ""), done)
        piped = subprocess.run(["bash", "-c", f'"$REDISCTL" {" ".join(self.words)} -o json | head -1; echo "${{PIPESTATUS[0]}}"'],
                               env=environment(REDISCTL=str(REDISCTL)), capture_output=True, text=True, timeout=30)
        self.assertEqual((piped.stdout, piped.stderr), ("{\n0\n", ""))

    def test_a_full_disk_is_told(self):
        for words in [self.words, [*self.words, "--json"], ["--help"], ["man"], ["--version"]]:
            with open("/dev/full", "w") as full:
                done = redisctl(*words, stdout=full)
            self.assertEqual((done.code, done.err), (74, "redisctl: error: stdout could not be written\n  cause: No space left on device\n"), done)

    def test_a_closed_stdout_is_told_and_no_socket_takes_its_place(self):
        for words in (" ".join(self.words), "--version"):
            done = subprocess.run(["bash", "-c", f'"$REDISCTL" {words} >&-'], env=environment(REDISCTL=str(REDISCTL)), capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (74, "redisctl: error: stdout could not be written\n  cause: Bad file descriptor\n"))


class Interrupts(unittest.TestCase):
    def test_ctrl_c_ends_a_look_with_130(self):
        with silent_server() as server:
            running = OnTerminal("ping", "--host", "127.0.0.1:%d" % server.getsockname()[1], "--timeout", "60s")
            with server.accept()[0]:
                since = time.monotonic()
                running.type(b"\x03")
                code, text = running.read()
        self.assertEqual(code, 130, text)
        self.assertLess(time.monotonic() - since, 10)

    def test_sigterm_ends_a_look_with_143(self):
        with silent_server() as server:
            process = subprocess.Popen([REDISCTL, "ping", "--host", "127.0.0.1:%d" % server.getsockname()[1], "--timeout", "60s", "--json"], env=environment(),
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with server.accept()[0]:
                process.send_signal(signal.SIGTERM)
                out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 143, out + err)
        self.assertIn('"kind": "Ping"', out)


class Progress(unittest.TestCase):
    """One line with rate and time left, while a backup comes; nothing of it in a pipe."""

    def setUp(self):
        self.server = self.enterContext(Server("repl-diskless-sync yes", "rdb-key-save-delay 1000"))
        with self.server.client() as client:
            for i in range(1000):
                client.command("SET", f"key:{i}", os.urandom(1000))
        self.words = ["backup", "rdb", "--host", self.server.address, "--dir", self.enterContext(tempfile.TemporaryDirectory())]

    def test_on_a_terminal(self):
        code, text = on_terminal(*self.words, columns=120)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"\r\x1b\[K127\.0\.0\.1:[0-9]+: [0-9.]+[KM]iB, [0-9.]+[KM]iB/s, [0-9]+ % of the keys, [0-9]+ s left")
        self.assertRegex(text, r"\r\x1b\[K[^\r]*INSTANCE")

    def test_in_a_pipe(self):
        answer = redisctl(*self.words)
        self.assertEqual(answer.code, 0, answer)
        self.assertNotIn("\x1b", answer.out + answer.err)
        self.assertNotIn("left", answer.out + answer.err)


if __name__ == "__main__":
    unittest.main()
