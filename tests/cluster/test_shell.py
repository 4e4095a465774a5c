"""`shell`: a command in a pod on our stdin, stdout and stderr, byte by byte or on a terminal; what ends it, and what is left behind."""
import fcntl
import os
import pty
import random
import signal
import struct
import subprocess
import termios
import time
from contextlib import contextmanager

from world import people, systems
from world.between import Between, Exchange
from world.kubectl import eventually, kubectl, pods, ready
from world.program import REDISCTL, Asking, environment
from world.switching import ROOT  # noqa: F401, with tests/support on the path

from keyboard import Keyboard  # noqa: E402, of tests/support


def setUpModule():
    global SHELL, LOOK
    SHELL = systems.need(systems.SHELL)
    LOOK = ["-n", SHELL.namespace, "--instance", "box"]


def older(exchange: Exchange) -> None:
    """As an API server before Kubernetes 1.30 is: what v5 asks for it passes over, and the kubelet itself answers in v4."""
    exchange.headers = [line.replace("v5.channel.k8s.io, ", "") for line in exchange.headers]
    exchange.pass_on()


class Shell(Asking):
    def start(self, *words, kubeconfig=None, **streams) -> subprocess.Popen:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        process = subprocess.Popen([REDISCTL, "shell", *LOOK, *words], env=environment(kubeconfig), **streams)
        self.addCleanup(lambda: (process.kill(), process.wait(), [s.close() for s in (process.stdin, process.stdout, process.stderr) if s]))
        return process

    def run_there(self, *words, data: bytes = b"", code: int = 0, kubeconfig=None) -> tuple:
        """stdout and stderr, as bytes."""
        process = self.start(*words, kubeconfig=kubeconfig, stdin=subprocess.PIPE)
        out, err = process.communicate(data, timeout=60)
        self.assertEqual(process.returncode, code, err.decode(errors="replace")[-2000:] + out.decode(errors="replace")[-2000:])
        return out, err

    @contextmanager
    def an_older_api(self):
        with Between() as api:
            api.on("GET", "/exec", older)
            yield api.kubeconfig(SHELL.namespace)
            self.assertEqual(api.unused(), [])


class Streams(Shell):
    def test_outputs_and_exit_code(self):
        self.assertEqual(self.run_there("--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7), (b"out\n", b"err\n"))
        self.assertEqual(self.run_there("--", "sh", "-c", "kill -9 $$", code=137), (b"", b""))

    def test_words_arrive_as_they_are(self):
        words = ["a b", "", "$HOME;'\"", "ü&=%", "--node"]
        out, _ = self.run_there("--", "sh", "-c", 'for word; do echo "[$word]"; done', "sh", *words)
        self.assertEqual(out.decode(), "".join(f"[{word}]\n" for word in words))

    def test_a_megabyte_there_and_back(self):
        data = random.Random(1).randbytes(1_000_000)
        self.assertEqual(self.run_there("box-1", "--", "cat", data=data)[0], data)

    def test_a_megabyte_of_error_output(self):
        """Without an input: containerd 1.6 loses what a command that has just read its last says on stderr, to kubectl as well."""
        out, err = self.start("box-1", "--", "sh", "-c", "head -c 1000000 /dev/zero >&2; echo out").communicate(timeout=60)
        self.assertEqual((out, len(err)), (b"out\n", 1_000_000))

    def test_nothing_comes_from_stdin(self):
        self.assertEqual(self.run_there("--", "cat"), (b"", b""))
        process = self.start("--", "cat")  # of /dev/null
        self.assertEqual(process.communicate(timeout=30), (b"", b""))
        self.assertEqual(process.returncode, 0)

    def test_a_script(self):
        self.assertEqual(self.run_there(data=b"hostname; exit 5\n", code=5)[0], b"box-0\n", "the master's pod")
        self.assertEqual(self.run_there("box-1", data=b"hostname\n")[0], b"box-1\n")
        self.assertEqual(self.run_there("--node", "box-1", data=b"hostname\n")[0], b"box-1\n")

    def test_the_command_ends_before_its_input(self):
        read, write = os.pipe()
        try:
            process = self.start("--", "sh", "-c", "head -c 3; exit 4", stdin=read)
            os.write(write, b"abcdef")
            self.assertEqual(process.communicate(timeout=30)[0], b"abc")
            self.assertEqual(process.returncode, 4)
        finally:
            os.close(read), os.close(write)

    def test_a_reader_that_goes_away(self):
        process = self.start("--", "sh", "-c", "while echo yes; do :; done")
        self.assertEqual(process.stdout.readline(), b"yes\n")
        process.stdout.close()
        self.assertEqual(process.wait(timeout=30), 0)

    def test_a_slow_reader_gets_all(self):
        process = self.start("--", "sh", "-c", "head -c 8000000 /dev/zero")
        time.sleep(2)
        self.assertEqual(len(process.communicate(timeout=60)[0]), 8_000_000)

    def test_another_container(self):
        self.run_there("box-1", "-c", "aside", "--", "/bin/sleep", "0")
        answer = self.ask("shell", *LOOK, "box-1", "-c", "asid", "--", "true", code=3)
        self.assertIn("there are: redis, aside", answer.err)

    def test_a_command_silent_for_longer_than_between_two_pings(self):
        self.run_there("--", "sh", "-c", "sleep 7; exit 3", code=3)

    def test_ctrl_c_is_ours_without_a_terminal(self):
        process = self.start("--", "sh", "-c", "echo begun; exec sleep 60")
        self.assertEqual(process.stdout.readline(), b"begun\n")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 130)
        self.assertIn(b"what was started may go on in the pod", err)


class OlderServer(Shell):
    def test_streams_and_exit_code(self):
        data = random.Random(2).randbytes(1_000_000)
        with self.an_older_api() as api:
            out, err = self.run_there("--", "sh", "-c", f"head -c {len(data)}; echo err >&2; exit 7", data=data, code=7, kubeconfig=api)
        self.assertEqual(out, data)
        self.assertIn(b"err\n", err)

    def test_an_end_of_input_that_cannot_be_told(self):
        with self.an_older_api() as api:
            process = self.start("--", "cat", kubeconfig=api, stdin=subprocess.PIPE)
            process.stdin.write(b"one line\n")
            process.stdin.close()
            self.assertEqual(process.stdout.readline(), b"one line\n")
            self.assertIn(b"cannot tell the command that its input ended", process.stderr.readline())
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=10), 130)

    def test_no_input_has_an_end_there_too(self):
        with self.an_older_api() as api:
            self.assertEqual(self.start("--", "cat", kubeconfig=api).communicate(timeout=30), (b"", b""))

    def test_pings(self):
        with self.an_older_api() as api:
            self.run_there("--", "sh", "-c", "sleep 7; exit 3", code=3, kubeconfig=api)


class OnATerminal(Keyboard):
    """redisctl on a terminal that stays: what it was like before is compared with what is left."""

    def __init__(self, *words, kubeconfig=None):
        super().__init__([REDISCTL, "shell", *LOOK, *words], environment(kubeconfig, TERM="xterm"), 97)

    def __enter__(self):
        self.fd, self.terminal = pty.openpty()
        self.resize(self.columns)
        self.before = self.settings()
        self.process = subprocess.Popen(self.words, env=self.env, stdin=self.terminal, stdout=self.terminal, stderr=self.terminal, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)
        os.close(self.terminal)

    def settings(self) -> list:
        return termios.tcgetattr(self.terminal)

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, columns, 0, 0))

    def ready(self) -> "OnATerminal":
        self.wait_for("# ", seconds=20)
        return self


class Terminal(Shell):
    def ends(self, shell: OnATerminal, code: int) -> None:
        self.assertEqual(shell.process.wait(timeout=20), code)
        self.assertEqual(shell.settings(), shell.before, "the terminal is as it was")

    def test_keys_size_and_exit_code(self):
        with OnATerminal() as shell:
            shell.ready()
            self.assertNotEqual(shell.settings(), shell.before, "it is raw")
            shell.type("stty size; hostname\r")
            shell.wait_for("33 97", "box-0")
            shell.resize(61)
            shell.type("true\r")
            shell.wait_for("# ")
            shell.type("stty size\r")
            shell.wait_for("33 61")
            shell.type("exit 9\r")
            self.ends(shell, 9)

    def test_ctrl_c_goes_there(self):
        with OnATerminal("box-1") as shell:
            shell.ready()
            shell.type("echo be''gun; sleep 60\r")
            shell.wait_for("begun")
            shell.type("\x03")
            shell.wait_for("# ")
            shell.type("echo co''de $?\r")
            shell.wait_for("code 130")
            shell.type("\x04")
            self.ends(shell, 0)

    def test_ctrl_c_to_what_nobody_hears_there(self):
        with OnATerminal("--", "sh", "-c", "trap '' INT; echo begun; sleep 2; exit 5") as shell:
            shell.wait_for("begun")
            shell.type("\x03")
            self.ends(shell, 5)

    def test_signals_leave_the_terminal_as_it_was(self):
        for name, code in (("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", -signal.SIGHUP), ("SIGQUIT", -signal.SIGQUIT), ("SIGSEGV", -signal.SIGSEGV)):
            with self.subTest(signal=name), OnATerminal() as shell:
                shell.ready()
                shell.process.send_signal(getattr(signal, name))
                self.ends(shell, code)

    def test_an_error_leaves_it_as_it_was(self):
        with Between() as api, OnATerminal(kubeconfig=api.kubeconfig(SHELL.namespace)) as shell:
            shell.ready()
            api.cut()
            shell.wait_for("the connection to pod box-0 was closed", "what was started may go on in the pod")
            self.ends(shell, 4)

    def test_a_file_gets_no_terminal(self):
        with OnATerminal() as shell:
            process = self.start("--", "sh", "-c", "printf 'a\\nb\\n'; [ -t 1 ] || exit 3", stdin=shell.terminal)
            self.assertEqual(process.communicate(timeout=30)[0], b"a\nb\n")
            self.assertEqual(process.returncode, 3)

    def test_an_older_server(self):
        with self.an_older_api() as api, OnATerminal(kubeconfig=api) as shell:
            shell.ready()
            shell.type("stty size\r")
            shell.wait_for("33 97")
            shell.type("exit 6\r")
            self.ends(shell, 6)


class Silent(Between):
    """From a moment on nothing passes, and nobody is told."""

    silent = False

    def carry(self, client, server) -> None:
        while not self.silent:
            for source, target in ((client, server), (server, client)):
                source.settimeout(0.05)
                try:
                    data = source.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    return
                target.settimeout(None)
                target.sendall(data)
        time.sleep(120)


class Lost(Shell):
    def test_a_server_that_falls_silent(self):
        """A person would not get out of a shell any more: Ctrl-C goes there."""
        with Silent() as api, OnATerminal("box-1", kubeconfig=api.kubeconfig(SHELL.namespace)) as shell:
            shell.ready()
            since = time.monotonic()
            api.silent = True
            shell.wait_for("the connection to pod box-1 was lost", "silent for a minute", seconds=90)
            self.assertEqual(shell.process.wait(timeout=10), 4)
            self.assertGreater(time.monotonic() - since, 50, "a minute is given")
            self.assertEqual(shell.settings(), shell.before)

    def test_the_pod_goes_away(self):
        process = self.start("box-1", "--", "sh", "-c", "echo begun; while :; do sleep 1; done")
        self.assertEqual(process.stdout.readline(), b"begun\n")
        kubectl("delete", "pod", "-n", SHELL.namespace, "box-1", "--wait=false")
        try:
            process.wait(timeout=60)
            self.assertIn(process.returncode, (137, 4), process.stderr.read())
        finally:
            eventually("box-1 is back", lambda: (pod := pods(SHELL.namespace).get("box-1")) and not pod["metadata"].get("deletionTimestamp") and ready(pod), 60)


class Refused(Shell):
    def test_who_may_not(self):
        viewer = people.with_token("viewer", SHELL.namespace)
        answer = self.ask("shell", *LOOK, "--", "true", kubeconfig=viewer, code=5)
        self.assertIn("pods/exec", answer.err)
        self.assertIn('{apiGroups: [""], resources: [pods/exec], verbs: [get, create]}', answer.err)
        self.assertEqual(self.ask("shell", *LOOK, "box-1", "--", "hostname", kubeconfig=people.with_token("oncall", SHELL.namespace)).out, "box-1\n")

    def test_read_only(self):
        answer = self.ask("shell", *LOOK, "--read-only", "--", "true", code=6)
        self.assertIn("nothing is changed from here", answer.err)
        self.document("shell", "Shell", *LOOK, "--read-only", "--dry-run")

    def test_an_image_without_a_shell(self):
        answer = self.ask("shell", *LOOK, "box-1", "-c", "aside", code=3)
        self.assertIn("the container has no such program", answer.err)
        self.assertIn('"sh": executable file not found', answer.err)
        self.assertIn(f"kubectl debug -n {SHELL.namespace} -it box-1 --image=busybox --target=aside", answer.err)
        answer = self.ask("shell", *LOOK, "--", "no-such-program", code=3)
        self.assertIn("redisctl shell box-0", answer.err)

    def test_a_container_that_has_ended(self):
        answer = self.ask("shell", "-n", SHELL.namespace, "lone", "-c", "ended", code=4)
        self.assertIn("container ended of pod lone does not run", answer.err)
        self.assertIn("redisctl logs lone -c ended", answer.err)

    def test_which_node_is_meant(self):
        answer = self.ask("shell", "-n", SHELL.namespace, code=3)
        self.assertIn("--instance", answer.err)
        self.assertIn("box-7", self.ask("shell", *LOOK, "box-7", code=3).err)
        self.assertIn("several nodes", self.ask("shell", *LOOK, "box-0", "--node", "box-1", code=2).err)
        answer = self.ask("shell", "--host", "db.example:6379", code=6)
        self.assertIn("ssh db.example", answer.err)

    def test_words_that_go_with_no_shell(self):
        self.assertIn("no document", self.ask("shell", *LOOK, "--json", code=2).err)
        self.assertIn("--password-file", self.ask("shell", *LOOK, "--password-stdin", code=2).err)

    def test_a_dry_run_says_what_kubectl_would_do(self):
        item = self.only(self.document("shell", "Shell", *LOOK, "--dry-run", "--", "sh", "-c", "echo 'it''s'; exit 3")["items"])
        self.assertEqual((item["node"], item["pod"], item["container"], item["terminal"]), ("box-0", "box-0", "redis", False))
        done = subprocess.run(["sh", "-c", item["kubectl"]], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.stdout, done.returncode), ("its\n", 3), done.stderr)
