"""Where everything of this cluster is: its folders, its network namespace and its addresses.

The addresses may be the same as another cluster's: they exist only inside the network namespace.
"""
import os
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
ROOT = SOURCE.parent.parent

# Slow builds live outside of the tree and outlive it; everything in here is named by a hash of what it was made from.
CACHE = Path(
    os.environ.get("REDISCTL_TEST_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "redisctl-tests"
).absolute()

# Everything of a running cluster is under here and goes with `down`.
HOME = Path(os.environ.get("CLUSTER_HOME") or "/var/tmp/redisctl-tests-cluster").absolute()
BIN = HOME / "bin"
LOG = HOME / "log"
RUN = HOME / "run"
PKI = HOME / "pki"
VOLUMES = HOME / "volumes"
KUBECONFIG = HOME / "kubeconfig"
CONTAINERD_SOCKET = RUN / "containerd.sock"

# One name per home, so that two clusters with different homes never meet.
NETNS = "redisctl-tests" if HOME.name == "redisctl-tests-cluster" else HOME.name
NETNS_FILE = Path("/run/netns") / NETNS

NODE = "node"
NODE_IP = "10.240.0.1"
POD_RANGE = "10.241.0.0/16"
SERVICE_RANGE = "10.242.0.0/16"
FIRST_SERVICE_IP = "10.242.0.1"
FAKE_POD_RANGE = "10.245.0.0/16"
API = f"https://{NODE_IP}:6443"


class CannotRun(Exception):
    """This machine lacks something that no install can give: the layer is skipped (exit 125), not failed."""


class Broken(Exception):
    """Something that should have worked did not: one sentence for the person who reads the test log."""
