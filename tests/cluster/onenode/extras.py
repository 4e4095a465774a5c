"""What a test may add to the running cluster: 1,000 pods that KWOK plays, the Spotahome operator, and volumes with snapshots."""
import json

from .components import await_, kubectl, start
from .ground import named
from .places import BIN, FAKE_POD_RANGE, HOME, KUBECONFIG, NODE, NODE_IP, PKI, RUN, VOLUMES, Broken

NAMESPACE = "scale"
BEHIND = "scale-behind"  # where the real Redis is, so that who looks at `scale` sees only the fake ones
REAL_REDIS_PORT = 7001  # of the one real Redis, on the node's loopback, that answers for all of the fake pods
PODS_A_NODE = 200
DRIVER = "folders.csi.redisctl.test"


def scale(count: int) -> None:
    """Namespace `scale` with one StatefulSet of `count` fake pods; their port 6379 is forwarded to a real Redis."""
    forward = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "ClusterPortForward", "metadata": {"name": "redis"},
               "spec": {"selector": {"matchNamespaces": [NAMESPACE]},
                        "forwards": [{"ports": [6379], "target": {"address": "127.0.0.1", "port": REAL_REDIS_PORT}}]}}
    configuration = HOME / "kwok.yaml"
    configuration.write_text((BIN / "kwok-stages.yaml").read_text() + "\n---\n" + json.dumps(forward))
    start("kwok", BIN / "kwok", "--kubeconfig", KUBECONFIG, "--config", configuration, "--manage-nodes-with-label-selector", "type=kwok",
          "--cidr", FAKE_POD_RANGE, "--node-ip", NODE_IP, "--node-port", "10247", "--server-address", f"{NODE_IP}:10247",
          "--tls-cert-file", PKI / "kubelet.crt", "--tls-private-key-file", PKI / "kubelet.key")
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (NAMESPACE, BEHIND)]
    nodes = [fake_node(i) for i in range(-(-count // PODS_A_NODE))]
    apply(namespaces + nodes + [real_redis(), fake_redis(count)])
    running = ["get", "pods", "-n", NAMESPACE, "--field-selector", "status.phase=Running", "-o", "name"]
    await_(300, f"{count} pods", lambda: len(kubectl(*running).stdout.split()) == count)
    await_(60, "the Redis behind them", lambda: kubectl("wait", "-n", BEHIND, "pod/real", "--for", "condition=Ready", "--timeout", "1s").returncode == 0)


def operator() -> None:
    """The Spotahome redis-operator, beside the cluster as its developers run it, not in a pod."""
    define("redisfailovers.yaml")
    start("operator", BIN / "redisoperator", "-development", "-kubeconfig", KUBECONFIG)


def snapshots() -> None:
    """Volumes that can be snapshot, as storage classes of clouds give them: a CSI driver of ours with the real sidecars, all beside the cluster."""
    define("volumesnapshots.yaml")
    apply(storage_classes())
    socket = RUN / "csi.sock"
    # In the kubelet's mount namespace: what is mounted elsewhere no pod would see.
    driver = start("csi-folders", BIN / "csi-folders", "-folder", VOLUMES, "-endpoint", socket, "-registry", HOME / "kubelet" / "plugins_registry", "-node", NODE,
                   wrap=["nsenter", f"--mount=/proc/{named('containerd')}/ns/mnt", "--"])
    registered = ["get", "csinode", NODE, "-o", "jsonpath={.spec.drivers[*].name}"]
    await_(60, "the CSI driver", lambda: DRIVER in kubectl(*registered).stdout.split(), driver)
    # Asked again after at most two seconds, not five minutes: nobody here has an API server to spare.
    client = ["--kubeconfig", KUBECONFIG, "--kube-api-qps", "100", "--kube-api-burst", "200", "--retry-interval-start", "500ms", "--retry-interval-max", "2s"]
    start("csi-provisioner", BIN / "csi-provisioner", *client, "--csi-address", socket, "--worker-threads", "5")
    start("csi-snapshotter", BIN / "csi-snapshotter", *client, "--csi-address", socket, "--worker-threads", "5")
    start("snapshot-controller", BIN / "snapshot-controller", *client, "--worker-threads", "5")


def define(name: str) -> None:
    """New kinds of objects, until the API server knows them: before that it refuses every object of theirs."""
    # Server side: a definition may be too large for the annotation that a plain apply would leave.
    done = kubectl("apply", "--server-side", "-f", BIN / name)
    if done.returncode != 0:
        raise Broken(f"the definitions of {name} were refused: {done.stderr.strip()}")
    established = ["wait", "--for", "condition=Established", "-f", BIN / name, "--timeout", "1s"]
    await_(30, f"the definitions of {name}", lambda: kubectl(*established).returncode == 0)


def storage_classes() -> list:
    """Volumes are made when a pod wants them, as the clouds' classes have it. Snapshots of `folders-slow` are ready to use after a while only."""
    storage, snapshot = "storage.k8s.io/v1", "snapshot.storage.k8s.io/v1"
    default = {"annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"}}
    kept = {"driver": DRIVER, "deletionPolicy": "Delete"}
    return [{"apiVersion": storage, "kind": "CSIDriver", "metadata": {"name": DRIVER}, "spec": {"attachRequired": False, "fsGroupPolicy": "File"}},
            {"apiVersion": storage, "kind": "StorageClass", "metadata": {"name": "folders"}, "provisioner": DRIVER, "volumeBindingMode": "WaitForFirstConsumer"},
            {"apiVersion": snapshot, "kind": "VolumeSnapshotClass", "metadata": {"name": "folders", **default}, **kept},
            {"apiVersion": snapshot, "kind": "VolumeSnapshotClass", "metadata": {"name": "folders-slow"}, **kept, "parameters": {"uploadTime": "5s"}}]


def apply(objects: list) -> None:
    done = kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    if done.returncode != 0:
        raise Broken(f"kubectl apply failed: {done.stderr.strip()}")


def real_redis() -> dict:
    command = ["redis-server", "--port", str(REAL_REDIS_PORT), "--bind", "127.0.0.1", "--save", "", "--maxclients", "20000"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "real", "namespace": BEHIND},
            "spec": {"hostNetwork": True, "terminationGracePeriodSeconds": 0,
                     "containers": [{"name": "redis", "image": "docker.io/local/redis:7.0", "imagePullPolicy": "Never", "command": command}]}}


def fake_node(index: int) -> dict:
    # Both kinds of address: with only one, KWOK drops both and the API server finds no way to the node.
    addresses = [{"type": "InternalIP", "address": NODE_IP}, {"type": "Hostname", "address": f"scale-{index}"}]
    room = {"cpu": "1000", "memory": "1000Gi", "pods": str(PODS_A_NODE)}
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": f"scale-{index}", "labels": {"type": "kwok"}, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "spec": {"taints": [{"key": "scale", "effect": "NoSchedule"}]},
            "status": {"addresses": addresses, "allocatable": room, "capacity": room}}


def fake_redis(count: int) -> dict:
    labels = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "scale"}
    pod = {"nodeSelector": {"type": "kwok"}, "tolerations": [{"key": "scale", "operator": "Exists"}],
           "containers": [{"name": "redis", "image": "redis", "ports": [{"name": "redis", "containerPort": 6379}]}]}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "redis", "namespace": NAMESPACE, "labels": labels},
            "spec": {"serviceName": "redis-headless", "podManagementPolicy": "Parallel", "replicas": count,
                     "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}}
