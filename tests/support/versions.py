#!/usr/bin/env python3
"""Servers of other versions than the installed one, unpacked from Debian's packages and run through their own loader: no root needed to run.

usage: tests/support/versions.py     fetches what is missing; prints each version with its program; exits 125 when one cannot be had

They are kept in ${REDISCTL_TEST_CACHE:-${XDG_CACHE_HOME:-~/.cache}/redisctl-tests}/servers.
"""
import functools
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

# The cluster layer makes its images out of the same packages, from the same mirror, and keeps them in the same way.
sys.path.append(str(Path(__file__).resolve().parent.parent / "cluster"))
from onenode import debian  # noqa: E402
from onenode.cache import kept  # noqa: E402
from onenode.places import Broken, CannotRun  # noqa: E402

# version → Debian's suite and the program in it
VERSIONS = {
    "6.0": ("bullseye", "redis-server"),
    "8.0": ("trixie", "redis-server"),
    "valkey-8.1": ("trixie", "valkey-server"),
    "valkey-9": ("forky", "valkey-server"),
}
PACKAGES = {"bullseye": "redis-server", "trixie": "redis-server,valkey-server", "forky": "valkey-server"}
# Debian's next release is still in the making: its lists end after a week, and a mirror may be later than that. Signatures are verified all the same.
SOURCE_OPTIONS = {"forky": "[check-valid-until=no]"}
INSTALLED = "installed"


@functools.cache
def suite_root(suite: str) -> Path:
    def make(folder: Path) -> None:
        debian.require_packages({"mmdebstrap": "mmdebstrap"})
        print(f"unpacking {PACKAGES[suite]} of Debian {suite}", file=sys.stderr, flush=True)
        root = folder / "root"
        command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={PACKAGES[suite]}", suite, str(root), f"deb {SOURCE_OPTIONS.get(suite, '')} {debian.mirror()} {suite} main"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise CannotRun(f"the packages of Debian {suite} cannot be had: {(done.stderr.strip().splitlines() or ['mmdebstrap failed'])[-1]}")
        for name in ("usr/share", "var"):
            shutil.rmtree(root / name, ignore_errors=True)

    return kept("servers", suite, [suite, PACKAGES[suite]], make) / "root"


def only(root: Path, *patterns: str) -> Path:
    found = sorted(path for pattern in patterns for path in root.glob(pattern))
    if not found:
        raise Broken(f"{root} has no {' or '.join(patterns)}")
    return found[0]


@functools.cache
def program(version: str = INSTALLED) -> list:
    """The words that start a server of this version; options follow. Raises SkipTest with the reason when it cannot be had."""
    if version == INSTALLED:
        if not (path := shutil.which("redis-server")):
            raise unittest.SkipTest("redis-server is not installed")
        return [path]
    suite, name = VERSIONS[version]
    try:
        root = suite_root(suite)
    except CannotRun as reason:
        raise unittest.SkipTest(str(reason)) from None
    loader = only(root, "usr/lib/*-linux-gnu/ld-linux-*.so.*", "lib/*-linux-gnu/ld-linux-*.so.*", "lib/ld-linux-*.so.*")
    libraries = ":".join(str(path) for pattern in ("lib/*-linux-gnu", "usr/lib/*-linux-gnu") for path in sorted(root.glob(pattern)))
    return [str(loader), "--library-path", libraries, str(root / "usr/bin" / name)]


def environment() -> dict:
    """Redis 8 ends when LANG names a locale that its own root lacks."""
    return {**os.environ, "LC_ALL": "C"}


def main() -> int:
    for version in VERSIONS:
        try:
            words = program(version)
            said = subprocess.run([*words, "--version"], env=environment(), capture_output=True, text=True, timeout=30)
        except unittest.SkipTest as reason:
            print(f"versions: skipped: {reason}", file=sys.stderr)
            return 125
        if said.returncode != 0:
            print(f"versions: {version} does not run: {said.stderr.strip()}", file=sys.stderr)
            return 1
        print(f"{version}\t{words[-1]}\t{said.stdout.strip()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
