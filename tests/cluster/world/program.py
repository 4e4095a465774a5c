"""The program under test: run as a user runs it, its answer kept whole."""
import functools
import json
import os
import subprocess
import sys
import time
import unittest
from dataclasses import dataclass
from pathlib import Path

from onenode.places import ROOT

from . import schema
from .kubectl import KUBECONFIG
from .systems import FOLDER

REDISCTL = Path(os.environ.get("REDISCTL") or ROOT / "build" / "release" / "redisctl").absolute()

# Started from a program as small as this: what a process inherits from a large parent would count as its own memory.
MEASURE = """
import os, sys
pid = os.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], 'w') as file: file.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


@dataclass
class Answer:
    command: str
    code: int
    out: str
    err: str
    seconds: float
    memory_kb: int = None

    @property
    def document(self) -> dict:
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as error:
            raise AssertionError(f"stdout is not one JSON document ({error})\n{self}") from None

    @property
    def said(self) -> str:
        return self.out + self.err

    def __str__(self) -> str:
        return f"$ {self.command}\nexit {self.code} after {self.seconds:.2f} s\n--- stdout\n{self.out[:6000]}\n--- stderr\n{self.err[:3000]}"


def environment(kubeconfig=None, **extra) -> dict:
    """What a user's shell would give, and nothing of this run's own."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH") or k.endswith("SAN_OPTIONS")}
    return {**kept, "HOME": str(FOLDER), "LANG": "C.UTF-8", "KUBECONFIG": str(kubeconfig or KUBECONFIG), **extra}


def start(*arguments, kubeconfig=None, **extra) -> subprocess.Popen:
    return subprocess.Popen([REDISCTL, *map(str, arguments)], env=environment(kubeconfig, **extra), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen, since: float, timeout: float = 60) -> Answer:
    command = " ".join(map(str, process.args))
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end within {timeout} s: {command}\n{out[-2000:]}\n{err[-2000:]}") from None
    return Answer(command, process.returncode, out, err, time.monotonic() - since)


def redisctl(*arguments, kubeconfig=None, text_in: str = None, timeout: float = 60, **extra) -> Answer:
    since = time.monotonic()
    if text_in is None:
        return finish(start(*arguments, kubeconfig=kubeconfig, **extra), since, timeout)
    done = subprocess.run([REDISCTL, *map(str, arguments)], env=environment(kubeconfig, **extra), input=text_in, capture_output=True, text=True, timeout=timeout)
    return Answer(f"redisctl {' '.join(map(str, arguments))}", done.returncode, done.stdout, done.stderr, time.monotonic() - since)


def measured(*arguments, kubeconfig=None, timeout: float = 120) -> Answer:
    """Also how much memory the whole process took at most."""
    note = FOLDER / "memory"
    command = [sys.executable, "-I", "-S", "-c", MEASURE, note, REDISCTL, *map(str, arguments)]
    since = time.monotonic()
    done = subprocess.run(command, env=environment(kubeconfig), capture_output=True, text=True, timeout=timeout)
    return Answer(f"redisctl {' '.join(map(str, arguments))}", done.returncode, done.stdout, done.stderr, time.monotonic() - since, int(note.read_text()))


@functools.cache
def schema_of(kind: str) -> dict:
    answer = redisctl("schema", kind)
    assert answer.code == 0, answer
    return answer.document


class Asking(unittest.TestCase):
    """A test that asks the program: every failure shows what was asked and what came back."""

    def ask(self, *arguments, code: int = 0, kind: str = None, **how) -> Answer:
        """Asks, checks the exit code, and with `kind` that stdout is one such document that fits its schema."""
        answer = redisctl(*arguments, **how)
        self.check(answer, code, kind)
        return answer

    def document(self, command: str, kind: str, *arguments, code: int = 0, **how) -> dict:
        return self.ask(*command.split(), "--json", *arguments, code=code, kind=kind, **how).document

    def check(self, answer: Answer, code: int, kind: str = None) -> None:
        self.assertEqual(answer.code, code, answer)
        self.assertNotIn("pa55", answer.said, f"a password was shown\n{answer}")
        if kind:
            self.check_document(answer.document, kind)

    def check_document(self, document: dict, kind: str) -> None:
        self.assertEqual((document.get("apiVersion"), document.get("kind")), ("redisctl/v1", kind))
        self.assertEqual(schema.problems(document, schema_of(kind)), [], f"{kind} does not fit its own schema")

    def only(self, things: list, what: str = "item"):
        self.assertEqual(len(things), 1, f"not exactly one {what}: {json.dumps(things)[:3000]}")
        return things[0]

    def by_name(self, things: list) -> dict:
        return {thing["name"]: thing for thing in things}
