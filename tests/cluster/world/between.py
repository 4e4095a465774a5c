"""Between redisctl and the real API server: it passes on what is asked, and misbehaves where it was told to."""
import base64
import contextlib
import json
import re
import select
import socket
import socketserver
import ssl
import threading
import time
from urllib.parse import urlsplit

from onenode import keys

from .people import administrator, written_for
from .systems import FOLDER


class Exchange:
    """One request and its connection."""

    def __init__(self, between, connection, head: bytes, body: bytes):
        self.between, self.connection, self.body = between, connection, body
        lines = head.decode().split("\r\n")
        self.method, self.path, _ = lines[0].split(" ")
        self.headers = [line for line in lines[1:] if line]

    def header(self, name: str) -> str:
        return next((line.partition(":")[2].strip() for line in self.headers if line.lower().startswith(name.lower() + ":")), None)

    def reply(self, code: int, reason: str, message: str, *headers: str) -> None:
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}).encode()
        head = [f"HTTP/1.1 {code} {reason}", "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def pass_on(self, answered: bool = True) -> None:
        upgrade = self.header("upgrade") is not None
        # As the administrator: who asks is no matter of these tests.
        kept = [line for line in self.headers if line.partition(":")[0].lower() not in ("authorization", "connection", "host")]
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {self.between.upstream.netloc}", f"Connection: {'Upgrade' if upgrade else 'close'}", *kept]
        with self.between.dial() as server:
            server.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + self.body)
            if upgrade:
                return self.between.carry(self.connection, server)
            while data := server.recv(65536):
                if answered:
                    self.connection.sendall(data)


# What it can be told to do, each a function of the exchange.

def refused(code: int, reason: str, *headers: str):
    return lambda exchange: exchange.reply(code, reason, "because a test says so", *headers)


def broken(exchange: Exchange) -> None:
    """The connection ends, and nothing was done."""


def unanswered(exchange: Exchange) -> None:
    """It is done, and the connection ends before the answer."""
    exchange.pass_on(answered=False)


def late(seconds: float):
    def behaviour(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.pass_on()

    return behaviour


def after(action):
    def behaviour(exchange: Exchange) -> None:
        action()
        exchange.pass_on()

    return behaviour


class Between:
    """with Between() as api: api.on("PATCH", "/services/my-redis$", refused(500, "InternalError")); … kubeconfig=api.kubeconfig(namespace)"""

    def __init__(self):
        config = administrator()
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.upstream = urlsplit(cluster["server"])
        self.tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        for name in ("certificate", "key"):
            (FOLDER / f"between.{name}").write_bytes(base64.b64decode(user[f"client-{name}-data"]))
        self.tls.load_cert_chain(FOLDER / "between.certificate", FOLDER / "between.key")
        own = FOLDER / "between"
        if not own.exists():
            own.mkdir()
            keys.authority(own, "between")
            keys.certificate(own, "server", "/CN=between", "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1")
        self.authority = base64.b64encode((own / "ca.crt").read_bytes()).decode()
        self.own_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.own_tls.load_cert_chain(own / "server.crt", own / "server.key")
        self.rules, self.tunnels = [], set()
        self.token = None  # when set, who does not bring it is not known

    def on(self, method: str, path: str, *behaviours) -> None:
        """Each once, in order, for requests whose path without the query ends like this regular expression; the next ones are passed on."""
        self.rules.append((method, re.compile(path + "$"), list(behaviours)))

    def kubeconfig(self, namespace: str, user: dict = None) -> str:
        return written_for("between", {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": self.authority}, user or {}, namespace)

    def unused(self) -> list:
        return [(method, path.pattern) for method, path, behaviours in self.rules if behaviours]

    def cut(self) -> None:
        """Every port-forward ends at once."""
        for connection in list(self.tunnels):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def dial(self):
        plain = socket.create_connection((self.upstream.hostname, self.upstream.port), 10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(plain, server_hostname=self.upstream.hostname)

    def carry(self, client, server) -> None:
        self.tunnels.add(client)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                readable = [each for each in (client, server) if each.pending()] or select.select([client, server], [], [])[0]
                for source, target in ((client, server), (server, client)):
                    if source in readable:
                        data = source.recv(65536)
                        if not data:
                            return
                        target.sendall(data)
        finally:
            self.tunnels.discard(client)

    def handle(self, exchange: Exchange) -> None:
        if self.token and exchange.header("authorization") != f"Bearer {self.token}":
            return exchange.reply(401, "Unauthorized", "Unauthorized")
        for method, path, behaviours in self.rules:
            if behaviours and method == exchange.method and path.search(exchange.path.partition("?")[0]):
                return behaviours.pop(0)(exchange)
        exchange.pass_on()

    def __enter__(self) -> "Between":
        between = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                # Who asks may go away; many connections are only made in case they are needed.
                with contextlib.suppress(OSError), between.own_tls.wrap_socket(self.request, server_side=True) as connection:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        more = connection.recv(65536)
                        if not more:
                            return
                        data += more
                    head, _, body = data.partition(b"\r\n\r\n")
                    length = re.search(rb"(?im)^content-length: *(\d+)", head)
                    while length and len(body) < int(length[1]):
                        body += connection.recv(65536)
                    between.handle(Exchange(between, connection, head, body))

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, request_queue_size = True, True, 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.cut()
        self.server.shutdown()
        self.server.server_close()
