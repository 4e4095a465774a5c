"""`doctor` before a fake cluster and real servers: what pods have been through, what they are given, and who may reach whom."""
import json
import unittest

from api_server import Answer, listing
from asking import PASSWORD, schema_of
from cluster import NAME, Cluster, refused
from looking import Looking
from servers import Server
from world.schema import problems

FIRST, SECOND, THIRD = (f"{NAME}-{i}" for i in range(3))


def setUpModule():
    global SERVERS
    master = unittest.enterModuleContext(Server("save 3600 1", password=PASSWORD))
    replicas = [unittest.enterModuleContext(Server("save 3600 1", f"masterauth {PASSWORD}", password=PASSWORD, replica_of=master)) for _ in range(2)]
    SERVERS = [master, *(replica.wait_linked() for replica in replicas)]
    # It was never a replica, but could become one.
    master.command("CONFIG", "SET", "masterauth", PASSWORD)


class Doctor(Looking):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(SERVERS))
        for name, server in self.cluster.servers.items():
            def with_volume(pod, folder=str(server.folder)):
                pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": folder}]
                pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
            self.cluster.change("pods", name, with_volume)

    def examined(self, *arguments, code: int = 0) -> dict:
        """Findings by code, as JSON says it."""
        answer = self.look(self.cluster, "--json", *arguments, command="doctor", code=code)
        self.assertEqual(problems(answer.document, schema_of("Doctor")), [], answer)
        item, = answer.document["items"]
        self.areas = {area["area"]: area["verdict"] for area in item["areas"]}
        return {finding["code"]: finding for finding in answer.document["findings"]}

    def policy(self, **spec) -> None:
        self.cluster.store("networkpolicies", {"metadata": {"name": "redis"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"], **spec}})

    def test_all_is_well(self):
        self.assertEqual(self.examined(), {})
        self.assertEqual(set(self.areas.values()), {"ok"})
        self.assertEqual(list(self.areas), ["Nodes", "Replication", "Who is the master", "Services", "Condition"])

    def test_a_container_that_the_kernel_killed(self):
        def killed(pod):
            pod["status"]["containerStatuses"][0].update(restartCount=3, lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-21T03:00:00Z"}})
        self.cluster.change("pods", SECOND, killed)
        found = self.examined()
        self.assertEqual(found["OOM_KILLED"]["message"], f"container redis of {SECOND} was restarted 3 times; the last time by OOMKilled at 2026-11-21T03:00:00Z")
        self.assertEqual(found["OOM_KILLED"]["hint"], f"kubectl logs {SECOND} -c redis --previous --tail=50 -n default")

    def test_an_upgrade_that_is_not_over(self):
        note = {"operation": "20261122T030000Z-1a2b3c4d", "container": "redis", "image": "redis:7.0", "strategy": {"type": "RollingUpdate"}, "server": "redis", "version": "7.0.15"}

        def held(workload):
            workload["metadata"]["annotations"] = {"redisctl.io/upgrade": json.dumps(note)}
            workload["spec"]["updateStrategy"] = {"type": "OnDelete"}
            workload["spec"]["template"] = {"spec": {"containers": [{"name": "redis", "image": "redis:7.2"}]}}
        self.cluster.change("statefulsets", NAME, held)
        found = self.examined()["UPGRADE_UNFINISHED"]
        self.assertEqual(found["severity"], "warning")
        self.assertIn(f"the upgrade of StatefulSet {NAME} from redis:7.0 to redis:7.2 is under way or was left", found["message"])
        where = f"-n default --instance {NAME}"
        self.assertEqual(found["hint"], f"redisctl upgrade run --image redis:7.2 {where}, or back: redisctl upgrade rollback {where}")
        # A note of a later version, or one that somebody wrote by hand.
        self.cluster.change("statefulsets", NAME, lambda workload: workload["metadata"].update(annotations={"redisctl.io/upgrade": "{"}))
        found = self.examined()["UPGRADE_UNFINISHED"]
        self.assertIn("from an image that its note does not tell", found["message"])
        self.assertEqual(found["hint"], f"redisctl upgrade check {where}, or back: redisctl upgrade rollback {where}")

    def test_a_statefulset_that_may_not_be_read(self):
        self.cluster.on("GET", f"/statefulsets/{NAME}$", refused(403, "Forbidden"), for_ever=True)
        found = self.examined()["CONDITION_UNKNOWN"]
        self.assertIn(f"StatefulSet {NAME} could not be read", found["message"])

    def test_a_limit_that_is_nearly_reached(self):
        resident = int(SERVERS[0].command("INFO", "memory").partition(b"used_memory_rss:")[2].split()[0])
        limits = {"limits": {"memory": str(int(resident * 1.5))}}
        self.cluster.change("pods", FIRST, lambda pod: pod["spec"]["containers"][0].update(resources=limits))
        self.assertEqual(self.examined()["FORK_MAY_NOT_FIT"]["node"], FIRST)
        limits["limits"]["memory"] = str(int(resident * 1.02))
        self.cluster.change("pods", FIRST, lambda pod: pod["spec"]["containers"][0].update(resources=limits))
        self.assertEqual(self.examined(code=1)["LIMIT_NEARLY_REACHED"]["severity"], "critical")

    def test_data_that_go_with_the_pod(self):
        self.cluster.change("pods", THIRD, lambda pod: pod["spec"].update(volumes=[{"name": "data", "emptyDir": {}}]))
        found = self.examined()
        self.assertEqual((list(found), found["DATA_WITHOUT_VOLUME"]["node"]), (["DATA_WITHOUT_VOLUME"], THIRD))
        self.assertIn("(emptyDir): its data are gone with its pod", found["DATA_WITHOUT_VOLUME"]["message"])

    def test_a_policy_that_forbids_the_link(self):
        """As the sb chart's, whose only rule is for clients."""
        self.policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": SERVERS[0].port}]}])
        found = self.examined()
        self.assertEqual(list(found), ["POLICY_FORBIDS_LINK"])
        self.assertIn(f"NetworkPolicy redis does not let {THIRD} connect to {FIRST}", found["POLICY_FORBIDS_LINK"]["message"])

    def test_a_policy_that_lets_them(self):
        self.policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/instance": NAME}}}]}])
        self.assertEqual(self.examined(), {})

    def test_a_container_beside_redis_that_does_not_run(self):
        def with_labeller(pod):
            pod["spec"]["containers"].append({"name": "kubectl-shared", "image": "bitnami/kubectl"})
            pod["status"]["containerStatuses"].append({"name": "kubectl-shared", "ready": False, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}})
        self.cluster.change("pods", SECOND, with_labeller)
        found = self.examined()
        self.assertEqual((list(found), found["SIDECAR_NOT_RUNNING"]["node"]), (["SIDECAR_NOT_RUNNING"], SECOND))
        self.assertIn("kubectl-shared of my-redis-1 does not run (ImagePullBackOff): it sets the role labels", found["SIDECAR_NOT_RUNNING"]["message"])

    def test_a_pod_that_does_not_come_up(self):
        def stuck(pod):
            pod["status"].update(phase="Pending", containerStatuses=[], conditions=[{"type": "Ready", "status": "False"}])
            pod["status"]["initContainerStatuses"] = [{"name": "setup-replication", "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                                                       "lastState": {"terminated": {"reason": "Error", "exitCode": 1}}}]
        self.cluster.change("pods", THIRD, stuck)
        found = self.examined(code=1)
        self.assertEqual(found["INIT_CONTAINER_FAILED"]["message"], f"init container setup-replication of {THIRD} fails (CrashLoopBackOff), exit code 1: what comes "
                                                                    "behind it does not start")
        self.assertEqual(found["INIT_CONTAINER_FAILED"]["hint"], f"kubectl logs {THIRD} -c setup-replication --tail=50 -n default")
        words = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
        self.cluster.change("pods", THIRD, lambda pod: pod["status"].update(initContainerStatuses=[], conditions=[
            {"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}]))
        self.assertEqual(self.examined(code=1)["POD_NOT_SCHEDULED"]["message"], f"pod {THIRD} stands on no machine: {words}")

    def test_a_name_that_no_pod_has(self):
        master, _, third = SERVERS
        name = f"{FIRST}.{NAME}-headless.default.svc.cluster.local"
        third.command("REPLICAOF", name, master.port)
        self.addCleanup(third.wait_linked)
        self.addCleanup(third.command, "REPLICAOF", "127.0.0.1", master.port)
        found = self.examined(code=1)["NAME_NOT_IN_DNS"]
        self.assertEqual((found["node"], found["severity"]), (THIRD, "critical"))
        self.assertEqual(found["message"], f"{THIRD} is told to follow {name}, and no pod has this name in DNS: pod {FIRST} has \"\" for its subdomain")

    def test_what_an_operator_was_to_set(self):
        for name in self.cluster.servers:
            self.cluster.change("pods", name, lambda pod: pod["metadata"]["labels"].update({
                "app.kubernetes.io/part-of": "redis-failover", "app.kubernetes.io/managed-by": "redis-operator", "app.kubernetes.io/component": "redis",
                "redisfailovers.databases.spotahome.com/name": "cache"}))
        wishes = {"kind": "RedisFailover", "metadata": {"name": "cache"}, "spec": {
            "redis": {"replicas": 3, "customConfig": ["appendonly yes", "maxclients 123"]}, "sentinel": {"replicas": 3}}}
        self.cluster.on("GET", "/redisfailovers/cache$", lambda request: Cluster.say(request, Answer(200, wishes)) or True, for_ever=True)
        self.cluster.on("GET", "/apis/apps/v1/deployments", lambda request: Cluster.say(request, listing("Deployment", [])) or True, for_ever=True)
        for server in SERVERS:
            server.command("CONFIG", "SET", "appendonly", "yes")
            self.addCleanup(server.command, "CONFIG", "SET", "appendonly", "no")
        found = self.examined()
        self.assertIn(f"{FIRST}, {SECOND}, {THIRD} write an AOF that a restart does not load", found["AOF_NOT_LOADED"]["message"])
        self.assertIn("(by customConfig)", found["AOF_NOT_LOADED"]["message"])
        self.assertIn(f"maxclients 10000 on {FIRST} instead of 123", found["OPERATOR_CONFIG_DIFFERS"]["message"])

    def test_what_may_not_be_read_is_said(self):
        self.cluster.on("GET", "/networkpolicies", refused(403, "Forbidden"), for_ever=True)
        found = self.examined()
        self.assertEqual(list(found), ["CONDITION_UNKNOWN"])
        self.assertIn("NetworkPolicies could not be read", found["CONDITION_UNKNOWN"]["message"])
        self.cluster.on("GET", f"/pods/{SECOND}$", refused(403, "Forbidden"), for_ever=True)
        answer = self.look(self.cluster, "--json", command="doctor")
        self.assertEqual([finding["node"] for finding in answer.document["findings"]], [SECOND, None], answer)


if __name__ == "__main__":
    unittest.main()
