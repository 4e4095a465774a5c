"""Bitnami's chart with Sentinel in each pod, with and without the isMaster Service: recognised, its label put right, its master moved by both engines, killed,
and healed when somebody made a second one."""
import json
import time

from world import looking, systems
from world.charts import Switching
from world.kubectl import eventually, kubectl, pods
from world.program import redisctl
from world.switching import Switched

NODES = [f"bee-redis-node-{i}" for i in range(3)]
SERVICE, KEY = "bee-redis-master", "isMaster"


class IsMaster(Switching):
    """Each test begins with the label where the master is."""

    def setUp(self):
        super().setUp()
        self.redis = Switched(systems.need(systems.ISMASTER), "bee", systems.PASSWORD)
        self.look = ["-n", self.redis.namespace]
        self.label(self.master())
        looking.steady(self.redis)

    def master(self) -> str:
        return eventually("one master that both others follow", lambda: next((name for name, role in self.redis.roles().items() if role == "master" and self.redis.roles() == self.redis.settled(name)), None), 30)

    def label(self, *names: str) -> None:
        for name in NODES:
            kubectl("label", "pod", name, *self.look, "--overwrite", f"{KEY}={'true' if name in names else 'false'}")
        eventually("the Service follows", lambda: self.redis.leads_to(SERVICE) == sorted(names))

    def labels(self) -> dict:
        return {name: pods(self.redis.namespace)[name]["metadata"]["labels"].get(KEY) for name in NODES}

    def status(self, code: int = 0) -> dict:
        return self.document("status", "Status", *self.look, code=code)

    def healthy(self, master: str) -> None:
        eventually("status is content", lambda: self.redis_status() == ("healthy", master), 30)

    def redis_status(self) -> tuple:
        answer = redisctl("status", *self.look, "--json")
        item, = json.loads(answer.out)["items"]
        return item["health"], item["master"]

    def test_it_is_recognised(self):
        item = self.only(self.status()["items"])
        self.assertEqual((item["name"], item["system"], len(item["nodes"]), len(item["sentinels"])), ("bee", "bitnami-ismaster", 3, 3))
        self.assertEqual(item["evidence"][-1], f"Service {SERVICE} selects isMaster=true")
        view = self.only(self.document("sentinel check", "SentinelView", *self.look)["items"])
        self.assertEqual((view["canFailOver"], view["master"]), (True, self.master()))

    def test_the_label_is_put_right(self):
        """On nobody, on two, on a replica alone: found, told, and repaired."""
        master = self.master()
        replicas = [name for name in NODES if name != master]
        for wrong, code in ([], "SERVICE_WITHOUT_ENDPOINTS"), (NODES, "SERVICE_ROUTES_TO_REPLICA"), (replicas[:1], "SERVICE_ROUTES_TO_REPLICA"):
            with self.subTest(wrong=wrong):
                self.label(*wrong)
                found = {finding["code"] for finding in self.status(code=1)["findings"]}
                self.assertLessEqual({code, "ROLE_LABEL_MISMATCH"}, found)
                done = self.redis.change("label sync", XDG_STATE_HOME=self.state)
                self.check_result(done, 0, "done", True)
                self.assertEqual(self.labels(), {name: str(name == master).lower() for name in NODES})
                self.assertEqual(self.redis.leads_to(SERVICE), [master])
                self.status()

    def test_there_and_back(self):
        """By a Sentinel, and ahead of them: nothing is lost, the label and with it the Service follow, all Sentinels name the new one by its FQDN."""
        with self.redis.writer_direct(*NODES) as writer:
            for engine in ("sentinel", "sentinel-ahead", "sentinel-ahead"):
                origin = self.master()
                target = next(name for name in NODES if name != origin)
                done = self.redis.change("failover", "--promote", target, "--engine", engine, XDG_STATE_HOME=self.state)
                self.check_lossless(done, origin, target)
                self.assertEqual((done.result["engine"], self.redis.roles()), (engine, self.redis.settled(target)), done)
                self.assertEqual((self.labels()[target], self.labels()[origin]), ("true", "false"))
                self.assertEqual(self.redis.leads_to(SERVICE), [target])
                self.healthy(target)
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 1000), (0, True), written)

    def test_the_masters_container_is_killed(self):
        """It comes back in a second with its AOF, and the Sentinels have seen nothing; or they replace it. One master in the end, and the Service leads there."""
        master = self.master()
        kubectl("exec", master, *self.look, "-c", "redis", "--", "sh", "-c", "kill -9 $(pidof redis-server) || kill -9 1", check=False)
        began = time.monotonic()
        answer = self.redis.change("failover", "--accept-data-loss", XDG_STATE_HOME=self.state)
        self.assertIn(answer.result["outcome"], ("done", "noop", "refused"), answer)
        print(f"\nmeasured: {answer.result['outcome']} {time.monotonic() - began:.1f} s after the kill", flush=True)
        looking.told_until(self, self.redis, "one master", lambda item: item["master"] is not None, 60)
        now = self.master()
        if self.labels()[now] != "true":
            self.check_result(self.redis.change("label sync", XDG_STATE_HOME=self.state), 0, "done", True)
        eventually("the Service leads to it", lambda: self.redis.leads_to(SERVICE) == [now])
        self.healthy(now)
        self.assertEqual((self.redis.lease() or {"holder": None})["holder"] or "", "")

    def test_two_masters(self):
        """Somebody promoted one by hand, called it so, and it took a write: clients of the Service met both in turn."""
        master = self.master()
        other = next(name for name in NODES if name != master)
        self.redis.ask(other, "REPLICAOF", "NO", "ONE")
        self.redis.ask(other, "SET", "mine", "1")
        self.label(master, other)
        looking.told(self, self.redis)
        self.assertLessEqual({"SPLIT_BRAIN"}, {finding["code"] for finding in self.status(code=1)["findings"]})
        healed = self.redis.change("heal", "--apply", "--keep", master, "--confirm", "bee", XDG_STATE_HOME=self.state)
        self.check_result(healed, 0, "done", True)
        self.assertRegex(healed.result["lostReason"], f"1 write that only {other} had, saved in ", healed)
        self.healthy(master)
        self.assertEqual((self.redis.roles(), self.redis.ask(other, "GET", "mine")), (self.redis.settled(master), None))
        self.assertEqual(([name for name, label in self.labels().items() if label == "true"], self.redis.leads_to(SERVICE)), ([master], [master]))

    def test_nobody_is_led_home(self):
        self.check_no_home(self.redis, "bitnami-ismaster")

    def test_every_command_that_looks(self):
        master = self.master()
        replicas = [name for name in NODES if name != master]
        with self.redis.writer_direct(master, rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                self.redis.namespace, "bee", "bitnami-ismaster", master, replicas, sentinels=3, password=systems.PASSWORD,
                services={"bee-redis": "all", "bee-redis-headless": "headless", SERVICE: "master"}, doctor=looking.conditions(self.redis.namespace, NODES)))
            self.assertEqual(writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)


class Nodes(Switching):
    """The same chart without a Service of the master: clients ask the Sentinels."""

    def setUp(self):
        super().setUp()
        self.redis = Switched(systems.need(systems.NODES), "ant", systems.PASSWORD)
        self.names = [f"ant-redis-node-{i}" for i in range(3)]
        self.redis.give_back()
        eventually("one master that both others follow", self.master, 60)
        looking.steady(self.redis)

    def master(self) -> str:
        roles = self.redis.roles()
        return next((name for name, role in roles.items() if role == "master" and roles == self.redis.settled(name)), None)

    def change(self, command: str, *arguments):
        return self.redis.change(command, *arguments, XDG_STATE_HOME=self.state)

    def until_healthy(self, master: str) -> list:
        return looking.told_until(self, self.redis, "it is healthy", lambda item: (item["health"], item["master"]) == ("healthy", master))

    def test_every_command_that_looks(self):
        master = self.master()
        with self.redis.writer_direct(master, rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                self.redis.namespace, "ant", "bitnami-sentinel", master, [name for name in self.names if name != master], sentinels=3, password=systems.PASSWORD,
                services={"ant-redis": "all", "ant-redis-headless": "headless"}, doctor=looking.conditions(self.redis.namespace, self.names)))
            self.assertEqual(writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)

    def test_there_and_back(self):
        with self.redis.writer_direct(*self.names) as writer:
            for engine in ("sentinel", "sentinel-ahead"):
                origin = self.master()
                target = next(name for name in self.names if name != origin)
                looking.connected(self.redis)
                done = self.change("failover", "--promote", target, "--engine", engine)
                self.check_lossless(done, origin, target)
                self.assertEqual((done.result["engine"], self.redis.roles()), (engine, self.redis.settled(target)), done)
                self.until_healthy(target)
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 500), (0, True), written)

    def test_two_masters(self):
        """Somebody promoted one by hand, and it took a write."""
        master = self.master()
        other = next(name for name in self.names if name != master)
        self.redis.ask(other, "REPLICAOF", "NO", "ONE")
        self.redis.ask(other, "SET", "mine", "1")
        looking.told(self, self.redis)
        healed = self.change("heal", "--apply", "--keep", master, "--confirm", "ant")
        self.check_result(healed, 0, "done", True)
        self.assertRegex(healed.result["lostReason"], f"1 write that only {other} had, saved in ", healed)
        self.until_healthy(master)
        self.assertEqual((self.redis.roles(), self.redis.ask(other, "GET", "mine")), (self.redis.settled(master), None))

    def test_the_masters_process_is_killed(self):
        """Its container comes back with its AOF, or the Sentinels have replaced it by then: one master in the end, and what is said meanwhile is true."""
        master = self.master()
        with self.redis.writer_direct(*self.names, rate=500) as writer:
            self.until_healthy(master)
            self.redis.kill(master)
            looking.told_until(self, self.redis, "it is healthy", lambda item: item["health"] == "healthy", 90)
            now = eventually("one master", self.master, 30)
            written = writer.stop(f"{self.redis.ip(now)}:6379")
        self.assertGreater(written.acked, 100, written)
        if now == master:
            self.assertEqual(written.lost, 0, written)

    def test_the_master_is_frozen(self):
        """Whoever is first, redisctl or the Sentinels: nothing is done before its death is sure, one is promoted, and it is said who. Thawed, the old one follows, and is
        never called the master again."""
        master = self.master()
        with self.redis.writer_direct(*self.names, rate=500) as writer:
            self.until_healthy(master)
            thaw = self.redis.freeze(master)
            self.addCleanup(thaw)
            eventually("it is replaced", lambda: self.replaced(master), 60, 0.5)
            new = next(name for name in self.names if name != master and self.redis.ask(name, "ROLE")[0] == b"master")
            looking.told(self, self.redis)
            thaw()
            seen = self.until_healthy(new)
            self.assertNotIn(master, {name for _, name in seen}, seen)
            written = writer.stop(f"{self.redis.ip(new)}:6379")
        self.assertEqual(self.redis.roles(), self.redis.settled(new))
        self.assertGreater(written.acked, 500, written)

    def replaced(self, master: str) -> bool:
        change = self.change("failover", "--from", master, "--accept-data-loss", "--confirm", "ant")
        if change.code == 0:
            self.assertEqual((change.result["mode"], change.result["engine"], change.result["from"], change.result["lostBytes"]), ("emergency", "sentinel", master, None), change)
            self.assertTrue(change.result["lostReason"], change)
            self.assertNotEqual(change.result["to"], master, change)
            return True
        self.check_result(change, 6, "refused", False)
        # It still seems to live, two are seen at once, or the Sentinels were first.
        self.assertIn(change.result["errors"][0]["code"], ("CHECK_FAILED", "NO_MASTER", "OTHER_MASTER"), change)
        return change.result["errors"][0]["code"] == "OTHER_MASTER"

    def test_nobody_is_led_home(self):
        self.check_no_home(self.redis, "bitnami-sentinel")
