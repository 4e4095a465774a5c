"""`watch`: what changes, as it changes: one line of NDJSON each where nobody sits before it, a live view on a terminal."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from asking import Asking, schema_of
from program import REDISCTL, environment, redisctl
from servers import Server
from watching import Watching
from world.schema import problems


class Timeline(Asking):
    def setUp(self):
        self.master = self.enterContext(Server())
        self.replica = self.enterContext(Server(replica_of=self.master)).wait_linked()
        self.flags = ["--host", self.master.address, "--host", self.replica.address]

    def test_a_switch_by_hand_is_told_as_it_happens(self):
        with Watching(*self.flags) as watching:
            begin = watching.until("begin")
            self.assertEqual((begin["to"], begin["from"], begin["heldMs"]), (f"healthy, master {self.master.address}", None, None))
            self.replica.command("REPLICAOF", "NO", "ONE")
            role = watching.until("role", subject=self.replica.address)
            self.assertEqual((role["from"], role["to"]), ("replica", "master"))
            lost = watching.until("master")
            self.assertEqual((lost["from"], lost["to"]), (self.master.address, None))
            time.sleep(0.3)
            self.master.command("REPLICAOF", "127.0.0.1", self.replica.port)
            self.assertEqual(watching.until("role", subject=self.master.address)["to"], "replica")
            found = watching.until("master", to=self.replica.address)
            self.assertGreater(found["heldMs"], 250, "how long there was no master")
            watching.until("health", to="healthy")
            self.assertEqual(watching.interrupted(), 0)
            self.assertEqual([each["seq"] for each in watching.events], list(range(1, len(watching.events) + 1)))
            for event in watching.events:
                self.assertEqual(problems(event, schema_of("WatchEvent")), [], event)

    def test_who_falls_silent_and_comes_back_as_something_else(self):
        with Watching(*self.flags) as watching:
            watching.until("begin")
            self.master.stop()
            self.assertEqual(watching.until("answers", subject=self.master.address)["from"], "yes")
            self.replica.command("REPLICAOF", "NO", "ONE")
            watching.until("role", subject=self.replica.address, to="master")
            self.master.master = self.replica
            self.master.start()
            back = watching.until("answers", subject=self.master.address, to="yes")
            self.assertGreater(back["heldMs"], 0)
            self.assertEqual(watching.until("role", subject=self.master.address)["from"], "master")
            watching.until("process", subject=self.master.address)

    def test_it_ends_by_itself(self):
        since = time.monotonic()
        answer = redisctl("watch", *self.flags, "--duration", "300ms", "--interval", "50ms")
        self.assertEqual(answer.code, 0, answer)
        self.assertLess(time.monotonic() - since, 2)
        self.assertEqual([json.loads(line)["event"] for line in answer.out.splitlines()], ["begin"])

    def test_a_reader_that_goes_away_ends_it(self):
        read, write = os.pipe()
        process = subprocess.Popen([str(REDISCTL), "watch", "--interval", "50ms", *self.flags], stdin=subprocess.DEVNULL, stdout=write, env=environment())
        os.close(write)
        self.assertIn(b'"begin"', os.read(read, 65536))
        os.close(read)
        self.replica.command("REPLICAOF", "NO", "ONE")
        try:
            self.assertIn(process.wait(5), (0, 141))
        finally:
            process.kill()

    def test_nobody_there(self):
        self.master.stop()
        self.replica.stop()
        answer = redisctl("watch", *self.flags, "--duration", "200ms", "--timeout", "1s")
        self.assertEqual(answer.code, 4, answer)

    def test_a_typo_ends_it_at_once(self):
        answer = redisctl("watch", *self.flags, "--interval", "soon")
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("soon", answer.err)

    def test_the_live_view(self):
        """On a terminal: the status from the top each time, and below it what changed."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execve(str(REDISCTL), [str(REDISCTL), "watch", "--interval", "100ms", *self.flags], {**environment(), "TERM": "xterm"})
        shown = b""
        try:
            def until(pattern: str) -> str:
                nonlocal shown
                end = time.monotonic() + 10
                while time.monotonic() < end:
                    if select.select([fd], [], [], 0.1)[0]:
                        shown += os.read(fd, 65536)
                    last = shown.decode(errors="replace").rpartition("\x1b[H\x1b[J")[2]
                    if re.search(pattern, last):
                        return last
                self.fail(f"never shown: {pattern}\n{shown.decode(errors='replace')[-2000:]}")

            until(rf"(?s)LAG SO FAR.*{self.replica.address} +▁▁")
            until(r"(?s)healthy: .* is the master, 1 of 1 replicas follow it.*Ctrl-C ends it.*begin: - -> healthy")
            self.replica.command("REPLICAOF", "NO", "ONE")
            screen = until(rf"{self.replica.address}  role: replica -> master")
            self.assertIn("ROLE", screen)
            os.kill(pid, signal.SIGINT)
            _, status = os.waitpid(pid, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status), 0)
            pid = 0
        finally:
            if pid:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            os.close(fd)


if __name__ == "__main__":
    unittest.main()
