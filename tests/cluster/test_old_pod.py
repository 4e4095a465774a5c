"""A master that hangs: its pod is deleted before a replica is promoted, so that its process can never acknowledge another write."""
import os
import signal

from test_switching import PODS, SERVICES, Chart, leading_to
import test_switching
from world.kubectl import eventually, pods

setUpModule = test_switching.setUpModule


def tearDownModule():
    """The modules behind this one take what they find for home."""
    test_switching.REDIS.reset("my-redis-0", test_switching.HOME)


class OldPod(Chart):
    def freeze(self, pod: str) -> int:
        process = int(test_switching.REDIS.process(pod))
        os.kill(process, signal.SIGSTOP)
        self.addCleanup(lambda: os.path.exists(f"/proc/{process}") and os.kill(process, signal.SIGCONT))
        return process

    def test_it_is_gone_before_the_promotion(self):
        redis = test_switching.REDIS
        uid = pods(redis.namespace)["my-redis-0"]["metadata"]["uid"]
        process = self.freeze("my-redis-0")
        for pod in PODS[1:]:
            redis.ask(pod, "CONFIG", "SET", "repl-timeout", "2")
            self.addCleanup(redis.ask, pod, "CONFIG", "SET", "repl-timeout", "60")
            eventually(f"{pod} has noticed", lambda: redis.field(pod, "replication", "master_link_status") == "down", 20)
        done = self.change("failover", "--accept-data-loss", "--delete-old-pod", "--confirm", "my-redis", "--promote", "my-redis-1")
        self.assertEqual((done.code, done.result["mode"], done.result["outcome"], done.result["to"]), (0, "emergency", "done", "my-redis-1"), done)
        steps = [step["step"] for step in done.result["steps"] if step["status"] == "done"]
        self.assertLess(steps.index("delete-old-pod"), steps.index("old-pod-gone"), done)
        self.assertLess(steps.index("old-pod-gone"), steps.index("promote"), done)
        self.assertFalse(os.path.exists(f"/proc/{process}"), "the frozen process lives")
        eventually("another pod takes its name", lambda: pods(redis.namespace).get("my-redis-0", {"metadata": {"uid": uid}})["metadata"]["uid"] != uid, 60)
        self.assertEqual(redis.selectors(*SERVICES), leading_to("my-redis-1"))
        with redis.begin("guard") as guard:
            guard.until("attach", "done", "my-redis-0", 60)
        eventually("one master", lambda: redis.roles() == redis.settled("my-redis-1"))

    def test_only_in_an_emergency(self):
        refused = self.ask("failover", "-n", test_switching.REDIS.namespace, "--delete-old-pod", "--yes", code=2)
        self.assertIn("--delete-old-pod is for emergencies in Kubernetes", refused.err)
        self.assertIn("--accept-data-loss is not given", refused.err)
