"""The build that is installed and packed here, and the tools for it."""
import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REDISCTL_BUILD") or SOURCE / "build" / "release").absolute()


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="redisctl-test-") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def tool(*words, cwd: Path = BUILD, **variables) -> str:
    """What it says; its failure is the test's."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=os.environ | variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-6000:]}")
    return done.stdout


def files_below(place: Path) -> dict:
    """Every file and link below it, by its path there → its mode as ls shows the three digits, or "→" and where the link leads."""
    found = {}
    for path in sorted(place.rglob("*")):
        name = str(path.relative_to(place))
        if path.is_symlink():
            found[name] = f"→ {os.readlink(path)}"
        elif path.is_file():
            found[name] = f"{path.stat().st_mode & 0o7777:o}"
    return found


def committed(folder: str) -> list:
    """Names of the files in it, below it with their folders."""
    return sorted(str(path.relative_to(SOURCE / folder)) for path in (SOURCE / folder).rglob("*") if path.is_file())
