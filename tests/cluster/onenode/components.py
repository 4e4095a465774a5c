"""The components of the cluster: how each is told what it needs, and the order in which they start."""
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import own_mounts
from .ground import inside
from .images import PAUSE
from .places import (API, BIN, CONTAINERD_SOCKET, HOME, KUBECONFIG, LOG, NODE, NODE_IP, PKI, POD_RANGE, RUN, SERVICE_RANGE,
                     Broken)

ETCD = "http://127.0.0.1:2379"

# Compiled-in folders that two kubelets or containerds on one machine would fight over. Ours see an empty one of their own.
HIDDEN = ("/run/containerd", "/var/lib/kubelet", "/var/log/containers")


class Component(subprocess.Popen):
    """A program inside the network namespace, its output in a log of its own."""

    def __init__(self, name: str, command: list):
        self.log = LOG / f"{name}.log"
        with self.log.open("wb") as log:
            super().__init__(inside(*command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])


def start(name: str, *command, wrap=()) -> Component:
    return Component(name, [*wrap, *command])


def kubectl(*arguments, **options) -> subprocess.CompletedProcess:
    return subprocess.run(inside(BIN / "kubectl", "--kubeconfig", KUBECONFIG, *arguments), capture_output=True, text=True, **options)


def await_(seconds: float, what: str, ready, process: Component = None) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process and process.poll() is not None:
            raise Broken(f"{what} ended at once; the logs in {LOG} say why\n{process.last_words()}")
        if time.monotonic() > deadline:
            raise Broken(f"{what} was not ready after {seconds} s; the logs in {LOG} say why")
        time.sleep(0.1)


def start_all(cgroup: str, archives: list) -> None:
    write_configuration(cgroup)
    containerd = start_containerd()
    start("etcd", BIN / "etcd", "--data-dir", HOME / "etcd", "--listen-client-urls", ETCD, "--advertise-client-urls", ETCD,
          "--listen-peer-urls", "http://127.0.0.1:2380", "--unsafe-no-fsync", "--log-level", "warn")
    apiserver = start_apiserver()
    with ThreadPoolExecutor() as pool:
        imports = [pool.submit(import_image, containerd, archive) for archive in archives]
        await_(60, "the API server", lambda: kubectl("get", "--raw", "/readyz").returncode == 0, apiserver)
        # The limits of these two clients are made for large clusters' sake; here they would be what 1,000 pods wait for.
        client = ["--kubeconfig", KUBECONFIG, "--leader-elect=false", "--kube-api-qps", "500", "--kube-api-burst", "1000"]
        start("controller-manager", BIN / "controller-manager", *client, "--service-account-private-key-file", PKI / "sa.key",
              "--root-ca-file", PKI / "ca.crt", "--concurrent-statefulset-syncs", "10")
        start("scheduler", BIN / "scheduler", *client)
        start("proxy", BIN / "proxy", "--kubeconfig", KUBECONFIG, "--proxy-mode", "nftables", "--hostname-override", NODE,
              "--cluster-cidr", POD_RANGE, "--conntrack-max-per-core", "0", "--conntrack-tcp-timeout-established", "0",
              "--conntrack-tcp-timeout-close-wait", "0")
        start("coredns", BIN / "coredns", "-conf", HOME / "Corefile")
        for done in imports:
            done.result()
    join = ["nsenter", f"--mount=/proc/{containerd.pid}/ns/mnt", "--"]
    kubelet = start("kubelet", BIN / "kubelet", "--config", HOME / "kubelet.json", "--kubeconfig", KUBECONFIG, "--root-dir", HOME / "kubelet",
          "--hostname-override", NODE, "--node-ip", NODE_IP, wrap=join)
    await_(60, "the node", lambda: kubectl("wait", "--for", "condition=Ready", f"node/{NODE}", "--timeout", "1s").returncode == 0, kubelet)
    # Pods are refused until their namespace has this account.
    await_(30, "the default service account", lambda: kubectl("get", "serviceaccount", "default").returncode == 0)


def start_containerd() -> Component:
    """containerd in a mount namespace of its own: every mount of every pod disappears with the last process in it."""
    return start("containerd", "containerd", "--config", HOME / "containerd.toml", wrap=[sys.executable, own_mounts.__file__, *HIDDEN, "--"])


def start_apiserver() -> Component:
    return start(
        "apiserver", BIN / "apiserver", "--etcd-servers", ETCD, "--advertise-address", NODE_IP, "--bind-address", NODE_IP,
        "--secure-port", API.rpartition(":")[2], "--service-cluster-ip-range", SERVICE_RANGE, "--client-ca-file", PKI / "ca.crt",
        "--tls-cert-file", PKI / "apiserver.crt", "--tls-private-key-file", PKI / "apiserver.key",
        "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", PKI / "sa.key",
        "--service-account-signing-key-file", PKI / "sa.key", "--kubelet-client-certificate", PKI / "admin.crt",
        "--kubelet-client-key", PKI / "admin.key", "--kubelet-certificate-authority", PKI / "ca.crt",
        "--kubelet-preferred-address-types", "InternalIP", "--authorization-mode", "RBAC", "--allow-privileged",
        "--feature-gates", "SizeBasedListCostEstimate=false")


def import_image(containerd: Component, archive: Path) -> None:
    ctr = ["ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"]
    await_(30, "containerd", lambda: subprocess.run([*ctr, "version"], capture_output=True).returncode == 0, containerd)
    done = subprocess.run([*ctr, "images", "import", archive], capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f"image {archive} could not be imported: {done.stderr.strip()}")


def write_configuration(cgroup: str) -> None:
    (HOME / "cni").mkdir(parents=True, exist_ok=True)
    (HOME / "cni" / "10-pods.conflist").write_text(json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [
        {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipMasq": False,
         "ipam": {"type": "host-local", "dataDir": f"{HOME}/ipam", "ranges": [[{"subnet": POD_RANGE}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}))
    (HOME / "containerd.toml").write_text(CONTAINERD.format(home=HOME, run=RUN, socket=CONTAINERD_SOCKET, pause=PAUSE))
    (HOME / "kubelet.json").write_text(json.dumps(kubelet_configuration(cgroup), indent=1))
    (HOME / "resolv.conf").write_text(f"nameserver {NODE_IP}\n")
    (HOME / "Corefile").write_text(COREFILE.format(ip=NODE_IP, kubeconfig=KUBECONFIG))


CONTAINERD = """version = 2
root = "{home}/containerd"
state = "{run}/containerd"
[grpc]
  address = "{socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{home}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{home}/cni"
"""

COREFILE = """cluster.local:53 {{
  bind {ip}
  errors
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
    ttl 1
  }}
}}
"""


def kubelet_configuration(cgroup: str) -> dict:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"x509": {"clientCAFile": str(PKI / "ca.crt")}, "anonymous": {"enabled": False}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{cgroup}", "enforceNodeAllocatable": [], "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [NODE_IP], "clusterDomain": "cluster.local", "resolvConf": str(HOME / "resolv.conf"),
        "tlsCertFile": str(PKI / "kubelet.crt"), "tlsPrivateKeyFile": str(PKI / "kubelet.key"),
        "podLogsDir": str(LOG / "pods"), "volumePluginDir": str(HOME / "kubelet" / "plugins"),
        "maxPods": 250, "syncFrequency": "5s",
        # A test machine's disk may be nearly full; that is no reason to evict what is under test or its images.
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "50Mi"},
        "imageGCHighThresholdPercent": 100,
    }
