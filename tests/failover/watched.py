"""A master that Sentinels watch: real ones, whose clocks are set so that a test waits for half a second where an operator waits for ten."""
import itertools
import os
import signal
import time

from changing import Changing
from servers import Sentinel, eventually
from versions import INSTALLED

NAME = "mymaster"


class Watched(Changing):
    """`system` also starts three Sentinels; what is started by `start` or `change` is told of them."""

    down_after = 5_000
    sentinel_versions = (INSTALLED,)  # one after the other, and again from the front
    sentinel_options = ()

    def system(self, *options: str, sentinels: int = 3, quorum: int = 2, **how) -> list:
        nodes = super().system(*options, **how)
        versions = itertools.islice(itertools.cycle(self.sentinel_versions), sentinels)
        self.sentinels = [self.sentinel(nodes, quorum, version) for version in versions]
        for sentinel in self.sentinels:
            self.await_seen(sentinel, nodes, sentinels)
        return nodes

    def sentinel(self, nodes: list, quorum: int, version: str = INSTALLED) -> Sentinel:
        options = (f"sentinel down-after-milliseconds {NAME} {self.down_after}", f"sentinel failover-timeout {NAME} 10000", *self.sentinel_options)
        sentinel = self.enterContext(Watching(*options, monitors={NAME: nodes[0]}, quorum=quorum, version=version))
        sentinel.command("SENTINEL", "DEBUG", "info-period", 500, "publish-period", 500)
        return sentinel

    def await_seen(self, sentinel: Sentinel, nodes: list, sentinels: int) -> None:
        eventually("it knows all others", lambda: self.said(sentinel)["num-other-sentinels"] == str(sentinels - 1))
        eventually("it knows the replicas", lambda: self.said(sentinel)["num-slaves"] == str(len(nodes) - 1))

        def heard() -> bool:
            known = [dict(zip(flat[::2], flat[1::2])) for flat in sentinel.command("SENTINEL", "REPLICAS", NAME)]
            return all(one[b"master-link-status"] == b"ok" and one[b"flags"] == b"slave" for one in known)

        eventually("it has heard of each replica", heard)

    def said(self, sentinel: Sentinel) -> dict:
        flat = [word.decode() for word in sentinel.command("SENTINEL", "MASTER", NAME)]
        return dict(zip(flat[::2], flat[1::2]))

    def tilt(self, sentinel: Sentinel) -> None:
        """Its clock stands still for longer than it takes for granted."""
        os.kill(sentinel.process.pid, signal.SIGSTOP)
        time.sleep(3)
        os.kill(sentinel.process.pid, signal.SIGCONT)
        eventually("tilt", lambda: sentinel.info("sentinel")["sentinel_tilt"] == "1")

    def kill(self, nodes: list) -> None:
        super().kill(nodes)
        for sentinel in self.sentinels:
            if sentinel.process.poll() is None:
                eventually("it has noticed, or is of another mind", lambda: (self.said(sentinel)["flags"], self.said(sentinel)["port"]) != ("master", str(nodes[0].port)))

    def mislead(self, sentinel: Sentinel, node) -> None:
        sentinel.command("SENTINEL", "REMOVE", NAME)
        sentinel.command("SENTINEL", "MONITOR", NAME, "127.0.0.1", node.port, 2)

    def start(self, command: str, *arguments, **how):
        told = [word for sentinel in self.sentinels for word in ("--sentinel", sentinel.address)] if how.get("nodes") else []
        return super().start(command, *told, *arguments, **how)

    def assert_sentinels_name(self, node) -> None:
        """All that live."""
        named = {sentinel.address: self.said(sentinel)["port"] for sentinel in self.sentinels if sentinel.process.poll() is None}
        self.assertEqual(set(named.values()), {str(node.port)}, named)


class Watching(Sentinel):
    def configuration(self) -> list:
        # What is said of a master comes behind the line that names it.
        monitored = [line for line in super().configuration() if line not in self.options]
        return monitored + self.options
