"""backup k8s and backup all: what an instance is made of as Lists to be applied again, passwords left out or sealed, and what may not be read is named."""
import base64
import json
import os
import re
import tempfile
import unittest
from pathlib import Path

from api_server import Answer, bridge, listing, status
from looking import PODS, SECRET, SERVICES, Looking
from objects import LABELS, pod
from program import redisctl
from servers import Server

DEFAULT = "/namespaces/default"
SET, BUDGETS = f"/apis/apps/v1{DEFAULT}/statefulsets/redis", f"/apis/policy/v1{DEFAULT}/poddisruptionbudgets"
MAP, CLAIM, SERVICE = f"/api/v1{DEFAULT}/configmaps/redis-conf", f"/api/v1{DEFAULT}/persistentvolumeclaims/data-redis-0", f"{SERVICES}/redis"
SERVED = {"uid": "1", "resourceVersion": "7", "managedFields": [{"manager": "helm"}], "creationTimestamp": "2026-01-01T00:00:00Z"}
PASSWORD = "pa55-of-the-test"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def thing(api: str, kind: str, name: str, **members) -> dict:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "default", "labels": LABELS, **SERVED}, **members}


def forbidden(what: str) -> Answer:
    return status(403, "Forbidden", f'{what} is forbidden: User "jane" cannot get resource "{what}" in API group "" in the namespace "default"')


class Objects(Looking):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(password=PASSWORD))
        with cls.server.client() as client:
            client.command("SET", "a", "b")

    def setUp(self):
        base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder, self.passphrase = base / "backups", base / "passphrase"
        self.passphrase.write_text("a pa55phrase")

    def system(self, secret: Answer = None, **answers: Answer):
        """A pod with a claim and a redis.conf, a Service, a StatefulSet, a PodDisruptionBudget."""
        one = pod("redis-0", secret="cache")
        one["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-redis-0"}}, {"name": "conf", "configMap": {"name": "redis-conf"}}]
        service = thing("v1", "Service", "redis", spec={"selector": LABELS, "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "ports": [{"port": 6379}]}, status={"loadBalancer": {}})
        template = {"spec": {"containers": [{"name": "redis", "args": ["--requirepass", PASSWORD], "resources": {"limits": {"memory": "1Gi"}}, "envFrom": [{"secretRef": {"name": "not-there", "optional": True}}]}],
                             "tolerations": [{"key": "redis"}]}}
        known = {
            SET: Answer(200, thing("apps/v1", "StatefulSet", "redis", spec={"replicas": 1, "template": template}, status={"replicas": 1})),
            SERVICE: Answer(200, service),
            MAP: Answer(200, thing("v1", "ConfigMap", "redis-conf", data={"redis.conf": f"maxmemory 1gb\nrequirepass {PASSWORD}\n"})),
            CLAIM: Answer(200, thing("v1", "PersistentVolumeClaim", "data-redis-0", spec={"volumeName": "pv-1", "resources": {"requests": {"storage": "1Gi"}}}, status={"phase": "Bound"})),
            BUDGETS: listing("PodDisruptionBudget", [{"metadata": {"name": "redis"}, "spec": {"selector": {"matchLabels": LABELS}}}, {"metadata": {"name": "other"}, "spec": {"selector": {"matchLabels": {"app": "other"}}}}]),
            f"{BUDGETS}/redis": Answer(200, thing("policy/v1", "PodDisruptionBudget", "redis", spec={"minAvailable": 1})),
            f"/api/v1{DEFAULT}/secrets/not-there": status(404, "NotFound", 'secrets "not-there" not found'),
            **answers,
        }
        content = Answer(200, thing("v1", "Secret", "cache", type="Opaque", data={"redis-password": encoded(PASSWORD)}))
        api = self.fake(one).on(SERVICES, listing("Service", [service])).on(SECRET, content, *([secret] if secret else []))
        for path, answer in known.items():
            api.on(path, answer)
        return api.forward("redis-0", bridge(self.server.port))

    def save(self, api, *arguments, command: str = "backup-k8s", code: int = 0) -> dict:
        return self.look(api, "--dir", self.folder, "--json", *arguments, command=command, code=code).document

    def lists(self, item: dict) -> dict:
        lists = {}
        for part in item["parts"]:
            if part["kind"] == "k8s":
                content = json.loads((self.folder / part["file"]).read_text())
                self.assertEqual((content["apiVersion"], content["kind"]), ("v1", "List"))
                lists[part["name"]] = content["items"]
        return lists

    def test_all_of_it_to_be_applied_again(self):
        item = self.save(self.system())["items"][0]
        lists = self.lists(item)
        self.assertEqual(sorted(lists), ["configmaps", "persistentvolumeclaims", "poddisruptionbudgets", "secrets", "services", "statefulsets"])
        for name, objects in lists.items():
            for each in objects:
                self.assertLessEqual(set(each["metadata"]), {"name", "namespace", "labels", "annotations"}, name)
                self.assertNotIn("status", each)
        self.assertEqual(lists["services"][0]["spec"], {"selector": LABELS, "ports": [{"port": 6379}]})
        self.assertEqual(lists["persistentvolumeclaims"][0]["spec"], {"resources": {"requests": {"storage": "1Gi"}}})
        pod_spec = lists["statefulsets"][0]["spec"]["template"]["spec"]
        self.assertEqual((pod_spec["tolerations"], pod_spec["containers"][0]["resources"]), ([{"key": "redis"}], {"limits": {"memory": "1Gi"}}))
        self.assertEqual((item["missing"], item["context"], item["namespace"]), ([], "fake", "default"))

    def test_no_password_is_in_it(self):
        item = self.save(self.system())["items"][0]
        for name in os.listdir(self.folder):
            content = (self.folder / name).read_text()
            self.assertNotIn("pa55", content, name)
            self.assertNotIn(encoded(PASSWORD), content, name)
            self.assertEqual((self.folder / name).stat().st_mode & 0o777, 0o600)
        lists = self.lists(item)
        self.assertNotIn("data", lists["secrets"][0])
        self.assertEqual(lists["secrets"][0]["metadata"]["annotations"], {"redisctl.io/hidden": "redis-password"})
        self.assertEqual(lists["configmaps"][0]["data"]["redis.conf"], "maxmemory 1gb\nrequirepass (hidden)\n")
        self.assertEqual(lists["statefulsets"][0]["spec"]["template"]["spec"]["containers"][0]["args"], ["--requirepass", "(hidden)"])

    def test_sealed_with_them(self):
        item = self.save(self.system(), "--with-secrets", "--passphrase-file", self.passphrase)["items"][0]
        self.assertEqual({part["encrypted"] for part in item["parts"]}, {True})
        for part in item["parts"]:
            self.assertNotIn(b"apiVersion", (self.folder / part["file"]).read_bytes())
        shown = redisctl("backup", "show", item["id"], "secrets", "--dir", self.folder, "--passphrase-file", self.passphrase)
        self.assertEqual(shown.code, 0, shown)
        self.assertEqual(json.loads(shown.out)["items"][0]["data"], {"redis-password": encoded(PASSWORD)})

    def test_a_secret_that_may_not_be_read_again(self):
        document = self.save(self.system(secret=forbidden("secrets")), code=7)
        missing = document["items"][0]["missing"]
        self.assertEqual([(each["kind"], each["name"]) for each in missing], [("k8s", "secrets/cache")])
        self.assertIn("forbidden", missing[0]["why"])
        self.assertEqual([error["code"] for error in document["errors"]], ["PART_MISSING"])
        self.assertNotIn("secrets", self.lists(document["items"][0]))
        listed = redisctl("backup", "list", "--dir", self.folder, "--json")
        self.assertEqual((listed.code, listed.document["items"][0]["state"]), (1, "incomplete"))

    def test_budgets_that_may_not_be_listed(self):
        api = self.system(**{BUDGETS: forbidden("poddisruptionbudgets"), f"{BUDGETS}/redis": None})
        api.answers.pop(f"{BUDGETS}/redis")
        missing = self.save(api, code=7)["items"][0]["missing"]
        self.assertEqual([each["name"] for each in missing], ["poddisruptionbudgets"])

    def test_nothing_may_be_read(self):
        no = forbidden("things")
        api = self.system(secret=no, **{path: no for path in (SET, SERVICE, MAP, CLAIM, BUDGETS)})
        for path in (f"{BUDGETS}/redis", f"/api/v1{DEFAULT}/secrets/not-there"):
            api.answers.pop(path)
        self.save(api, code=5)
        self.assertFalse(self.folder.exists() and os.listdir(self.folder))

    def test_data_settings_and_objects_under_one_id(self):
        item = self.save(self.system(), command="backup-all")["items"][0]
        self.assertEqual((item["node"], item["keys"]["db0"]["keys"]), ("redis-0", 1))
        self.assertEqual({part["kind"] for part in item["parts"]}, {"config", "k8s"})
        verified = redisctl("backup", "verify", item["id"], "--dir", self.folder, "--json")
        self.assertEqual((verified.code, verified.document["items"][0]["whole"]), (0, True), verified)

    def test_all_of_it_back_where_nothing_is_left(self):
        """Its objects come first, those that others need before them; then it goes on by itself."""
        there = self.system()
        saved = self.save(there, command="backup-all")["items"][0]
        words = [saved["id"], "--dir", self.folder, "--instance", "cache", "--confirm", "cache"]
        answer = self.look(self.fake().on(PODS, listing("Pod", [])), *words, command="restore-all", code=3)
        plurals = re.findall(rf"redisctl backup show {saved['id']} (\w+) --dir {self.folder} \| kubectl apply -f -", answer.err)
        self.assertEqual(plurals[:4], ["secrets", "configmaps", "persistentvolumeclaims", "services"], answer)
        self.assertIn("statefulsets", plurals[4:])
        for plural in plurals:
            self.assertEqual(redisctl("backup", "show", saved["id"], plural, "--dir", self.folder).code, 0)
        with self.server.client() as client:
            client.command("FLUSHALL")
        self.addCleanup(self.server.command, "SET", "a", "b")
        back = self.look(self.system(), *words, "--dry-run", command="restore-all", verify=False)
        self.assertIn("yours to apply", back.out)
        self.assertRegex(back.out, r"db0 +0 +1")

    def test_all_without_the_objects(self):
        no = forbidden("things")
        api = self.system(secret=no, **{path: no for path in (SET, SERVICE, MAP, CLAIM, BUDGETS)})
        for path in (f"{BUDGETS}/redis", f"/api/v1{DEFAULT}/secrets/not-there"):
            api.answers.pop(path)
        item = self.save(api, command="backup-all", code=7)["items"][0]
        self.assertEqual((item["node"], {part["kind"] for part in item["parts"]}), ("redis-0", {"config"}))
        self.assertIn("k8s", {each["kind"] for each in item["missing"]})


if __name__ == "__main__":
    unittest.main()
