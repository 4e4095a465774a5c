"""snapshot create and snapshot list: whose volume, by which class, with what on the disk; and every way in which it does not come to a snapshot."""
import json
import unittest

from changing import schema_of
from cluster import NAME, refused
from program import redisctl
from servers import Server, eventually
from storage import DRIVER, Storage, no_group
from world.schema import problems

PASSWORD = "pa55-of-the-test"
FIRST, SECOND = f"{NAME}-0", f"{NAME}-1"
CLASSES = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses"
SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/default/volumesnapshots"


class Snapshot(unittest.TestCase):
    maxDiff = None

    def system(self, *options: str, **how) -> Storage:
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", *options, password=PASSWORD))
        self.replica = self.enterContext(Server(*options, password=PASSWORD, replica_of=self.master)).wait_linked()
        for i in range(3):
            self.master.command("SET", f"key{i}", "value")
        eventually("the replica has it", lambda: self.replica.command("DBSIZE") == 3)
        self.cluster = self.enterContext(Storage([self.master, self.replica], **how))
        return self.cluster

    def ask(self, *words, code: int = 0, **how):
        answer = redisctl("snapshot", *words, "--kubeconfig", self.cluster.kubeconfig(), "--via", "port-forward", **how)
        self.assertEqual(answer.code, code, answer)
        self.assertNotIn("pa55", answer.out + answer.err, answer)
        self.cluster.verify()
        return answer

    def create(self, *words, code: int = 0, **how) -> dict:
        document = self.ask("create", "--json", *words, code=code, **how).document
        self.assertEqual(problems(document, schema_of("Snapshot")), [])
        return document

    def refusal(self, reason: str, *words, code: int = 6) -> dict:
        """Nothing was made, and nothing was asked of the server."""
        document = self.create(*words, code=code)
        self.assertEqual([error["code"] for error in document["errors"]], [reason])
        self.assertEqual(self.cluster.made(), [])
        self.assertEqual(self.replica.info("persistence")["rdb_last_bgsave_time_sec"], "-1")
        return document["errors"][0]

    # Made

    def test_of_the_freshest_replica_with_its_data_on_the_disk(self):
        cluster = self.system()
        item = self.create()["items"][0]
        self.assertNotEqual(self.replica.info("persistence")["rdb_last_bgsave_time_sec"], "-1")
        self.assertFalse((self.master.folder / "dump.rdb").exists())
        self.assertEqual({key: item[key] for key in ("outcome", "node", "role", "claim", "volume", "driver", "class", "classWhy", "restoreSize", "keys", "aof", "synced", "directory")},
                         {"outcome": "ready", "node": SECOND, "role": "replica", "claim": f"data-{SECOND}", "volume": f"pv-{SECOND}", "driver": DRIVER, "class": "snapclass",
                          "classWhy": f"the only one of {DRIVER}", "restoreSize": "1Gi", "keys": {"db0": 3}, "aof": False, "synced": True, "directory": str(self.replica.folder)})
        [made] = cluster.made()
        self.assertEqual(made["spec"], {"source": {"persistentVolumeClaimName": f"data-{SECOND}"}, "volumeSnapshotClassName": "snapclass"})
        self.assertEqual(made["metadata"]["labels"], {"app.kubernetes.io/managed-by": "redisctl", "redisctl.io/instance": NAME})
        self.assertRegex(made["metadata"]["name"], rf"^data-{SECOND}-\d{{8}}t\d{{6}}z-[0-9a-f]{{8}}$")
        notes = made["metadata"]["annotations"]
        info = self.replica.info("replication")
        self.assertEqual({key: notes[f"redisctl.io/{key}"] for key in ("node", "role", "replid", "keys", "image", "dir", "appendonly", "dbfilename", "server")},
                         {"node": SECOND, "role": "replica", "replid": info["master_replid"], "keys": "db0=3", "image": "redis:7", "dir": str(self.replica.folder), "appendonly": "no",
                          "dbfilename": "dump.rdb", "server": "redis"})
        self.assertLessEqual(int(notes["redisctl.io/offset"]), int(info["slave_repl_offset"]))

    def test_of_the_node_that_is_named_and_with_a_plan_before(self):
        self.system()
        answer = self.ask("create", FIRST)
        self.assertRegex(answer.out, rf"snapshot of {FIRST}, master of default/{NAME}: as named\n  volume    data-{FIRST} at /\S+, 2Gi; {DRIVER}\n")
        self.assertRegex(answer.out, rf"  undo      kubectl delete volumesnapshot data-{FIRST}-\S+ -n default\n")
        self.assertRegex(answer.out, rf"data-{FIRST}-\S+ +{FIRST} +yes +1GiB +3 ")
        self.assertTrue((self.master.folder / "dump.rdb").exists())

    def test_an_aof_is_behind_an_fsync(self):
        self.system("appendonly yes", "appendfsync everysec")
        item = self.create()["items"][0]
        self.assertEqual((item["aof"], item["synced"]), (True, True))
        self.assertTrue(item["holds"].startswith("the AOF, with every write up to now"), item)
        self.assertEqual(self.cluster.made()[0]["metadata"]["annotations"]["redisctl.io/appendonly"], "yes")

    def test_an_aof_that_the_kernel_writes_when_it_likes_is_said(self):
        self.system("appendonly yes", "appendfsync no")
        document = self.create()
        self.assertEqual((document["items"][0]["synced"], [finding["code"] for finding in document["findings"]]), (False, ["SNAPSHOT_AS_AFTER_A_CRASH"]))

    def test_a_dry_run_makes_nothing(self):
        self.system()
        item = self.create("--dry-run")["items"][0]
        self.assertEqual((item["outcome"], item["node"], item["saved"]), ("planned", SECOND, None))
        self.assertEqual(self.cluster.made(), [])
        self.assertEqual(self.replica.info("persistence")["rdb_last_bgsave_time_sec"], "-1")

    def test_one_that_was_made_although_the_answer_was_lost(self):
        cluster = self.system()

        def lost(request) -> bool:
            cluster.post("volumesnapshots", "", json.loads(request.content))
            request.close_connection = True
            return True

        cluster.on("POST", SNAPSHOTS, lost)
        self.assertEqual(self.create()["items"][0]["outcome"], "ready")
        self.assertEqual(len(cluster.made()), 1)

    # Which class

    def test_the_default_class_of_the_driver(self):
        self.system(classes=("one", "two"))
        self.cluster.add_class("best", default=True)
        self.cluster.add_class("of-others", driver="other.csi.test", default=True)
        self.assertEqual(self.create("--dry-run")["items"][0]["class"], "best")
        self.assertEqual(self.create("--dry-run", "--class", "two")["items"][0]["class"], "two")

    def test_several_classes_and_none_is_the_default(self):
        self.system(classes=("one", "two"))
        error = self.refusal("WHICH_CLASS")
        self.assertEqual((error["hint"], error["cause"]), ("--class one", f"none is the default: one ({DRIVER}), two ({DRIVER})"))

    def test_no_class_of_the_driver(self):
        self.system(classes=())
        self.assertIn("no VolumeSnapshotClass at all", self.refusal("NO_CLASS")["cause"])
        self.cluster.add_class("of-others", driver="other.csi.test")
        self.assertIn("of-others (other.csi.test)", self.refusal("NO_CLASS")["cause"])
        self.refusal("OTHER_DRIVER", "--class", "of-others")
        self.refusal("NOT_FOUND", "--class", "nobody", code=3)

    def test_where_classes_may_not_be_read_one_is_named(self):
        self.system()
        self.cluster.on("GET", CLASSES, refused(403, "Forbidden"), for_ever=True)
        self.assertIn("--class NAME", self.refusal("FORBIDDEN", code=5)["hint"])
        self.assertEqual(self.create("--class", "snapclass")["items"][0]["outcome"], "ready")

    def test_where_volumes_may_not_be_read_the_claim_names_the_driver(self):
        self.system()
        self.cluster.on("GET", "/persistentvolumes/", refused(403, "Forbidden"), for_ever=True)
        self.assertEqual(self.create("--dry-run")["items"][0]["driver"], DRIVER)

    # Refused

    def test_no_such_api(self):
        self.system()
        self.cluster.on("GET", "/apis/snapshot.storage.k8s.io/", no_group, for_ever=True)
        error = self.refusal("NO_SNAPSHOT_API")
        self.assertEqual((error["message"], error["hint"]), ("this cluster has no VolumeSnapshots", "redisctl backup rdb needs none of them"))
        self.assertEqual(self.ask("list", "--json", code=6).document["errors"][0]["code"], "NO_SNAPSHOT_API")

    def test_a_volume_that_no_csi_driver_made(self):
        self.system()
        self.cluster.change("persistentvolumes", f"pv-{SECOND}", lambda volume: volume.update(spec={"hostPath": {"path": "/mnt"}}))
        self.assertIn("of the kind hostPath", self.refusal("NOT_CSI")["cause"])

    def test_data_on_no_claim(self):
        self.system()
        folder = str(self.replica.folder)
        self.cluster.change("pods", SECOND, lambda pod: self.cluster.mount(pod, folder, {"emptyDir": {}}))
        error = self.refusal("NO_CLAIM")
        self.assertIn("emptyDir, which goes with the pod", error["cause"])
        self.assertEqual(error["hint"], "redisctl backup rdb needs no volume")
        self.cluster.change("pods", SECOND, lambda pod: self.cluster.mount(pod, "/elsewhere", {"persistentVolumeClaim": {"claimName": f"data-{SECOND}"}}))
        self.assertIn(f"nothing is mounted at {folder}", self.refusal("NO_VOLUME")["cause"])

    def test_a_claim_that_is_not_bound(self):
        self.system()
        self.cluster.change("persistentvolumeclaims", f"data-{SECOND}", lambda claim: claim.update(status={"phase": "Pending"}))
        self.assertEqual(self.refusal("NOT_BOUND")["cause"], "its phase is Pending")

    def test_config_that_is_renamed(self):
        self.system('rename-command CONFIG ""')
        folder = str(self.replica.folder)
        self.assertIn("nothing is mounted at /data", self.refusal("NO_VOLUME")["cause"])
        self.cluster.change("pods", SECOND, lambda pod: self.cluster.mount(pod, "/data", {"persistentVolumeClaim": {"claimName": f"data-{SECOND}"}}))
        item = self.create()["items"][0]
        self.assertEqual((item["directory"], item["outcome"]), ("/data", "ready"))
        self.assertTrue(folder)

    def test_a_save_that_fails(self):
        self.system()
        (self.replica.folder / "dump.rdb").unlink(missing_ok=True)
        (self.replica.folder / "dump.rdb").mkdir()  # cannot be replaced by a file
        document = self.create(code=6)
        self.assertEqual([error["code"] for error in document["errors"]], ["SAVE_FAILED"])
        self.assertEqual(self.cluster.made(), [])
        (self.replica.folder / "dump.rdb").rmdir()

    def test_it_may_not_be_made(self):
        self.system()
        self.cluster.on("POST", SNAPSHOTS, refused(403, "Forbidden"))
        error = self.create(code=5)["errors"][0]
        self.assertIn("{apiGroups: [\"snapshot.storage.k8s.io\"], resources: [volumesnapshots], verbs: [create]}", error["hint"])

    # Not ready

    def left(self, reason: str, document: dict) -> dict:
        """It stays, and is named with the way to remove it."""
        [item], [error] = document["items"], document["errors"]
        self.assertEqual((item["outcome"], error["code"]), ("incomplete", reason))
        self.assertEqual(item["remove"], f"kubectl delete volumesnapshot {self.cluster.made()[0]['metadata']['name']} -n default")
        return error

    def test_the_driver_says_no(self):
        self.system().becomes = {"readyToUse": False, "error": {"message": "rpc error: the pool is full", "time": "2026-11-22T10:00:00Z"}}
        error = self.left("SNAPSHOT_FAILED", self.create("--wait", "3s", code=9))
        self.assertEqual(error["cause"], "rpc error: the pool is full")
        answer = self.ask("list", code=1)
        self.assertRegex(answer.out, "failed")
        self.assertIn("rpc error: the pool is full", answer.err)

    def test_an_error_that_stands_ends_the_waiting(self):
        self.system().becomes = {"readyToUse": False, "error": {"message": "no"}}
        answer = self.ask("create", "--wait", "5m", "--json", code=9)
        self.assertLess(answer.seconds, 20)
        self.left("SNAPSHOT_FAILED", answer.document)

    def test_nobody_makes_it(self):
        self.system().becomes = None
        error = self.left("NOT_READY", self.create("--wait", "2s", code=9))
        self.assertIn("does the snapshot controller run", error["cause"])

    def test_stopped_while_it_waits(self):
        self.system().becomes = None
        self.left("INTERRUPTED", self.create(code=9, interrupt_after=4))

    def test_deleted_while_it_waits(self):
        cluster = self.system()
        cluster.becomes = None
        cluster.on("GET", SNAPSHOTS + "/", lambda request: cluster.objects.pop(("volumesnapshots", cluster.made()[0]["metadata"]["name"])) is None)
        self.assertEqual(self.create(code=9)["errors"][0]["code"], "GONE")

    def test_stopped_before_it_is_made(self):
        self.system()
        with self.replica.client() as client:
            client.command("CONFIG", "SET", "rdb-key-save-delay", "3000000")
        self.ask("create", code=130, interrupt_after=3)
        self.assertEqual(self.cluster.made(), [])

    # Listed

    def test_our_own_and_those_of_others(self):
        cluster = self.system()
        self.create()
        cluster.add_snapshot("by-hand", f"data-{FIRST}")
        cluster.add_snapshot("of-a-volume-that-is-gone", "data-of-old", labels={"redisctl.io/instance": NAME})
        cluster.add_snapshot("of-strangers", "data-of-strangers")
        cluster.add_snapshot("of-another-instance", f"data-{FIRST}", annotations={"redisctl.io/instance": "another"})
        document = self.ask("list", "--json").document
        self.assertEqual(problems(document, schema_of("SnapshotList")), [])
        items = {item["snapshot"]: item for item in document["items"]}
        [ours] = [name for name in items if name.startswith("data-")]
        self.assertEqual(set(items), {ours, "by-hand", "of-a-volume-that-is-gone"})
        self.assertEqual([(items[name]["node"], items[name]["keys"], items[name]["byRedisctl"], items[name]["ready"]) for name in (ours, "by-hand")],
                         [(SECOND, {"db0": 3}, True, True), (FIRST, None, False, True)])
        self.assertEqual(items["by-hand"]["restoreBytes"], 1 << 30)
        self.assertRegex(self.ask("list", "-o", "wide").out, rf"by-hand +{FIRST} +data-{FIRST} +yes +1GiB +- +\S+ +snapclass +- +others")
        self.assertEqual(self.ask("list", "-o", "name").out.split()[-1], ours)

    def test_without_kubernetes_there_are_none(self):
        with Server() as server:
            for words in (["create"], ["list"]):
                answer = redisctl("snapshot", *words, "--host", server.address)
                self.assertEqual((answer.code, "without Kubernetes" in answer.err), (6, True), answer)


if __name__ == "__main__":
    unittest.main()
