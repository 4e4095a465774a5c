"""A Redis that speaks only TLS on 6379 and wants a client's certificate, through a port-forward: looked at, and its master moved there and back."""
import contextlib
import socket
import ssl
import threading

from world import looking, systems
from world.charts import Switching
from world.kubectl import OWN, eventually, kubectl
from world.program import Asking
from world.switching import Client, Switched

FILES = systems.FOLDER


def setUpModule():
    global TLS, LOOK
    TLS = systems.need(systems.TLS)
    LOOK = ["-n", TLS.namespace]


def client(folder=FILES) -> list:
    return ["--cert", folder / "client.crt", "--key", folder / "client.key"]


class Tls(Asking):
    def test_read_from_the_pod_without_being_told(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", *LOOK, "--cacert", FILES / "ca.crt", *client())["items"])
        self.assertEqual((instance["name"], instance["system"], instance["master"]), ("secure", "bitnami-replication", "secure-redis-master-0"))
        self.assertEqual([(n["name"], n["role"]) for n in instance["nodes"]], [("secure-redis-master-0", "master"), ("secure-redis-replicas-0", "replica")])
        self.assertEqual(instance["nodes"][1]["linkStatus"], "up")

    def test_or_asked_for(self):
        self.document("role", "Role", *LOOK, "--tls", "--cacert", FILES / "ca.crt", *client())

    def test_without_a_client_certificate_nobody_answers(self):
        self.refused("--cacert", FILES / "ca.crt", words=("certificate",))

    def test_with_a_strangers_client_certificate_nobody_answers(self):
        self.refused("--cacert", FILES / "ca.crt", *client(FILES / "stranger"), words=("certificate", "unknown ca"))

    def test_the_servers_authority_is_checked(self):
        self.refused("--cacert", FILES / "stranger" / "ca.crt", *client(), words=("certificate",))

    def test_the_servers_name_is_checked(self):
        self.refused("--cacert", FILES / "ca.crt", *client(), "--sni", "somebody.else.svc", words=("somebody.else.svc", "name", "mismatch"))
        name = f"secure-redis-master-0.secure-redis-headless.{TLS.namespace}.svc.cluster.local"
        self.ask("role", *LOOK, "--cacert", FILES / "ca.crt", *client(), "--sni", name)

    def test_insecure_is_said_and_not_guessed(self):
        self.ask("role", *LOOK, "--insecure", *client())

    def test_a_certificate_without_its_key_is_wrong_usage(self):
        answer = self.ask("role", *LOOK, "--cert", FILES / "client.crt", code=2)
        self.assertIn("--key", answer.err)

    def refused(self, *flags, words: tuple) -> None:
        """No node answered, each says why in TLS's words, and nothing was tried in the clear."""
        answer = self.ask("replication-info", *LOOK, "--json", *flags, code=4, kind="ReplicationInfo")
        self.assertEqual(len(answer.document["errors"]), 2, answer)
        for error in answer.document["errors"]:
            text = f"{error['message']} {error['cause']}".lower()
            self.assertTrue(any(word in text for word in words), error)
        self.assertLess(answer.seconds, 8, "a refusal is an answer, not a time-out")


class OverTls(Switched):
    """Asked with the client's certificate."""

    def __init__(self, *arguments, **how):
        super().__init__(*arguments, **how)
        self.context = ssl.create_default_context(cafile=FILES / "ca.crt")
        self.context.check_hostname = False  # its name is what the tests above are about
        self.context.load_cert_chain(FILES / "client.crt", FILES / "client.key")
        self.flags = ["--cacert", FILES / "ca.crt", *client()]

    @contextlib.contextmanager
    def client(self, pod: str):
        with socket.create_connection((self.ip(pod), 6379), 5) as plain, Client(self.context.wrap_socket(plain)) as connection:
            connection.command("AUTH", self.password)
            yield connection

    @contextlib.contextmanager
    def writing(self, *pods: str):
        """Who goes to the next one when a write is refused. Gives what was acknowledged."""
        acknowledged, ended = [], threading.Event()

        def write() -> None:
            at, number = 0, 0
            while not ended.is_set():
                with contextlib.suppress(Exception), self.client(pods[at]) as connection:
                    while not ended.is_set():
                        number += 1
                        connection.command("SET", f"tls:{number}", number)
                        acknowledged.append(number)
                        ended.wait(0.002)
                at = (at + 1) % len(pods)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        try:
            yield acknowledged
        finally:
            ended.set()
            writer.join(20)


class Switch(Switching):
    MASTER, REPLICA, SERVICE = "secure-redis-master-0", "secure-redis-replicas-0", "secure-redis-master"

    def setUp(self):
        super().setUp()
        if not OWN:
            self.skipTest("pods' addresses are reachable only in the cluster's own network")
        selector = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "secure", "app.kubernetes.io/component": "master"}
        self.redis = OverTls(TLS, "secure", systems.TLS_PASSWORD, home={self.SERVICE: selector})

    def test_every_command_that_looks(self):
        self.redis.fresh(self.MASTER)
        looking.check_healthy(self, looking.Healthy(
            TLS.namespace, "secure", "bitnami-replication", self.MASTER, [self.REPLICA], services={self.SERVICE: "master", "secure-redis-headless": "headless"},
            doctor=[("MASTER_NOT_PERSISTENT", self.MASTER)], flags=self.redis.flags, password=systems.TLS_PASSWORD, reachable=False))

    def test_there_and_back(self):
        """Every link of the way speaks TLS: ours, the servers' to each other, the writer's. Nothing is lost."""
        self.redis.reset(self.MASTER)
        change = lambda command, *arguments: self.redis.change(command, *arguments, XDG_STATE_HOME=self.state)  # noqa: E731
        with self.redis.writing(self.MASTER, self.REPLICA) as acknowledged:
            self.check_lossless(change("failover", "--promote", self.REPLICA), self.MASTER, self.REPLICA)
            self.assertEqual((self.redis.roles(), self.redis.leads_to(self.SERVICE)), (self.redis.settled(self.REPLICA), [self.REPLICA]))
            count = len(acknowledged)
            eventually("the writer goes on", lambda: len(acknowledged) > count + 50)
            self.check_lossless(change("return-home"), self.REPLICA, self.MASTER)
        self.assertEqual(self.redis.roles(), self.redis.settled(self.MASTER))
        eventually("the Service leads home", lambda: self.redis.leads_to(self.SERVICE) == [self.MASTER])
        self.assertGreater(len(acknowledged), 100)
        with self.redis.client(self.MASTER) as connection:
            lost = [number for number in acknowledged if connection.command("GET", f"tls:{number}") != str(number).encode()]
        self.assertEqual(lost, [])

    def test_the_master_is_frozen(self):
        """Replaced when its replica has noticed; thawed, it is a second master: attached again, and led home."""
        self.redis.reset(self.MASTER)
        change = lambda command, *arguments: self.redis.change(command, *arguments, XDG_STATE_HOME=self.state)  # noqa: E731
        thaw = self.redis.freeze(self.MASTER)
        self.addCleanup(thaw)
        self.redis.ask(self.REPLICA, "CONFIG", "SET", "repl-timeout", "2")
        eventually("it has noticed", lambda: self.redis.field(self.REPLICA, "replication", "master_link_status") == "down", 20)
        self.redis.ask(self.REPLICA, "CONFIG", "SET", "repl-timeout", "60")
        refused = change("failover")
        self.check_result(refused, 6, "refused", False)
        self.assertEqual(refused.result["errors"][0]["code"], "DATA_LOSS", refused)
        done = change("failover", "--accept-data-loss", "--confirm", "secure")
        self.check_result(done, 0, "done", True)
        self.assertEqual((done.result["mode"], done.result["to"], done.result["lostBytes"]), ("emergency", self.REPLICA, None), done)
        self.assertEqual(self.redis.leads_to(self.SERVICE), [self.REPLICA])
        thaw()
        eventually("it is a second master", lambda: self.redis.roles() == {self.MASTER: "master", self.REPLICA: "master"})
        looking.told(self, self.redis)
        self.check_result(change("heal", "--apply", "--keep", self.REPLICA, "--confirm", "secure"), 0, "done", True)
        self.check_lossless(change("return-home"), self.REPLICA, self.MASTER)
        self.assertEqual(self.redis.roles(), self.redis.settled(self.MASTER))

    def test_a_replica_astray(self):
        self.redis.reset(self.MASTER)
        self.redis.ask(self.REPLICA, "REPLICAOF", "10.241.255.254", 6379)
        looking.told(self, self.redis)
        done = self.redis.change("resync-replica", self.REPLICA, XDG_STATE_HOME=self.state)
        self.check_result(done, 0, "done", True)
        self.assertEqual(self.redis.roles(), self.redis.settled(self.MASTER))

    def test_two_masters(self):
        self.redis.reset(self.MASTER)
        self.redis.ask(self.REPLICA, "REPLICAOF", "NO", "ONE")
        self.redis.ask(self.REPLICA, "SET", "mine", "1")
        looking.told(self, self.redis)
        healed = self.redis.change("heal", "--apply", "--keep", self.MASTER, "--confirm", "secure", XDG_STATE_HOME=self.state)
        self.check_result(healed, 0, "done", True)
        self.assertRegex(healed.result["lostReason"], f"1 write that only {self.REPLICA} had, saved in ", healed)
        self.assertEqual((self.redis.roles(), self.redis.ask(self.MASTER, "GET", "mine")), (self.redis.settled(self.MASTER), None))
