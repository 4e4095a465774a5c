"""Runs a program in a mount namespace of its own whose root is the root that we see: own_mounts.py FOLDER… -- COMMAND…

Every mount that is made in it disappears with the last process in it. Each FOLDER is hidden by an empty one.

In a chroot the namespace would still begin above it, and whoever joins it later (as `kubectl exec` has runc join a container's)
would find itself outside. So the root we see becomes the namespace's own. Python 3.11 has none of these calls.
"""
import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_REC, MS_SLAVE = 0x4000, 0x80000
MNT_DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments) -> None:
    if getattr(libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def own_root() -> None:
    call("unshare", CLONE_NEWNS)
    seen = os.open("/", os.O_DIRECTORY)  # only now: opened before, it would be the other namespace's
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    call("setns", namespace, CLONE_NEWNS)  # joining one's own namespace leads to where it begins: out of a chroot
    # Mounts made outside are still seen in here (slave), none made in here is seen outside.
    call("mount", None, b"/", None, MS_REC | MS_SLAVE, None)
    if not os.path.samestat(os.fstat(seen), os.stat("/")):
        os.fchdir(seen)
        call("syscall", PIVOT_ROOT[os.uname().machine], b".", b".")  # onto itself: the old root lies on top, and is taken off
        call("umount2", b".", MNT_DETACH)
    os.chdir("/")
    for descriptor in (seen, namespace):
        os.close(descriptor)


def main(folders: list, command: list) -> None:
    own_root()
    for folder in folders:
        Path(folder).mkdir(parents=True, exist_ok=True)
        call("mount", b"hidden", os.fsencode(folder), b"tmpfs", 0, None)
    os.execvp(command[0], command)


if __name__ == "__main__":
    at = sys.argv.index("--")
    main(sys.argv[1:at], sys.argv[at + 1:])
