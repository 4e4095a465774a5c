"""redisctl killed, stopped or cheated at an exact point of its work: the environment for dying.c, and the loop over all points.

    for moment in dying.each_fsync():           # 1, 2, 3 … until a run gets to its end
        with self.subTest(moment=moment):
            answer = redisctl("failover", …, env=moment.env)
            if moment.survived(answer.code):
                break
            …                                   # resume; assert what is left behind
"""
import os
import signal
from pathlib import Path

from servers import eventually

LIBRARY = Path(os.environ.get("REDISCTL_DYING") or Path(__file__).resolve().parents[2] / "build" / "release" / "tests" / "failover" / "dying.so").absolute()
# What a run of redisctl that was killed returns to Python.
KILLED = -signal.SIGKILL
# No plan has as many steps; a run that never comes to its end is a defect, not a longer loop.
MOST = 400


def env(**settings) -> dict:
    """env(die_at_fsync=3): what has to be set for it; see dying.c for the names."""
    assert LIBRARY.exists(), f"there is no {LIBRARY}; build the target `dying`, or name it in REDISCTL_DYING"
    # The sanitizers want to be loaded first; they work all the same.
    options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
    return {"LD_PRELOAD": str(LIBRARY), "ASAN_OPTIONS": options, **{f"REDISCTL_{name.upper()}": str(value) for name, value in settings.items()}}


class Moment:
    def __init__(self, number: int, **settings):
        self.number, self.env, self.name = number, env(**settings), ", ".join(f"{name}={value}" for name, value in settings.items())

    def survived(self, code: int) -> bool:
        return code != KILLED

    def __str__(self) -> str:
        return self.name


def each(name: str, **also):
    """A Moment for name=1, name=2 …; the caller leaves the loop at the first run that survived."""
    for number in range(1, MOST):
        yield Moment(number, **{name: number}, **also)
    raise AssertionError(f"still killed at {name}={MOST - 1}: this run has no end")


def each_fsync():
    """After each record that the journal has on its disk: every intent and every result."""
    return each("die_at_fsync")


def each_send(*texts: str):
    """After each command that holds one of these texts left; without texts after each one, polls as well."""
    return each("die_at_send", **({"sending": "|".join(texts)} if texts else {}))


def at_intent(step: str, how: str = "stop") -> dict:
    """The environment for a run that is stopped (or that dies: how="die") when the intent of this step is on disk and nothing of the step is done."""
    return env(**{f"{how}_at_fsync": 1, "syncing": f'"record":"intent","step":"{step}"'})


def at_send(text: str, how: str = "stop") -> dict:
    """… when the first command that holds this text has left; whether it was heard is up to the network."""
    return env(**{f"{how}_at_send": 1, "sending": text})


def wait_stopped(process) -> None:
    """Until the process (a Popen) has stopped itself; SIGCONT lets it go on."""
    eventually("stopped", lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", every=0.005)
