"""Pods that do not answer: stopped, killed while they are asked, gone. The others' answers are printed all the same, in time."""
import time

from world import systems
from world.kubectl import eventually, kubectl, pods, ready
from world.program import Asking, finish, start

NAMES = ["troubled-redis-0", "troubled-redis-1", "troubled-redis-2"]
# Finds the server without tools that an image may lack; the pod shares one process namespace, so it is not the unstoppable first.
SIGNAL = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = redis-server ] && kill -{} "${{p#/proc/}}"; done; true'


def setUpModule():
    global TROUBLE, LOOK
    TROUBLE = systems.need(systems.TROUBLE)
    LOOK = ["-n", TROUBLE.namespace]


def signal(pod: str, name: str) -> None:
    kubectl("exec", *LOOK, pod, "-c", "redis", "--", "sh", "-c", SIGNAL.format(name))


class Trouble(Asking):
    def setUp(self):
        eventually("all three pods ready", lambda: sum(map(ready, pods(TROUBLE.namespace).values())) == 3, 90)
        self.addCleanup(self.thaw)
        self.frozen = []

    def freeze(self, pod: str) -> None:
        self.frozen.append(pod)
        signal(pod, "STOP")

    def thaw(self):
        for pod in self.frozen:
            signal(pod, "CONT")

    def check_partial(self, answer, silent: str) -> None:
        """Exit 7, one error, and of the others the same as ever."""
        self.check(answer, 7, "ReplicationInfo")
        document = answer.document
        self.assertEqual(self.only(document["errors"], "error")["node"], silent, answer)
        nodes = self.by_name(self.only(document["items"])["nodes"])
        self.assertEqual(list(nodes), NAMES)
        self.assertIsNotNone(nodes[silent]["error"], answer)
        self.assertIsNone(nodes[silent]["offset"], "what is not known is null")
        for name in set(NAMES) - {silent}:
            self.assertIsNone(nodes[name]["error"], answer)
            self.assertIsInstance(nodes[name]["offset"], int)

    def test_a_frozen_replica(self):
        self.freeze("troubled-redis-2")
        answer = self.ask("replication-info", *LOOK, "--json", "--timeout", "2s", code=7)
        self.check_partial(answer, "troubled-redis-2")
        self.assertLess(answer.seconds, 3.5, "the deadline is kept")
        self.assertEqual(self.only(answer.document["items"])["master"], "troubled-redis-0", "the silent are no witnesses against it")

    def test_a_frozen_replica_in_the_table(self):
        self.freeze("troubled-redis-2")
        answer = self.ask("replication-info", *LOOK, "--timeout", "1s", code=7)
        for name in NAMES:
            self.assertIn(name, answer.out, answer)

    def test_a_frozen_master(self):
        self.freeze("troubled-redis-0")
        answer = self.ask("replication-info", *LOOK, "--json", "--timeout", "2s", code=7)
        self.check_partial(answer, "troubled-redis-0")
        nodes = self.by_name(answer.document["items"][0]["nodes"])
        self.assertIsNone(nodes["troubled-redis-1"]["lagBytes"], "behind by an unknown number of bytes is not zero")
        self.ask("master-info", *LOOK, "--timeout", "1s", code=1)
        self.ask("ping", *LOOK, "--timeout", "1s", code=1)
        lag = self.ask("replica-lag", *LOOK, "--timeout", "1s", "--max-bytes", "1MiB", code=1)
        self.assertIn("troubled-redis-1", lag.said)

    def test_all_frozen(self):
        for name in NAMES:
            self.freeze(name)
        answer = self.ask("replication-info", *LOOK, "--json", "--timeout", "2s", code=4, kind="ReplicationInfo")
        self.assertEqual({e["node"] for e in answer.document["errors"]}, set(NAMES))
        self.assertLess(answer.seconds, 3.5)

    def test_killed_while_it_is_asked(self):
        """It has taken the connection and says nothing; then it dies. That is known at once, long before the deadline."""
        self.freeze("troubled-redis-1")
        since = time.monotonic()
        process = start("replication-info", *LOOK, "--json", "--timeout", "20s")
        time.sleep(1)
        self.assertIsNone(process.poll(), "it should be waiting for the frozen one")
        kubectl("delete", "pod", *LOOK, "troubled-redis-1", "--grace-period=0", "--force", "--wait=false")
        self.frozen.clear()
        answer = finish(process, since)
        self.check_partial(answer, "troubled-redis-1")
        self.assertLess(answer.seconds, 12)

    def test_interrupted_while_it_asks(self):
        self.freeze("troubled-redis-1")
        since = time.monotonic()
        process = start("replication-info", *LOOK, "--timeout", "20s")
        time.sleep(1)
        process.send_signal(2)
        answer = finish(process, since)
        self.assertEqual(answer.code, 130, answer)
        self.assertLess(answer.seconds, 3)

    def test_a_pod_that_is_not_running(self):
        """Its image does not exist: it is a node with an error, and nobody waits for it."""
        patch = '{"spec":{"replicas":4,"template":{"spec":{"containers":[{"name":"redis","image":"docker.io/local/no-such:1"}]}},"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'
        restore = '{"spec":{"replicas":3,"template":{"spec":{"containers":[{"name":"redis","image":"%s"}]}}}}' % systems.image("redis:7.0")["IMAGE"]
        kubectl("patch", "statefulset", *LOOK, "troubled-redis", "-p", patch)
        try:
            eventually("a fourth pod", lambda: "troubled-redis-3" in pods(TROUBLE.namespace))
            answer = self.ask("replication-info", *LOOK, "--json", code=7, kind="ReplicationInfo")
            nodes = self.by_name(self.only(answer.document["items"])["nodes"])
            self.assertEqual(list(nodes), [*NAMES, "troubled-redis-3"])
            self.assertIsNotNone(nodes["troubled-redis-3"]["error"])
            self.assertLess(answer.seconds, 2)
        finally:
            kubectl("patch", "statefulset", *LOOK, "troubled-redis", "-p", restore)
            eventually("three pods again", lambda: "troubled-redis-3" not in pods(TROUBLE.namespace))
