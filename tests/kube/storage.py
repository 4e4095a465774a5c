"""The fake cluster with a CSI driver's volumes below its servers: the test plays the driver, and says what becomes of a VolumeSnapshot."""
import threading
import time

from api_server import Answer, Fake
from cluster import Cluster

DRIVER = "hostpath.csi.test"
DEFAULT = "snapshot.storage.kubernetes.io/is-default-class"


class Storage(Cluster):
    def __init__(self, servers: list, classes: tuple = ("snapclass",), driver: str = DRIVER):
        super().__init__(servers)
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

    def post(self, kind: str, name: str, thing: dict) -> Answer:
        if kind == "volumesnapshots":
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
