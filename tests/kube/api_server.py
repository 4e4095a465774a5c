"""A fake API server, for what the real one cannot be made to do on demand: it gives recorded answers and misbehaves as told.

A request that nobody announced fails the test, and so does an announced one that never comes. Port-forwards lead to a real Redis, or into a trap.
"""
import base64
import contextlib
import hashlib
import json
import os
import select
import socket
import socketserver
import ssl
import struct
import tempfile
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Callable, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit


class Answer(NamedTuple):
    status: int
    body: object  # a dict becomes JSON; bytes and text go as they are
    headers: dict = {}


def status(code: int, reason: str, message: str) -> Answer:
    return Answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message})


def listing(kind: str, items: list, more: str = "") -> Answer:
    return Answer(200, {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1", "continue": more}, "items": items})


def frame(opcode: int, payload: bytes, final: bool = True) -> bytes:
    """One unmasked frame, as servers send them."""
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    return head + (bytes([size]) if size < 126 else bytes([126]) + struct.pack(">H", size)) + payload


def port_frames(port: int) -> bytes:
    return frame(2, b"\0" + struct.pack("<H", port)) + frame(2, b"\1" + struct.pack("<H", port))


class Socket:
    """The server's side of an upgraded connection."""

    def __init__(self, connection, reader):
        self.connection, self.reader = connection, reader

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def receive(self) -> Optional[bytes]:
        """The next binary message without its mask; None at the end. A frame that is no unfragmented binary one is a failure."""
        head = self.reader.read(2)
        if len(head) < 2 or head[0] & 0x0F == 8:
            return None
        assert head[0] == 0x82, f"not one unfragmented binary frame: {head!r}"
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.reader.read(2))[0]
        mask, payload = self.reader.read(4), self.reader.read(size)
        return bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def bridge(port: int, named: int = 6379) -> Callable:
    """A port-forward to a server on loopback, as the real one carries it. named: the pod's port."""

    def run(ws: Socket) -> None:
        ws.send(port_frames(named))
        with socket.create_connection(("127.0.0.1", port)) as redis:
            def back():
                with contextlib.suppress(OSError):  # the client went away
                    while data := redis.recv(16384):
                        ws.send(frame(2, b"\0" + data))

            threading.Thread(target=back, daemon=True).start()
            while message := ws.receive():
                assert message[0] == 0, "clients speak on the data channel only"
                redis.sendall(message[1:])

    return run


class Fake:
    """with Fake() as api: api.on("/api/v1/…", Answer(…)); api.forward("redis-0", bridge(port)); … api.verify() at the end."""

    def __init__(self, authority=None, certificate: str = "server"):
        self.certificate = certificate
        self.answers, self.forwards, self.asked, self.unexpected = {}, {}, [], []
        self.changes = []  # (method, path, what the body says)
        self.required_token = None
        self.authority = authority
        self.folder = None

    def on(self, path: str, *answers: Answer, optional: bool = False) -> "Fake":
        """Each answer once, in order; the last one for ever after. path: without the query; of anything but a GET "PATCH /api/…".

        An answer may be a function of the request, which then answers by itself; request.content is what was sent."""
        self.answers[path] = {"left": list(answers), "used": 0, "wanted": 0 if optional else len(answers)}
        return self

    def forward(self, pod: str, behaviour: Callable, refused: Answer = None) -> "Fake":
        self.forwards[pod] = (behaviour, refused)
        return self

    def __enter__(self) -> "Fake":
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.handle(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, request_queue_size = True, True, 512

            def handle_error(self, request, client_address):
                pass  # a client that goes away is what some tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        if self.authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.authority[f"{self.certificate}.crt"], self.authority[f"{self.certificate}.key"])
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.folder = tempfile.TemporaryDirectory(prefix="redisctl-fake-")
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://127.0.0.1:{self.port}"

    def kubeconfig(self, cluster: dict = None, user: dict = None, server: str = None) -> str:
        """A file that points here; JSON is YAML too."""
        file = Path(self.folder.name) / f"config-{len(os.listdir(self.folder.name))}"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": server or self.url, **(cluster or {})}}],
            "users": [{"name": "me", "user": user or {}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "me", "namespace": "default"}}]}))
        return str(file)

    def handle(self, request) -> None:
        url = urlsplit(request.path)
        self.asked.append((url.path, parse_qs(url.query), dict(request.headers)))
        if self.required_token and request.headers.get("Authorization") != f"Bearer {self.required_token}":
            return self.say(request, status(401, "Unauthorized", "Unauthorized"))
        if url.path.endswith("/portforward"):
            return self.upgrade(request, url.path.split("/")[-2])
        path = url.path
        if request.command != "GET":
            self.changes.append((request.command, url.path, json.loads(request.content)))
            path = f"{request.command} {url.path}"
        known = self.answers.get(path)
        if not known:
            self.unexpected.append(f"{request.command} {request.path}")
            return self.say(request, status(500, "InternalError", "nobody announced this request"))
        known["used"] += 1
        answer = known["left"][0]
        if len(known["left"]) > 1:
            known["left"].pop(0)
        if callable(answer):
            return answer(request)
        self.say(request, answer)

    @staticmethod
    def say(request, answer: Answer) -> None:
        body = json.dumps(answer.body) if isinstance(answer.body, dict) else answer.body
        body = body.encode() if isinstance(body, str) else body
        request.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **answer.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def upgrade(self, request, pod: str) -> None:
        if pod not in self.forwards:
            self.unexpected.append(request.path)
            return self.say(request, status(500, "InternalError", "nobody announced this port-forward"))
        behaviour, refused = self.forwards[pod]
        request.close_connection = True
        if refused:
            return self.say(request, refused)
        self.accept_upgrade(request)
        behaviour(Socket(request.connection, request.rfile))

    @staticmethod
    def accept_upgrade(request) -> None:
        assert request.headers["Sec-WebSocket-Protocol"] == "v4.channel.k8s.io", request.headers
        accept = base64.b64encode(hashlib.sha1(request.headers["Sec-WebSocket-Key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()
        request.connection.sendall((f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                                    "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n").encode())

    def verify(self) -> None:
        assert not self.unexpected, f"requests that nobody announced: {self.unexpected}"
        unused = [path for path, known in self.answers.items() if known["used"] < known["wanted"]]
        assert not unused, f"announced, and never asked for: {unused}"


def hold(ws: Socket) -> None:
    """Accepts everything and never says a word."""
    select.select([ws.connection], [], [], 60)
    while ws.reader.read(1):
        pass
