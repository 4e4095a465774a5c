"""The fake cluster with a CSI driver's volumes below its servers: the test plays the driver, and says what becomes of a VolumeSnapshot; and the kubelet, which
starts a real server on the copy for a temporary pod."""
import contextlib
import re
import shutil
import tempfile
import threading
import time
from pathlib import Path

from api_server import Answer, Fake
from cluster import Cluster
from servers import Server

DRIVER = "hostpath.csi.test"
DEFAULT = "snapshot.storage.kubernetes.io/is-default-class"


class Loading(Server):
    """Of a temporary pod: its settings word for word, save for what is this machine's; its volume is the copy."""

    def __init__(self, settings: str, copy: Path):
        super().__init__(password=re.search(r"^requirepass (\S+)$", settings, re.MULTILINE)[1])
        self.settings, self.copy = settings, copy

    def configuration(self) -> list:
        return [*[line for line in self.settings.splitlines() if line.split()[0] not in ("port", "dir")], f"port {self.port}", f"dir {self.folder}"]

    def start(self) -> bool:
        shutil.copytree(self.copy, self.folder, dirs_exist_ok=True)
        return super().start()


class Storage(Cluster):
    def __init__(self, servers: list, classes: tuple = ("snapclass",), driver: str = DRIVER):
        super().__init__(servers)
        self.copies, self.running, self.posted, self.starts = {}, {}, [], True
        self.becomes, self.after = {"readyToUse": True, "restoreSize": "1Gi", "creationTime": "2026-11-22T10:00:00Z"}, 0.1
        for name, server in self.servers.items():
            self.change("pods", name, lambda pod, folder=str(server.folder), claim=f"data-{name}": self.mount(pod, folder, {"persistentVolumeClaim": {"claimName": claim}}))
            self.store("persistentvolumeclaims", {
                "metadata": {"name": f"data-{name}", "uid": f"claim-{name}", "annotations": {"volume.kubernetes.io/storage-provisioner": driver}},
                "spec": {"volumeName": f"pv-{name}", "storageClassName": "fast", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}},
                "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}}})
            self.store("persistentvolumes", {"metadata": {"name": f"pv-{name}"}, "spec": {"csi": {"driver": driver, "volumeHandle": name}}})
        for name in classes:
            self.add_class(name)

    @staticmethod
    def mount(pod: dict, folder: str, volume: dict) -> None:
        pod["spec"]["volumes"] = [{"name": "data", **volume}]
        pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": folder}]

    def add_class(self, name: str, driver: str = DRIVER, default: bool = False) -> None:
        self.store("volumesnapshotclasses", {"metadata": {"name": name, "annotations": {DEFAULT: "true"} if default else {}}, "driver": driver, "deletionPolicy": "Delete"})

    def add_snapshot(self, name: str, claim: str, status: dict = None, **metadata) -> None:
        """By another hand."""
        self.store("volumesnapshots", {"metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-11-22T09:00:00Z", **metadata},
                                       "spec": {"source": {"persistentVolumeClaimName": claim}, "volumeSnapshotClassName": "snapclass"}, "status": status or self.becomes})
        if claim.removeprefix("data-") in self.servers:
            self.copy(name, claim)

    def __exit__(self, *error) -> None:
        for server in self.running.values():
            server.__exit__()
        for copy in self.copies.values():
            shutil.rmtree(copy)
        super().__exit__(*error)

    def port_behind(self, pod: str, port: int) -> int:
        return self.running[pod].port if pod in self.running and port == 6379 else port

    def copy(self, snapshot: str, claim: str) -> None:
        """As it is at this moment."""
        self.copies[snapshot] = Path(tempfile.mkdtemp(prefix="redisctl-test-"))
        shutil.copytree(self.servers[claim.removeprefix("data-")].folder, self.copies[snapshot], dirs_exist_ok=True)

    def run(self, pod: str, settings: str) -> None:
        copy = self.copies[self.get("persistentvolumeclaims", pod)["spec"]["dataSource"]["name"]]
        status = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [{"name": "redis", "state": {"running": {}}}]}
        try:
            self.running[pod] = Loading(settings, copy).__enter__()
        except AssertionError:
            status = {"phase": "Failed", "containerStatuses": [{"name": "redis", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}
        with contextlib.suppress(TypeError):  # deleted meanwhile
            self.change("pods", pod, lambda made: made["status"].update(status))
        if pod in self.running:
            self.running[pod].process.wait()  # which ends with the thread that it was started by

    def delete(self, kind: str, name: str, options: dict) -> Answer:
        if kind == "pods" and name in self.running:
            self.running.pop(name).__exit__()
        return super().delete(kind, name, options)

    def post(self, kind: str, name: str, thing: dict) -> Answer:
        if kind in ("pods", "persistentvolumeclaims", "secrets"):
            thing["metadata"]["uid"] = f"uid-of-{kind}-{thing['metadata']['name']}"
            self.posted.append((kind, thing))
        if kind == "pods":
            thing["status"] = {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"},
                               {"type": "PodScheduled", "status": "False", "message": "pod has unbound immediate PersistentVolumeClaims"}]}
        if kind == "secrets" and self.starts:
            threading.Thread(target=self.run, args=(thing["metadata"]["name"], thing["stringData"]["redis.conf"]), daemon=True).start()
        if kind == "volumesnapshots":
            self.copy(thing["metadata"]["name"], thing["spec"]["source"]["persistentVolumeClaimName"])
            thing["metadata"].update(uid=f"uid-{thing['metadata']['name']}", creationTimestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        answer = super().post(kind, name, thing)
        if kind == "volumesnapshots" and answer.status == 201 and self.becomes:
            timer = threading.Timer(self.after, lambda: self.change(kind, thing["metadata"]["name"], lambda made: made.update(status=dict(self.becomes))))
            timer.daemon = True
            timer.start()
        return answer

    def made(self) -> list:
        return self.all("volumesnapshots")


def no_group(request) -> bool:
    """As the real API server says that it has no such group: not a Status."""
    Fake.say(request, Answer(404, "404 page not found\n", {"Content-Type": "text/plain"}))
    return True
