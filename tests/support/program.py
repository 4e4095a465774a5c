"""The program under test, run as a user runs it without Kubernetes: its answer kept whole, and a limit on how long it may take."""
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

REDISCTL = Path(os.environ.get("REDISCTL") or Path(__file__).resolve().parents[2] / "build" / "release" / "redisctl").absolute()
HARD_TIMEOUT = 30


class Answer(NamedTuple):
    code: int
    out: str
    err: str
    seconds: float
    command: str

    @property
    def document(self) -> dict:
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as error:
            raise AssertionError(f"stdout is not one JSON document ({error})\n{self}") from None

    def __str__(self) -> str:
        return f"$ {self.command}\nexit {self.code} after {self.seconds:.2f} s\n--- stdout\n{self.out[:6000]}\n--- stderr\n{self.err[:3000]}"


def environment(**extra) -> dict:
    """What a user's shell would give, and nothing of this run's own; no kubeconfig anywhere."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LD_LIBRARY_PATH") or key.endswith("SAN_OPTIONS")}
    return {**kept, "HOME": "/nonexistent", "LANG": "C.UTF-8", **extra}


def redisctl(*arguments, env: dict = None, input: str = None, interrupt_after: float = None, stdout=subprocess.PIPE) -> Answer:
    """Runs it; with `interrupt_after` it gets Ctrl-C then. A run over the hard limit is killed and fails the test."""
    words = [str(REDISCTL), *map(str, arguments)]
    command = " ".join(["redisctl", *words[1:]])
    since = time.monotonic()
    process = subprocess.Popen(words, env=environment(**(env or {})), stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL, stdout=stdout,
                               stderr=subprocess.PIPE, text=True)
    try:
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(input, timeout=HARD_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end within {HARD_TIMEOUT} s: {command}\n{(out or '')[-2000:]}\n{err[-2000:]}") from None
    return Answer(process.returncode, out or "", err, time.monotonic() - since, command)
