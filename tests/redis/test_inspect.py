"""The commands that ask each node for its numbers, keys and parameters, and exec: what they say is what the servers say."""
import json
import threading
import time
import unittest

from asking import PASSWORD, Asking, by_name, problems, said, schema_of
from following import Following
from keyboard import Keyboard
from program import REDISCTL, environment
from servers import Server, eventually


def setUpModule():
    global MASTER, REPLICA, HOSTS, WAY
    MASTER = unittest.enterModuleContext(Server("slowlog-log-slower-than 0", "slowlog-max-len 500", f"masterauth {PASSWORD}", password=PASSWORD))
    REPLICA = unittest.enterModuleContext(Server("maxmemory 100mb", password=PASSWORD, replica_of=MASTER))
    with MASTER.client() as client:
        for i in range(2500):
            client.command("SET", f"user:{i}", "x")
        client.command("SET", "large", "x" * 100_000)
        client.command("RPUSH", "queue", *[str(i) for i in range(5000)])
        client.command("SELECT", "3")
        client.command("SET", "elsewhere", "1")
    REPLICA.wait_linked()
    HOSTS = ["--host", MASTER.address, "--host", REPLICA.address]
    WAY = {"env": {"REDISCLI_AUTH": PASSWORD}}


class Inspecting(Asking):
    def inspect(self, command: str, kind: str, *arguments, code: int = 0) -> dict:
        return self.only(self.document(command, kind, *HOSTS, *arguments, code=code, **WAY)["items"])

    def nodes(self, *arguments, **how) -> tuple:
        nodes = by_name(self.inspect(*arguments, **how)["nodes"])
        self.assertEqual({node["error"] for node in nodes.values()}, {None})
        return nodes[MASTER.address], nodes[REPLICA.address]

    def test_dbsize_counts_by_database_and_what_a_replica_lacks(self):
        master, replica = self.nodes("dbsize", "DatabaseSizes")
        self.assertEqual((master["role"], master["keys"], master["databases"], master["missing"]), ("master", 2503, {"db0": 2502, "db3": 1}, None))
        self.assertEqual((replica["role"], replica["keys"], replica["missing"]), ("replica", 2503, 0))
        self.assertRegex(self.ask("dbsize", *HOSTS, **WAY).out, r"master +2503 +- +db0=2502 db3=1")

    def test_memory(self):
        master, replica = self.nodes("memory", "Memory")
        self.assertAlmostEqual(master["usedBytes"], int(MASTER.info("memory")["used_memory"]), delta=500_000)
        self.assertEqual((master["limitBytes"], master["fullPercent"], master["policy"]), (0, None, "noeviction"))
        self.assertEqual(replica["limitBytes"], 100 << 20)
        self.assertAlmostEqual(replica["fullPercent"], replica["usedBytes"] / (1 << 20), places=3)
        self.assertIn("100MiB", self.ask("memory", *HOSTS, **WAY).out)

    def test_persistence_tells_the_age_by_the_servers_clock(self):
        MASTER.command("BGSAVE")
        eventually("it is saved", lambda: MASTER.info("persistence")["rdb_bgsave_in_progress"] == "0")
        MASTER.command("SET", "large", "x" * 100_000)
        master, _ = self.nodes("persistence", "Persistence")
        self.assertLess(master["rdb"]["lastSaveAgeSeconds"], 30)
        self.assertEqual((master["rdb"]["lastStatus"], master["rdb"]["schedule"], master["rdb"]["changesSinceLastSave"], master["rdb"]["inProgress"]), ("ok", "", 1, False))
        self.assertEqual((master["aof"]["enabled"], master["aof"]["bytes"]), (False, None))

    def test_stats_measures_rates(self):
        master, replica = self.nodes("stats", "Stats", "--over", "300ms")
        self.assertTrue(0.3 <= master["overSeconds"] < 3, master)
        # Our own few commands, at least.
        self.assertGreater(master["perSecond"]["commands"], 0)
        self.assertEqual((master["hitPercent"], master["total"]["fullSyncs"], replica["total"]["fullSyncs"]), (None, 1, 0))

    def test_top_what_a_server_takes(self):
        """The replica has nothing to do meanwhile."""
        over = threading.Event()

        def burn():
            with MASTER.client() as client:
                while not over.is_set():
                    client.command("EVAL", "for i = 1, 3e5 do end", "0")

        burning = threading.Thread(target=burn)
        burning.start()
        try:
            master, replica = self.nodes("top", "Stats", "--over", "500ms")
        finally:
            over.set()
            burning.join()
        self.assertGreater(master["cpuPercent"], 10 + replica["cpuPercent"], (master, replica))
        self.assertAlmostEqual(master["memoryBytes"], int(MASTER.info("memory")["used_memory_rss"]), delta=4 << 20)
        self.assertRegex(self.ask("top", *HOSTS, "--over", "50ms", **WAY).out, r"NODE +ROLE +CPU +MEMORY")

    def test_stats_over_nothing_is_a_wrong_word(self):
        self.assertIn("--over 1s", self.ask("stats", *HOSTS, "--over", "0s", code=2, **WAY).err)

    def test_stats_again_and_again(self):
        began = time.monotonic()
        answer = self.ask("stats", *HOSTS, "--watch", "--over", "200ms", "--duration", "1s", "--json", **WAY)
        self.assertTrue(1 <= time.monotonic() - began < 5, answer)
        documents = [json.loads(line) for line in answer.out.splitlines()]
        self.assertTrue(2 <= len(documents) <= 5, answer)
        for document in documents:
            self.assertEqual(problems(document, schema_of("Stats")), [], answer)
            for node in self.only(document["items"])["nodes"]:
                self.assertTrue(0.15 <= node["overSeconds"] < 3, node)
                self.assertGreater(node["perSecond"]["commands"], 0)
        tables = self.ask("stats", *HOSTS, "--watch", "--over", "200ms", "--duration", "500ms", **WAY).out
        self.assertGreaterEqual(tables.count("COMMANDS/S"), 2)
        self.assertNotIn("\x1b", tables)

    def test_stats_live(self):
        """The course of the last looks at the end of each line; Ctrl-C ends it well."""
        words = [REDISCTL, "stats", *HOSTS, "--watch", "--over", "100ms"]
        with Keyboard(words, {**environment(REDISCLI_AUTH=PASSWORD), "TERM": "xterm"}) as keyboard:
            keyboard.wait_for("COMMANDS/S", "█", "every 0.1 s, Ctrl-C ends it", seconds=20)
            keyboard.type("\x03")
            eventually("it is over", lambda: not keyboard.read())

    def test_a_duration_is_for_watching(self):
        answer = self.ask("stats", *HOSTS, "--duration", "1s", code=2, **WAY)
        self.assertIn("--duration is for --watch", answer.err)

    def test_a_node_that_dies_while_it_is_watched(self):
        with Server() as alone, Following("stats", "--host", alone.address, "--watch", "--over", "100ms") as following:
            following.until(kind="Stats", errors=[])
            alone.stop()
            eventually("it is said", lambda: following.lines[-1]["errors"])
            self.assertEqual(self.only(following.lines[-1]["items"])["nodes"][0]["perSecond"]["commands"], None)
            self.assertEqual(following.ended(), 0)

    def test_clients_are_counted_without_our_own(self):
        with MASTER.client() as one, MASTER.client() as two:
            for client in (one, two):
                client.command("CLIENT", "SETNAME", "worker")
            master, _ = self.nodes("clients", "Clients", "--by", "name")
            groups = {group["value"]: group for group in master["groups"]}
            self.assertEqual((groups["worker"]["connections"], groups["worker"]["types"]), (2, {"normal": 2}))
            self.assertFalse([name for name in groups if name.startswith("redisctl")], "our own connection is not one of theirs")
            master, replica = self.nodes("clients", "Clients", "--by", "type")
            self.assertEqual({group["value"]: group["connections"] for group in master["groups"]}, {"normal": 2, "replica": 1})
            self.assertEqual({group["value"] for group in replica["groups"]}, {"master"})
            master, _ = self.nodes("clients", "Clients", "--by", "name", "--top", "1")
            self.assertEqual((len(master["groups"]), master["more"]), (1, True))

    def test_slowlog_hides_passwords(self):
        with MASTER.client() as client:
            client.command("CONFIG", "SET", "masterauth", PASSWORD)
            client.command("ACL", "SETUSER", "guest", f">{PASSWORD}")
        master, _ = self.nodes("slowlog", "SlowLog", "--limit", "200")
        commands = [entry["command"] for entry in master["entries"]]
        self.assertIn(["CONFIG", "SET", "masterauth"], [command[:3] for command in commands])
        self.assertNotIn(PASSWORD, str(commands))
        self.assertRegex(self.ask("slowlog", *HOSTS, "--by-command", "--limit", "500", **WAY).out, r"set +\d+ +\d+\.\dms")
        self.assertRegex(self.ask("slowlog", *HOSTS, **WAY).out, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ +127\.0\.0\.1:\d+ +\d+\.\dms")

    def test_config_get_hides_passwords(self):
        master, _ = self.nodes("config get", "Config")
        self.assertEqual((master["parameters"]["requirepass"], master["parameters"]["masterauth"]), ("(hidden)", "(hidden)"))
        self.assertEqual(master["parameters"]["slowlog-max-len"], "500")
        out = self.ask("config", "get", "slowlog-max-len", "maxmemory", *HOSTS, **WAY).out
        self.assertRegex(out, r"slowlog-max-len +500 +128")

    def test_config_diff_names_what_differs_and_exits_1(self):
        master, replica = self.nodes("config diff", "ConfigDiff", "maxmemory*", "slowlog*", "bind", "replicaof", "hz", code=1)
        self.assertEqual((master["parameters"], replica["parameters"]),
                         ({"maxmemory": "0", "slowlog-log-slower-than": "0", "slowlog-max-len": "500"},
                          {"maxmemory": "104857600", "slowlog-log-slower-than": "10000", "slowlog-max-len": "128"}))
        master, _ = self.nodes("config diff", "ConfigDiff", "replicaof", "--own", code=1)
        self.assertEqual(master["parameters"], {"replicaof": ""})
        self.nodes("config diff", "ConfigDiff", "hz")

    def test_keys_come_from_the_replica_once_each(self):
        item = self.inspect("keys", "Keys", "user:*", "--limit", "0")
        self.assertEqual((item["node"], item["role"], item["all"], len(item["keys"]), len(set(item["keys"]))), (REPLICA.address, "replica", True, 2500, 2500))
        item = self.inspect("keys", "Keys", "--limit", "7")
        self.assertEqual((len(item["keys"]), item["all"]), (7, False))
        item = self.inspect("keys", "Keys", "--db", "3", "--node", MASTER.address)
        self.assertEqual((item["node"], item["keys"], item["all"]), (MASTER.address, ["elsewhere"], True))
        self.assertEqual(self.ask("keys", *HOSTS, "--type", "list", "-o", "name", **WAY).out, "queue\n")

    def test_keys_of_a_node_that_is_not_there(self):
        self.assertIn("127.0.0.1:1", self.ask("keys", *HOSTS, "--node", "127.0.0.1:1", code=3, **WAY).err)

    def test_bigkeys(self):
        item = self.inspect("bigkeys", "BigKeys", "--top", "2")
        types = {pile["type"]: pile for pile in item["types"]}
        self.assertEqual((item["node"], item["all"], item["keys"], types["string"]["keys"], types["list"]["keys"]), (REPLICA.address, True, 2502, 2501, 1))
        self.assertEqual((types["string"]["biggest"][0]["key"], len(types["string"]["biggest"])), ("large", 2))
        self.assertGreater(types["string"]["biggest"][0]["bytes"], 100_000)
        self.assertIn("large", self.ask("bigkeys", *HOSTS, **WAY).out)

    def test_bigkeys_keeps_to_its_rate(self):
        began = time.monotonic()
        self.inspect("bigkeys", "BigKeys", "--rate", "2000")
        self.assertGreater(time.monotonic() - began, 1.0, "2502 keys at 2000 a second")

    def test_a_dead_node_is_an_error_beside_the_others(self):
        document = self.document("dbsize", "DatabaseSizes", "--host", MASTER.address, "--host", "127.0.0.1:1", code=7, **WAY)
        nodes = by_name(self.only(document["items"])["nodes"])
        self.assertEqual((nodes["127.0.0.1:1"]["keys"], nodes["127.0.0.1:1"]["error"]["code"]), (None, "UNREACHABLE"))
        self.assertEqual(nodes[MASTER.address]["keys"], 2503)


class Executing(Asking):
    def exec(self, *arguments, code: int = 0):
        return self.ask("exec", *HOSTS, *arguments, code=code, **WAY)

    def refused(self, word: str, *arguments, code: int = 6):
        before = MASTER.info("keyspace")
        answer = self.ask("exec", *HOSTS, "--json", *arguments, code=code, **WAY)
        error = self.error(answer)
        self.assertEqual(error["code"], word)
        self.assertEqual(MASTER.info("keyspace"), before)
        return said(error)

    def test_it_goes_to_the_master(self):
        self.assertEqual(self.exec("--", "ROLE").out.splitlines()[0], "1) master")
        self.assertEqual(self.exec("--master", "--", "STRLEN", "large").out, "100000\n")

    def test_words_arrive_as_they_are(self):
        odd = "a b'c\"$d\\ \n%s;`"
        self.exec("--db", "7", "--", "SET", odd, odd)
        document = self.exec("--json", "--db", "7", "--", "GET", odd).document
        self.assertEqual((self.only(self.only(document["items"])["nodes"])["reply"], problems(document, schema_of("Exec"))), (odd, []))
        self.exec("--db", "7", "--", "DEL", odd)

    def test_to_all_nodes_each_under_its_name(self):
        self.assertEqual(self.exec("--all", "--", "DBSIZE").out, f"# {MASTER.address} (master)\n2502\n# {REPLICA.address} (replica)\n2502\n")
        self.assertEqual(self.exec("--replicas", "--", "DBSIZE").out, "2502\n")

    def test_replies_of_each_kind(self):
        self.assertEqual(self.exec("--", "GET", "nothing").out, "(nil)\n")
        self.assertEqual(self.exec("--", "LRANGE", "queue", "0", "1").out, "1) 0\n2) 1\n")
        self.assertEqual(self.exec("--", "LRANGE", "nothing", "0", "1").out, "(empty)\n")
        self.assertIn("used_memory:", self.exec("--", "INFO", "memory").out)

    def test_an_error_reply_is_an_error(self):
        answer = self.exec("--", "LPUSH", "large", "x", code=1)
        self.assertEqual(answer.out, "")
        self.assertIn("WRONGTYPE", answer.err)

    def test_escapes_never_reach_the_terminal(self):
        self.exec("--db", "7", "--", "SET", "evil", "\x1b[31mred")
        self.assertNotIn("\x1b", self.exec("--db", "7", "--", "GET", "evil").out)
        self.exec("--db", "7", "--", "DEL", "evil")

    def test_a_write_to_a_replica_is_refused(self):
        self.assertIn("replica", self.refused("WRITE_TO_REPLICA", "--replicas", "--", "SET", "a", "b"))
        self.assertIn("replica", self.refused("WRITE_TO_REPLICA", "--all", "--", "EVAL", "return 1", "0"))

    def test_what_changes_roles_is_refused(self):
        for words in (["REPLICAOF", "NO", "ONE"], ["failover"], ["CLUSTER", "RESET"]):
            self.assertIn("redisctl failover", self.refused("CHANGES_ROLES", "--", *words))

    def test_what_is_about_the_session_is_refused(self):
        for words in (["MONITOR"], ["SUBSCRIBE", "a"], ["MULTI"], ["SELECT", "3"], ["AUTH", PASSWORD]):
            self.refused("ABOUT_THE_SESSION", "--", *words)

    def test_what_destroys_needs_the_instances_name(self):
        self.assertIn(f"--confirm {MASTER.address}", self.refused("NOT_CONFIRMED", "--", "FLUSHALL"))
        self.assertIn(MASTER.address, self.refused("NOT_CONFIRMED", "--confirm", "wrong", "--", "FLUSHALL"))
        self.assertEqual(self.exec("--db", "9", "--confirm", MASTER.address, "--", "FLUSHDB").out, "OK\n")

    def test_where_nothing_may_be_changed_only_what_reads_is_sent(self):
        how = {"env": {**WAY["env"], "REDISCTL_READ_ONLY": "1"}}
        self.assertEqual(self.ask("exec", *HOSTS, "--", "STRLEN", "large", **how).out, "100000\n")
        for words in (["SET", "large", "x"], ["CONFIG", "SET", "hz", "10"], ["EVAL", "return 1", "0"], ["NOSUCH"]):
            self.assertIn("REDISCTL_READ_ONLY", self.ask("exec", *HOSTS, "--confirm", MASTER.address, "--", *words, code=6, **how).err)
        self.assertEqual(self.exec("--", "STRLEN", "large").out, "100000\n")

    def test_passwords_stay_hidden(self):
        self.assertIn("(hidden)", self.exec("--", "CONFIG", "GET", "requirepass").out)

    def test_wrong_words(self):
        self.assertIn("redisctl exec -- INFO memory", self.exec(code=2).err)
        self.exec("--master", "--all", "--", "PING", code=2)
        self.exec("--db", "x", "--", "PING", code=2)
