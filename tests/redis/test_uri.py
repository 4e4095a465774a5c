"""The settings that redisctl shows lead clients to the master: URIs, environment and code, the Python ones run as they stand."""
import subprocess
import tempfile
import unittest
from contextlib import ExitStack

from asking import PASSWORD, Asking, codes
from program import environment, redisctl
from servers import Authority, Sentinel, Server, eventually

LIBRARIES = ("uri", "env", "redis-py", "celery", "lettuce", "jedis", "go-redis")
SENTINEL_PASSWORD = "pa55-of-sentinel"
# Debian's own, for which python3-redis is a package.
PYTHON = "/usr/bin/python3"


class Settings(Asking):
    def setUp(self):
        self.servers = self.enterContext(ExitStack())
        self.env = {"REDISCLI_AUTH": PASSWORD}

    def system(self, password: str = PASSWORD) -> list:
        master = self.servers.enter_context(Server(password=password))
        replica = self.servers.enter_context(Server(password=password, replica_of=master))
        replica.wait_linked()
        if password:
            master.command("CONFIG", "SET", "masterauth", password)
        return [master, replica]

    def watched(self, *options: str, password: str = None) -> tuple:
        nodes = self.system()
        sentinels = []
        for _ in range(2):
            sentinel = self.servers.enter_context(Sentinel(*options, monitors={"mymaster": nodes[0]}, quorum=2, password=password))
            sentinels.append(sentinel.wait_found("mymaster", 1))
        for sentinel in sentinels:
            eventually("they know each other", lambda: self.known(sentinel) == 1)
        return nodes, sentinels

    def known(self, sentinel: Sentinel) -> int:
        flat = sentinel.command("SENTINEL", "MASTER", "mymaster")
        return int(dict(zip(flat[::2], flat[1::2]))[b"num-other-sentinels"])

    def item(self, *arguments, code: int = 0, **how) -> tuple:
        document = self.document("uri", "ClientSettings", *arguments, code=code, env=self.env, **how)
        return self.only(document["items"]), codes(document)

    def test_a_host(self):
        master, replica = self.system()
        item, found = self.item("--host", replica.address, "--database", "3")
        self.assertEqual((item["way"], item["writes"], item["uris"]), ("host", master.address, [f"redis://:$REDIS_PASSWORD@{master.address}/3"]))
        self.assertEqual((item["passwordVariable"], item["passwordSource"], item["holdsPassword"]), ("REDIS_PASSWORD", "REDISCLI_AUTH", False))
        self.assertEqual(found, {("CLIENTS_FOLLOW_NO_SWITCH", "warning"), ("CLIENTS_MUST_RETRY", "info")})
        answer = self.ask("uri", "--host", master.address, env=self.env)
        self.assertEqual(answer.out, f"redis://:$REDIS_PASSWORD@{master.address}/0\n")
        self.assertIn(f"{master.address} is the master of now: after a switch nothing leads its clients to the next one", answer.err)
        self.assertEqual(self.ask("uri", "--host", master.address, "-o", "name", env=self.env).out, answer.out)

    def test_sentinels_with_a_password_of_their_own(self):
        nodes, sentinels = self.watched(password=SENTINEL_PASSWORD)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(SENTINEL_PASSWORD)
            file.flush()
            words = [*(word for sentinel in sentinels for word in ("--sentinel", sentinel.address)), "--sentinel-password-file", file.name]
            item, found = self.item(*words, "--for", "redis-py")
            shown = redisctl("uri", *words, "--for", "redis-py", "--with-secrets", env=self.env)
        addresses = [sentinel.address for sentinel in sentinels]
        self.assertEqual((item["way"], item["masterName"], sorted(item["sentinels"])), ("sentinel", "mymaster", sorted(addresses)))
        self.assertEqual(item["uris"], [f"redis-sentinel://:$REDIS_PASSWORD@{','.join(item['sentinels'])}/0#mymaster"])
        self.assertEqual((item["sentinelPasswordVariable"], item["sentinelPasswordSource"]), ("REDIS_SENTINEL_PASSWORD", "flag"))
        self.assertEqual(found, set())
        self.assertEqual((shown.code, PASSWORD in shown.out, SENTINEL_PASSWORD in shown.out), (0, True, True))
        for text, variables in ((item["text"], {"REDIS_PASSWORD": PASSWORD, "REDIS_SENTINEL_PASSWORD": SENTINEL_PASSWORD}), (shown.out, {})):
            self.assertEqual(self.run_python(text, **variables), f"True {nodes[0].port} {nodes[1].port}\n")

    def run_python(self, text: str, **variables) -> str:
        """What the settings say when they are used: a write is taken, and where the two clients are."""
        if subprocess.run([PYTHON, "-c", "import redis"], capture_output=True).returncode != 0:
            self.skipTest("python3-redis is not installed")
        reads = "reads.config_get('port')['port']" if "reads =" in text else "''"
        done = subprocess.run([PYTHON, "-c", f"{text}\nprint(redis.set('a', '1'), redis.config_get('port')['port'], {reads})"], env=environment(**variables),
                              capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""), text)
        return done.stdout

    def test_redis_py_at_a_host(self):
        master, _ = self.system()
        item, _ = self.item("--host", master.address, "--for", "redis-py")
        self.assertEqual(self.run_python(item["text"], REDIS_PASSWORD=PASSWORD), f"True {master.port} \n")

    def test_open_sentinels_and_few_of_them(self):
        _, sentinels = self.watched()
        item, found = self.item("--sentinel", sentinels[0].address)
        self.assertIsNone(item["sentinelPasswordVariable"])
        self.assertEqual(found, {("CLIENTS_SENTINEL_OPEN", "warning"), ("CLIENTS_FEW_SENTINELS", "warning"), ("CLIENTS_MUST_RETRY", "info")})

    def test_a_sentinel_without_auth_pass(self):
        master, _ = self.system()
        blind = self.servers.enter_context(Sentinel("sentinel down-after-milliseconds mymaster 100", monitors={"mymaster": master}))
        blind.command("SENTINEL", "SET", "mymaster", "auth-pass", "")
        eventually("it sees the master down", lambda: b"s_down" in blind.command("SENTINEL", "MASTER", "mymaster")[9])
        _, found = self.item("--sentinel", blind.address, "--host", master.address)
        self.assertIn(("CLIENTS_SENTINEL_BLIND", "warning"), found)

    def test_no_library_shows_a_password_unless_it_is_asked_for(self):
        master, _ = self.system()
        for library in LIBRARIES:
            with self.subTest(library):
                item, _ = self.item("--host", master.address, "--for", library)
                self.assertEqual(item["for"], library)
                self.assertIn("REDIS_PASSWORD", item["text"])
                shown = redisctl("uri", "--host", master.address, "--for", library, "--with-secrets", "--json", env=self.env)
                self.assertIn(PASSWORD, shown.document["items"][0]["text"])
                self.assertTrue(shown.document["items"][0]["holdsPassword"])

    def test_passwords_are_encoded_for_where_they_stand(self):
        master = self.servers.enter_context(Server())
        password = "pa55 of'the\"test\\with$HOME@host/%"
        master.command("CONFIG", "SET", "requirepass", password)
        self.env = {"REDISCLI_AUTH": password}

        def shown(library: str) -> str:
            return redisctl("uri", "--host", master.address, "--for", library, "--with-secrets", env=self.env).out

        self.assertEqual(shown("uri"), f"redis://:pa55%20of%27the%22test%5Cwith%24HOME%40host%2F%25@{master.address}/0\n")
        done = subprocess.run(["sh", "-c", f"{shown('env')}printf %s \"$REDIS_PASSWORD\""], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.stdout, done.stderr), (password, ""))
        self.assertEqual(self.run_python(shown("redis-py")), f"True {master.port} \n")

    def test_no_password_and_tls(self):
        authority = self.servers.enter_context(Authority())
        master = self.servers.enter_context(Server(tls=authority))
        self.env = {}
        item, found = self.item("--host", master.address, "--tls", "--cacert", authority["ca.crt"], "--cert", authority["client.crt"], "--key", authority["client.key"])
        self.assertEqual((item["uris"], item["tls"], item["passwordVariable"]), ([f"rediss://{master.address}/0"], True, None))
        self.assertEqual(found, {("CLIENTS_MUST_RETRY", "info")})

    def test_no_master(self):
        master, replica = self.system()
        master.stop()
        item, found = self.item("--host", replica.address, code=7)
        self.assertEqual((item["way"], item["uris"], item["text"], item["writes"]), ("none", [], "", None))
        self.assertEqual(found, {("CLIENTS_NO_MASTER", "warning")})

    def test_what_is_no_database_or_library(self):
        self.assertIn("--database: '-1' is no number of a database", self.ask("uri", "--host", "127.0.0.1:1", "--database", "-1", code=2).err)
        self.assertIn("--for does not take 'ruby'", self.ask("uri", "--host", "127.0.0.1:1", "--for", "ruby", code=2).err)


if __name__ == "__main__":
    unittest.main()
