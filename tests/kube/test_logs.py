"""`logs`: of all pods by time, through the API; what is followed goes on with the next container and the next pod."""
import json
import threading
import unittest

from api_server import Answer, Fake, listing, status
from asking import schema_of
from following import Following
from looking import PODS, Looking
from objects import pod
from program import redisctl
from servers import eventually
from world.schema import problems


def log_of(name: str) -> str:
    return f"{PODS}/{name}/log"


def at(second: int, text: str, zone: str = "Z", hour: int = 10) -> str:
    return f"2026-01-31T{hour}:00:{second:02}.000000001{zone} {text}\n"


def sentinel(name: str) -> dict:
    thing = pod(name)
    thing["spec"]["containers"] = [{"name": "sentinel", "image": "redis:7", "command": ["redis-sentinel"], "ports": [{"name": "sentinel", "containerPort": 26379}]}]
    thing["status"]["containerStatuses"][0]["name"] = "sentinel"
    return thing


class Lines:
    """A log that goes on: what is given to say() comes at once."""

    def __init__(self, *lines: str):
        self.changed, self.lines, self.over, self.asked = threading.Condition(), list(lines), False, 0

    def say(self, line: str) -> None:
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def end(self) -> None:
        with self.changed:
            self.over = True
            self.changed.notify_all()

    def __call__(self, request) -> None:
        request.close_connection = True
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
        said = 0
        with self.changed:
            self.asked += 1
            while True:
                while said < len(self.lines):
                    request.connection.sendall(self.lines[said].encode())
                    said += 1
                if self.over:
                    return
                self.changed.wait(10)


class Logs(Looking):
    def logs(self, api, *arguments, code: int = 0, **how):
        return self.look(api, *arguments, code=code, command="logs", **how)

    def two(self, first: str, second: str):
        api = self.enterContext(self.listed(pod("redis-0"), pod("redis-1")))
        return api.on(log_of("redis-0"), Answer(200, first)).on(log_of("redis-1"), Answer(200, second))

    def listed(self, *pods):
        return Fake().on(PODS, listing("Pod", list(pods)))

    def queries(self, api, name: str) -> list:
        return [{key: value[0] for key, value in query.items()} for path, query, _ in api.asked if path == log_of(name)]

    def test_lines_are_merged_by_time(self):
        api = self.two(at(1, "one") + at(4, "four"), at(2, "two") + at(3, "three") + at(5, "five"))
        answer = self.logs(api)
        self.assertEqual(answer.out.splitlines(), ["redis-0 | one", "redis-1 | two", "redis-1 | three", "redis-0 | four", "redis-1 | five"])
        self.assertEqual(self.queries(api, "redis-0"), [{"container": "redis", "timestamps": "true"}])
        self.assertNotIn("\x1b", answer.out)

    def test_machines_in_other_time_zones_and_a_last_line_without_an_end(self):
        api = self.two(at(1, "one") + at(3, "three").rstrip("\n"), at(2, "two", "+02:00", hour=12))
        self.assertEqual([line.split("| ")[1] for line in self.logs(api).out.splitlines()], ["one", "two", "three"])

    def test_what_is_asked_for_is_asked_of_the_api(self):
        api = self.two("", "")
        self.assertEqual(self.logs(api, "--tail", "5", "--since", "1h", "--previous").out, "")
        self.assertEqual(self.queries(api, "redis-1"), [{"container": "redis", "timestamps": "true", "previous": "true", "tailLines": "5", "sinceSeconds": "3600"}])

    def test_only_the_nodes_that_are_named(self):
        api = self.two(at(1, "one"), at(2, "two"))
        self.assertEqual(self.logs(api, "redis-1", verify=False).out, "redis-1 | two\n")
        self.assertIn("no node called redis-9", self.logs(api, "redis-9", code=3, verify=False).err)

    def test_lines_of_json_say_which_tell_of_a_failover(self):
        api = self.two(at(1, "1:M 31 Jan 2026 10:00:01.000 * MASTER MODE enabled (user request from 'id=3')"), at(2, "1:M 31 Jan 2026 10:00:02.000 * 10 changes in 60 seconds. Saving..."))
        lines = [json.loads(line) for line in self.logs(api, "--json").out.splitlines()]
        for line in lines:
            self.assertEqual(problems(line, schema_of("LogLine")), [], line)
        self.assertEqual([(line["node"], line["container"], line["failover"]) for line in lines], [("redis-0", "redis", True), ("redis-1", "redis", False)])
        self.assertEqual(lines[0]["time"], "2026-01-31T10:00:01.000000001Z")

    def test_what_would_move_the_cursor_is_shown_and_not_done(self):
        api = self.two(at(1, "\x1b[2Jgone\r"), "")
        self.assertRegex(self.logs(api).out, r"^redis-0 \| \S+\[2Jgone\S+\n$")

    def test_sentinels_and_the_password_that_one_was_told(self):
        api = self.enterContext(self.listed(pod("redis-0"), sentinel("sentinel-0")))
        api.on(log_of("redis-0"), Answer(200, at(1, "one"))).on(log_of("sentinel-0"), Answer(200, at(2, "1:X # +set master mymaster 10.0.0.1 6379 auth-pass pa55-secret")))
        answer = self.logs(api, "--sentinels")
        self.assertEqual(answer.out.splitlines(), ["redis-0    | one", "sentinel-0 | 1:X # +set master mymaster 10.0.0.1 6379 auth-pass (hidden)"])
        self.assertEqual(self.queries(api, "sentinel-0")[0]["container"], "sentinel")
        self.assertEqual(self.logs(api, verify=False).out, "redis-0 | one\n")

    def test_another_container(self):
        api = self.two("", at(1, "metrics"))
        with_exporter = pod("redis-1")
        with_exporter["spec"]["containers"].append({"name": "metrics", "image": "exporter"})
        api.on(PODS, listing("Pod", [pod("redis-0"), with_exporter]))
        self.assertEqual(self.logs(api, "redis-1", "-c", "metrics", verify=False).out, "redis-1/metrics | metrics\n")
        answer = self.logs(api, "-c", "metrics", code=3, verify=False)
        self.assertIn("pod redis-0 has no container metrics", answer.err)
        self.assertIn("there are: redis", answer.err)

    def test_a_container_that_waits_is_said_and_the_others_are_shown(self):
        api = self.two(at(1, "one"), "")
        api.on(log_of("redis-1"), status(400, "BadRequest", 'container "redis" in pod "redis-1" is waiting to start: ContainerCreating'))
        answer = self.logs(api, code=7)
        self.assertEqual(answer.out, "redis-0 | one\n")
        self.assertIn("is waiting to start: ContainerCreating", answer.err)

    def test_no_permission(self):
        api = self.two("", "")
        for name in ("redis-0", "redis-1"):
            api.on(log_of(name), status(403, "Forbidden", f'pods "{name}" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "default"'))
        for arguments in ([], ["-f"]):
            answer = self.logs(api, *arguments, code=5, verify=False)
            self.assertIn("not permitted to get pods/log in namespace default", answer.err)
            self.assertIn('{apiGroups: [""], resources: [pods/log], verbs: [get]}', answer.err)

    def test_a_log_that_does_not_go_on_is_not_waited_for_for_ever(self):
        api = self.two("", at(2, "two"))
        api.on(log_of("redis-0"), Lines(at(1, "one")))
        answer = self.logs(api, "--request-timeout", "1s", code=7)
        self.assertEqual(answer.out, "redis-0 | one\nredis-1 | two\n")
        self.assertIn("the log of pod redis-0 does not go on", answer.err)

    def test_a_line_that_breaks_off(self):
        def half(request):
            request.close_connection = True
            request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + at(1, "one").encode() + b"2026-01-31T10:00:02Z half")

        api = self.two("", "").on(log_of("redis-0"), half)
        answer = self.logs(api, code=7)
        self.assertEqual(answer.out, "redis-0 | one\nredis-0 | half\n")
        self.assertIn("the log of pod redis-0 broke off", answer.err)

    def test_usage(self):
        api = self.two("", "")
        self.assertIn("--tail: 'all' is no number from 0 on", self.logs(api, "--tail", "all", code=2, verify=False).err)
        self.assertIn("1hour", self.logs(api, "--since", "1hour", code=2, verify=False).err)
        self.assertIn("exclude each other", self.logs(api, "-f", "--previous", code=2, verify=False).err)
        answer = redisctl("logs", "--host", "127.0.0.1:1")
        self.assertEqual(answer.code, 3, answer)
        self.assertIn("plain hosts have no logs that redisctl can read", answer.err)

    def following(self, api, *arguments: str) -> Following:
        return self.enterContext(Following("logs", "-f", "--kubeconfig", api.kubeconfig(), *arguments))

    def test_what_is_followed_goes_on_with_the_next_container(self):
        first, second, other = Lines(at(1, "one"), at(2, "two")), Lines(at(2, "two"), at(3, "three")), Lines()
        api = self.enterContext(self.listed(pod("redis-0"), pod("redis-1")))
        api.on(log_of("redis-0"), first, second).on(log_of("redis-1"), other)
        following = self.following(api, "--tail", "10")
        following.until(text="two")
        other.say(at(9, "other"))
        following.until(text="other", node="redis-1")
        first.end()
        following.until(text="three")
        self.assertEqual(following.ended(), 0)
        self.assertEqual([line["text"] for line in following.lines if line["node"] == "redis-0"], ["one", "two", "three"])
        asked = self.queries(api, "redis-0")
        self.assertEqual([query.get("tailLines") for query in asked], ["10", None])
        self.assertEqual(asked[1]["sinceTime"], "2026-01-31T10:00:02.000000001Z")
        for each in (first, second, other):
            each.end()

    def test_lines_that_come_together_are_put_in_order(self):
        late, early = Lines(), Lines()
        api = self.enterContext(self.listed(pod("redis-0"), pod("redis-1")))
        api.on(log_of("redis-0"), late).on(log_of("redis-1"), early)
        following = self.following(api)
        eventually("both are followed", lambda: late.asked and early.asked)
        late.say(at(2, "later"))
        early.say(at(1, "earlier"))
        following.until(text="later")
        self.assertEqual([line["text"] for line in following.lines], ["earlier", "later"])
        self.assertEqual(following.ended(), 0)
        for each in (late, early):
            each.end()

    def test_a_pod_that_comes_later_is_followed_too(self):
        new = pod("redis-1")
        api = self.enterContext(self.listed(pod("redis-0")))
        api.on(PODS, listing("Pod", [pod("redis-0")]), listing("Pod", [pod("redis-0"), new]))
        lines = [Lines(at(1, "one")), Lines(at(2, "new"))]
        api.on(log_of("redis-0"), lines[0]).on(log_of("redis-1"), lines[1])
        following = self.following(api)
        following.until(text="new", node="redis-1")
        self.assertEqual(following.ended(), 0)
        for each in lines:
            each.end()
        api.verify()


if __name__ == "__main__":
    unittest.main()
