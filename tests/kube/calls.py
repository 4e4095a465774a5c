"""kube_calls, run against a fake API server: one call of the client, its answer as lines."""
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path
from typing import NamedTuple

from api_server import Fake

PROGRAM = Path(os.environ.get("KUBE_CALLS") or Path(__file__).resolve().parents[2] / "build/release/tests/kube/kube_calls").absolute()


class Said(NamedTuple):
    code: int
    lines: list
    seconds: float


class Calling(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.api = self.enterContext(Fake())

    def start(self, *arguments: str, config: str = None, timeout_ms: int = 5000) -> subprocess.Popen:
        environment = {"PATH": os.environ["PATH"], "KUBECONFIG": config or self.api.kubeconfig(), "TIMEOUT_MS": str(timeout_ms)}
        process = subprocess.Popen([PROGRAM, *arguments], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        self.addCleanup(lambda: process.stdin.closed or process.stdin.close())
        return process

    def call(self, *arguments: str, code: int = 0, interrupt_when=None, interrupt_after: int = 0, verify: bool = True, **how) -> Said:
        """Runs it to its end; Ctrl-C as soon as interrupt_when() is true, or as it has said so many lines."""
        since = time.monotonic()
        process = self.start(*arguments, **how)
        if interrupt_when:
            self.until(interrupt_when)
            process.send_signal(signal.SIGINT)
        before = [process.stdout.readline() for _ in range(interrupt_after)]
        if interrupt_after:
            process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        said = Said(process.returncode, ("".join(before) + out).splitlines(), time.monotonic() - since)
        self.assertEqual(said.code, code, said)
        if verify:
            self.api.verify()
        return said

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not come to that")
            time.sleep(0.005)
