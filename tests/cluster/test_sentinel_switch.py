"""The planned switch of a master that Sentinels watch, in Kubernetes: one of them makes it, nothing is lost, and all of them say so afterwards."""
import re
import subprocess

from world import systems
from world.charts import Switching
from world.kubectl import eventually, pods
from world.switching import Switched

MEMBERS = ["redis-master-0", "redis-slave-0", "redis-slave-1"]


class Watched(Switching):
    def setUp(self):
        super().setUp()
        self.redis = Switched(systems.need(systems.WATCHED), "redis")
        self.sentinels = [name for name in self.redis.names if name.startswith("redis-sentinel-")]
        self.redis.names = MEMBERS

    def named(self) -> set:
        """Whom each Sentinel calls the master, as itself says it."""
        by_address = {pod["status"]["podIP"]: name for name, pod in pods(self.redis.namespace).items()}
        said = set()
        for sentinel in self.sentinels:
            address = f"{pods(self.redis.namespace)[sentinel]['status']['podIP']}"
            reply = subprocess.run(["redis-cli", "-h", address, "-p", "26379", "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster"], capture_output=True, text=True, check=True)
            host = reply.stdout.split()[0]
            said.add(by_address.get(host, re.sub(r"\..*", "", host)))
        return said

    def test_there_and_back(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", "-n", self.redis.namespace)["items"])
        self.redis.instance = instance["name"]
        with self.redis.writer_direct(*MEMBERS) as writer:
            for _ in range(2):
                self.ask("status", "-n", self.redis.namespace, code=0)
                origin = next(name for name, role in self.redis.roles().items() if role == "master")
                target = "redis-slave-0" if origin != "redis-slave-0" else "redis-master-0"
                done = self.redis.change("failover", "--promote", target, XDG_STATE_HOME=self.state)
                self.check_lossless(done, origin, target)
                self.assertEqual((done.result["engine"], self.redis.roles()), ("sentinel", self.redis.settled(target)), done)
                eventually(f"all Sentinels name {target}", lambda: self.named() == {target})
                self.assertEqual({self.redis.ask(pod, "CONFIG", "GET", "replica-priority")[1] for pod in MEMBERS}, {b"100"})
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 1000), (0, True), written)
        self.ask("status", "-n", self.redis.namespace, code=0)
