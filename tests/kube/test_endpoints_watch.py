"""Waiting for the EndpointSlices of a Service: list, watch, and list again whenever the watch is of no more use."""
import json
import time
import unittest

from api_server import Answer, status
from calls import Calling

SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


def slice_of(*pods: str, name: str = "redis-a", ready: bool = True) -> dict:
    return {"kind": "EndpointSlice", "metadata": {"name": name, "namespace": "default", "labels": {"kubernetes.io/service-name": "redis"}},
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": pod}} for pod in pods]}


def listed(*slices: dict, version: str = "5") -> Answer:
    return Answer(200, {"kind": "EndpointSliceList", "metadata": {"resourceVersion": version}, "items": list(slices)})


def event(kind: str, thing: dict) -> bytes:
    return json.dumps({"type": kind, "object": thing}).encode() + b"\n"


class EndpointsWatch(Calling):
    def stream(self, *pieces: bytes, hold: bool = False):
        """A watch that says these pieces and then ends, or stays open."""
        def answer(request):
            request.close_connection = True
            request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
            for piece in pieces:
                request.connection.sendall(piece)
                time.sleep(0.02)  # pieces that arrive one by one
            if hold:
                request.rfile.read(1)  # until the client goes
        return answer

    def await_(self, *answers, **how):
        self.api.on(SLICES, *answers)
        return self.call("await", "default", "redis", "redis-1", **how)

    def queries(self) -> list:
        return [(query.get("watch"), query.get("resourceVersion")) for _, query, _ in self.api.asked]

    def test_what_is_already_so_needs_no_watch(self):
        said = self.await_(listed(slice_of("redis-1")))
        self.assertEqual(said.lines, ["seen redis-1 ready", "met"])
        self.assertEqual(self.api.asked[0][1], {"labelSelector": ["kubernetes.io/service-name=redis"]})

    def test_events_are_followed_from_the_lists_version_in_whatever_pieces_they_come(self):
        gone = event("DELETED", slice_of("redis-0", name="redis-b"))
        moved = event("MODIFIED", slice_of("redis-1"))
        said = self.await_(listed(slice_of("redis-0"), slice_of("redis-0", name="redis-b")),
                           self.stream(event("BOOKMARK", {"kind": "EndpointSlice", "metadata": {"resourceVersion": "6"}}) + gone[:20], gone[20:] + moved[:-1], moved[-1:], hold=True))
        self.assertEqual((said.lines[0], said.lines[-2:]), ("seen redis-0 ready, redis-0 ready", ["seen redis-1 ready", "met"]))
        self.assertEqual(self.queries(), [(None, None), (["1"], ["5"])])

    def test_a_version_that_the_server_forgot_starts_with_a_list_again(self):
        gone = status(410, "Expired", "too old resource version").body
        said = self.await_(listed(slice_of("redis-0")), self.stream(event("ERROR", gone), hold=True), listed(slice_of("redis-0"), version="9"),
                           status(410, "Expired", "too old resource version"), listed(slice_of("redis-1"), version="12"))
        self.assertEqual(said.lines, ["seen redis-0 ready", "seen redis-0 ready", "seen redis-1 ready", "met"])
        self.assertEqual(self.queries(), [(None, None), (["1"], ["5"]), (None, None), (["1"], ["9"]), (None, None)])

    def test_a_stream_that_ends_or_talks_nonsense_starts_with_a_list_again(self):
        said = self.await_(listed(slice_of("redis-0")), self.stream(), listed(slice_of("redis-0")), self.stream(b"<html>\n", hold=True), listed(slice_of("redis-1")))
        self.assertEqual(said.lines[-2:], ["seen redis-1 ready", "met"])

    def test_out_of_time_names_the_endpoints_as_they_are(self):
        said = self.await_(listed(slice_of("redis-0"), slice_of("redis-1", name="redis-b", ready=False)), self.stream(hold=True), code=1, timeout_ms=300)
        self.assertEqual(said.lines[1:], ["error TIMEOUT ", "the endpoints of service redis did not become as they should in time",
                                          "they are: redis-0 ready, redis-1 not ready", "kubectl -n default get endpointslices -l kubernetes.io/service-name=redis"])

    def test_out_of_time_without_an_answer(self):
        said = self.await_(lambda request: time.sleep(0.6), code=1, timeout_ms=300)
        self.assertEqual(said.lines[0], "error TIMEOUT ")
        self.assertEqual(said.lines[2], "the API server did not say what they are")

    def test_ctrl_c_ends_the_wait(self):
        said = self.await_(listed(slice_of("redis-0")), self.stream(hold=True), code=1, interrupt_when=lambda: len(self.api.asked) == 2)
        self.assertEqual(said.lines[1:3], ["error INTERRUPTED ", "interrupted"])
        self.assertLess(said.seconds, 3)

    def test_a_watch_that_is_not_permitted_names_the_rule(self):
        said = self.await_(listed(slice_of("redis-0")), status(403, "Forbidden", 'User "jane" cannot watch resource "endpointslices" in API group "discovery.k8s.io"'), code=1)
        self.assertEqual(said.lines[1:3] + said.lines[4:], ["error FORBIDDEN FORBIDDEN", "not permitted to watch endpointslices in namespace default",
                                                            'add this rule to your Role: {apiGroups: ["discovery.k8s.io"], resources: [endpointslices], verbs: [list, watch]}'])


if __name__ == "__main__":
    unittest.main()
