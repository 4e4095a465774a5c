"""Port-forwards of the fake cluster: WebSocket to a real server on loopback, and all that can happen to one that carries a command."""
import contextlib
import select
import socket
import struct
import time
from urllib.parse import parse_qs

from api_server import Fake, Socket, frame, hold, port_frames


def port_of(query: str) -> int:
    return int(parse_qs(query)["ports"][0])


def unmasked(buffer: bytes) -> tuple:
    """(opcode, payload, size) of the first whole frame, or None."""
    if len(buffer) < 6:
        return None
    size, at = buffer[1] & 0x7F, 2
    if size == 126:
        size, at = struct.unpack(">H", buffer[2:4])[0], 4
    if len(buffer) < at + 4 + size:
        return None
    mask, payload = buffer[at:at + 4], buffer[at + 4:at + 4 + size]
    return buffer[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)), at + 4 + size


class Tunnel:
    """One thread carries both directions: TLS connections stand no two."""

    def __init__(self, cluster, pod: str, port: int, connection):
        self.cluster, self.pod, self.port, self.connection = cluster, pod, port, connection
        self.silent = self.ended = False

    def carry(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.sendall(port_frames(self.port))
        buffer = b""
        try:
            redis = socket.create_connection(("127.0.0.1", self.cluster.port_behind(self.pod, self.port)))
        except OSError as error:
            # What the kubelet says in the error channel.
            return self.connection.sendall(frame(2, f"\1error forwarding port {self.port} to pod {self.pod}: {error}".encode()))
        with redis, contextlib.suppress(OSError):  # who asks goes away, or a test cuts it
            redis.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self.ended:
                pending = [self.connection] if getattr(self.connection, "pending", lambda: 0)() else []
                readable = pending or select.select([self.connection, redis], [], [], 1)[0]
                if redis in readable:
                    data = redis.recv(16384)
                    if not data:
                        return
                    self.send(frame(2, b"\0" + data))
                if self.connection in readable:
                    more = self.connection.recv(65536)
                    if not more:
                        return
                    buffer += more
                    while found := unmasked(buffer):
                        opcode, payload, size = found
                        buffer = buffer[size:]
                        if opcode == 8:
                            return
                        assert opcode == 2 and payload[0] == 0, "clients speak binary on the data channel only"
                        self.forward(redis, payload[1:])

    def forward(self, redis, data: bytes) -> None:
        for trigger in list(self.cluster.triggers):
            pod, words, action, passed_on = trigger
            if pod != self.pod or words not in data:
                continue
            self.cluster.triggers.remove(trigger)
            if passed_on:
                redis.sendall(data)
                time.sleep(0.005)  # it is at work with it, and its answer is on its way to us
            action(self.cluster, self)
            return
        redis.sendall(data)

    def send(self, data: bytes) -> None:
        if not self.silent:
            self.connection.sendall(data)

    def say_last(self, data: bytes) -> None:
        self.send(data)
        self.silent = True

    def cut(self) -> None:
        self.ended = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


# What can happen to the tunnel by which the words came; and with it to all others of its pod, as when a kubelet is restarted.

def cut(cluster, tunnel) -> None:
    cluster.cut(tunnel.pod)


def half_a_frame(cluster, tunnel) -> None:
    """And then silence: nobody is told."""
    tunnel.say_last(frame(2, b"\0+OK\r\n" + b"x" * 50)[:4])


def wrong_channel(cluster, tunnel) -> None:
    tunnel.say_last(frame(2, b"\7hello"))


def error_channel(cluster, tunnel) -> None:
    tunnel.say_last(frame(2, b"\1error forwarding port: lost connection to pod"))


def another_port(request) -> bool:
    """To an upgrade: the new tunnel leads elsewhere."""
    request.close_connection = True
    Fake.accept_upgrade(request)
    request.connection.sendall(port_frames(6380))
    hold(Socket(request.connection, request.rfile))
    return True
