"""Two releases in one namespace are two instances with two passwords; what has the same labels and is no Redis is left out."""
from world import systems
from world.kubectl import kubectl
from world.program import Asking


def setUpModule():
    global TWO, LOOK
    TWO = systems.need(systems.TWO)
    LOOK = ["-n", TWO.namespace]


def names_in(document) -> set:
    """Every `name` and `node` at any depth."""
    if isinstance(document, list):
        return {name for inner in document for name in names_in(inner)}
    if not isinstance(document, dict):
        return set()
    return {document[key] for key in ("name", "node") if isinstance(document.get(key), str)} | names_in(list(document.values()))


class TwoReleases(Asking):
    def test_two_instances(self):
        document = self.document("replication-info", "ReplicationInfo", *LOOK)
        items = self.by_name(document["items"])
        self.assertEqual(list(items), ["cache", "queue-redis"])
        self.assertEqual(document["errors"], [])
        for name, full_name in (("cache", "cache-redis"), ("queue-redis", "queue-redis")):
            with self.subTest(instance=name):
                self.assertEqual([n["name"] for n in items[name]["nodes"]], [f"{full_name}-0", f"{full_name}-1"])
                self.assertEqual((items[name]["master"], items[name]["system"]), (f"{full_name}-0", "sb-replica"))

    def test_bystanders_are_there_and_left_out(self):
        self.assertIn("cache-redis-metrics", kubectl("get", "pods", *LOOK, "-o", "name"))
        for command, kind in (("replication-info", "ReplicationInfo"), ("pods", "PodList"), ("ping", "Ping")):
            with self.subTest(command=command):
                document = self.document(command, kind, *LOOK)
                names = {name for name in names_in(document) if name.startswith("cache-redis-")}
                # A Service of their labels leads to the exporter as well; that is told, as its endpoint, and nothing more.
                self.assertLessEqual(names, {"cache-redis-0", "cache-redis-1", "cache-redis-headless", "cache-redis-master"})

    def test_one_of_them(self):
        document = self.document("replication-info", "ReplicationInfo", *LOOK, "--instance", "queue-redis")
        self.assertEqual(self.only(document["items"])["name"], "queue-redis")

    def test_a_password_given_for_nobody_in_particular_is_told_to_nobody(self):
        """Of REDISCLI_AUTH it is not known whose it is; each instance's own Secret is used all the same."""
        self.document("replication-info", "ReplicationInfo", *LOOK, REDISCLI_AUTH="pa55-of-a-third")

    def test_a_password_flag_for_two_is_not_guessed(self):
        file = systems.FOLDER / "cache-password"
        file.write_text(systems.CACHE_PASSWORD)
        one = self.ask("replication-info", *LOOK, "--instance", "cache", "--password-file", file)
        self.assertIn("cache-redis-0", one.out)
