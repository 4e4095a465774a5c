"""The ground that the tests of snapshots stand on: volumes that the project's own driver keeps as folders, asked by the real sidecars of Kubernetes."""
import json
import shutil
import unittest

from onenode.places import VOLUMES
from world import systems, volumes
from world.kubectl import eventually, get, kubectl, pods

NAMESPACE = "redisctl-volumes"
POD = {"runAsUser": volumes.USER, "runAsGroup": volumes.USER, "fsGroup": volumes.USER}


def setUpModule():
    volumes.serve()
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    kubectl("create", "namespace", NAMESPACE)


def tearDownModule():
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def apply(*objects: dict) -> None:
    kubectl("apply", "-f", "-", text_in=systems.items(objects))


def pod(name: str, claim: str, script: str) -> dict:
    """Runs the script where the volume is."""
    image = systems.image("redis:7.0")
    container = {"name": "sh", "image": image["IMAGE"], "imagePullPolicy": image["PULL"], "command": ["sh", "-c", script], "workingDir": "/volume",
                 "volumeMounts": [{"name": "data", "mountPath": "/volume"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"securityContext": POD, "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container],
                     "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]}}


def ended(name: str) -> str:
    """What it said."""
    eventually(f"{name} has ended", lambda: pods(NAMESPACE)[name]["status"]["phase"] in ("Succeeded", "Failed"), 60)
    return kubectl("logs", name, "-n", NAMESPACE).strip()


def status_of(snapshot: str) -> dict:
    return get("volumesnapshot", snapshot, "-n", NAMESPACE).get("status") or {}


class Layer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        apply(volumes.claim("first", NAMESPACE), pod("writer", "first", "umask 077 && echo then >file && ls -ln file"))
        said = ended("writer")
        assert f" {volumes.USER} " in said, said

    def test_a_snapshot_is_what_was_there_then(self):
        apply(volumes.snapshot("then", NAMESPACE, "first"))
        eventually("it is ready", lambda: status_of("then").get("readyToUse"), 30)
        (volumes.folder_of("first", NAMESPACE) / "file").write_text("now\n")
        apply(volumes.claim("second", NAMESPACE, "then"), pod("reader", "second", "cat file && echo more >>file && cat file"))
        self.assertEqual(ended("reader").split(), ["then", "then", "more"])
        # Each is a volume of its own.
        self.assertEqual((volumes.folder_of("first", NAMESPACE) / "file").read_text(), "now\n")
        self.assertEqual(status_of("then")["restoreSize"], "100Mi")

        kubectl("delete", "volumesnapshot", "then", "-n", NAMESPACE)
        handle = volumes.folder_of("second", NAMESPACE)
        kubectl("delete", "pod", "reader", "-n", NAMESPACE)
        kubectl("delete", "pvc", "second", "-n", NAMESPACE)
        eventually("its volume is gone", lambda: not handle.exists(), 30)

    def test_it_goes_with_its_object(self):
        before = volumes.snapshot_folders()
        apply(volumes.snapshot("short", NAMESPACE, "first"))
        eventually("it is ready", lambda: status_of("short").get("readyToUse"), 30)
        self.assertEqual(len(volumes.snapshot_folders() - before), 1)
        kubectl("delete", "volumesnapshot", "short", "-n", NAMESPACE)
        eventually("its folder is gone", lambda: volumes.snapshot_folders() <= before, 30)

    def test_ready_after_a_while(self):
        apply(volumes.snapshot("slow", NAMESPACE, "first", volumes.SLOW))
        eventually("it was made", lambda: status_of("slow").get("creationTime"), 30)
        self.assertFalse(status_of("slow")["readyToUse"])
        eventually("it is ready", lambda: status_of("slow").get("readyToUse"), 30)

    def test_a_volume_that_cannot_be_made(self):
        before = volumes.snapshot_folders()
        apply(volumes.snapshot("lost", NAMESPACE, "first"))
        eventually("it is ready", lambda: status_of("lost").get("readyToUse"), 30)
        made, = volumes.snapshot_folders() - before
        shutil.rmtree(VOLUMES / "snapshots" / made)
        apply(volumes.claim("from-lost", NAMESPACE, "lost"), pod("waits", "from-lost", "true"))

        def told() -> str:
            events = get("events", "-n", NAMESPACE, "--field-selector", "involvedObject.name=from-lost,reason=ProvisioningFailed")["items"]
            return next((each["message"] for each in events), None)

        self.assertIn("NotFound", eventually("it is told", told, 30), json.dumps(status_of("lost")))
