"""What the cluster needs of the machine: Debian packages, installed where they are missing."""
import os
import shutil
import subprocess
from pathlib import Path

from .places import Broken, CannotRun

# Looked for by file, not by package: on a machine with Docker, containerd and runc come from elsewhere and
# asking apt for Debian's would take Docker away.
WANTED = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "nft": "nftables",
    "openssl": "openssl",
    "mmdebstrap": "mmdebstrap",
    "busybox": "busybox-static",
    "mount": "mount",
    "nsenter": "util-linux",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
}
PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def have(wanted: str) -> bool:
    return Path(wanted).exists() if wanted.startswith("/") else shutil.which(wanted, path=PATH) is not None


def require_packages(wanted: dict = WANTED) -> None:
    missing = sorted({package for what, package in wanted.items() if not have(what)})
    if not missing:
        return
    if os.geteuid() != 0:
        raise CannotRun(f"these packages are missing and only root can install them: {' '.join(missing)}")
    if not shutil.which("apt-get"):
        raise CannotRun(f"these packages are missing and there is no apt-get here: {' '.join(missing)}")
    print(f"cluster: installing {' '.join(missing)}", flush=True)
    with no_service_starts():
        apt_get("update", "-qq")
        apt_get("install", "-y", "-qq", "--no-install-recommends", "--no-remove", *missing)
    if "containerd" in missing and Path("/run/systemd/system").exists():
        # The cluster runs a containerd of its own; the machine's should not start with the next boot because of us.
        subprocess.run(["systemctl", "disable", "--quiet", "containerd"], check=False)


def apt_get(*arguments: str) -> None:
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", PATH=PATH)
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(command)} failed:\n{done.stdout.strip()}")


class no_service_starts:
    """While packages are installed, Debian's own switch forbids their services to start."""

    policy = Path("/usr/sbin/policy-rc.d")

    def __enter__(self):
        self.ours = not self.policy.exists()
        if self.ours:
            self.policy.write_text("#!/bin/sh\nexit 101\n")
            self.policy.chmod(0o755)

    def __exit__(self, *_):
        if self.ours:
            self.policy.unlink(missing_ok=True)


def mirror() -> str:
    """The Debian mirror that this machine already uses: images are made from the same."""
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        lines = path.read_text().splitlines() if path.is_file() else []
        for line in lines:
            words = [w for w in line.split() if not (w.startswith("[") or w.endswith("]"))]
            if len(words) >= 2 and words[0] in ("URIs:", "deb") and "debian" in words[1] and "security" not in words[1]:
                return words[1]
    raise CannotRun("no Debian mirror in /etc/apt: the container images are made from Debian's packages")
