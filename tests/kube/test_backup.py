"""backup rdb through port-forwards: from the replica, whole, and nothing left behind when the tunnel breaks."""
import contextlib
import os
import socket
import tempfile
import threading
from pathlib import Path

from api_server import bridge, frame, port_frames
from looking import Looking
from objects import pod
from servers import Server


def cut_after(port: int, size: int):
    """A port-forward that ends in the middle of what the server sends."""

    def run(ws) -> None:
        ws.send(port_frames(6379))
        with socket.create_connection(("127.0.0.1", port)) as redis:
            def back():
                sent = 0
                with contextlib.suppress(OSError):
                    while sent < size and (data := redis.recv(16384)):
                        ws.send(frame(2, b"\0" + data))
                        sent += len(data)
                    redis.shutdown(socket.SHUT_RDWR)
                    ws.connection.shutdown(socket.SHUT_RDWR)

            threading.Thread(target=back, daemon=True).start()
            with contextlib.suppress(OSError):
                while message := ws.receive():
                    redis.sendall(message[1:])

    return run


class Backup(Looking):
    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(Server())
        cls.replica = cls.enterClassContext(Server(replica_of=cls.master))
        with cls.master.client() as client:
            for i in range(8):
                client.command("SET", f"key:{i}", os.urandom(1 << 20))
        cls.replica.wait_linked()

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_from_the_replica(self):
        api = self.fake(pod("redis-0"), pod("redis-1")).forward("redis-0", bridge(self.master.port)).forward("redis-1", bridge(self.replica.port))
        item = self.look(api, "--dir", self.folder, "--json", command="backup-rdb").document["items"][0]
        self.assertEqual((item["context"], item["namespace"], item["node"], item["role"]), ("fake", "default", "redis-1", "replica"))
        self.assertEqual(item["keys"], {"db0": {"keys": 8, "expiring": 0}})
        self.assertEqual(Path(item["path"]).stat().st_size, item["bytes"])
        self.assertGreater(item["bytes"], 8 << 20)

    def test_the_tunnel_breaks(self):
        api = self.fake(pod("redis-0")).forward("redis-0", cut_after(self.master.port, 3 << 20))
        answer = self.look(api, "--dir", self.folder, "--json", command="backup-rdb", code=4)
        error = answer.document["errors"][0]
        self.assertEqual(error["code"], "CLOSED", answer)
        self.assertIn("no file is left behind", error["cause"])
        self.assertEqual(os.listdir(self.folder), [])
