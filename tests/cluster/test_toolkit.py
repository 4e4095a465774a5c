"""What is saved, restored, heard and reported in a real Kubernetes, with no more rights than docs/rbac.yaml gives; and redisctl as a Job there, as docs/kubernetes has it."""
import json
import platform
import tempfile
import unittest
from pathlib import Path

from onenode.places import ROOT
from world import people, systems
from world.charts import PODS, Chart
from world.kubectl import OWN, eventually, get, kubectl
from world.program import REDISCTL, redisctl
from world.switching import change_of

NAMESPACE = systems.SWITCHED.namespace
TARGET = ["-n", NAMESPACE, "--instance", "my-redis"]
OBJECTS = ["secrets", "services", "statefulsets"]


class Saved(Chart):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.saver = people.with_token("saver", NAMESPACE)
        for i in range(100):
            self.redis.ask("my-redis-0", "SET", f"key:{i}", f"value {i}")
        self.assertEqual(self.redis.ask("my-redis-0", "WAIT", 2, 3000), 2)

    def save(self, what: str, *arguments, code: int = 0, kubeconfig=None) -> dict:
        return self.document(f"backup {what}", "Backup", *TARGET, "--dir", self.folder, *arguments, code=code, kubeconfig=kubeconfig or self.saver)

    def keys(self) -> dict:
        return {pod: self.redis.ask(pod, "DBSIZE") for pod in PODS}

    def test_all_of_it_under_one_id(self):
        """From a replica; what Kubernetes is told of it could be applied again as it is."""
        item = self.only(self.save("all")["items"])
        self.assertIn(item["node"], PODS[1:])
        self.assertEqual((item["keys"]["db0"]["keys"], item["missing"]), (100, []), item)
        parts = {(part["kind"], part["name"]): part["file"] for part in item["parts"]}
        self.assertEqual({name for kind, name in parts if kind == "config"}, set(PODS))
        self.assertLessEqual({("k8s", name) for name in OBJECTS}, set(parts))
        for name in OBJECTS:
            content = (self.folder / parts["k8s", name]).read_text()
            self.assertNotIn(systems.PASSWORD, content)
            if name != "secrets":  # whose data are left out
                applied = kubectl("apply", "--dry-run=server", "-f", self.folder / parts["k8s", name])
                self.assertIn("server dry run", applied)
        self.ask("backup", "verify", item["id"], "--dir", self.folder)

    def test_sealed_with_its_password(self):
        (self.folder / "passphrase").write_text("correct horse battery staple")
        (self.folder / "passphrase").chmod(0o600)
        item = self.only(self.save("k8s", "--with-secrets", "--passphrase-file", self.folder / "passphrase")["items"])
        self.assertEqual({part["encrypted"] for part in item["parts"]}, {True})
        shown = redisctl("backup", "show", item["id"], "secrets", "--dir", self.folder, "--passphrase-file", self.folder / "passphrase")
        names = {secret["metadata"]["name"]: secret["data"] for secret in json.loads(shown.out)["items"]}
        real = {name: get("secret", name, "-n", NAMESPACE)["data"] for name in names}
        self.assertEqual(names, real)
        self.assertTrue(names)

    def test_who_may_only_look_cannot_save_the_objects(self):
        viewer = people.with_token("viewer", NAMESPACE)
        document = self.save("all", code=7, kubeconfig=viewer)
        item = self.only(document["items"])
        self.assertEqual(item["keys"]["db0"]["keys"], 100, item)
        self.assertIn("forbidden", " ".join(each["why"] for each in item["missing"]), item)
        self.assertEqual({error["code"] for error in document["errors"]}, {"PART_MISSING"}, document)

    def restore(self, file: str, *arguments):
        return change_of(redisctl("restore", "rdb", self.folder / file, *TARGET, "--confirm", "my-redis", "--json", *arguments, XDG_STATE_HOME=self.state))

    def test_restored_after_everything_was_deleted(self):
        """On the master, and the replicas have it; a file copied into a pod that starts with its AOF would have been ignored."""
        saved = self.only(self.save("rdb")["items"])
        self.redis.ask("my-redis-0", "FLUSHALL")
        self.redis.ask("my-redis-0", "SET", "written", "after it")
        self.check_result(self.restore(saved["file"]), 6, "refused", False)
        self.assertEqual(self.redis.ask("my-redis-0", "DBSIZE"), 1)
        done = self.restore(saved["file"], "--replace-all")
        self.check_result(done, 0, "done", True)
        self.assertEqual(self.keys(), dict.fromkeys(PODS, 100), done)
        self.assertEqual((self.redis.ask("my-redis-2", "GET", "key:42"), self.redis.ask("my-redis-0", "GET", "written")), (b"value 42", None))
        self.check_state("my-redis-0")


class Heard(Chart):
    def test_monitor(self):
        """By default on a replica: what the master writes is seen, and the master is not slowed down."""
        with self.redis.writer_direct("my-redis-0", rate=200) as writer:
            answer = self.ask("monitor", *TARGET, "--duration", "2s", "--json")
            self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-0')}:6379").lost, 0)
        lines = [json.loads(line) for line in answer.out.splitlines()]
        self.assertGreater(len(lines), 50, answer)
        for line in lines:
            self.check_document(line, "MonitorLine")
            self.assertIn(line["node"], PODS[1:])

    def test_logs_of_all_pods(self):
        answer = self.ask("logs", *TARGET, "--tail", "3", "--json", kubeconfig=people.with_token("viewer", NAMESPACE))
        lines = [json.loads(line) for line in answer.out.splitlines()]
        self.assertEqual({line["node"] for line in lines}, set(PODS))
        self.assertEqual([line["time"] for line in lines], sorted(line["time"] for line in lines))
        theirs = kubectl("logs", "-n", NAMESPACE, "my-redis-1", "-c", "redis", "--tail", "3").splitlines()
        self.assertEqual([line["text"] for line in lines if line["node"] == "my-redis-1"], theirs)

    def test_events(self):
        self.redis.restart("my-redis-2")
        self.addCleanup(self.redis.reset, "my-redis-0")

        def reasons() -> set:
            document = self.document("events", "KubernetesEvents", *TARGET, "my-redis-2", kubeconfig=people.with_token("viewer", NAMESPACE))
            return {event["reason"] for event in self.only(document["items"])["events"]}

        eventually("it was started anew", lambda: {"Killing", "Started"} <= reasons(), 30)


@unittest.skipUnless(OWN, "its machine has the program")
class InCluster(Chart):
    """The manifests as they are, but for the image: the program of this build, and its libraries, are mounted from the machine."""

    def setUp(self):
        super().setUp()
        for file in (ROOT / "docs/rbac.yaml", ROOT / "docs/kubernetes/account.yaml"):
            kubectl("apply", "-n", NAMESPACE, "-f", "-", text_in=file.read_text().replace("namespace: default", f"namespace: {NAMESPACE}"))

    def mounted(self, file: str) -> dict:
        made = json.loads(kubectl("create", "--dry-run=client", "-n", NAMESPACE, "-o", "json", "-f", str(ROOT / "docs/kubernetes" / file)))
        spec = made["spec"].get("jobTemplate", made)["spec"]["template"]["spec"]
        container = self.only(spec["containers"])
        libraries = f"/usr/lib/{platform.machine()}-linux-gnu"
        container["command"] = [next(str(path) for path in Path(libraries).glob("ld-linux-*.so.*")).replace(libraries, "/host/lib"), "--library-path", "/host/lib", "/host/redisctl"]
        container["image"], container["imagePullPolicy"] = systems.image("redis:7.0")["IMAGE"], "Never"
        container["volumeMounts"] = [{"name": "lib", "mountPath": "/host/lib", "readOnly": True}, {"name": "program", "mountPath": "/host/redisctl", "readOnly": True}]
        spec["volumes"] = [{"name": "lib", "hostPath": {"path": libraries}}, {"name": "program", "hostPath": {"path": str(REDISCTL.resolve())}}]
        return made

    def apply(self, made: dict) -> None:
        kubectl("apply", "-n", NAMESPACE, "-f", "-", text_in=json.dumps(made))
        self.addCleanup(kubectl, "delete", made["kind"].lower(), made["metadata"]["name"], "-n", NAMESPACE, "--ignore-not-found")

    def log_of(self, job: str, condition: str) -> str:
        def over() -> bool:
            return any(each["type"] == condition and each["status"] == "True" for each in get("job", job, "-n", NAMESPACE)["status"].get("conditions", []))

        eventually(f"{job} is {condition}: {kubectl('get', 'pods', '-n', NAMESPACE, check=False)}", over, 60)
        return kubectl("logs", "-n", NAMESPACE, f"job/{job}")

    def test_the_job(self):
        """It fails, for what is critical here: nothing of this system is on a disk."""
        self.apply(self.mounted("job.yaml"))
        self.assertIn("MASTER_NOT_PERSISTENT", self.log_of("redisctl-doctor", "Failed"))

    def test_the_cronjob(self):
        """Its Job succeeds while all follow, and fails when one does not."""
        self.apply(self.mounted("cronjob.yaml"))
        for job, condition in ("all-follow", "Complete"), ("one-does-not", "Failed"):
            kubectl("create", "job", "-n", NAMESPACE, "--from=cronjob/redisctl-lag", job)
            self.addCleanup(kubectl, "delete", "job", job, "-n", NAMESPACE, "--ignore-not-found")
            self.assertIn("my-redis-2", self.log_of(job, condition))
            self.redis.ask("my-redis-2", "REPLICAOF", self.redis.ip("my-redis-0"), 6380)
