"""TLS straight to Redis: the server's name and our certificate are checked on both sides, and nothing is ever tried in the clear instead."""
import unittest

from asking import Asking, by_name, said
from servers import Authority, Server


def setUpModule():
    global AUTHORITY, MASTER, REPLICA
    AUTHORITY = unittest.enterModuleContext(Authority())
    MASTER = unittest.enterModuleContext(Server(tls=AUTHORITY))
    REPLICA = unittest.enterModuleContext(Server(tls=AUTHORITY, replica_of=MASTER))
    REPLICA.wait_linked()


class Tls(Asking):
    def flags(self, **changed) -> list:
        flags = {"cacert": AUTHORITY["ca.crt"], "cert": AUTHORITY["client.crt"], "key": AUTHORITY["client.key"], **changed}
        return ["--host", MASTER.address, "--tls", *(word for name, value in flags.items() if value for word in (f"--{name}", value))]

    def refused(self, *arguments) -> dict:
        answer = self.ask("replication-info", *arguments, "--timeout", "3s", "--json", code=4)
        self.assertLess(answer.seconds, 4)
        return self.error(answer)

    def test_the_whole_system_is_seen(self):
        document = self.document("replication-info", "ReplicationInfo", *self.flags())
        nodes = by_name(self.only(document["items"])["nodes"])
        self.assertEqual({name: node["role"] for name, node in nodes.items()}, {MASTER.address: "master", REPLICA.address: "replica"})

    def test_the_name_in_the_certificate_may_be_given(self):
        self.ask("ping", *self.flags(sni="redis.test"))

    def test_another_name_is_refused(self):
        error = self.refused(*self.flags(sni="other.test"))
        self.assertIn("other.test", said(error))

    def test_another_authority_is_refused(self):
        error = self.refused(*self.flags(cacert=AUTHORITY["other.crt"]))
        self.assertIn("certificate", said(error))

    def test_insecure_is_a_flag_of_its_own(self):
        self.ask("ping", *self.flags(cacert=AUTHORITY["other.crt"], sni="other.test"), "--insecure")

    def test_no_certificate_of_ours_is_refused_by_the_server(self):
        error = self.refused(*self.flags(cert=None, key=None))
        self.assertIn("certificate", said(error).lower())

    def test_without_tls_the_peer_is_named_and_nothing_else_is_tried(self):
        error = self.refused("--host", MASTER.address)
        self.assertIn("--tls", said(error))

    def test_tls_to_a_server_without_it(self):
        with Server() as plain:
            error = self.refused("--host", plain.address, "--tls")
            self.assertRegex(said(error), "TLS|SSL")

    def test_a_file_that_is_not_there_is_wrong_usage(self):
        for name in ("cacert", "cert", "key"):
            with self.subTest(name=name):
                answer = self.ask("ping", *self.flags(**{name: "/nonexistent/file"}), code=2)
                self.assertIn("/nonexistent/file", answer.err)

    def test_certificate_and_key_go_together(self):
        answer = self.ask("ping", *self.flags(key=None), code=2)
        self.assertIn("--key", answer.err)
