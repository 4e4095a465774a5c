"""Servers that turn us away, that cannot answer yet, that are dead, frozen, or no Redis at all: a plain sentence each, the right exit code, and in time."""
import tempfile
import unittest
from pathlib import Path

from asking import PASSWORD, Asking, by_name, codes, said
from servers import Sentinel, Server, Speaker, free_port


def password_file(test: unittest.TestCase, text: str) -> str:
    folder = test.enterContext(tempfile.TemporaryDirectory())
    file = Path(folder) / "password"
    file.write_text(text)
    return str(file)


class Passwords(Asking):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server("user onlyping on >pa55-of-onlyping +ping", "user looker on >pa55-of-looker +info +role +ping", password=PASSWORD))
        cls.open = cls.enterClassContext(Server())
        cls.host = ["--host", cls.server.address]

    def test_each_way_to_give_the_password(self):
        for how in ({"arguments": ["--password-file", password_file(self, PASSWORD + "\n")]}, {"arguments": ["--password-stdin"], "input": PASSWORD + "\n"},
                    {"arguments": [], "env": {"REDISCLI_AUTH": PASSWORD}}):
            with self.subTest(how=how["arguments"] or "REDISCLI_AUTH"):
                arguments = how.pop("arguments")
                document = self.document("replication-info", "ReplicationInfo", *self.host, *arguments, **how)
                self.assertEqual(self.only(document["items"])["master"], self.server.address)

    def test_a_flag_comes_before_the_environment(self):
        self.ask("ping", *self.host, "--password-file", password_file(self, PASSWORD), env={"REDISCLI_AUTH": "wrong-pa55"})

    def test_an_acl_user(self):
        self.ask("replication-info", *self.host, "--user", "looker", "--password-stdin", input="pa55-of-looker")

    def test_no_password(self):
        answer = self.ask("replication-info", *self.host, "--json", code=5)
        error = self.error(answer)
        self.assertEqual((error["code"], error["node"]), ("NOAUTH", self.server.address))
        self.assertIn("wants a password", error["message"])
        self.assertIn("--password-file", error["hint"])

    def test_no_password_in_words(self):
        answer = self.ask("replication-info", *self.host, code=5)
        self.assertIn("wants a password", answer.err + answer.out)

    def test_a_wrong_password(self):
        answer = self.ask("replication-info", *self.host, "--password-stdin", "--json", input="wrong-pa55", code=5)
        error = self.error(answer)
        self.assertEqual(error["code"], "WRONGPASS")
        self.assertIn("rejected the password", error["message"])

    def test_an_unknown_user(self):
        answer = self.ask("ping", *self.host, "--user", "nobody", "--password-stdin", "--json", input=PASSWORD, code=5)
        self.assertEqual(self.error(answer)["code"], "WRONGPASS")

    def test_a_user_who_may_not_ask(self):
        how = {"input": "pa55-of-onlyping"}
        answer = self.ask("replication-info", *self.host, "--user", "onlyping", "--password-stdin", "--json", code=5, **how)
        error = self.error(answer)
        self.assertEqual(error["code"], "NOPERM")
        self.assertIn("INFO", error["message"])
        self.assertIn("+info", error["hint"])
        self.ask("ping", *self.host, "--user", "onlyping", "--password-stdin", **how)

    def test_a_password_where_none_is_set(self):
        answer = self.ask("ping", "--host", self.open.address, "--password-stdin", "--json", input="wrong-pa55", code=5)
        self.assertEqual(self.error(answer)["code"], "NO_PASSWORD_SET")

    def test_a_password_file_that_is_not_there_is_wrong_usage(self):
        answer = self.ask("ping", *self.host, "--password-file", "/nonexistent/password", code=2)
        self.assertIn("/nonexistent/password", answer.err)

    def test_the_password_goes_to_the_replicas_too(self):
        with Server(replica_of=self.server, password=PASSWORD) as replica:
            replica.wait_linked()
            document = self.document("replication-info", "ReplicationInfo", *self.host, env={"REDISCLI_AUTH": PASSWORD})
            self.assertEqual({node["name"] for node in self.only(document["items"])["nodes"]}, {self.server.address, replica.address})

    def test_sentinel_has_a_password_of_its_own(self):
        own = "pa55-of-sentinel"
        with Sentinel(monitors={"main": self.server}, password=own) as sentinel:
            asked = ["replication-info", "--sentinel", sentinel.address]
            file = password_file(self, own)
            document = self.document("replication-info", "ReplicationInfo", "--sentinel", sentinel.address, "--sentinel-password-file", file, env={"REDISCLI_AUTH": PASSWORD})
            self.assertEqual(self.only(document["items"])["master"], self.server.address)
            answer = self.ask(*asked, "--json", env={"REDISCLI_AUTH": PASSWORD}, code=5)
            self.assertEqual(self.error(answer)["code"], "NOAUTH")


class NotReady(Asking):
    def test_a_master_that_is_loading(self):
        with Server() as source:
            with source.client() as client:
                for i in range(3000):
                    client.command("SET", f"key:{i}", "x" * 1000)
                client.command("SAVE")
            dump = (source.folder / "dump.rdb").read_bytes()
        with Server("key-load-delay 5000", "loading-process-events-interval-bytes 1024", dump=dump, wait=False) as server:
            host = ["--host", server.address]
            document = self.document("replication-info", "ReplicationInfo", *host)
            self.assertIn(("LOADING", "critical"), codes(document))
            self.assertEqual(self.only(self.only(document["items"])["nodes"])["error"], None, "it answers INFO")
            self.ask("status", *host, code=1)
            answer = self.ask("ping", *host, "--json", code=1)
            self.assertEqual(self.error(answer)["code"], "LOADING")

    def test_a_replica_without_its_master_that_serves_no_stale_data(self):
        with Server("replica-serve-stale-data no", "replicaof 127.0.0.1 2") as server:
            host = ["--host", server.address]
            document = self.document("replication-info", "ReplicationInfo", *host, code=7)
            node = by_name(self.only(document["items"])["nodes"])[server.address]
            self.assertEqual((node["role"], node["linkStatus"], node["masterPort"], node["lagBytes"]), ("replica", "down", 2, None))
            answer = self.ask("ping", *host, "--json", code=1)
            self.assertEqual(self.error(answer)["code"], "MASTERDOWN")

    def test_info_that_is_renamed(self):
        with Server('rename-command INFO ""') as server:
            answer = self.ask("replication-info", "--host", server.address, "--json", code=1)
            error = self.error(answer)
            self.assertEqual(error["code"], "UNKNOWN_COMMAND")
            self.assertIn("INFO", error["message"])

    def test_role_that_is_renamed_does_not_matter(self):
        with Server('rename-command ROLE ""', 'rename-command CLIENT ""') as server:
            document = self.document("replication-info", "ReplicationInfo", "--host", server.address)
            self.assertEqual(self.only(document["items"])["master"], server.address)

    def test_no_client_more_is_taken(self):
        with Server("maxclients 1") as server, server.client():
            answer = self.ask("replication-info", "--host", server.address, "--json", code=1)
            self.assertEqual(self.error(answer)["code"], "MAX_CLIENTS")

    def test_cluster_mode(self):
        # Without a port of its own the cluster bus takes the server's plus 10000, which there may not be.
        with Server("cluster-enabled yes", f"cluster-port {free_port()}") as server:
            document = self.document("replication-info", "ReplicationInfo", "--host", server.address)
            self.assertEqual(self.only(document["items"])["system"], "cluster-mode")
            self.assertIn("CLUSTER_MODE", {code for code, _ in codes(document)})


class Silent(Asking):
    def test_a_dead_port(self):
        address = f"127.0.0.1:{free_port()}"
        answer = self.ask("replication-info", "--host", address, "--json", code=4)
        error = self.error(answer)
        self.assertIn(address, said(error))
        self.assertEqual(error["code"], "UNREACHABLE")
        self.assertLess(answer.seconds, 1.5, "a refused connection needs no waiting")

    def test_a_name_that_does_not_exist(self):
        answer = self.ask("replication-info", "--host", "redis.invalid:6379", "--json", "--timeout", "3s", code=4)
        self.assertIn("redis.invalid", said(self.error(answer)))

    def test_a_frozen_node(self):
        with Server() as server:
            server.freeze()
            answer = self.ask("replication-info", "--host", server.address, "--json", "--timeout", "1s", code=4)
            error = self.error(answer)
            self.assertEqual((error["code"], error["node"]), ("NO_ANSWER", server.address))
            self.assertIn("does not answer", error["cause"])
            self.assertLess(answer.seconds, 2)

    def test_one_of_three_is_frozen_and_the_others_answer(self):
        with Server() as master, Server(replica_of=master) as one, Server(replica_of=master) as other:
            one.wait_linked(), other.wait_linked()
            other.freeze()
            asked = ["--host", master.address, "--timeout", "1s"]
            document = self.document("replication-info", "ReplicationInfo", *asked, code=7)
            instance = self.only(document["items"])
            nodes = by_name(instance["nodes"])
            self.assertEqual(set(nodes), {master.address, one.address, other.address})
            self.assertEqual((nodes[master.address]["error"], nodes[one.address]["error"], instance["master"]), (None, None, master.address))
            self.assertEqual((nodes[other.address]["offset"], nodes[other.address]["role"]), (None, "unknown"))
            self.assertEqual(self.only(document["errors"])["node"], other.address)
            answer = self.ask("status", *asked, code=1)
            self.assertLess(answer.seconds, 2)

    def test_one_of_two_hosts_is_dead(self):
        dead = f"127.0.0.1:{free_port()}"
        with Server() as server:
            document = self.document("role", "Role", "--host", server.address, "--host", dead, code=7)
            nodes = by_name(self.only(document["items"])["nodes"])
            self.assertEqual((nodes[server.address]["role"], nodes[dead]["role"]), ("master", "unknown"))
            self.ask("ping", "--host", server.address, "--host", dead, code=1)

    def test_ctrl_c_ends_it_at_once(self):
        with Server() as server:
            server.freeze()
            answer = self.ask("replication-info", "--host", server.address, "--timeout", "20s", interrupt_after=0.5, code=130)
            self.assertLess(answer.seconds, 2)

    def test_a_dead_sentinel(self):
        address = f"127.0.0.1:{free_port()}"
        answer = self.ask("replication-info", "--sentinel", address, "--json", code=4)
        self.assertEqual(self.error(answer)["node"], address)


class Strangers(Asking):
    """Peers that are no Redis, or one that went mad."""

    def check(self, says: bytes, code: str, *words: str, hang_up: bool = True, exit: int = 4) -> None:
        with self.subTest(says=says[:30]), Speaker(says, hang_up) as peer:
            answer = self.ask("replication-info", "--host", peer.address, "--timeout", "2s", "--json", code=exit)
            error = self.error(answer)
            self.assertEqual(error["code"], code, answer)
            for word in words:
                self.assertIn(word, said(error))
            self.assertLess(answer.seconds, 3)
            self.assertNotIn("\x1b", answer.out + answer.err)

    def test_a_web_server(self):
        self.check(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "NOT_REDIS", "speaks HTTP, not Redis", "HTTP/1.1 400 Bad Request")

    def test_a_tls_server(self):
        self.check(b"\x15\x03\x01\x00\x02\x02\x46", "NOT_REDIS", "speaks TLS, not Redis")

    def test_an_ssh_server(self):
        self.check(b"SSH-2.0-OpenSSH_9.2p1\r\n", "NOT_REDIS", "speaks SSH, not Redis")

    def test_something_unheard_of(self):
        self.check(b"\x1b[31mhello\r\n", "NOT_REDIS", "does not speak the Redis protocol")

    def test_an_array_of_two_thousand_million(self):
        for hang_up in (True, False):
            self.check(b"*2000000000\r\n", "REPLY_TOO_LARGE", "2000000000 elements", hang_up=hang_up)

    def test_a_string_of_two_thousand_million(self):
        self.check(b"$2000000000\r\n", "REPLY_TOO_LARGE", "2000000000 bytes", hang_up=False)

    def test_half_a_reply_and_then_nothing(self):
        self.check(b"+OK\r\n$100\r\n# Server\r\nredis_ver", "CLOSED", "closed")

    def test_half_a_reply_and_then_silence(self):
        self.check(b"+OK\r\n$100\r\n# Server\r\nredis_ver", "NO_ANSWER", "does not answer", hang_up=False)

    def test_protected_mode(self):
        # A real one refuses only those from elsewhere, and we come from its own host: it says this and hangs up.
        self.check(b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user.\r\n", "DENIED", "protected mode", exit=5)

    def test_text_that_is_no_info(self):
        self.check(b"+OK\r\n$5\r\nhello\r\n$0\r\n\r\n$0\r\n\r\n*1\r\n$6\r\nmaster\r\n", "PROTOCOL", "no INFO text", hang_up=False)
