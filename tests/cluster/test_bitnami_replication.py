"""Bitnami's chart without Sentinel, when something happens to it: its master's process is killed, its master's pod is gone, a replica strays. It gives out the
roles at every start, and its master's Service never moves by itself."""
import os
import signal

from world import charts, looking, systems
from world.charts import SHOP_PODS, SHOP_SERVICE, Switching
from world.kubectl import eventually, kubectl, pods, ready

MASTER, *REPLICAS = SHOP_PODS


class Shop(Switching):
    def setUp(self):
        super().setUp()
        self.shop = charts.shop()
        self.scale(1)
        self.shop.reset(MASTER)

    def scale(self, count: int) -> None:
        kubectl("scale", "statefulset", "shop-redis-master", "-n", self.shop.namespace, f"--replicas={count}")

    def change(self, command: str, *arguments):
        return self.shop.change(command, *arguments, XDG_STATE_HOME=self.state)

    def codes(self, code: int) -> set:
        return {finding["code"] for finding in self.document("status", "Status", "-n", self.shop.namespace, code=code)["findings"]}

    def until(self, what: str, condition, seconds: float = 60) -> list:
        return looking.told_until(self, self.shop, what, condition, seconds)

    def until_healthy(self, master: str) -> list:
        return self.until("it is healthy", lambda item: (item["health"], item["master"]) == ("healthy", master))


class Healthy(Shop):
    def test_every_command_that_looks(self):
        self.shop.fresh(MASTER)
        with self.shop.writer_direct(MASTER, rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                self.shop.namespace, "shop", "bitnami-replication", MASTER, REPLICAS, password=systems.PASSWORD,
                services={SHOP_SERVICE: "master", "shop-redis-replicas": "replicas", "shop-redis-headless": "headless"},
                doctor=[("DATA_WITHOUT_VOLUME", pod) for pod in SHOP_PODS]))
            self.assertEqual(writer.stop(f"{self.shop.ip(MASTER)}:6379").lost, 0)


class Killed(Shop):
    def test_the_masters_process(self):
        """Its container is back within seconds, with its AOF: the same master, and whoever looks meanwhile is told the truth."""
        with self.shop.writer_direct(MASTER, rate=500) as writer:
            self.until_healthy(MASTER)
            os.kill(int(self.shop.process(MASTER)), signal.SIGKILL)
            eventually("its replicas have lost it", lambda: self.shop.roles() != self.shop.settled(MASTER), 10, 0.01)
            seen = self.until_healthy(MASTER)
            self.assertEqual({master for _, master in seen} - {None}, {MASTER}, "nobody else was ever called the master")
            written = writer.stop(f"{self.shop.ip(MASTER)}:6379")
        self.assertEqual((written.lost, self.shop.roles()), (0, self.shop.settled(MASTER)), written)
        self.assertEqual(self.change("heal", "--apply").result["outcome"], "noop")
        doctor = self.document("doctor", "Doctor", "-n", self.shop.namespace)
        self.assertIn(("CONTAINER_RESTARTED", MASTER), [(finding["code"], finding["node"]) for finding in doctor["findings"]])

    def test_the_masters_pod_is_gone_and_comes_back_empty(self):
        """Replaced, and the loss is not guessed; then it is a second master, as its chart starts it: attached again, and led home."""
        with self.shop.writer_direct(*SHOP_PODS, rate=500) as writer:
            self.until_healthy(MASTER)
            self.scale(0)
            self.until("it is gone", lambda item: item["health"] == "critical")
            eventually("both have noticed", lambda: {self.shop.field(pod, "replication", "master_link_status") for pod in REPLICAS} == {"down"}, 30)
            refused = self.change("failover")
            self.check_result(refused, 6, "refused", False)
            self.assertEqual(refused.result["errors"][0]["code"], "DATA_LOSS", refused)
            self.assertIn("--accept-data-loss", refused.result["errors"][0]["hint"], refused)
            done = self.change("failover", "--accept-data-loss", "--confirm", "shop")
            self.check_result(done, 0, "done", True)
            new = done.result["to"]
            self.assertEqual((done.result["mode"], done.result["engine"], done.result["lostBytes"]), ("emergency", "emergency", None), done)
            self.assertTrue(done.result["lostReason"], done)
            self.assertIn(new, REPLICAS)
            eventually("its Service leads there", lambda: self.shop.leads_to(SHOP_SERVICE) == [new])
            looking.told(self, self.shop)
            count = self.shop.ask(new, "DBSIZE")
            eventually("the writer goes on", lambda: self.shop.ask(new, "DBSIZE") > count)
            self.scale(1)
            self.until("it is back as a second master", lambda item: self.shop.roles()[MASTER] == "master" and item["health"] == "critical")
            self.assertIn("SPLIT_BRAIN", self.codes(1))
            healed = self.change("heal", "--apply", "--keep", new, "--confirm", "shop")
            self.check_result(healed, 0, "done", True)
            eventually("all follow it", lambda: self.shop.roles() == self.shop.settled(new), 30)
            self.assertEqual(self.shop.leads_to(SHOP_SERVICE), [new])
            self.assertEqual(self.codes(1), {"HOME_DRIFT"})
            eventually("its pod is ready", lambda: ready(pods(self.shop.namespace)[MASTER]), 60)
            self.check_lossless(self.change("return-home"), new, MASTER)
            self.until_healthy(MASTER)
            self.assertEqual(self.shop.selectors(SHOP_SERVICE), self.shop.home)
            written = writer.stop(f"{self.shop.ip(MASTER)}:6379")
        self.assertLessEqual(written.lost, 20, written)
        self.assertGreater(written.acked, 500)


class Astray(Shop):
    def test_a_replica_that_follows_a_dead_address(self):
        astray = REPLICAS[0]
        self.shop.ask(astray, "REPLICAOF", "10.241.255.254", 6379)
        found = {finding["code"] for finding in self.document("status", "Status", "-n", self.shop.namespace, code=1)["findings"] if finding["node"] == astray}
        self.assertLessEqual({"ORPHAN"}, found)
        with self.shop.writer_direct(MASTER, rate=500) as writer:
            done = self.change("resync-replica", astray)
            self.check_result(done, 0, "done", True)
            self.assertEqual(self.shop.roles(), self.shop.settled(MASTER))
            self.until_healthy(MASTER)
            self.assertEqual(writer.stop(f"{self.shop.ip(MASTER)}:6379").lost, 0)
