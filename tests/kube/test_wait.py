"""`wait` over port-forwards: look after look, and pods that are not there yet."""
import threading
import unittest

from api_server import listing, status
from asking import PASSWORD, schema_of
from cluster import NAME, Cluster
from looking import PODS, Looking
from servers import Server
from world.schema import problems

FIRST = f"{NAME}-0"
ENOUGH = ("--timeout", "15s", "--interval", "100ms")


class Wait(Looking):
    def wait(self, api, *arguments, code: int = 0, verify: bool = True):
        answer = self.look(api, "--via", "port-forward", "--json", *arguments, command="wait", code=code, verify=verify)
        self.assertEqual(problems(answer.document, schema_of("Wait")), [], answer)
        return answer

    def test_a_replica_that_comes_back(self):
        master = self.enterContext(Server(password=PASSWORD))
        replica = self.enterContext(Server(f"masterauth {PASSWORD}", password=PASSWORD, replica_of=master)).wait_linked()
        cluster = self.enterContext(Cluster([master, replica]))
        replica.command("REPLICAOF", "NO", "ONE")
        timer = threading.Timer(1, replica.command, ("REPLICAOF", "127.0.0.1", str(master.port)))
        timer.start()
        self.addCleanup(timer.join)
        answer = self.wait(cluster, "--for", "replicas=1", "--for", f"master={FIRST}", *ENOUGH)
        self.assertGreater(answer.seconds, 0.8)
        self.assertIn(f"redisctl: waiting: default/{NAME}: not replicas=1: 0 of 1 replicas are linked", answer.err)

    def test_pods_that_never_come(self):
        api = self.fake().on(PODS, listing("Pod", []))
        answer = self.wait(api, "--for", "healthy", "--timeout", "400ms", "--interval", "100ms", code=4, verify=False)
        self.assertEqual((answer.document["items"], [error["code"] for error in answer.document["errors"]]), ([], ["TIMEOUT"]))
        self.assertIn("default", answer.document["errors"][0]["cause"])
        self.assertLess(answer.seconds, 3)

    def test_what_may_not_be_listed_is_not_waited_for(self):
        api = self.fake().on(PODS, status(403, "Forbidden", 'pods is forbidden: User "jane" cannot list resource "pods"'))
        answer = self.wait(api, "--for", "healthy", "--timeout", "1m", code=5, verify=False)
        self.assertEqual(answer.document["errors"][0]["code"], "FORBIDDEN")
        self.assertLess(answer.seconds, 3)


if __name__ == "__main__":
    unittest.main()
