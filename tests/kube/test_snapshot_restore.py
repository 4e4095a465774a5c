"""snapshot restore: a temporary pod loads the copy, its data go to the master as a restore does it, and nothing of it stays, however it ends. The test is the
kubelet: it starts a real server with the settings that redisctl made, on a copy of the volume."""
import json
import tempfile
import unittest

from changing import schema_of
from cluster import NAME, refused
from program import redisctl
from servers import Server, eventually
from storage import Storage
from world.schema import problems

PASSWORD = "pa55-of-the-test"
FIRST, SECOND = f"{NAME}-0", f"{NAME}-1"


class Restore(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def system(self, *options: str) -> Storage:
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", *options, password=PASSWORD))
        self.replica = self.enterContext(Server(*options, password=PASSWORD, replica_of=self.master)).wait_linked()
        for i in range(3):
            self.master.command("SET", f"key{i}", "value")
        eventually("the replica has it", lambda: self.replica.command("DBSIZE") == 3)
        self.cluster = self.enterContext(Storage([self.master, self.replica]))
        return self.cluster

    def snapshot(self) -> str:
        answer = redisctl("snapshot", "create", *self.way(), "--json")
        self.assertEqual(answer.code, 0, answer)
        return answer.document["items"][0]["snapshot"]

    def way(self) -> list:
        return ["--kubeconfig", self.cluster.kubeconfig(), "--via", "port-forward"]

    def restore(self, name: str, *words, code: int = 0, confirm: bool = True, **how):
        env = {"TMPDIR": self.folder, "HOME": self.folder, **how.pop("env", {})}
        answer = redisctl("snapshot", "restore", name, *self.way(), "--dir", self.folder, "--json", *(["--confirm", NAME] if confirm else []), *words, env=env, **how)
        self.assertEqual(answer.code, code, answer)
        self.assertNotIn("pa55", answer.out + answer.err)
        self.cluster.verify()
        self.nothing_left()
        return answer

    def result(self, *arguments, **how) -> dict:
        document = json.loads(self.restore(*arguments, **how).out.splitlines()[-1])
        self.assertEqual(problems(document, schema_of("OperationResult")), [])
        return document

    def nothing_left(self) -> None:
        self.assertEqual([pod["metadata"]["name"] for pod in self.cluster.all("pods")], [FIRST, SECOND])
        self.assertEqual({claim["metadata"]["name"] for claim in self.cluster.all("persistentvolumeclaims")}, {f"data-{FIRST}", f"data-{SECOND}"})
        self.assertEqual([secret["metadata"]["name"] for secret in self.cluster.all("secrets")], [NAME])
        self.assertEqual(self.cluster.running, {})

    def error(self, name: str, *words, code: int = 6, **how) -> dict:
        """Refused before anything was made."""
        [error] = self.result(name, *words, code=code, **how)["errors"]
        self.assertEqual(self.cluster.posted, [])
        return error

    # Restored

    def test_what_was_there_comes_back(self):
        cluster = self.system()
        name = self.snapshot()
        self.master.command("SET", "key0", "changed")
        self.master.command("SET", "later", "x")
        result = self.result(name, "--replace-all", "--no-safety-backup")
        self.assertEqual((result["command"], result["outcome"], result["proof"]["restored"]), ("snapshot restore", "done", 3))
        self.assertEqual((self.master.command("GET", "key0"), self.master.command("DBSIZE"), self.replica.command("DBSIZE")), (b"value", 3, 3))
        posted = dict(cluster.posted)
        pod, claim, secret = posted["pods"], posted["persistentvolumeclaims"], posted["secrets"]
        self.assertEqual([kind for kind, _ in cluster.posted], ["pods", "persistentvolumeclaims", "secrets"])
        [container] = pod["spec"]["containers"]
        self.assertEqual((container["command"], container["image"], pod["spec"]["restartPolicy"]), (["redis-server", "/redisctl/redis.conf"], "redis:7", "Never"))
        self.assertEqual(container["volumeMounts"][0]["mountPath"], str(self.replica.folder))
        self.assertEqual(claim["spec"], {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "2Gi"}},
                                         "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": name}})
        for owned in (claim, secret):
            self.assertEqual(owned["metadata"]["ownerReferences"], [{"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}])
        settings = secret["stringData"]["redis.conf"]
        for line in ("bind 127.0.0.1", "protected-mode yes", "appendonly no", 'save ""'):
            self.assertIn(f"{line}\n", settings)
        [password] = [line.split()[1] for line in settings.splitlines() if line.startswith("requirepass")]
        self.assertEqual(len(password), 64)
        self.assertNotIn(password, json.dumps([pod, claim]))

    def test_with_an_aof_the_last_write_comes_back_too(self):
        self.system("appendonly yes", "appendfsync everysec")
        name = self.snapshot()
        self.master.command("FLUSHALL")
        self.assertEqual(self.result(name)["outcome"], "done")
        self.assertEqual(self.master.command("DBSIZE"), 3)
        self.assertIn("appendonly yes\n", dict(self.cluster.posted)["secrets"]["stringData"]["redis.conf"])

    def test_a_safety_backup_before(self):
        self.system()
        name = self.snapshot()
        result = self.result(name, "--merge")
        self.assertTrue(result["proof"]["safetyBackup"].startswith(self.folder), result)

    def test_one_that_others_made(self):
        cluster = self.system()
        self.replica.command("SAVE")
        cluster.add_snapshot("by-hand", f"data-{SECOND}")
        self.master.command("FLUSHALL")
        self.assertEqual(self.result("by-hand", "--storage-class", "slow")["outcome"], "done")
        self.assertEqual(self.master.command("DBSIZE"), 3)
        self.assertEqual(dict(cluster.posted)["persistentvolumeclaims"]["spec"]["storageClassName"], "slow")

    def test_what_takes_over_from_the_node(self):
        cluster = self.system()
        own = {"securityContext": {"runAsUser": 999, "fsGroup": 999}, "tolerations": [{"key": "redis"}], "nodeSelector": {"disk": "ssd"}, "imagePullSecrets": [{"name": "registry"}],
               "affinity": {"podAntiAffinity": {"x": 1}, "nodeAffinity": {"y": 2}}}
        cluster.change("pods", SECOND, lambda pod: (pod["spec"].update(own), pod["spec"]["containers"][0].update(securityContext={"runAsNonRoot": True}, resources={"limits": {"memory": "1Gi"}})))
        name = self.snapshot()
        self.result(name, "--merge")
        spec = dict(cluster.posted)["pods"]["spec"]
        self.assertEqual({key: spec[key] for key in own}, {**own, "affinity": {"nodeAffinity": {"y": 2}}})
        self.assertEqual((spec["containers"][0]["securityContext"], spec["containers"][0]["resources"]), ({"runAsNonRoot": True}, {"limits": {"memory": "1Gi"}}))

    def test_the_temporary_pod_is_no_node(self):
        cluster = self.system()
        name = self.snapshot()
        self.result(name, "--merge")
        cluster.store("pods", {**dict(cluster.posted)["pods"], "status": {"phase": "Running", "podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}})
        cluster.reconcile()
        answer = redisctl("pods", *self.way(), "-o", "name")
        self.assertEqual((answer.code, answer.out.split()), (0, [FIRST, SECOND]), answer)
        for service in cluster.all("services"):
            self.assertFalse(service["spec"]["selector"].items() <= dict(cluster.posted)["pods"]["metadata"]["labels"].items(), service)

    # Nothing is made

    def test_a_plan(self):
        self.system()
        name = self.snapshot()
        answer = self.restore(name, "--merge", "--dry-run", confirm=False)
        self.assertEqual(problems(answer.document, schema_of("Plan")), [])
        self.assertEqual([step["id"] for step in answer.document["steps"]], ["temporary-server", "fetch", "remove", "safety-backup", "replay", "compare"])
        self.assertEqual((self.cluster.posted, answer.document["baseline"]), ([], {"snapshot": name, "keysNow": 3, "keysInSnapshot": 3}))

    def test_refused_before_anything_is_made(self):
        cluster = self.system()
        name = self.snapshot()
        self.assertEqual(self.error(name)["code"], "NOT_EMPTY")
        self.assertEqual(self.error(name, "--merge", confirm=False)["code"], "NOT_CONFIRMED")
        self.assertEqual(self.error(name, "--merge", "--confirm", "another", confirm=False)["code"], "NOT_CONFIRMED")
        error = self.error("nobody", "--merge", code=3)
        self.assertEqual((error["message"], error["hint"]), ("there is no VolumeSnapshot nobody in namespace default", "redisctl snapshot list"))
        cluster.change("volumesnapshots", name, lambda made: made.update(status={"readyToUse": False, "error": {"message": "the pool is full"}}))
        self.assertEqual([self.error(name, "--merge")[key] for key in ("code", "cause")], ["NOT_READY", "the pool is full"])

    def test_no_agreed_master(self):
        self.system()
        name = self.snapshot()
        self.replica.command("REPLICAOF", "NO", "ONE")
        self.master.command("SET", "more", "x")
        self.assertEqual(self.error(name, "--merge")["code"], "NO_MASTER")

    # Removed again

    def failed(self, reason: str, *words, code: int, **how) -> dict:
        """It made the pod, and the master is as it was."""
        before = self.master.command("DBSIZE")
        result = self.result(*words, code=code, **how)
        [error] = result["errors"]
        self.assertEqual((error["code"], result["changed"], self.master.command("DBSIZE")), (reason, False, before))
        self.assertEqual(self.cluster.posted[0][0], "pods")
        return error

    def test_a_pod_that_never_runs_says_why(self):
        cluster = self.system()
        name = self.snapshot()
        cluster.starts = False
        pod = "redisctl-restore-"

        def with_event(request) -> bool:
            made = [each["metadata"]["name"] for kind, each in cluster.posted if kind == "pods"][0]
            self.assertTrue(made.startswith(pod))
            cluster.store("events", {"metadata": {"name": "e"}, "involvedObject": {"kind": "PersistentVolumeClaim", "name": made}, "message": "failed to provision: pool is full",
                                     "lastTimestamp": "2026-11-22T10:00:00Z"})
            return False

        cluster.on("GET", "/events", with_event)
        error = self.failed("NOT_STARTED", name, "--merge", "--load-wait", "2s", code=4)
        self.assertEqual(error["cause"], "pod has unbound immediate PersistentVolumeClaims; of its volume: failed to provision: pool is full")

    def test_an_image_that_is_not_there(self):
        cluster = self.system()
        name = self.snapshot()
        cluster.starts = False
        cluster.on("GET", "/pods/redisctl-restore-", lambda request: self.waiting("ImagePullBackOff", "Back-off pulling image redis:7"), lambda request: False)
        error = self.failed("NOT_STARTED", name, "--merge", "--wait", "2s", code=4)
        self.assertIn("ImagePullBackOff: Back-off pulling image redis:7", error["cause"])

    def waiting(self, reason: str, message: str) -> bool:
        name = [each["metadata"]["name"] for kind, each in self.cluster.posted if kind == "pods"][0]
        self.cluster.change("pods", name, lambda pod: pod["status"].update(
            conditions=[{"type": "Ready", "status": "False"}], containerStatuses=[{"name": "redis", "state": {"waiting": {"reason": reason, "message": message}}}]))
        return False

    def test_a_server_that_does_not_load_it(self):
        cluster = self.system()
        name = self.snapshot()
        for file in cluster.copies[name].glob("dump.rdb"):
            file.write_bytes(b"no RDB at all")
        cluster.on("GET", "/pods/redisctl-restore-[^/]+/log", refused(403, "Forbidden"))
        error = self.failed("NOT_LOADED", name, "--merge", code=6)
        self.assertIn("it ended with exit code 1", error["cause"])

    def test_a_copy_without_the_data(self):
        cluster = self.system()
        name = self.snapshot()
        (cluster.copies[name] / "dump.rdb").unlink()
        error = self.failed("EMPTY_COPY", name, "--merge", code=6)
        self.assertEqual(error["cause"], "3 keys were there when it was made")

    def test_stopped_while_it_waits(self):
        cluster = self.system()
        name = self.snapshot()
        cluster.starts = False
        self.failed("INTERRUPTED", name, "--merge", code=130, interrupt_after=3)

    def test_a_claim_that_may_not_be_made(self):
        cluster = self.system()
        name = self.snapshot()
        cluster.on("POST", "/persistentvolumeclaims", refused(403, "Forbidden"))
        error = self.failed("FORBIDDEN", name, "--merge", code=5)
        self.assertIn("resources: [persistentvolumeclaims], verbs: [create]", error["hint"])

    def test_what_cannot_be_removed_is_named(self):
        cluster = self.system()
        name = self.snapshot()
        cluster.on("DELETE", "/secrets/redisctl-restore-", refused(403, "Forbidden"))
        answer = redisctl("snapshot", "restore", name, *self.way(), "--dir", self.folder, "--merge", "--confirm", NAME, env={"TMPDIR": self.folder, "HOME": self.folder})
        self.assertEqual(answer.code, 0, answer)
        operation = dict(cluster.posted)["pods"]["metadata"]["labels"]["redisctl.io/operation"]
        self.assertIn(f"kubectl delete pod,pvc,secret -n default -l redisctl.io/operation={operation}", answer.err)


if __name__ == "__main__":
    unittest.main()
