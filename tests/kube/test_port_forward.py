"""The WebSocket of a port-forward and everything that can go wrong on it: one clear sentence, the right exit code, the other nodes' answers, in time."""
import struct
import time
import unittest

from api_server import Answer, bridge, frame, hold, port_frames, status
from looking import SECRET, Looking
from objects import pod
from servers import Server


def trap(*parts: bytes, then=None):
    """Sends these bytes after the upgrade, then closes, or does what comes then."""

    def run(ws):
        for part in parts:
            ws.send(part)
        if then:
            then(ws)

    return run


class PortForward(Looking):
    @classmethod
    def setUpClass(cls):
        cls.redis = cls.enterClassContext(Server(password="pa55-word"))

    def test_a_real_redis_behind_it(self):
        import base64
        api = self.fake(pod("redis-0", secret="cache")).forward("redis-0", bridge(self.redis.port))
        api.on(SECRET, Answer(200, {"kind": "Secret", "metadata": {"name": "cache"}, "data": {"redis-password": base64.b64encode(b"pa55-word").decode()}}))
        document = self.look(api, "--json").document
        self.assertEqual([(n["name"], n["role"]) for n in document["items"][0]["nodes"]], [("redis-0", "master")])
        self.assertEqual(document["context"], "fake")

    def broken(self, behaviour, code: str, *words: str, refused=None):
        """One pod is well, the other's port-forward is not: exit 7, the first is printed, the second has its sentence."""
        plain = self.enterContext(Server())
        api = self.fake(pod("redis-0"), pod("redis-1")).forward("redis-0", bridge(plain.port)).forward("redis-1", behaviour, refused)
        answer = self.look(api, "--json", "--timeout", "2s", code=7)
        self.assertLess(answer.seconds, 5, answer)
        error = self.error_of(answer, "redis-1")
        self.assertEqual(error["code"], code, error)
        for word in words:
            self.assertIn(word, f"{error['message']} {error['cause']} {error['hint']}")
        nodes = {n["name"]: n for n in answer.document["items"][0]["nodes"]}
        self.assertEqual((nodes["redis-0"]["role"], nodes["redis-1"]["role"]), ("master", "unknown"))

    def test_the_port_of_another(self):
        self.broken(trap(port_frames(6380), then=hold), "PROTOCOL", "another port than 6379")

    def test_text_on_the_error_channel(self):
        self.broken(trap(port_frames(6379), frame(2, b"\1error forwarding port 6379 to pod x: connect: connection refused")), "PORT_REFUSED", "port 6379 of pod redis-1", "connection refused")

    def test_half_a_frame_and_the_end(self):
        self.broken(trap(port_frames(6379), frame(2, b"\0" + b"x" * 100)[:50]), "CLOSED")

    def test_half_a_frame_and_silence(self):
        self.broken(trap(port_frames(6379), frame(2, b"\0+PONG\r\n")[:4], then=hold), "NO_ANSWER", "no answer")

    def test_a_frame_of_an_unknown_kind(self):
        self.broken(trap(port_frames(6379), frame(3, b"\0x"), then=hold), "PROTOCOL", "WebSocket")

    def test_a_masked_frame_from_the_server(self):
        self.broken(trap(bytes([0x82, 0x83, 1, 2, 3, 4, 5, 6, 7]), then=hold), "PROTOCOL", "WebSocket")

    def test_a_message_without_end(self):
        self.broken(trap(port_frames(6379), b"\x82\x7f" + struct.pack(">Q", 1 << 40) + b"\0first bytes of many", then=hold), "PROTOCOL", "WebSocket")

    def test_a_channel_nobody_opened(self):
        self.broken(trap(port_frames(6379), frame(2, b"\7hello"), then=hold), "PROTOCOL", "channel 7")

    def test_a_close_at_once(self):
        self.broken(trap(frame(8, struct.pack(">H", 1000))), "CLOSED", "was closed")

    def test_the_end_at_once(self):
        self.broken(trap(), "CLOSED")

    def test_http_on_the_port(self):
        self.broken(trap(port_frames(6379), frame(2, b"\0HTTP/1.1 400 Bad Request\r\n\r\n")), "NOT_REDIS", "HTTP")

    def test_an_array_without_end(self):
        self.broken(trap(port_frames(6379), frame(2, b"\0*2000000000\r\n"), then=hold), "REPLY_TOO_LARGE", "2000000000")

    def test_no_permission(self):
        message = 'pods "redis-1" is forbidden: User "jane" cannot create resource "pods/portforward" in API group "" in the namespace "default"'
        self.broken(None, "FORBIDDEN", "not permitted to create pods/portforward", 'resources: [pods/portforward], verbs: [get, create]', refused=status(403, "Forbidden", message))

    def test_a_pod_that_is_gone(self):
        self.broken(None, "NOT_FOUND", "redis-1", refused=status(404, "NotFound", 'pods "redis-1" not found'))

    def test_a_kubelet_that_cannot(self):
        self.broken(None, "PORT_REFUSED", "error dialing backend", refused=Answer(500, "error dialing backend: connect: no route to host", {"Content-Type": "text/plain"}))

    def test_a_proxy_that_knows_no_upgrade(self):
        self.broken(None, "NOT_KUBERNETES", "400", refused=Answer(400, "<html>no upgrades here</html>", {"Content-Type": "text/html"}))

    def test_a_slow_trickle_is_an_answer(self):
        """One byte a frame, many frames: the codec waits for the whole."""
        def trickle(ws):
            ws.send(port_frames(6379))
            import socket
            with socket.create_connection(("127.0.0.1", plain.port)) as redis:
                while message := ws.receive():
                    redis.sendall(message[1:])
                    redis.settimeout(0.2)
                    try:
                        while data := redis.recv(65536):
                            for byte in data:
                                ws.send(frame(2, bytes([0, byte])))
                    except TimeoutError:
                        pass
        plain = self.enterContext(Server())
        api = self.fake(pod("redis-0")).forward("redis-0", trickle)
        self.assertEqual(self.look(api, "--json").document["items"][0]["nodes"][0]["role"], "master")

    def test_300_dead_pods(self):
        plain = self.enterContext(Server())
        pods = [pod(f"redis-{i}") for i in range(301)]
        api = self.fake(*pods).forward("redis-0", bridge(plain.port))
        for dead in range(1, 301):
            api.forward(f"redis-{dead}", hold)
        since = time.monotonic()
        answer = self.look(api, "--json", "--timeout", "4s", code=7)
        self.assertLess(time.monotonic() - since, 8)
        nodes = answer.document["items"][0]["nodes"]
        self.assertEqual(len(nodes), 301)
        self.assertEqual([n["name"] for n in nodes if n["role"] == "master"], ["redis-0"])
        self.assertEqual(len(answer.document["errors"]), 300)

    def test_ctrl_c_while_it_waits(self):
        api = self.fake(pod("redis-0")).forward("redis-0", hold)
        answer = self.look(api, code=130, interrupt_after=0.7)
        self.assertLess(answer.seconds, 3, answer)


if __name__ == "__main__":
    unittest.main()
