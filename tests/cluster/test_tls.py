"""A Redis that speaks only TLS on 6379 and wants a client's certificate, through a port-forward."""
from world import systems
from world.program import Asking

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
