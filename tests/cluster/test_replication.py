"""The main job: the sb-helm-charts system with a password, three pods, seen by `replication-info` in every form."""
import json
import subprocess
import time
import unittest

from world import people, systems
from world.kubectl import OWN, get, pods, redis_cli
from world.program import REDISCTL, Asking, environment, redisctl


def setUpModule():
    global SB, LOOK
    SB = systems.need(systems.SB)
    LOOK = ["-n", SB.namespace]


class ReplicationInfo(Asking):
    def test_the_table_names_master_and_replicas(self):
        answer = self.ask("replication-info", *LOOK)
        lines = {line.split()[0]: line for line in answer.out.splitlines() if line.strip()}
        self.assertIn("master", lines["my-redis-0"], answer)
        self.assertIn("replica", lines["my-redis-1"], answer)
        self.assertIn("replica", lines["my-redis-2"], answer)

    def test_the_document_is_the_contract(self):
        document = self.document("replication-info", "ReplicationInfo", *LOOK)
        self.assertEqual(document["errors"], [])
        instance = self.only(document["items"])
        expected = {"name": "my-redis", "namespace": SB.namespace, "system": "sb-replica", "health": "healthy", "master": "my-redis-0", "sentinels": []}
        self.assertEqual({key: instance[key] for key in expected}, expected)
        self.assertEqual([n["name"] for n in instance["nodes"]], ["my-redis-0", "my-redis-1", "my-redis-2"])
        real = pods(SB.namespace)
        for node in instance["nodes"]:
            with self.subTest(node=node["name"]):
                pod = real[node["name"]]
                self.assertEqual(node["pod"], node["name"])
                self.assertEqual(node["address"], pod["status"]["podIP"] + ":6379")
                self.assertEqual(node["k8sNode"], pod["spec"]["nodeName"])
                self.assertIn("redis_version:" + node["version"], redis_cli(SB.namespace, node["name"], "info", "server", password=systems.PASSWORD))
                self.assertIsNone(node["error"])

    def test_master_and_replicas_tell_what_each_knows(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])
        master, *replicas = instance["nodes"]
        self.assertEqual((master["role"], master["connectedReplicas"]), ("master", 2))
        for key in ("masterNode", "masterHost", "masterPort", "linkStatus", "lagBytes", "lagSeconds", "lastIoSeconds"):
            self.assertIsNone(master[key], key)
        for node in replicas:
            with self.subTest(node=node["name"]):
                self.assertEqual((node["role"], node["masterNode"], node["masterPort"], node["linkStatus"], node["syncInProgress"]),
                                 ("replica", "my-redis-0", 6379, "up", False))
                self.assertEqual(node["masterHost"], f"my-redis-0.my-redis-headless.{SB.namespace}.svc.cluster.local")
                self.assertEqual(node["replid"], master["replid"])
                # Nobody writes, so a replica may be behind by a ping at most, and has acknowledged within its second.
                self.assertIsInstance(node["lagBytes"], int)
                self.assertLess(node["lagBytes"], 1000)
                self.assertEqual(node["lagBytes"], max(0, master["offset"] - node["offset"]))
                self.assertIn(node["lagSeconds"], (0, 1, 2))

    def test_all_witnesses_agree(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])
        said = {(w["source"], w["says"]) for w in instance["witnesses"]}
        self.assertIn(("role", "my-redis-0"), said)
        self.assertIn(("service", "my-redis-0"), said, "the Services are witnesses too")
        self.assertEqual({says for _, says in said}, {"my-redis-0"})
        services = self.by_name(instance["services"])
        self.assertEqual(set(services), {s["metadata"]["name"] for s in get("services", "-n", SB.namespace)["items"]})

    def test_a_write_moves_the_offsets(self):
        before = self.by_name(self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])["nodes"])
        redis_cli(SB.namespace, "my-redis-0", "set", "redisctl-tests", "x" * 1000, password=systems.PASSWORD)
        self.assertEqual(redis_cli(SB.namespace, "my-redis-0", "wait", "2", "5000", password=systems.PASSWORD), "2")
        after = self.by_name(self.only(self.document("replication-info", "ReplicationInfo", *LOOK)["items"])["nodes"])
        for name in after:
            self.assertGreaterEqual(after[name]["offset"], before[name]["offset"] + 1000, name)

    def test_every_form(self):
        self.assertIn("my-redis-1", self.ask("replication-info", *LOOK, "-o", "name").out)
        self.assertIn("kind: ReplicationInfo", self.ask("replication-info", *LOOK, "-o", "yaml").out)
        self.assertIn("my-redis-2", self.ask("replication-info", *LOOK, "-o", "wide").out)
        self.assertEqual(json.loads(self.ask("replication-info", *LOOK, "-o", "json").out)["kind"], "ReplicationInfo")


class Targets(Asking):
    def test_the_namespace_of_the_context(self):
        document = self.document("replication-info", "ReplicationInfo", kubeconfig=people.in_namespace(SB.namespace))
        self.assertEqual(self.only(document["items"])["name"], "my-redis")

    def test_everything_everywhere(self):
        systems.need(systems.TWO)
        answer = redisctl("replication-info", "-A", "--json")
        self.assertIn(answer.code, (0, 7), answer)  # what needs a certificate does not answer without one
        self.check_document(answer.document, "ReplicationInfo")
        seen = {(i["namespace"], i["name"]) for i in answer.document["items"]}
        for wanted in ((SB.namespace, "my-redis"), (systems.TWO.namespace, "cache"), (systems.TWO.namespace, "queue-redis")):
            self.assertIn(wanted, seen)

    def test_by_instance_and_by_selector(self):
        for flags in (["--instance", "my-redis"], ["-l", "app.kubernetes.io/instance=my-redis"]):
            with self.subTest(flags=flags):
                self.assertEqual(self.only(self.document("replication-info", "ReplicationInfo", *LOOK, *flags)["items"])["name"], "my-redis")

    def test_an_unknown_instance_is_exit_3_and_names_the_known(self):
        answer = self.ask("replication-info", *LOOK, "--instance", "my-rediss", code=3)
        self.assertIn("my-redis", answer.err.replace("my-rediss", ""), answer)

    def test_nothing_there_is_exit_3_with_an_empty_document(self):
        empty = systems.need(systems.EMPTY)
        document = self.document("replication-info", "ReplicationInfo", "-n", empty.namespace, code=3)
        self.assertEqual(document["items"], [])
        self.assertIn(empty.namespace, self.ask("replication-info", "-n", empty.namespace, code=3).err)

    @unittest.skipUnless(OWN, "pods' addresses are reachable only in the cluster's own network")
    def test_hosts_without_kubernetes(self):
        """One is named by its address; the others are known because they are reported, the master to them by its name."""
        addresses = {name: pod["status"]["podIP"] + ":6379" for name, pod in pods(SB.namespace).items()}
        document = self.document("replication-info", "ReplicationInfo", "--host", addresses["my-redis-0"], "--password-stdin",
                                 text_in=systems.PASSWORD + "\n", kubeconfig="/nonexistent")
        instance = self.only(document["items"])
        self.assertEqual(instance["name"], addresses["my-redis-0"])
        self.assertEqual(instance["master"], addresses["my-redis-0"])
        self.assertEqual({n["name"] for n in instance["nodes"]}, set(addresses.values()))


class Passwords(Asking):
    def test_the_flag_goes_before_the_secret(self):
        wrong = systems.FOLDER / "wrong-password"
        wrong.write_text("pa55-of-somebody-else\n")
        answer = self.ask("replication-info", *LOOK, "--password-file", wrong, code=5)
        self.assertIn("WRONGPASS", answer.said, answer)

    def test_a_secret_by_name(self):
        self.document("replication-info", "ReplicationInfo", *LOOK, "--password-secret", "my-redis:redis-password")

    def test_a_secret_that_is_not_there(self):
        answer = redisctl("replication-info", *LOOK, "--password-secret", "no-such:redis-password")
        self.assertIn(answer.code, (2, 3), answer)
        self.assertRegex(answer.err, "no Secret no-such|no secrets? no-such|Secret no-such.*(not found|not exist|does not)", answer)

    def test_it_is_not_shown_even_when_asked_to_say_all(self):
        self.ask("replication-info", *LOOK, "-v")
        self.ask("info", *LOOK, "--json")


class Stdout(Asking):
    def test_a_reader_that_leaves_early(self):
        script = f"'{REDISCTL}' info -n {SB.namespace} | head -1"
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {script}"], env=environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)

    def test_a_full_disk(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([REDISCTL, "replication-info", *LOOK, "--json"], env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn("No space left", done.stderr)

    def test_it_is_quick(self):
        """No benchmark: only that nothing waits for a time-out where everything answers."""
        since = time.monotonic()
        self.ask("replication-info", *LOOK)
        self.assertLess(time.monotonic() - since, 2)
