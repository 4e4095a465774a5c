"""`events`: what Kubernetes reports of an instance's objects, and of no other's."""
import json
import unittest

from api_server import Answer, Fake, listing, status
from asking import schema_of
from following import Following
from looking import PODS, SERVICES, SLICES, Looking
from objects import LABELS, pod
from program import redisctl
from world.schema import problems

EVENTS = "/api/v1/namespaces/default/events"


def event(uid: str, about: str, reason: str, minute: int = 0, type: str = "Normal", message: str = "said", count: int = 1, **rest) -> dict:
    kind, _, name = about.partition("/")
    return {"metadata": {"name": uid, "namespace": "default", "uid": uid, "resourceVersion": "1"}, "type": type, "reason": reason, "message": message, "count": count,
            "involvedObject": {"kind": kind, "name": name, "namespace": "default"}, "source": {"component": "kubelet"}, "lastTimestamp": f"2026-01-31T10:{minute:02}:00Z", **rest}


class Events(Looking):
    def api(self, *events: dict) -> Fake:
        claimed = pod("redis-0")
        claimed["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-redis-0"}}]
        service = {"metadata": {"name": "redis-master", "namespace": "default"}, "spec": {"selector": LABELS, "ports": [{"port": 6379}]}}
        api = self.enterContext(Fake()).on(PODS, listing("Pod", [claimed, pod("redis-1")]))
        return api.on(SERVICES, listing("Service", [service])).on(SLICES, listing("EndpointSlice", [])).on(EVENTS, listing("Event", list(events)))

    def events(self, api, *arguments, **how):
        return self.look(api, *arguments, command="events", **how)

    def document(self, api, *arguments) -> list:
        document = self.events(api, "--json", *arguments).document
        self.assertEqual(problems(document, schema_of("KubernetesEvents")), [], document)
        return [each["reason"] for item in document["items"] for each in item["events"]]

    def test_those_of_its_objects_the_newest_last(self):
        api = self.api(event("a", "Pod/redis-1", "Newest", 9), event("b", "StatefulSet/redis", "Workload", 3), event("c", "PersistentVolumeClaim/data-redis-0", "Claim", 1),
                       event("d", "Service/redis-master", "Service", 2), event("e", "Pod/redis-7", "PodThatIsGone", 4), event("f", "RedisFailover/cache", "Resource", 5),
                       event("g", "Pod/redis-cache-0", "Stranger"), event("h", "Pod/web-0", "Stranger"), event("i", "Node/redis-0", "Stranger"))
        self.assertEqual(self.document(api), ["Claim", "Service", "Workload", "PodThatIsGone", "Resource", "Newest"])

    def test_as_a_table(self):
        api = self.api(event("a", "Pod/redis-1", "BackOff", type="Warning", message="Back-off restarting\x1b[2J", count=7))
        out = self.events(api).out
        self.assertRegex(out, r"2026-01-31T10:00:00Z +Warning +BackOff +Pod/redis-1 +7 +Back-off restarting\S+\[2J")
        self.assertNotIn("\x1b", out)

    def test_of_one_node_and_only_warnings(self):
        api = self.api(event("a", "Pod/redis-0", "Pulled"), event("b", "Pod/redis-0", "BackOff", 1, "Warning"), event("c", "PersistentVolumeClaim/data-redis-0", "Claim", 2),
                       event("d", "Pod/redis-1", "Other", 3, "Warning"), event("e", "StatefulSet/redis", "Workload", 4))
        self.assertEqual(self.document(api, "redis-0"), ["Pulled", "BackOff", "Claim"])
        self.assertEqual(self.document(api, "--warnings"), ["BackOff", "Other"])

    def test_a_series_and_an_event_without_a_time(self):
        bare = event("a", "Pod/redis-0", "Bare")
        del bare["lastTimestamp"], bare["count"]
        api = self.api(event("b", "Pod/redis-0", "Series", series={"count": 12, "lastObservedTime": "2026-01-31T11:00:00.000001Z"}), bare)
        first, last = self.events(api, "--json").document["items"][0]["events"]
        self.assertEqual((first["reason"], first["time"], first["count"]), ("Bare", None, 1))
        self.assertEqual((last["time"], last["count"]), ("2026-01-31T11:00:00.000001Z", 12))

    def test_none_is_said(self):
        answer = self.events(self.api())
        self.assertEqual(answer.out, "")
        self.assertIn("no events", answer.err)

    def test_no_permission_and_no_kubernetes(self):
        api = self.api().on(EVENTS, status(403, "Forbidden", 'events is forbidden: User "jane" cannot list resource "events" in API group "" in the namespace "default"'))
        answer = self.events(api, code=5)
        self.assertIn('{apiGroups: [""], resources: [events], verbs: [list', answer.err)
        answer = redisctl("events", "--host", "127.0.0.1:1")
        self.assertEqual(answer.code, 3, answer)
        self.assertIn("plain hosts have no events", answer.err)

    def follow(self, may_watch: bool):
        known = [event("a", "Pod/redis-0", "Pulled")]
        waiting = []

        def answer(request):
            if "watch=1" in request.path and not may_watch:
                return Fake.say(request, status(403, "Forbidden", "no watching here"))
            if "watch=1" in request.path:
                request.close_connection = True
                request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                waiting.append(request.connection)
                request.rfile.read(1)
                return None
            return Fake.say(request, listing("Event", list(known)))

        api = self.api().on(EVENTS, answer)
        following = self.enterContext(Following("events", "-f", "--kubeconfig", api.kubeconfig()))
        self.assertEqual(following.until(reason="Pulled")["object"], "Pod/redis-0")
        known.append(event("b", "Pod/redis-0", "BackOff", 1, "Warning"))
        if may_watch:
            while not waiting:
                pass
            waiting[0].sendall(json.dumps({"type": "ADDED", "object": known[1]}).encode() + b"\n")
        self.assertEqual(problems(following.until(reason="BackOff"), schema_of("KubernetesEvent")), [])
        self.assertEqual(following.ended(), 0)
        self.assertEqual([line["reason"] for line in following.lines], ["Pulled", "BackOff"])

    def test_new_ones_are_told_when_they_come(self):
        self.follow(may_watch=True)

    def test_new_ones_are_told_where_they_may_not_be_watched(self):
        self.follow(may_watch=False)


if __name__ == "__main__":
    unittest.main()
