"""A client that asks Sentinels where the master is, as their client libraries do: when a write is refused or its connection ends it asks anew, and goes there."""
import itertools
import socket
import threading
import time

from resp import Client, ReplyError

KEY = "test:aware"


class Aware:
    """Writes from entering on, one INCR after the other; stop() says how many were acknowledged and the longest time without one. `sentinels`: addresses."""

    def __init__(self, sentinels: list, name: str, password: str = None):
        self.sentinels, self.name, self.password = sentinels, name, password
        self.ended, self.acked, self.gaps = threading.Event(), 0, []
        self.thread = threading.Thread(target=self.write, daemon=True)

    def __enter__(self):
        self.thread.start()
        end = time.monotonic() + 10
        while not self.acked and time.monotonic() < end:
            time.sleep(0.005)
        assert self.acked, "it found no master"
        return self

    def connect(self, host: str, port: int) -> Client:
        return Client(socket.create_connection((host, int(port)), timeout=2))

    def to_master(self, sentinel: str) -> Client:
        with self.connect(*sentinel.rsplit(":", 1)) as asked:
            host, port = asked.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)
        client = self.connect(host.decode(), port)
        if self.password:
            client.command("AUTH", self.password)
        return client

    def write(self) -> None:
        client, last = None, None
        turn = itertools.cycle(self.sentinels)
        while not self.ended.is_set():
            try:
                client = client or self.to_master(next(turn))
                client.command("INCR", KEY)
            except (ReplyError, OSError):
                if client:
                    client.close()
                client = None
                continue
            now = time.monotonic()
            if last:
                self.gaps.append((last, now - last))
            self.acked, last = self.acked + 1, now

    def longest_ms(self, since: float = 0, until: float = float("inf")) -> float:
        return max((gap for began, gap in self.gaps if began <= until and began + gap >= since), default=0) * 1000

    def stop(self) -> "Aware":
        self.ended.set()
        self.thread.join(10)
        return self

    def __exit__(self, *_):
        self.stop()
