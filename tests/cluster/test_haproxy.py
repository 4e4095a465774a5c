"""A real HAProxy with the file that redisctl writes, before Bitnami's chart with Sentinel, which has no Service of the master: whoever goes through it writes to the
master, while that is moved and after its process was killed."""
import tempfile

from world import looking, systems
from world.charts import Switching
from world.kubectl import eventually
from world.switching import Switched, Writer

from haproxy import Haproxy, require_haproxy  # noqa: E402, of tests/support
from servers import free_port  # noqa: E402

NODES = [f"ant-redis-node-{i}" for i in range(3)]


class Through(Switching):
    def setUp(self):
        super().setUp()
        require_haproxy()
        self.redis = Switched(systems.need(systems.NODES), "ant", systems.PASSWORD)
        self.redis.give_back()
        self.look = ["-n", self.redis.namespace]
        self.write, self.read = free_port(), free_port()
        self.until_healthy()
        self.text = self.ask("haproxy", "generate", *self.look, "--bind", "127.0.0.1", "--write-port", self.write, "--read-port", self.read).out

    def until_healthy(self) -> None:
        looking.told_until(self, self.redis, "it is healthy", lambda item: item["health"] == "healthy", 90)

    def master(self) -> str:
        return next(name for name, role in self.redis.roles().items() if role == "master")

    def test_its_file_is_right(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
            file.write(self.text)
            file.flush()
            document = self.document("haproxy check", "HaproxyCheck", file.name, *self.look)
        self.assertEqual(document["findings"], [])
        self.assertEqual([server["node"] for server in self.only(document["items"])["backends"][0]["servers"]], NODES)

    def test_writes_follow_the_master(self):
        with Haproxy(self.text, self.write, self.read, REDIS_PASSWORD=systems.PASSWORD) as haproxy:
            origin = self.master()
            target = next(name for name in NODES if name != origin)
            haproxy.until_up(f"redis_write/{origin}")
            with Writer([f"127.0.0.1:{self.write}"], password=systems.PASSWORD, timeout=3) as writer:
                self.takes_writes(origin)
                self.check_lossless(self.redis.change("failover", "--promote", target, XDG_STATE_HOME=self.state), origin, target)
                self.takes_writes(target)
                self.until_healthy()
                self.assertEqual(writer.stop(f"{self.redis.ip(target)}:6379").lost, 0)
            with Writer([f"127.0.0.1:{self.write}"], password=systems.PASSWORD, timeout=3, rate=500) as writer:
                self.takes_writes(target)
                self.redis.kill(target)
                self.until_healthy()
                self.takes_writes(self.master())
                written = writer.stop(f"{self.redis.ip(self.master())}:6379")
        self.assertLessEqual(written.lost, 0 if self.master() == target else 20, written)

    def takes_writes(self, pod: str) -> None:
        taken = self.redis.ask(pod, "DBSIZE")
        eventually(f"{pod} takes writes", lambda: self.redis.ask(pod, "DBSIZE") > taken + 10, 30)
