"""Volumes that can be snapshot, for systems whose data shall outlive their pods: `cluster snapshots` serves them."""
import json
import subprocess
import unittest

from onenode.extras import DRIVER
from onenode.places import SOURCE, VOLUMES

from .kubectl import OWN, get, kubectl

CLASS = "folders"
SLOW = "folders-slow"  # its snapshots are ready to use some seconds after they were made
USER = 1001  # as Bitnami's images: a fresh volume is root's, and the pod's group has to be given it


def serve() -> None:
    if not OWN:
        raise unittest.SkipTest("volumes are served beside the tests' own cluster only")
    # They are served already when a module is tried once more.
    if DRIVER not in kubectl("get", "csidrivers", "-o", "name"):
        subprocess.run([SOURCE / "cluster", "snapshots"], check=True)


def claim(name: str, namespace: str, snapshot: str = None, size: str = "100Mi") -> dict:
    spec = {"storageClassName": CLASS, "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if snapshot:
        spec["dataSource"] = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": snapshot}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def snapshot(name: str, namespace: str, of: str, kind: str = CLASS) -> dict:
    spec = {"volumeSnapshotClassName": kind, "source": {"persistentVolumeClaimName": of}}
    return {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def on_volumes(manifest: str, user: int = USER) -> str:
    """The same with a volume for each pod where it had a folder of its own; with a user, whom the volume has to be given to."""
    objects = json.loads(kubectl("apply", "--dry-run=client", "-f", "-", "-o", "json", text_in=manifest))
    for each in objects["items"]:
        if each["kind"] == "StatefulSet":
            pod = each["spec"]["template"]["spec"]
            if user:
                pod["securityContext"] = {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
            pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] != "data"]
            template = claim("data", "")
            del template["metadata"]["namespace"]
            each["spec"]["volumeClaimTemplates"] = [template]
    return json.dumps(objects)


def folder_of(claim_name: str, namespace: str):
    """Where the driver keeps what is on that volume."""
    return VOLUMES / "volumes" / get("pvc", claim_name, "-n", namespace)["spec"]["volumeName"] / "data"


def snapshot_folders() -> set:
    return {each.name for each in (VOLUMES / "snapshots").iterdir()}
