"""Debians of their own, bare as on a machine that was set up today, in folders: unpacked from the cache, entered by chroot, and removed again.

    with Root("bookworm") as root:
        root.run("apt-get", "install", "-y", "/tmp/redisctl.deb")

The network is this machine's: servers on its loopback are reached from inside. Everything else that is mounted in it goes with the command that runs.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "cluster"))
from onenode import debian  # noqa: E402
from onenode.cache import kept  # noqa: E402
from onenode.places import CannotRun  # noqa: E402

# What Debian's installer adds to the smallest root, as far as a newcomer meets it here.
STANDARD = "bash-completion,ca-certificates,man-db"
# In namespaces of its own: mounts and processes end with the command.
ENTER = """
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
exec chroot "$@"
"""
ENVIRONMENT = {"HOME": "/root", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def archive(suite: str) -> Path:
    def make(folder: Path) -> None:
        debian.require_packages({"mmdebstrap": "mmdebstrap"})
        print(f"making a bare Debian {suite}", file=sys.stderr, flush=True)
        command = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={STANDARD}", suite, str(folder / "root.tar"), f"deb {debian.mirror()} {suite} main"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRun(f"a bare Debian {suite} cannot be had: {(done.stderr.strip().splitlines() or ['mmdebstrap failed'])[-1]}")

    return kept("roots", suite, [suite, STANDARD], make) / "root.tar"


def this_suite() -> str:
    """Of the machine that the tests run on: what is built here runs there."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get("VERSION_CODENAME", "").strip('"')


class Root:
    def __init__(self, suite: str):
        self.suite, self.folder = suite, None

    def __enter__(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can enter a Debian of its own")
        try:
            source = archive(self.suite)
        except CannotRun as reason:
            raise unittest.SkipTest(str(reason)) from None
        self.folder = Path(tempfile.mkdtemp(prefix="redisctl-root-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        try:
            subprocess.run(["tar", "-xf", source, "-C", self.folder], check=True)
            # How this machine reaches its mirror: names, proxies.
            for file in ("etc/resolv.conf", "etc/hosts"):
                (self.folder / file).unlink(missing_ok=True)
                shutil.copy(f"/{file}", self.folder / file)
            said = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
            acquire = [line for line in said.splitlines() if line.startswith("Acquire::") and not line.endswith(' "";')]
            (self.folder / "etc/apt/apt.conf.d/99machine").write_text("\n".join(acquire) + "\n")
            (self.folder / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
            (self.folder / "usr/sbin/policy-rc.d").chmod(0o755)
            if self.run("apt-get", "update", "-qq", check=False).returncode != 0:
                raise unittest.SkipTest(f"the mirror of Debian {self.suite} cannot be reached")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def words(self, *command: str) -> list:
        """What runs the command in it."""
        return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "enter", str(self.folder), *command]

    def run(self, *command: str, check: bool = True, timeout: float = 300, **variables) -> subprocess.CompletedProcess:
        done = subprocess.run(self.words(*command), env=ENVIRONMENT | variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    def put(self, file: Path, name: str) -> str:
        """Copies a file into it; its name inside."""
        shutil.copy(file, self.folder / name.lstrip("/"))
        return name
