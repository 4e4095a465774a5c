"""The planned switch of a master that Sentinels watch, in Kubernetes: one of them makes it, nothing is lost, and all of them say so afterwards."""
from world import looking
from world.kubectl import eventually
from world.watched import MEMBERS, Watched


class Planned(Watched):
    def test_every_command_that_looks(self):
        with self.redis.writer_direct(*MEMBERS, rate=200) as writer:
            healthy = self.healthy()
            looking.check_healthy(self, healthy)
            self.assertEqual(writer.stop(f"{self.redis.ip(healthy.master)}:6379").lost, 0)

    def test_nobody_is_led_home(self):
        self.check_no_home(self.redis, "sentinel")

    def there_and_back(self, *flags, engine: str = "sentinel"):
        """What its writer saw."""
        instance = self.only(self.document("replication-info", "ReplicationInfo", "-n", self.redis.namespace)["items"])
        self.redis.instance = instance["name"]
        with self.redis.writer_direct(*MEMBERS) as writer:
            for _ in range(2):
                self.ask("status", "-n", self.redis.namespace, code=0)
                origin = self.master()
                target = "redis-slave-0" if origin != "redis-slave-0" else "redis-master-0"
                done = self.change("failover", "--promote", target, "--engine", engine, *flags)
                self.check_lossless(done, origin, target)
                self.assertEqual((done.result["engine"], self.redis.roles()), (engine, self.redis.settled(target)), done)
                eventually(f"all Sentinels name {target}", lambda: self.named() == {target})
                self.assertEqual({self.redis.ask(pod, "CONFIG", "GET", "replica-priority")[1] for pod in MEMBERS}, {b"100"})
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 1000), (0, True), written)
        self.ask("status", "-n", self.redis.namespace, code=0)
        return written

    def test_there_and_back(self):
        self.there_and_back()

    def test_there_and_back_ahead_of_them(self):
        self.there_and_back(engine="sentinel-ahead")

    def test_there_and_back_while_writers_wait(self):
        self.assertNotIn("NOREPLICAS", self.there_and_back("--hold").errors)
