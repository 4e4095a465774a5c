"""redisctl heal in Kubernetes: two masters, none, Services and labels that lead to the wrong one. One master afterwards, and it is where everybody is led to."""
import json
from pathlib import Path

from world import systems
from world.charts import SERVICES, Chart, Switching, leading_to
from world.kubectl import eventually, kubectl
from world.switching import POD_NAME, Switched


class Heal(Chart):
    def away(self) -> None:
        """my-redis-1 is the master, with a write of its own to keep."""
        done = self.change("failover", "--promote", "my-redis-1")
        self.assertEqual(done.code, 0, done)
        self.redis.ask("my-redis-1", "SET", "order", "42")
        self.assertEqual(self.redis.ask("my-redis-1", "WAIT", 2, 2000), 2)

    def heal(self, *arguments, code: int = 0, outcome: str = "done"):
        """Applied: one look before shows it, and changes nothing."""
        before, roles = self.redis.selectors(*SERVICES), self.redis.roles()
        plan = self.ask("heal", "-n", self.redis.namespace, "--instance", "my-redis", *arguments, "--json", code=1, kind="Plan").document
        self.assertEqual((self.redis.selectors(*SERVICES), self.redis.roles()), (before, roles), plan)
        healed = self.change("heal", "--apply", "--confirm", "my-redis", *arguments)
        self.assertEqual((healed.code, healed.result["outcome"]), (code, outcome), healed)
        return healed

    def check_healed(self, master: str, order: bytes = b"42") -> None:
        eventually(f"all follow {master}", lambda: self.redis.roles() == self.redis.settled(master))
        self.check_state(master)
        self.assertEqual({self.redis.ask(pod, "GET", "order") for pod in self.redis.names}, {order})
        noop = self.change("heal", "--apply")
        self.assertEqual((noop.code, noop.result["outcome"], noop.result["changed"]), (0, "noop", False), noop)

    def test_pod_0_came_back_as_a_second_master(self):
        """It has nothing that the master has not; what the master took meanwhile stays."""
        self.away()
        self.redis.restart("my-redis-0")
        self.assertEqual(self.redis.roles()["my-redis-0"], "master")
        with self.redis.writer_direct("my-redis-1", rate=500) as writer:
            healed = self.heal()
            self.assertEqual((healed.result["to"], healed.result["lostBytes"]), ("my-redis-1", 0), healed)
            self.check_healed("my-redis-1")
            self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-1')}:6379").lost, 0)

    def test_pod_0_came_back_and_took_writes_of_its_own(self):
        """They are counted, saved where they can be read again, and only given up by whoever names the instance."""
        self.away()
        self.redis.restart("my-redis-0")
        self.redis.ask("my-redis-0", "SET", "mine", "1")
        refused = self.change("heal", "--apply", "--keep", "my-redis-1")
        self.assertEqual((refused.code, refused.result["outcome"], refused.result["changed"]), (6, "refused", False), refused)
        self.assertIn("--confirm my-redis", refused.result["errors"][0]["hint"], refused)
        self.assertEqual(self.redis.ask("my-redis-0", "GET", "mine"), b"1")
        self.heal("--keep", "my-redis-1")
        self.check_healed("my-redis-1")

    def test_the_master_itself_was_restarted_and_nobody_is_one(self):
        """The chart makes it follow pod 0, and pod 0 still follows it."""
        self.away()
        self.redis.restart("my-redis-1")
        self.assertNotIn("master", self.redis.roles().values())
        healed = self.heal()
        self.check_healed(healed.result["to"])
        self.assertIsNone(healed.result["lostBytes"], "what the former process had not sent is not known")
        self.assertIn("that only the former process of my-redis-1 had", healed.result["lostReason"], healed)

    def test_the_documents_first_order_of_restarts(self):
        """S3-3: pod 0, a second master, then the master, which follows it: its data is gone. With heal in between it is not."""
        self.away()
        self.redis.restart("my-redis-0")
        self.heal()
        self.redis.restart("my-redis-1")
        self.check_healed(self.heal().result["to"])

    def test_the_services_were_set_back_to_home(self):
        """By a helm upgrade, say: clients meet a replica."""
        self.away()
        for name, selector in leading_to("my-redis-0").items():
            kubectl("patch", "service", name, "-n", self.redis.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": selector}}))
        self.heal()
        self.check_healed("my-redis-1")

    def test_one_service_leads_to_the_loser(self):
        self.away()
        self.redis.restart("my-redis-0")
        kubectl("patch", "service", "my-redis", "-n", self.redis.namespace, "--type=merge", "-p", json.dumps({"spec": {"selector": {POD_NAME: "my-redis-0"}}}))
        eventually("it leads there", lambda: self.redis.leads_to("my-redis") == ["my-redis-0"])
        self.heal("--keep", "my-redis-1")
        self.check_healed("my-redis-1")


class Labels(Switching):
    def test_two_masters_and_both_are_called_so(self):
        """Whoever carries isMaster=true is behind the Service: writes went to both in turn."""
        db = Switched(systems.need(systems.LABELLED), "db")
        db.reset("db-0")
        self.addCleanup(db.reset, "db-0")
        for pod, value in (("db-0", "true"), ("db-1", "true"), ("db-2", "false")):
            kubectl("label", "pod", pod, "-n", db.namespace, "--overwrite", f"isMaster={value}")
        self.addCleanup(kubectl, "label", "pod", "db-1", "-n", db.namespace, "--overwrite", "isMaster=false")
        db.ask("db-1", "REPLICAOF", "NO", "ONE")
        db.ask("db-0", "SET", "order", "42")
        db.ask("db-1", "SET", "mine", "1")
        eventually("both are behind it", lambda: db.leads_to("db-write") == ["db-0", "db-1"])
        healed = db.change("heal", "--apply", "--keep", "db-0", "--confirm", "db", XDG_STATE_HOME=self.state)
        self.assertEqual((healed.code, healed.result["outcome"]), (0, "done"), healed)
        self.assertEqual([(one["node"], one["writes"], one["commands"]) for one in healed.result["unshared"]], [("db-1", 1, {"SET": 1})], healed)
        self.assertIn(b"mine", Path(healed.result["unshared"][0]["file"]).read_bytes())
        self.assertEqual((db.roles(), db.leads_to("db-write"), db.ask("db-1", "GET", "order")), (db.settled("db-0"), ["db-0"], b"42"))
