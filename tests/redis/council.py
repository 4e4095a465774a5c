"""Real Sentinels around a small replication system, as the tests of `redisctl sentinel` need them."""
from contextlib import ExitStack

from servers import Sentinel, Server, eventually

NAME = "mymaster"
# Sentinels look at everything faster than they do by default (SENTINEL DEBUG, 7.0): the tests wait for what they find.
HURRY = ["info-period", "500", "publish-period", "300", "ask-period", "500", "ping-period", "200"]


def fields(flat: list) -> dict:
    texts = [part.decode() for part in flat]
    return dict(zip(texts[::2], texts[1::2]))


class Council:
    """`replicas` that follow one master, and `sentinels` that watch it and have found each other."""

    def __init__(self, sentinels: int = 3, replicas: int = 2, quorum: int = 2, down_after: int = 1000, password: str = None, options: tuple = (),
                 master_options: tuple = ()):
        self.count, self.replica_count, self.quorum, self.password = sentinels, replicas, quorum, password
        self.master_options = master_options
        self.options = [f"sentinel down-after-milliseconds {NAME} {down_after}", f"sentinel failover-timeout {NAME} 20000", *options]

    def __enter__(self):
        with ExitStack() as stack:
            self.master = stack.enter_context(Server(*self.master_options, password=self.password))
            self.replicas = [stack.enter_context(Server(replica_of=self.master, password=self.password)) for _ in range(self.replica_count)]
            for replica in self.replicas:
                replica.wait_linked()
            self.sentinels = [stack.enter_context(self.sentinel()) for _ in range(self.count)]
            self.wait_settled()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def sentinel(self, *more: str, **how) -> Sentinel:
        return Hurried(*self.options, *more, monitors={NAME: self.master}, quorum=self.quorum, **how)

    def add(self, server):
        return self.stack.enter_context(server)

    def flags(self, *sentinels) -> list:
        """For redisctl: all the Sentinels, or these."""
        return [word for one in sentinels or self.sentinels for word in ("--sentinel", one.address)]

    def wait_settled(self, sentinels: list = None) -> None:
        alive = sentinels or self.sentinels
        eventually("all Sentinels know each other and the replicas",
                   lambda: all(len(known(one, "SENTINELS")) == len(alive) - 1 and len(known(one, "REPLICAS")) == self.replica_count
                               and all(s["flags"] == "sentinel" and s["runid"] for s in known(one, "SENTINELS"))
                               and all(r["flags"] == "slave" and r["master-link-status"] == "ok" for r in known(one, "REPLICAS")) for one in alive))


class Hurried(Sentinel):
    def __enter__(self):
        super().__enter__()
        self.command("SENTINEL", "DEBUG", *HURRY)
        return self


def known(sentinel: Sentinel, what: str, name: str = NAME) -> list:
    return [fields(entry) for entry in sentinel.command("SENTINEL", what, name)]


def master(sentinel: Sentinel, name: str = NAME) -> dict:
    return fields(sentinel.command("SENTINEL", "MASTER", name))
