"""The container images, put together out of Debian packages: a root folder a suite, packed as a docker archive."""
import hashlib
import io
import json
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import debian
from .cache import kept
from .places import Broken

# Each suite is one root folder; several images may share it.
SUITES = {
    "bullseye": ("redis-server,redis-sentinel,redis-tools", {"redis:6.0": "redis-server"}),
    "bookworm": ("redis-server,redis-sentinel,redis-tools,haproxy,procps", {"redis:7.0": "redis-server"}),
    "trixie": ("redis-server,redis-sentinel,redis-tools,valkey-server,valkey-sentinel,valkey-tools",
               {"redis:8.0": "redis-server", "valkey:8.1": "valkey-server"}),
}
PAUSE = "docker.io/local/pause:1"

# Unpacked packages have no shell of their own (nothing was configured); the pods' scripts need one and its small tools.
GIVE_A_SHELL = """
mkdir -p "$1/data" "$1/tmp"
for d in bin sbin lib lib64; do [ -e "$1/$d" ] || ln -s "usr/$d" "$1/$d"; done
for a in sh cat grep sed awk ls sleep hostname date cp mv rm mkdir tr head tail wc cut ps kill env; do
  [ -e "$1/usr/bin/$a" ] || [ -e "$1/bin/$a" ] || ln -s busybox "$1/bin/$a"
done
"""


def build() -> list:
    """The archives to import, made where they are missing."""
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(suite_archive, suite) for suite in SUITES] + [pool.submit(pause_archive)]
        return [m.result() / "image.tar" for m in made]


def suite_archive(suite: str) -> Path:
    packages, names = SUITES[suite]

    def make(folder: Path) -> None:
        print(f"cluster: making {', '.join(names)} of Debian {suite}", flush=True)
        layer = folder / "layer.tar"
        command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include=busybox-static,{packages}",
                   f"--extract-hook={GIVE_A_SHELL}", suite, str(layer), f"deb {debian.mirror()} {suite} main"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"mmdebstrap {suite} failed:\n{done.stderr.strip()[-2000:]}")
        pack(folder / "image.tar", layer, {f"docker.io/local/{name}": [program] for name, program in names.items()})
        layer.unlink()

    return kept("images", suite, [Path(__file__), suite], make)


def pause_archive() -> Path:
    def make(folder: Path) -> None:
        layer = folder / "layer.tar"
        with tarfile.open(layer, "w") as tar:
            for name in ("bin", "data", "tmp"):
                entry = tarfile.TarInfo(name)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
            tar.add(subprocess.check_output(["sh", "-c", "command -v busybox"], text=True).strip(), "bin/busybox")
            shell = tarfile.TarInfo("bin/sh")
            shell.type, shell.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(shell)
        pack(folder / "image.tar", layer, {PAUSE: ["/bin/busybox", "sleep", "2000000000"]})
        layer.unlink()

    return kept("images", "pause", [Path(__file__)], make)


def pack(target: Path, layer: Path, images: dict) -> None:
    """A docker archive: images that differ only in their command share the one layer."""
    with layer.open("rb") as file:
        diff_id = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    with tarfile.open(target, "w") as tar:
        manifest = []
        for name, command in images.items():
            config = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": [diff_id]},
                      # /data is the working folder: a Redis that may write its RDB nowhere stops taking writes.
                      "config": {"Cmd": command, "WorkingDir": "/data", "Env": ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]}}
            file = hashlib.sha256(name.encode()).hexdigest()[:12] + ".json"
            add_text(tar, file, json.dumps(config))
            manifest.append({"Config": file, "RepoTags": [name], "Layers": ["layer.tar"]})
        add_text(tar, "manifest.json", json.dumps(manifest))
        tar.add(layer, "layer.tar")


def add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(text.encode())
    tar.addfile(entry, io.BytesIO(text.encode()))
