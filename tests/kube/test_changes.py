"""What changes the cluster: sent once unless the server certainly did not do it, and an honest word when nobody knows."""
import json
import socket
import threading
import time
import unittest
from pathlib import Path

from api_server import Answer, Fake, status
from calls import Calling
from objects import pod
from servers import Authority

SERVICE = "/api/v1/namespaces/default/services/redis"
PATCH = ("patch", "services", "default", "redis", "test", "/metadata/resourceVersion", '"7"', "replace", "/spec/selector/statefulset.kubernetes.io~1pod-name", '"redis-1"')
OPS = [{"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
       {"op": "replace", "path": "/spec/selector/statefulset.kubernetes.io~1pod-name", "value": "redis-1"}]
PATCHED = Answer(200, {"kind": "Service", "metadata": {"name": "redis", "resourceVersion": "8"}})
UNKNOWN = "nobody knows whether the API server did patch services redis"


def drop(request) -> None:
    """The request came whole; the connection ends without an answer."""
    request.close_connection = True


class Changes(Calling):
    def on_patch(self, *answers):
        self.api.on(f"PATCH {SERVICE}", *answers)

    def sent(self, times: int = 1):
        self.assertEqual(self.api.changes, [("PATCH", SERVICE, OPS)] * times)

    def test_a_guarded_patch_is_one_request(self):
        self.on_patch(PATCHED)
        self.assertEqual(self.call(*PATCH).lines, ["patched redis 8"])
        self.sent()
        _, query, headers = self.api.asked[0]
        self.assertEqual((query, headers["Content-Type"]), ({"fieldManager": ["redisctl"]}, "application/json-patch+json"))

    def test_a_test_that_fails_is_a_conflict(self):
        self.on_patch(status(422, "Invalid", "the server rejected our request due to an error in our request"))
        self.assertEqual(self.call(*PATCH, code=1).lines[:2], ["error CONFLICT PATCH_TEST", "services redis is no longer as it was read"])
        self.sent()

    def test_an_object_that_would_be_invalid_is_no_conflict(self):
        self.on_patch(status(422, "Invalid", 'Service "redis" is invalid: spec.selector: Invalid value: "y z"'))
        self.assertEqual(self.call(*PATCH, code=1).lines[:3], ["error SERVER_ERROR Invalid", "the API server answered 422 to patch services redis",
                                                               'Service "redis" is invalid: spec.selector: Invalid value: "y z"'])

    def test_a_change_that_was_overtaken(self):
        self.on_patch(status(409, "Conflict", "the object has been modified"))
        self.assertEqual(self.call(*PATCH, code=1).lines[:3], ["error CONFLICT ", "services redis was changed by somebody else", "the object has been modified"])

    def test_a_change_that_is_not_permitted_names_the_rule(self):
        message = 'services "redis" is forbidden: User "jane" cannot patch resource "services" in API group "" in the namespace "default"'
        self.on_patch(status(403, "Forbidden", message))
        self.assertEqual(self.call(*PATCH, code=1).lines, ["error FORBIDDEN FORBIDDEN", "not permitted to patch services in namespace default", message,
                                                           'add this rule to your Role: {apiGroups: [""], resources: [services], verbs: [patch]}'])

    def test_a_busy_server_gets_it_again_when_it_says_when(self):
        self.on_patch(Answer(429, "slow down", {"Retry-After": "1"}), PATCHED)
        self.assertGreaterEqual(self.call(*PATCH).seconds, 1)
        self.sent(2)

    def test_a_server_error_leaves_the_outcome_open(self):
        self.on_patch(Answer(503, "upstream went away", {"Retry-After": "1"}))
        said = self.call(*PATCH, code=1)
        self.assertEqual(said.lines, ["error SERVER_ERROR UNKNOWN_OUTCOME", UNKNOWN, "the API server answered 503 to patch services redis: upstream went away",
                                      "look before you try again"])
        self.sent()

    def test_a_connection_that_breaks_after_it_was_sent_leaves_the_outcome_open(self):
        self.on_patch(drop)
        self.assertEqual(self.call(*PATCH, code=1).lines[:2], ["error UNREACHABLE UNKNOWN_OUTCOME", UNKNOWN])
        self.sent()

    def test_no_answer_in_time_leaves_the_outcome_open(self):
        self.on_patch(lambda request: time.sleep(1))
        said = self.call(*PATCH, code=1, timeout_ms=300)
        self.assertEqual(said.lines[:2], ["error TIMEOUT UNKNOWN_OUTCOME", UNKNOWN])
        self.assertLess(said.seconds, 0.9)
        self.sent()

    def test_a_server_that_was_never_reached_is_tried_again_and_did_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        said = self.call(*PATCH, code=1, config=self.api.kubeconfig(server=f"http://127.0.0.1:{port}"))
        self.assertEqual(said.lines[:3], ["error UNREACHABLE ", f"no connection to 127.0.0.1:{port}", "Connection refused"])
        self.assertGreaterEqual(said.seconds, 0.15)  # twice again, after at least 50 and 100 ms
        self.assertEqual(self.api.asked, [])

    def test_credentials_that_expired_are_refreshed_once(self):
        authority = self.enterContext(Authority())  # tokens go to https servers only
        self.api = self.enterContext(Fake(authority))
        token = Path(self.api.folder.name) / "token"
        token.write_text("old")

        def expired(request):
            token.write_text("new")
            self.api.say(request, status(401, "Unauthorized", "Unauthorized"))

        self.on_patch(expired, PATCHED)
        self.call(*PATCH, config=self.api.kubeconfig({"certificate-authority": authority["ca.crt"]}, {"tokenFile": str(token)}))
        self.assertEqual([headers["Authorization"] for _, _, headers in self.api.asked], ["Bearer old", "Bearer new"])

    def test_ctrl_c_waits_for_the_answer_to_a_change_that_was_sent(self):
        def slowly(request):
            time.sleep(0.5)
            self.api.say(request, PATCHED)

        self.on_patch(slowly)
        self.assertEqual(self.call(*PATCH, interrupt_when=lambda: self.api.changes).lines, ["patched redis 8"])

    def test_a_pod_is_deleted_by_its_uid(self):
        path = "/api/v1/namespaces/default/pods/redis-0"
        self.api.on(f"DELETE {path}", Answer(200, pod("redis-0")))
        self.assertEqual(self.call("delete-pod", "default", "redis-0", "uid-1").lines, ["deleted redis-0"])
        self.assertEqual(self.api.changes, [("DELETE", path, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 1, "preconditions": {"uid": "uid-1"}})])

    def test_permissions_are_asked_for_all_at_once(self):
        # Without TLS libcurl learns from the first answer that this server speaks HTTP/1.1; the others go together then.
        together = threading.Barrier(2, timeout=5)
        seen = []

        def review(request):
            asked = json.loads(request.content)["spec"]["resourceAttributes"]
            seen.append(asked)
            if len(seen) > 1:
                together.wait()
            if asked["resource"] == "leases":
                return self.api.say(request, status(500, "InternalError", "etcd is down"))
            allowed = asked["resource"] == "pods"
            self.api.say(request, Answer(201, {"kind": "SelfSubjectAccessReview", "spec": {}, "status": {"allowed": allowed, "reason": "" if allowed else "no rule"}}))

        self.api.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        said = self.call("review", "create", "", "pods/portforward", "default", "", "patch", "", "services", "default", "redis",
                         "update", "coordination.k8s.io", "leases", "default", "")
        self.assertEqual(said.lines, ["create pods/portforward allowed: ", "patch services denied: no rule",
                                      "update leases unknown: the API server answered 500 to create selfsubjectaccessreviews: etcd is down"])
        key = lambda asked: asked["resource"]
        self.assertEqual(sorted(seen, key=key), [{"verb": "update", "group": "coordination.k8s.io", "resource": "leases", "namespace": "default"},
                                                 {"verb": "create", "group": "", "resource": "pods", "subresource": "portforward", "namespace": "default"},
                                                 {"verb": "patch", "group": "", "resource": "services", "namespace": "default", "name": "redis"}])


if __name__ == "__main__":
    unittest.main()
