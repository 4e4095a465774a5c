"""What the cluster stands on: a network namespace, cgroups of its own, and how to find and end what runs in them.

A process is ours when it lives in our network namespace or under our cgroup. Both are asked of the kernel, so a run that was
killed half way leaves nothing that the next one does not find, and no list of process ids can be stale.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .places import HOME, LOG, NETNS, NETNS_FILE, NODE_IP, PKI, RUN, KUBECONFIG, VOLUMES, Broken, CannotRun

CGROUPS = Path("/sys/fs/cgroup")
CGROUP_NAME = HOME / "cgroup"
SHARES = {"cpu.weight": 6400, "cpu.shares": 65536}  # of 64 processes, in cgroups of version 2 and 1


def check() -> None:
    """Refuses, in one sentence, where this machine cannot carry a cluster."""
    if os.geteuid() != 0:
        raise CannotRun("a Kubernetes of its own needs root (namespaces, mounts, cgroups); run as root, or name a cluster in REDISCTL_TEST_KUBECONFIG")
    tried = subprocess.run(["unshare", "--net", "--mount", "--propagation", "slave", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise CannotRun(f"no network and mount namespaces here ({tried.stderr.strip()})")
    for hierarchy in hierarchies():
        probe = hierarchy / f"{NETNS}-probe"
        try:
            probe.mkdir(exist_ok=True)
            probe.rmdir()
        except OSError as error:
            raise CannotRun(f"no cgroup can be made under {hierarchy} ({error.strerror})") from None


def hierarchies() -> list:
    """The folders in which a cgroup has to be made: one in version 2, one a controller in version 1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    found = [p for p in CGROUPS.iterdir() if (p / "cgroup.procs").exists() and not p.is_symlink()] if CGROUPS.is_dir() else []
    if not found:
        raise CannotRun(f"no cgroups under {CGROUPS}")
    return found


def inside(*command) -> list:
    # Not `ip netns exec`: that mounts /sys anew and hides the cgroups.
    return ["nsenter", f"--net={NETNS_FILE}", "--", *map(str, command)]


def prepare() -> str:
    """Makes the network namespace, with the node's address in it, and the cgroups. Returns the cgroup's name."""
    for folder in (LOG, RUN):
        folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    # The namespace's number makes the name unique among clusters that cannot see each other's folders but share the kernel.
    cgroup = f"{NETNS}-{NETNS_FILE.stat().st_ino}"
    CGROUP_NAME.write_text(cgroup)
    for hierarchy in hierarchies():
        (hierarchy / cgroup).mkdir(exist_ok=True)
        # Else all pods together get as much of a busy machine as one other process: probes time out and Sentinels are in TILT mode all the time.
        for share in (hierarchy / cgroup / "cpu.weight", hierarchy / cgroup / "cpu.shares"):
            with contextlib.suppress(OSError):
                share.write_text(str(SHARES[share.name]))
    network = (
        "ip link set lo up && ip link add node type bridge && ip addr add {ip}/16 dev node && ip link set node up && "
        "ip route add default dev node && echo 1 >/proc/sys/net/ipv4/ip_forward"
    )  # a bridge carries the address because not every kernel has dummy devices
    done = subprocess.run(inside("sh", "-c", network.format(ip=NODE_IP)), capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotRun(f"the network of the cluster could not be made ({done.stderr.strip()})")
    return cgroup


def ours() -> list:
    """The ids of all processes in our namespace or cgroup, except the ones that this one runs under."""
    try:
        namespace = f"net:[{NETNS_FILE.stat().st_ino}]"
    except FileNotFoundError:
        namespace = None
    cgroup = f"/{CGROUP_NAME.read_text()}/" if CGROUP_NAME.exists() else None
    spared, pid = set(), os.getpid()
    while pid > 0:
        spared.add(pid)
        pid = parent(pid)
    return [p for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if p not in spared and is_ours(p, namespace, cgroup)]


def named(program: str) -> int:
    """The process of ours that runs this program."""
    for pid in ours():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().strip() == program:
                return pid
    raise Broken(f"no {program} is running; start the cluster with `cluster up`")


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def is_ours(pid: int, namespace, cgroup) -> bool:
    try:
        if namespace and os.readlink(f"/proc/{pid}/ns/net") == namespace:
            return True
        return bool(cgroup) and any(cgroup in line + "/" for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    except OSError:
        return False  # it ended while we looked


def end_all() -> None:
    """Kills all that is ours, again until nothing is left: a container may be born while its shim is dying."""
    deadline = time.monotonic() + 20
    while pids := ours():
        if time.monotonic() > deadline:
            raise Broken(f"these processes of the cluster do not end: {pids}")
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)


def clear() -> None:
    """Takes everything of a cluster away, whole or half. The mounts went with the last process of their namespace."""
    end_all()
    if CGROUP_NAME.exists():
        for hierarchy in hierarchies():
            remove_cgroup(hierarchy / CGROUP_NAME.read_text())
    if NETNS_FILE.exists():
        # Its name may be left without the mount behind it, by a machine that went down; then deleting is unlinking.
        subprocess.run(["ip", "netns", "del", NETNS], capture_output=True)
        NETNS_FILE.unlink(missing_ok=True)
    for folder in (RUN, PKI, VOLUMES, HOME / "etcd", HOME / "kubelet", HOME / "containerd", HOME / "cni", HOME / "ipam"):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (KUBECONFIG, CGROUP_NAME):
        file.unlink(missing_ok=True)


def remove_cgroup(top: Path) -> None:
    deadline = time.monotonic() + 5
    while top.exists():
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass  # the kernel lets go of the last process a moment after it ended
        if time.monotonic() > deadline:
            raise Broken(f"the cgroup {top} cannot be removed")
        time.sleep(0.01)
