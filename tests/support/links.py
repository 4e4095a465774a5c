"""Links between processes that a test can break: a TCP relay, and whole networks of servers, each server in a network namespace of its own.

    with Relay(server.address) as relay:            # between the tool and a server, or before a replica that announces the relay's port
        relay.silence()                             # nothing comes through any more, and nobody is told

    with Net() as net, net.server() as master, net.server(replica_of=master) as replica:
        net.cut(master, replica)                    # the tool (net.TOOL) still sees both
        redisctl(…, inside=net.inside(net.TOOL))

Nothing is left behind, not even by a test run that is killed: a network namespace lives as long as an open file or a process keeps it, and
the servers end with the run.
"""
import contextlib
import ctypes
import os
import selectors
import socket
import struct
import subprocess
import threading
import time
import unittest

from resp import Client
from servers import Server

UP, DOWN = "up", "down"  # from the client to the server; from the server to the client
LINGER_RST = struct.pack("ii", 1, 0)


class Pipe:
    """One direction of one connection: what was read and not yet sent, each piece with the time when it is due."""

    def __init__(self, source: socket.socket, target: socket.socket, way: str):
        self.source, self.target, self.way = source, target, way
        self.pieces, self.ended, self.not_before = [], False, 0.0

    def waiting(self) -> int:
        return sum(len(data) for _, data in self.pieces)


class Relay:
    """Takes connections on a port of its own and passes the bytes on to `to` ("host:port"; may be set later). One thread; all methods may be called
    from the test at any time and hold for the open connections as for those to come."""

    MOST_WAITING = 1 << 20

    def __init__(self, to: str = None):
        self.to, self.passed = to, {UP: 0, DOWN: 0}
        self.held, self.delays, self.rates, self.refusing = {UP: False, DOWN: False}, {UP: 0.0, DOWN: 0.0}, {UP: None, DOWN: None}, False
        self.pipes, self.ended, self.lock = [], False, threading.RLock()

    def __enter__(self) -> "Relay":
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return len(self.pipes) // 2

    def silence(self, *ways: str) -> None:
        """Nothing more comes through, in these ways or both; nothing is lost either: mend() lets it go on. New connections are taken and hear nothing."""
        for way in ways or (UP, DOWN):
            self.held[way] = True

    def cut(self) -> None:
        """Every connection is reset, and every new one, until mend()."""
        self.refusing = True
        self.reset()

    def reset(self) -> None:
        """Every open connection is reset; new ones work."""
        with self.lock:
            for each in {pipe.source for pipe in self.pipes}:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
            self.drop(list(self.pipes))

    def mend(self) -> None:
        self.refusing, self.held = False, {UP: False, DOWN: False}

    def delay(self, seconds: float, *ways: str) -> None:
        for way in ways or (UP, DOWN):
            self.delays[way] = seconds

    def throttle(self, bytes_per_second: float, *ways: str) -> None:
        """None: as fast as it goes."""
        for way in ways or (UP, DOWN):
            self.rates[way] = bytes_per_second

    def serve(self) -> None:
        while not self.ended:
            with selectors.DefaultSelector() as selector:
                selector.register(self.listener, selectors.EVENT_READ)
                with self.lock:
                    now = time.monotonic()
                    wanted = {}
                    for pipe in self.pipes:
                        if not pipe.ended and pipe.waiting() < self.MOST_WAITING:
                            wanted[pipe.source] = wanted.get(pipe.source, 0) | selectors.EVENT_READ
                        if self.due(pipe) <= now:
                            wanted[pipe.target] = wanted.get(pipe.target, 0) | selectors.EVENT_WRITE
                    next_due = min((self.due(pipe) for pipe in self.pipes), default=now + 1)
                    for each, events in wanted.items():
                        selector.register(each, events)
                ready = selector.select(max(0.0005, min(0.005, next_due - now)))
            with self.lock:
                able = {key.fileobj: events for key, events in ready}
                if self.listener in able and not self.ended:
                    self.take()
                for pipe in list(self.pipes):
                    if pipe in self.pipes:
                        self.move(pipe, able)

    def due(self, pipe: Pipe) -> float:
        """When the next piece may go; never while this way is silent."""
        if not pipe.pieces or self.held[pipe.way]:
            return float("inf")
        return max(pipe.pieces[0][0], pipe.not_before)

    def take(self) -> None:
        client, _ = self.listener.accept()
        if self.refusing:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
            client.close()
            return
        host, _, port = self.to.rpartition(":")
        try:
            server = socket.create_connection((host, int(port)), 2)
        except OSError:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
            client.close()
            return
        for each in (client, server):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pipes += [Pipe(client, server, UP), Pipe(server, client, DOWN)]

    def move(self, pipe: Pipe, able: dict) -> None:
        now = time.monotonic()
        try:
            if able.get(pipe.source, 0) & selectors.EVENT_READ and not pipe.ended:
                data = pipe.source.recv(65536)
                pipe.ended = not data
                if data:
                    pipe.pieces.append((now + self.delays[pipe.way], data))
            if able.get(pipe.target, 0) & selectors.EVENT_WRITE and self.due(pipe) <= now:
                due, data = pipe.pieces.pop(0)
                rate = self.rates[pipe.way]
                # A hundredth of a second's worth at a time.
                size = pipe.target.send(data[:max(1, int(rate / 100))] if rate else data)
                self.passed[pipe.way] += size
                if rate:
                    pipe.not_before = now + size / rate
                if size < len(data):
                    pipe.pieces.insert(0, (due, data[size:]))
        except BlockingIOError:
            return
        except OSError:
            self.drop([pipe])
            return
        if pipe.ended and not pipe.pieces and not self.held[pipe.way]:
            self.drop([pipe])

    def drop(self, pipes: list) -> None:
        ends = {end for pipe in pipes for end in (pipe.source, pipe.target)}
        self.pipes = [pipe for pipe in self.pipes if pipe.source not in ends]
        for end in ends:
            end.close()

    def __exit__(self, *_) -> None:
        self.ended = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        self.drop(self.pipes)


CLONE_NEWNET = 0x40000000
C_LIBRARY = ctypes.CDLL(None, use_errno=True)


def own_network() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter(file: int) -> None:
    if C_LIBRARY.setns(file, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Place:
    """One network namespace: it lives as long as its file is open here. Needs root."""

    def __init__(self, address: str = None):
        self.address = address
        before = own_network()
        if C_LIBRARY.unshare(CLONE_NEWNET) != 0:
            os.close(before)
            raise unittest.SkipTest(f"no network namespaces here: {os.strerror(ctypes.get_errno())}; run as root")
        self.file = own_network()
        enter(before)
        os.close(before)
        self.ip("link", "set", "lo", "up")

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self.file}"

    @property
    def inside(self) -> list:
        """Words before a command, to run it there; the process id stays the same."""
        return ["nsenter", f"--net={self.path}"]

    def ip(self, *words: str, check: bool = True) -> None:
        done = subprocess.run([*self.inside, "ip", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        assert done.returncode == 0 or not check, f"ip {' '.join(words)}: {done.stderr.strip()}"

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is there meanwhile; sockets that it makes stay there."""
        before = own_network()
        enter(self.file)
        try:
            yield
        finally:
            enter(before)
            os.close(before)

    def close(self) -> None:
        os.close(self.file)


class Net:
    """A bridge with one place a server, 10.77.0.1, .2, …, and the tool's own, 10.77.0.254. There is no way out of it."""

    TOOL = "tool"

    def __enter__(self) -> "Net":
        self.places, self.cuts = {}, set()
        ground = Place("10.77.0.254")
        self.places[self.TOOL] = ground
        ground.ip("link", "add", "bridge0", "type", "bridge")
        ground.ip("address", "add", "10.77.0.254/24", "dev", "bridge0")
        ground.ip("link", "set", "bridge0", "up")
        return self

    def server(self, *options: str, **how) -> "Placed":
        return Placed(self, *options, **how)

    def place(self) -> Place:
        number = len(self.places)
        place = self.places[number] = Place(f"10.77.0.{number}")
        ground = self.places[self.TOOL]
        ground.ip("link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", place.path)
        ground.ip("link", "set", f"port{number}", "master", "bridge0", "up")
        place.ip("address", "add", f"{place.address}/24", "dev", "eth0")
        place.ip("link", "set", "eth0", "up")
        return place

    def inside(self, who) -> list:
        return self.of(who).inside

    def of(self, who) -> Place:
        return self.places[who] if isinstance(who, str) else who.place

    def cut(self, one, other, both: bool = True) -> None:
        """What one sends to the other vanishes, and back when `both`; nobody is told, as with a cable."""
        self.lose(self.of(one), self.of(other))
        if both:
            self.lose(self.of(other), self.of(one))

    def isolate(self, who, *but) -> None:
        """Cuts it from all others, but these."""
        place, kept = self.of(who), [self.of(each) for each in (who, *but)]
        for other in self.places.values():
            if other not in kept:
                self.lose(place, other)
                self.lose(other, place)

    def lose(self, here: Place, there: Place) -> None:
        # Sent to a card that nobody has.
        here.ip("neigh", "replace", there.address, "lladdr", "02:00:00:00:00:ff", "dev", self.card(here), "nud", "permanent")
        self.cuts.add((here, there))

    def mend(self) -> None:
        for here, there in self.cuts:
            here.ip("neigh", "del", there.address, "dev", self.card(here))
        self.cuts = set()

    def card(self, place: Place) -> str:
        return "bridge0" if place is self.places[self.TOOL] else "eth0"

    def __exit__(self, *_) -> None:
        for place in self.places.values():
            place.close()


class Placed(Server):
    """A server with a network of its own. The test itself asks it from within, so that it is heard whatever is cut."""

    def __init__(self, net: Net, *options: str, **how):
        self.place = net.place()
        super().__init__("protected-mode no", *options, **how)
        self.program = [*self.place.inside, *self.program]

    @property
    def address(self) -> str:
        return f"{self.place.address}:{self.port}"

    def configuration(self) -> list:
        lines = [line.replace("bind 127.0.0.1", f"bind {self.place.address} 127.0.0.1") for line in super().configuration()]
        return [line.replace("replicaof 127.0.0.1 ", f"replicaof {self.master.place.address} ") if self.master else line for line in lines]

    def client(self, authenticate: bool = True) -> Client:
        with self.place.entered():
            return super().client(authenticate)
