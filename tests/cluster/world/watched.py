"""The hand-written manifests with a Sentinel Deployment, while something is done to them: whom each Sentinel names and remembers, as itself says it."""
import contextlib
import socket

from . import systems
from .charts import Switching
from .kubectl import eventually, kubectl, pods
from .looking import Healthy, conditions, steady
from .program import redisctl
from .switching import Client, ReplyError, Switched

NAME = "mymaster"
MEMBERS = ["redis-master-0", "redis-slave-0", "redis-slave-1"]


class Watched(Switching):
    """Each test begins with a calm system, and ends with one."""

    def setUp(self):
        super().setUp()
        self.redis = Switched(systems.need(systems.WATCHED), "redis")
        self.redis.names = MEMBERS
        try:
            eventually("all is calm", self.calm, 60, 1)
        except AssertionError:
            self.put_right()

    def put_right(self) -> None:
        """What a test that failed left behind shall not fail those behind it."""
        for address in self.sentinels().values():
            with contextlib.suppress(ReplyError):
                self.tell(address, "SENTINEL", "REMOVE", NAME)
        self.redis.give_back()
        master = self.master() or MEMBERS[0]
        self.redis.ask(master, "REPLICAOF", "NO", "ONE")
        for name in MEMBERS:
            if name != master:
                self.redis.ask(name, "REPLICAOF", self.redis.ip(master), 6379)
        self.told_anew()

    def master(self) -> str:
        return next((name for name, role in self.redis.roles().items() if role == "master"), None)

    def sentinels(self, system: systems.System = systems.WATCHED) -> dict:
        """Name → address."""
        found = pods(system.namespace).items()
        return {name: pod["status"].get("podIP") for name, pod in sorted(found)
                if name.startswith("redis-sentinel-") and not pod["metadata"].get("deletionTimestamp")}

    def tell(self, address: str, *words):
        with Client(socket.create_connection((address, 26379), 5)) as client:
            return client.command(*words)

    def said(self, address: str) -> dict:
        flat = [word.decode() for word in self.tell(address, "SENTINEL", "MASTER", NAME)]
        return dict(zip(flat[::2], flat[1::2]))

    def told_anew(self) -> None:
        """As at their first start, with the epoch that all begin with: what one is told afterwards no other outvotes. First all forget, or one passes the old epoch on."""
        master = self.redis.ip(self.master())
        for words in (["REMOVE", NAME], ["MONITOR", NAME, master, 6379, 2], ["SET", NAME, "down-after-milliseconds", 30_000]):
            for address in self.sentinels().values():
                with contextlib.suppress(ReplyError):  # it watches none to be removed
                    self.tell(address, "SENTINEL", *words)
        eventually("all is calm", self.calm, 60, 1)

    def known(self, address: str, what: str) -> list:
        return [{name.decode(): value.decode() for name, value in zip(flat[::2], flat[1::2])} for flat in self.tell(address, "SENTINEL", what, NAME)]

    def named(self) -> set:
        """Whom they call the master."""
        by_address = {pod["status"].get("podIP"): name for name, pod in pods(self.redis.namespace).items()}
        said = [self.said(address)["ip"] for address in self.sentinels().values()]
        return {by_address.get(host, host.partition(".")[0]) for host in said}

    def calm(self, known: int = 3) -> bool:
        with contextlib.suppress(OSError, ReplyError, TypeError):
            master = self.master()
            views = [self.said(address) for address in self.sentinels().values()]
            return (master is not None and self.redis.roles() == self.redis.settled(master) and self.named() == {master} and len(views) == 3
                    and all((view["flags"], view["num-slaves"], view["num-other-sentinels"]) == ("master", "2", str(known - 1)) for view in views))
        return False

    def healthy(self) -> Healthy:
        master = self.master()
        return Healthy(self.redis.namespace, "redis", "sentinel", master, [name for name in MEMBERS if name != master], sentinels=3,
                       services={"redis-master": "headless", "redis-slave": "headless", "redis-sentinel": "sentinel"},
                       doctor=conditions(self.redis.namespace, MEMBERS))

    def status(self) -> dict:
        return redisctl("status", "-n", self.redis.namespace, "--json").document

    def codes(self, command: str = "status") -> set:
        return {finding["code"] for finding in redisctl(*command.split(), "-n", self.redis.namespace, "--json").document["findings"]}

    def change(self, command: str, *arguments):
        steady(self.redis)
        return self.redis.change(command, *arguments, XDG_STATE_HOME=self.state)

    def scale(self, count: int) -> None:
        kubectl("scale", "deployment", "redis-sentinel", "-n", self.redis.namespace, f"--replicas={count}")
