"""A master that does not answer any more is replaced, on the chart that gives out roles at every start: what is said of the loss is true, and nobody is left a
second master unseen."""
import os
import signal

from world.charts import PODS, SERVICES, Chart, leading_to
from world.kubectl import eventually, pods


class Emergency(Chart):
    def freeze(self, pod: str) -> int:
        """Its connections stay, and nobody answers."""
        process = int(self.redis.process(pod))
        os.kill(process, signal.SIGSTOP)
        self.addCleanup(lambda: os.path.exists(f"/proc/{process}") and os.kill(process, signal.SIGCONT))
        return process

    def let_replicas_notice(self) -> None:
        """Within 2 seconds instead of 60."""
        for pod in PODS[1:]:
            self.redis.ask(pod, "CONFIG", "SET", "repl-timeout", "2")
            eventually(f"{pod} has noticed", lambda: self.redis.field(pod, "replication", "master_link_status") == "down", 20)
            self.redis.ask(pod, "CONFIG", "SET", "repl-timeout", "60")

    def test_a_frozen_master_is_replaced_and_comes_back_as_a_second_one(self):
        """What it acknowledged after its last byte left it is not known, and that is said. It thaws with writes of its own: they are kept for a human."""
        self.addCleanup(lambda: self.redis.restart("my-redis-0"))
        with self.redis.writer_direct(*PODS, rate=500) as writer:
            process = self.freeze("my-redis-0")
            refused = self.change("failover")
            self.check_result(refused, 6, "refused", False)
            self.assertIn("witness-dead", refused.result["errors"][0]["message"], "its replicas have not noticed yet")
            self.assertEqual(self.redis.selectors(*SERVICES), leading_to("my-redis-0"))
            self.let_replicas_notice()
            done = self.change("failover", "--accept-data-loss", "--confirm", "my-redis", "--promote", "my-redis-1")
            self.assertEqual((done.code, done.result["mode"], done.result["outcome"], done.result["to"]), (0, "emergency", "done", "my-redis-1"), done)
            self.assertIsNone(done.result["lostBytes"], "nobody can know, while the old master is silent")
            self.assertTrue(done.result["lostReason"], done)
            self.assertEqual(self.redis.selectors(*SERVICES), leading_to("my-redis-1"))
            self.assertEqual({pod: self.redis.ask(pod, "ROLE")[0] for pod in PODS[1:]}, {"my-redis-1": b"master", "my-redis-2": b"slave"})
            writer.stop(f"{self.redis.ip('my-redis-1')}:6379")
        os.kill(process, signal.SIGCONT)
        eventually("two masters", lambda: self.redis.roles()["my-redis-0"] == "master")
        self.assertIn("SPLIT_BRAIN", [finding["code"] for finding in self.document("status", "Status", "-n", self.redis.namespace, code=1)["findings"]])
        with self.redis.begin("guard") as guard:
            self.assertEqual(guard.until("alarm", "failed", "my-redis-0")["error"]["hint"], "redisctl heal")
            self.assertEqual(self.redis.roles()["my-redis-0"], "master", "what may have writes of its own is left alone")
            self.redis.restart("my-redis-0")
            guard.until("attach", "done", "my-redis-0")
        eventually("one master", lambda: self.redis.roles() == self.redis.settled("my-redis-1"))

    def test_the_old_pod_is_gone_before_the_promotion(self):
        """Then its process can never acknowledge another write; what takes its name is attached by a guard."""
        uid = pods(self.redis.namespace)["my-redis-0"]["metadata"]["uid"]
        process = self.freeze("my-redis-0")
        self.let_replicas_notice()
        done = self.change("failover", "--accept-data-loss", "--delete-old-pod", "--confirm", "my-redis", "--promote", "my-redis-1")
        self.assertEqual((done.code, done.result["mode"], done.result["outcome"], done.result["to"]), (0, "emergency", "done", "my-redis-1"), done)
        steps = [step["step"] for step in done.result["steps"] if step["status"] == "done"]
        self.assertLess(steps.index("delete-old-pod"), steps.index("old-pod-gone"), done)
        self.assertLess(steps.index("old-pod-gone"), steps.index("promote"), done)
        self.assertFalse(os.path.exists(f"/proc/{process}"), "the frozen process lives")
        self.assertEqual(self.redis.selectors(*SERVICES), leading_to("my-redis-1"))
        with self.redis.begin("guard") as guard:
            guard.until("attach", "done", "my-redis-0", 60)
        self.assertNotEqual(pods(self.redis.namespace)["my-redis-0"]["metadata"]["uid"], uid)
        eventually("one master", lambda: self.redis.roles() == self.redis.settled("my-redis-1"))

    def test_the_old_pod_is_deleted_in_an_emergency_only(self):
        refused = self.ask("failover", "-n", self.redis.namespace, "--delete-old-pod", "--yes", code=2)
        self.assertIn("--delete-old-pod is for emergencies in Kubernetes", refused.err)
        self.assertIn("--accept-data-loss is not given", refused.err)
