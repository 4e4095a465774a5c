"""`doctor` before a fake cluster and real servers: what pods have been through, what they are given, and who may reach whom."""
import unittest

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
