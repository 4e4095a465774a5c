"""Snapshots of volumes: a chart's three pods without an AOF and not as root, and three with one under Sentinel. The volumes and their snapshots
are real ones (test_volumes)."""
import contextlib
import os
import signal
import socket
import subprocess

from onenode.extras import DRIVER
from onenode.places import ROOT, VOLUMES
from world import systems, volumes
from world.charts import Switching, leading_to
from world.kubectl import KUBECONFIG, eventually, get, kubectl, pods, ready
from world.program import start
from world.switching import Client, Running, Switched

SB = systems.System("snapshots", 3, own_only=True, parts=[systems.sb("my-redis", "my-redis", 3, systems.PASSWORD)])
SENTINEL = systems.System("snapshots-sentinel", 3, own_only=True, parts=[("bitnami-sentinel.yaml", systems.bitnami_sentinel("ant"))])
TEMPORARY = ("pods", "persistentvolumeclaims", "secrets", "configmaps")


def setUpModule():
    volumes.serve()
    for system, user in (SB, volumes.USER), (SENTINEL, None):
        # They stand already when the module is tried once more.
        if f"namespace/{system.namespace}" in kubectl("get", "namespaces", "-o", "name"):
            continue
        kubectl("create", "namespace", system.namespace)
        kubectl("apply", "-n", system.namespace, "-f", str(ROOT / "docs" / "rbac.yaml"))
        for part in system.parts:
            kubectl("apply", "-f", "-", text_in=volumes.on_volumes(systems.rendered(system, *part), user))
    for system in SB, SENTINEL:
        eventually(f"the pods of {system.namespace} are ready", lambda: sum(map(ready, pods(system.namespace).values())) == system.pods, 180)


class Keeping(Switching):
    """Each test begins with a thousand keys."""

    system, instance = SB, "my-redis"
    home = leading_to("my-redis-0")

    def setUp(self):
        super().setUp()
        self.redis = Switched(self.system, self.instance, systems.PASSWORD, home=self.home)
        self.master = self.the_master()
        self.redis.ask(self.master, "FLUSHALL")
        self.write("before", 1000)
        self.begun = self.everything()

    def the_master(self) -> str:
        def one():
            roles = self.redis.roles()
            return next((name for name, role in roles.items() if role == "master" and roles == self.redis.settled(name)), None)

        return eventually("one master that all others follow", one, 60)

    @property
    def target(self) -> list:
        return ["-n", self.redis.namespace, "--instance", self.instance]

    # The truth

    def write(self, prefix: str, count: int) -> None:
        with self.redis.client(self.master) as client:
            for i in range(count):
                client.command("SET", f"{prefix}:{i}", i)
            self.assertEqual(client.command("WAIT", 2, 5000), 2)

    def sizes(self) -> set:
        return {self.redis.ask(pod, "DBSIZE") for pod in self.redis.names}

    def everything(self) -> dict:
        """What is in the namespace; of pods also how often they began."""
        found = {kind: {each["metadata"]["name"] for each in get(kind, "-n", self.redis.namespace)["items"]} for kind in TEMPORARY}
        found["began"] = {(name, pod["metadata"]["uid"], *(each["restartCount"] for each in pod["status"]["containerStatuses"]))
                          for name, pod in pods(self.redis.namespace).items() if name in self.redis.names}
        found["volumes"] = {each.name for each in (VOLUMES / "volumes").iterdir()}
        return found

    def nothing_left(self) -> None:
        """A volume goes some moments after its claim."""
        eventually(f"nothing is left\n{self.begun}", lambda: self.everything() == self.begun, 30)

    def snapshots(self) -> dict:
        return {each["metadata"]["name"]: each for each in get("volumesnapshots", "-n", self.redis.namespace)["items"]}

    @contextlib.contextmanager
    def loaded(self, snapshot: str, *flags: str):
        """A server that has nothing but a volume made from it."""
        image, where = systems.image("redis:7.0"), ["-n", self.redis.namespace]
        container = {"name": "redis", "image": image["IMAGE"], "imagePullPolicy": image["PULL"], "command": ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", *flags],
                     "volumeMounts": [{"name": "data", "mountPath": "/data"}], "startupProbe": {"exec": {"command": ["redis-cli", "dbsize"]}, "periodSeconds": 1}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "reader", "namespace": self.redis.namespace},
               "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "reader"}}]}}
        kubectl("apply", "-f", "-", text_in=systems.items([volumes.claim("reader", self.redis.namespace, snapshot), pod]))
        try:
            eventually("it has loaded", lambda: ready(pods(self.redis.namespace)["reader"]), 60)
            with Client(socket.create_connection((pods(self.redis.namespace)["reader"]["status"]["podIP"], 6379), 5)) as client:
                yield client
        finally:
            kubectl("delete", *where, "pod/reader", "pvc/reader")

    # Doing

    def create(self, *arguments, code: int = 0, **how) -> dict:
        return self.only(self.document("snapshot create", "Snapshot", *self.target, *arguments, code=code, **how)["items"])


class Making(Keeping):
    def test_the_old_target(self):
        """Its lines are joined to one, so the here-document never begins, and what should be in it is run as commands."""
        script = ("PVC=data-my-redis-0; NAME=old; cat <<END | kubectl apply -f - ; apiVersion: snapshot.storage.k8s.io/v1; kind: VolumeSnapshot; metadata:; name: $NAME; "
                  "spec:; source:; persistentVolumeClaimName: $PVC; END echo made $NAME")
        before = self.snapshots()
        old = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, env=dict(os.environ, KUBECONFIG=KUBECONFIG))
        self.assertEqual((old.returncode, self.snapshots()), (127, before), old)
        made = self.create()
        self.assertEqual((made["outcome"], self.snapshots()[made["snapshot"]]["status"]["readyToUse"]), ("ready", True))

    def test_the_freshest_replicas(self):
        """A node that nobody named is a replica; what it holds was saved just now, and the note says up to where."""
        made = self.create()
        self.assertEqual((made["outcome"], made["role"], made["node"] != self.master, made["keys"], made["aof"]), ("ready", "replica", True, {"db0": 1000}, False), made)
        self.assertEqual((made["claim"], made["class"], made["driver"]), (f"data-{made['node']}", volumes.CLASS, DRIVER), made)
        self.assertLessEqual(made["offset"], int(self.redis.field(made["node"], "replication", "slave_repl_offset")))
        self.write("after", 10)
        with self.loaded(made["snapshot"], "--appendonly", "no") as client:
            self.assertEqual((client.command("DBSIZE"), client.command("MGET", "before:999", "after:0")), (1000, [b"999", None]))
        item = {each["snapshot"]: each for each in self.document("snapshot list", "SnapshotList", *self.target)["items"]}[made["snapshot"]]
        self.assertEqual((item["ready"], item["node"], item["keys"], item["byRedisctl"]), (True, made["node"], {"db0": 1000}, True), item)
        self.nothing_left()

    def test_a_plan_makes_nothing(self):
        before = self.snapshots()
        self.assertEqual(self.create("my-redis-2", "--dry-run")["outcome"], "planned")
        self.assertEqual(self.snapshots(), before)

    def test_it_waits_until_it_is_ready(self):
        made = self.create("--class", volumes.SLOW)
        self.assertEqual((made["outcome"], made["tookMs"] > 3000), ("ready", True), made)

    def test_somebody_gives_up_waiting(self):
        """It is made, and may become ready: that is told, with the command that removes it."""
        before = set(self.snapshots())
        with Running(start("snapshot", "create", *self.target, "--class", volumes.SLOW, "--json")) as running:
            eventually("it is made", lambda: set(self.snapshots()) - before, 30)
            running.send(signal.SIGINT)
            answer = running.end(20)
        name, = set(self.snapshots()) - before
        self.check(answer, 9, "Snapshot")
        self.assertIn(f"kubectl delete volumesnapshot {name}", answer.document["items"][0]["remove"], answer)

    def test_a_volume_that_the_driver_has_no_more(self):
        """The driver's own words, not only that the time is up."""
        folder = volumes.folder_of("data-my-redis-2", self.redis.namespace).parent / "about.json"
        away = folder.with_name("away")
        folder.rename(away)
        self.addCleanup(away.rename, folder)
        answer = self.ask("snapshot", "create", "my-redis-2", *self.target, code=9)
        self.assertIn("NotFound", answer.said, answer)


class UnderSentinel(Keeping):
    system, instance, home = SENTINEL, "ant", {}

    def test_the_aof_is_in_it(self):
        """Which is what a server with an AOF loads at its start. Somebody writes all the time: all from before is in it, and what comes behind it is not."""
        with self.redis.writer_direct(self.master, rate=200) as writer:
            made = self.create()
            self.write("after", 10)
            self.assertEqual(writer.stop(f"{self.redis.ip(self.master)}:6379").lost, 0)
        self.assertEqual((made["aof"], made["synced"], made["role"], made["node"] != self.master), (True, True, "replica", True), made)
        with self.loaded(made["snapshot"], "--appendonly", "yes") as client:
            self.assertEqual((client.command("EXISTS", *(f"before:{i}" for i in range(1000))), client.command("GET", "after:0")), (1000, None))
            self.assertGreater(client.command("DBSIZE"), 1000)
        self.nothing_left()
