"""The commands that look, against a master and two replicas: what they say is what the servers say."""
import unittest

from asking import Asking, by_name, codes
from servers import Sentinel, Server


def setUpModule():
    global MASTER, REPLICAS, NAMES
    MASTER = unittest.enterModuleContext(Server())
    MASTER.command("SET", "greeting", "hello")
    REPLICAS = [unittest.enterModuleContext(Server(replica_of=MASTER)) for _ in range(2)]
    for replica in REPLICAS:
        replica.wait_linked()
    NAMES = {server.address for server in (MASTER, *REPLICAS)}


class Looking(Asking):
    def setUp(self):
        self.host = ["--host", MASTER.address]

    def test_replication_info_says_what_the_servers_say(self):
        document = self.document("replication-info", "ReplicationInfo", *self.host)
        instance = self.only(document["items"])
        self.assertEqual((instance["name"], instance["namespace"], instance["system"], instance["master"], instance["health"]),
                         (MASTER.address, None, "generic", MASTER.address, "healthy"))
        nodes = by_name(instance["nodes"])
        self.assertEqual(set(nodes), NAMES, "the replicas that the master reports are asked too")
        info = MASTER.info()
        for server in (MASTER, *REPLICAS):
            node = nodes[server.address]
            self.assertEqual((node["address"], node["error"], node["pod"], node["replid"]), (server.address, None, None, info["master_replid"]))
            self.assertEqual(node["runId"], server.info("server")["run_id"])
        master = nodes[MASTER.address]
        self.assertEqual((master["role"], master["connectedReplicas"], master["lagBytes"], master["masterHost"]), ("master", 2, None, None))
        for replica in REPLICAS:
            node = nodes[replica.address]
            self.assertEqual((node["role"], node["masterNode"], node["masterHost"], node["masterPort"], node["linkStatus"], node["syncInProgress"], node["priority"]),
                             ("replica", MASTER.address, "127.0.0.1", MASTER.port, "up", False, 100))
            self.assertLessEqual(node["lagBytes"], 100)
            self.assertIsInstance(node["lagSeconds"], int)
        self.assertEqual((document["errors"], codes(document)), ([], set()))

    def test_a_replica_as_the_only_host_finds_the_whole_system(self):
        document = self.document("replication-info", "ReplicationInfo", "--host", REPLICAS[1].address)
        instance = self.only(document["items"])
        self.assertEqual((instance["name"], instance["master"]), (REPLICAS[1].address, MASTER.address))
        self.assertEqual({node["name"] for node in instance["nodes"]}, NAMES)

    def test_a_host_that_is_named_twice_is_one_node(self):
        document = self.document("replication-info", "ReplicationInfo", *self.host, *self.host, "--host", REPLICAS[0].address)
        self.assertEqual(sorted(node["name"] for node in self.only(document["items"])["nodes"]), sorted(NAMES))

    def test_a_host_by_two_names_is_told_as_one_process(self):
        document = self.document("replication-info", "ReplicationInfo", *self.host, "--host", f"localhost:{MASTER.port}")
        instance = self.only(document["items"])
        self.assertEqual(len(instance["nodes"]), 4, "the replicas are not doubled with it")
        self.assertEqual(codes(document), {("SAME_PROCESS", "warning")})
        self.assertIn(instance["master"], (MASTER.address, f"localhost:{MASTER.port}"))

    def test_the_table_names_each_node(self):
        for form in ("table", "wide"):
            answer = self.ask("replication-info", *self.host, "-o", form)
            for name in NAMES:
                self.assertIn(name, answer.out, answer)
            self.assertEqual(answer.err, "")

    def test_names_only(self):
        answer = self.ask("replication-info", *self.host, "-o", "name")
        self.assertEqual(set(answer.out.split()), NAMES)
        self.assertEqual(self.ask("master-info", *self.host, "-o", "name").out, MASTER.address + "\n")

    def test_yaml_is_the_same_document(self):
        answer = self.ask("replication-info", *self.host, "-o", "yaml")
        self.assertIn("apiVersion: redisctl/v1\n", answer.out)
        self.assertIn(f"master: {MASTER.address}", answer.out.replace('"', "").replace("'", ""))

    def test_master_info(self):
        item = self.only(self.document("master-info", "MasterInfo", *self.host)["items"])
        self.assertEqual((item["master"], item["node"]["name"], item["node"]["version"]), (MASTER.address, MASTER.address, MASTER.info("server")["redis_version"]))
        self.assertEqual({(witness["source"], witness["says"]) for witness in item["witnesses"]}, {("role", MASTER.address)})

    def test_replica_lag_within_limits(self):
        item = self.only(self.document("replica-lag", "ReplicaLag", *self.host, "--max-bytes", "1MiB", "--max-seconds", "10")["items"])
        self.assertEqual({replica["name"] for replica in item["replicas"]}, {replica.address for replica in REPLICAS})
        for replica in item["replicas"]:
            self.assertLessEqual(replica["lagBytes"], 100)
            self.assertLessEqual(replica["lagSeconds"], 2)

    def test_role(self):
        nodes = by_name(self.only(self.document("role", "Role", *self.host)["items"])["nodes"])
        self.assertEqual({name: node["role"] for name, node in nodes.items()},
                         {MASTER.address: "master", **{replica.address: "replica" for replica in REPLICAS}})

    def test_role_of_one_node(self):
        nodes = self.only(self.document("role", "Role", *self.host, REPLICAS[0].address)["items"])["nodes"]
        self.assertEqual([node["name"] for node in nodes], [REPLICAS[0].address])

    def test_an_unknown_node_is_not_found(self):
        answer = self.ask("role", "127.0.0.1:1", *self.host, code=3)
        self.assertIn("127.0.0.1:1", answer.err)

    def test_ping(self):
        nodes = self.only(self.document("ping", "Ping", *self.host)["items"])["nodes"]
        self.assertIn(MASTER.address, [node["name"] for node in nodes])
        for node in nodes:
            self.assertEqual((node["ok"], node["reply"], node["error"]), (True, "PONG", None))
            self.assertLess(node["tookMs"], 2000)

    def test_status(self):
        answer = self.ask("status", *self.host)
        for name in NAMES:
            self.assertIn(name, answer.out)
        self.assertEqual(self.only(self.document("status", "Status", *self.host)["items"])["health"], "healthy")

    def test_info(self):
        node = by_name(self.only(self.document("info", "Info", *self.host)["items"])["nodes"])[MASTER.address]
        self.assertEqual(node["sections"]["server"]["run_id"], MASTER.info("server")["run_id"])
        self.assertIn("memory", node["sections"])
        node = by_name(self.only(self.document("info replication", "Info", *self.host)["items"])["nodes"])[MASTER.address]
        self.assertEqual(list(node["sections"]), ["replication"])

    def test_version(self):
        node = by_name(self.only(self.document("version", "Version", *self.host)["items"])["nodes"])[MASTER.address]
        self.assertEqual((node["server"], node["version"]), ("redis", MASTER.info("server")["redis_version"]))

    def test_connections_are_named(self):
        before = MASTER.command("CONFIG", "GET", "slowlog-log-slower-than")[1]
        MASTER.command("CONFIG", "SET", "slowlog-log-slower-than", "0")
        MASTER.command("SLOWLOG", "RESET")
        self.ask("ping", *self.host)
        names = [entry[5] for entry in MASTER.command("SLOWLOG", "GET", "50") if entry[3][:1] == [b"ping"] or entry[3][:1] == [b"PING"]]
        MASTER.command("CONFIG", "SET", "slowlog-log-slower-than", before)
        self.assertTrue(any(name.startswith(b"redisctl") for name in names), names)


class Lag(Asking):
    def test_what_is_unknown_is_not_within_a_limit(self):
        with Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()
            replica.freeze()
            master.command("SET", "key", "x" * 10_000)
            answer = self.ask("replica-lag", "--host", master.address, "--max-bytes", "1KiB", "--timeout", "1s", "--json", code=1)
            line = self.only(self.only(answer.document["items"])["replicas"])
            self.assertEqual((line["name"], line["lagBytes"], line["withinLimits"]), (replica.address, None, False), "the frozen one's own offset is unknown")

    def test_a_replica_that_is_behind_is_over_the_limit(self):
        with Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()
            # Its link stays up and it answers, but what its master writes it does not apply.
            replica.command("CLIENT", "PAUSE", "60000", "WRITE")
            master.command("SET", "key", "x" * 100_000)
            document = self.document("replica-lag --max-bytes 64KiB", "ReplicaLag", "--host", master.address, code=1)
            line = self.only(self.only(document["items"])["replicas"])
            self.assertGreater(line["lagBytes"], 100_000)
            self.assertLess(line["lagBytes"], 101_000)
            self.assertFalse(line["withinLimits"])
            self.assertIn(("LAG_OVER_LIMIT", "critical"), codes(document))

    def test_a_replica_without_a_link_has_no_lag_in_seconds(self):
        with Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()
            replica.command("REPLICAOF", "127.0.0.1", "2")
            document = self.document("replication-info", "ReplicationInfo", "--host", master.address, "--host", replica.address, code=7)
            node = by_name(self.only(document["items"])["nodes"])[replica.address]
            self.assertEqual((node["linkStatus"], node["masterPort"], node["masterNode"], node["lagSeconds"]), ("down", 2, "127.0.0.1:2", None))
            self.assertIn(("REPLICA_LINK_DOWN", "critical"), codes(document))
            self.ask("status", "--host", master.address, "--host", replica.address, code=1)

    def test_two_masters_that_know_nothing_of_each_other(self):
        with Server() as one, Server() as other:
            document = self.document("master-info", "MasterInfo", "--host", one.address, "--host", other.address, code=1)
            item = self.only(document["items"])
            self.assertIsNone(item["master"])
            self.assertEqual({witness["says"] for witness in item["witnesses"]}, {one.address, other.address})


class ThroughSentinel(Asking):
    @classmethod
    def setUpClass(cls):
        cls.sentinel = cls.enterClassContext(Sentinel(monitors={"main": MASTER}))
        cls.sentinel.wait_found("main", 2)

    def test_the_system_is_found_through_its_sentinel(self):
        document = self.document("replication-info", "ReplicationInfo", "--sentinel", self.sentinel.address, "--master-name", "main")
        instance = self.only(document["items"])
        self.assertEqual((instance["name"], instance["master"], instance["system"]), ("main", MASTER.address, "sentinel"))
        self.assertEqual({node["name"] for node in instance["nodes"]}, NAMES)
        sentinel = self.only(instance["sentinels"])
        self.assertEqual((sentinel["name"], sentinel["masterName"], sentinel["master"], sentinel["quorum"], sentinel["knownReplicas"]),
                         (self.sentinel.address, "main", MASTER.address, 1, 2))
        self.assertIn({"source": "sentinel", "by": self.sentinel.address, "says": MASTER.address}, instance["witnesses"])

    def test_the_only_master_needs_no_name(self):
        document = self.document("replication-info", "ReplicationInfo", "--sentinel", self.sentinel.address)
        self.assertEqual(self.only(document["items"])["master"], MASTER.address)

    def test_a_name_that_no_sentinel_watches_is_not_found(self):
        answer = self.ask("replication-info", "--sentinel", self.sentinel.address, "--master-name", "mian", code=3)
        self.assertIn("mian", answer.err)
        self.assertIn("main", answer.err.replace("mian", ""), "the names to choose from")

    def test_of_several_masters_one_must_be_named(self):
        with Server() as second, Sentinel(monitors={"main": MASTER, "second": second}) as sentinel:
            answer = self.ask("master-info", "--sentinel", sentinel.address, code=3)
            self.assertIn("main", answer.err)
            self.assertIn("second", answer.err)
            self.assertEqual(self.ask("master-info", "--sentinel", sentinel.address, "--master-name", "second", "-o", "name").out, second.address + "\n")

    def test_a_sentinel_given_as_host_is_told_apart(self):
        answer = self.ask("replication-info", "--host", self.sentinel.address, "--json", code=4)
        error = self.error(answer)
        self.assertIn("Sentinel", error["message"])
        self.assertIn("--sentinel", error["hint"])

    def test_a_redis_given_as_sentinel_is_told_apart(self):
        answer = self.ask("replication-info", "--sentinel", MASTER.address, "--json", code=4)
        self.assertEqual(self.error(answer)["code"], "NOT_A_SENTINEL")
