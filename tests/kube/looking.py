"""What the tests of this layer share: a fake API server with a system of pods, and a look at it."""
import unittest

from api_server import Answer, Fake, listing
from objects import pod
from program import redisctl

PODS = "/api/v1/namespaces/default/pods"
SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
SECRET = "/api/v1/namespaces/default/secrets/cache"


class Looking(unittest.TestCase):
    maxDiff = None

    def fake(self, *pods: dict, authority=None) -> Fake:
        """Pods, no Services: every look asks for the three lists."""
        api = self.enterContext(Fake(authority))
        return api.on(PODS, listing("Pod", list(pods or [pod("redis-0")]))).on(SERVICES, listing("Service", [])).on(SLICES, listing("EndpointSlice", []))

    def look(self, api: Fake, *arguments, code: int = 0, config: str = None, command: str = "replication-info", verify: bool = True, **how):
        answer = redisctl(command, "--kubeconfig", config or api.kubeconfig(), *arguments, **how)
        self.assertEqual(answer.code, code, answer)
        self.assertNotIn("pa55", answer.out + answer.err, answer)
        if verify:
            api.verify()
        return answer

    def error_of(self, answer, node: str) -> dict:
        found = [error for error in answer.document["errors"] if error["node"] == node]
        self.assertEqual(len(found), 1, answer)
        return found[0]
