"""haproxy generate, haproxy check and uri for pods: names in DNS that HAProxy follows, Secrets that are named, Services that lead to the master."""
import base64
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

from api_server import Answer, bridge, listing
from haproxy import Haproxy, first_write, require_haproxy, valid, writes_taken
from looking import PODS, SECRET, SERVICES, SLICES, Looking
from objects import LABELS, pod
from servers import Server, eventually, free_port

PASSWORD = "pa55-word"


class Dns:
    """Answers A questions from `names` over UDP; what it does not know does not exist."""

    def __init__(self, names: dict):
        self.names = names

    def __enter__(self) -> "Dns":
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self) -> None:
        while True:
            try:
                question, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while question[at]:
                labels.append(question[at + 1:at + 1 + question[at]].decode())
                at += 1 + question[at]
            kind, = struct.unpack("!H", question[at + 1:at + 3])
            address = self.names.get(".".join(labels))
            found = address is not None and kind == 1
            head = question[:2] + struct.pack("!HHHHH", 0x8400 | (0 if address else 3), 1, 1 if found else 0, 0, 0)
            answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + socket.inet_aton(address) if found else b""
            self.socket.sendto(head + question[12:at + 5] + answer, peer)

    def __exit__(self, *_) -> None:
        self.socket.close()


def service(name: str, selector: dict, cluster_ip: str = "10.96.0.1") -> dict:
    return {"metadata": {"name": name, "namespace": "default"},
            "spec": {"clusterIP": cluster_ip, "selector": selector, "ports": [{"name": "redis", "port": 6379, "targetPort": "redis"}]}}


def leads(name: str, *pods: str) -> dict:
    return {"metadata": {"name": name, "namespace": "default", "labels": {"kubernetes.io/service-name": name}},
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": {"kind": "Pod", "name": each}} for each in pods]}


class Pods(Looking):
    @classmethod
    def setUpClass(cls):
        cls.redis = [cls.enterClassContext(Server(password=PASSWORD))]
        cls.redis.append(cls.enterClassContext(Server(password=PASSWORD, replica_of=cls.redis[0])))
        cls.redis[1].wait_linked()

    def api(self):
        """Two pods of a StatefulSet: each Redis behind its own, at the port that it really has."""
        pods = []
        for i, server in enumerate(self.redis):
            made = pod(f"redis-{i}", secret="cache", port=server.port)
            made["spec"]["subdomain"] = "redis-headless"
            made["spec"]["containers"][0]["args"] = ["--port", str(server.port)]
            made["status"]["podIP"] = f"10.0.0.{i + 1}"
            pods.append(made)
        api = self.fake(*pods)
        for i, server in enumerate(self.redis):
            api.forward(f"redis-{i}", bridge(server.port, server.port))
        api.on(PODS, listing("Pod", pods))
        api.on(SERVICES, listing("Service", [service("redis-headless", LABELS, "None"), service("redis-master", LABELS)]))
        api.on(SLICES, listing("EndpointSlice", [leads("redis-headless", "redis-0", "redis-1"), leads("redis-master", "redis-0")]))
        return api.on(SECRET, Answer(200, {"kind": "Secret", "metadata": {"name": "cache"}, "data": {"redis-password": base64.b64encode(PASSWORD.encode()).decode()}}))

    def names(self) -> dict:
        return {f"redis-{i}.redis-headless.default.svc.cluster.local": "127.0.0.1" for i in range(2)}

    def generated(self, *arguments) -> str:
        text = self.look(self.api(), *arguments, command="haproxy-generate").out
        for i, server in enumerate(self.redis):
            self.assertIn(f"server redis-{i} redis-{i}.redis-headless.default.svc.cluster.local:{server.port}\n", text)
        self.assertIn("# redisctl took it from: Secret cache:redis-password (env REDIS_PASSWORD of container redis).\n", text)
        return text

    def test_the_file_is_valid_and_right(self):
        require_haproxy()
        text = self.generated()
        self.assertEqual(valid(text, REDIS_PASSWORD="x")[0], True, text)
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
            file.write(text)
            file.flush()
            document = self.look(self.api(), file.name, "--json", command="haproxy-check").document
        self.assertEqual(document["findings"], [])
        self.assertEqual([server["node"] for server in document["items"][0]["backends"][0]["servers"]], ["redis-0", "redis-1"])

    def test_a_pod_that_gets_another_address_is_found_again(self):
        require_haproxy()
        write, names = free_port(), self.names()
        text = self.generated("--bind", "127.0.0.1", "--write-port", str(write), "--read-port", str(free_port()))
        first = next(iter(names))
        del names[first]
        with Dns(names) as dns:
            text = text.replace("parse-resolv-conf", f"nameserver test 127.0.0.1:{dns.port}")
            # It starts although the master's name does not exist yet.
            with Haproxy(text, REDIS_PASSWORD=PASSWORD) as haproxy:
                haproxy.until_up("redis_write/redis-1", "DOWN")
                self.assertEqual(writes_taken(write, 3, PASSWORD), 0)
                names[first] = "127.0.0.1"
                first_write(write, PASSWORD)
                names[first] = "127.0.0.99"
                eventually("the old address is left", lambda: writes_taken(write, 1, PASSWORD) == 0, 5)
                names[first] = "127.0.0.1"
                since = time.monotonic()
                took = first_write(write, PASSWORD, 5) - since
                print(f"measured: from a pod's new address in DNS to the first write through HAProxy: {took:.1f} s", file=sys.stderr, flush=True)

    def test_where_no_pod_answers_the_password_is_asked_for_all_the_same(self):
        api = self.api()

        def silent(ws):
            while ws.receive() is not None:
                pass

        for name in ("redis-0", "redis-1"):
            api.forward(name, silent)
        api.on(SECRET, Answer(500, {}), optional=True)
        answer = self.look(api, "--json", "--timeout", "2s", code=1, command="haproxy-generate", verify=False)
        item, = answer.document["items"]
        self.assertIn('tcp-check send "AUTH \\"${REDIS_PASSWORD}\\"', item["text"])
        self.assertEqual((item["passwordVariable"], item["holdsPassword"]), ("REDIS_PASSWORD", False))
        self.assertEqual([finding["code"] for finding in answer.document["findings"]], ["HAPROXY_PASSWORD_UNREAD"])

    def test_clients_are_sent_to_the_service_of_the_master(self):
        item, = self.look(self.api(), "--json", command="uri").document["items"]
        self.assertEqual((item["way"], item["uris"]), ("service", ["redis://:$REDIS_PASSWORD@redis-master.default.svc:6379/0"]))
        self.assertEqual(item["passwordSource"], "Secret cache:redis-password (env REDIS_PASSWORD of container redis)")


if __name__ == "__main__":
    unittest.main()
