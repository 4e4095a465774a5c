"""Redis without replication, as two charts install it, and one of them scaled up by mistake: recognised, not accused of what they are not, and never changed."""
from world import looking, systems
from world.charts import Switching
from world.switching import Switched

SHOP, CACHE, SCALED = "shop-redis-master-0", "cache-redis-0", ["scaled-redis-0", "scaled-redis-1"]


class Alone(Switching):
    def setUp(self):
        super().setUp()
        self.namespace = systems.need(systems.ALONE).namespace

    def redis(self, instance: str, *pods: str) -> Switched:
        redis = Switched(systems.ALONE, instance, systems.PASSWORD)
        redis.names = list(pods)
        return redis

    def refused(self, redis: Switched, command: str, *arguments, code: str, message: str, cause: str, hint: str = None) -> None:
        """Exit 6, and every node is what it was and keeps what it has."""
        before = [(redis.ask(pod, "ROLE")[0], redis.ask(pod, "DBSIZE"), redis.field(pod, "replication", "master_replid")) for pod in redis.names]
        refused = redis.change(command, *arguments, XDG_STATE_HOME=self.state)
        self.check_result(refused, 6, "refused", False)
        error = self.only(refused.result["errors"], "error")
        self.assertEqual({key: error[key] for key in ("code", "message", "cause", "hint")}, {"code": code, "message": message, "cause": cause, "hint": hint}, refused)
        self.assertEqual([(redis.ask(pod, "ROLE")[0], redis.ask(pod, "DBSIZE"), redis.field(pod, "replication", "master_replid")) for pod in redis.names], before)


class One(Alone):
    def one(self, system: str, instance: str, pod: str, service: str, kind: str) -> None:
        redis = self.redis(instance, pod)
        with redis.writer_direct(pod, rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                self.namespace, instance, system, pod, [], services={service: kind, f"{instance}-redis-headless": "headless"},
                findings=[("NO_REPLICAS", pod)], doctor=[("DATA_WITHOUT_VOLUME", pod)], password=systems.PASSWORD))
            for command in (["failover"], ["switchover"], ["failover", "--accept-data-loss", "--confirm", instance]):
                refused = redis.change(*command, XDG_STATE_HOME=self.state)
                self.check_result(refused, 6, "refused", False)
                error = self.only(refused.result["errors"], "error")
                self.assertEqual((error["message"], error["cause"]), (f"no node of {self.namespace}/{instance} can become the master", "it has no replica"), refused)
            for command in (["heal", "--apply"], ["label sync"], ["promote-replica", pod]):
                self.check_result(redis.change(*command, XDG_STATE_HOME=self.state), 0, "noop", False)
            self.assertEqual(writer.stop(f"{redis.ip(pod)}:6379").lost, 0)
        self.refused(redis, "return-home", code="REFUSED", message=f"{instance} has no home pod",
                     cause=f"its system is {system}: no chart makes one of its pods the master at every start")
        self.refused(redis, "guard", code="NO_HOME", message=f"{self.namespace}/{instance} needs no guard",
                     cause=f"its system is {system}: no chart makes one of its pods the master at every start", hint="redisctl status")
        self.refused(redis, "resync-replica", pod, code="IS_MASTER", message=f"{pod} is a master", cause="attached to another, it would give up all that it has")

    def test_bitnami(self):
        self.one("bitnami-standalone", "shop", SHOP, "shop-redis-master", "master")

    def test_sb(self):
        self.one("sb-standalone", "cache", CACHE, "cache-redis", "all")


class Scaled(Alone):
    """Two masters that never heard of each other, and one Service that leads to both."""

    def setUp(self):
        super().setUp()
        self.scaled = self.redis("scaled", *SCALED)
        for number, pod in enumerate(SCALED):
            self.scaled.ask(pod, "SET", "who", number)

    def test_it_is_named(self):
        document = self.document("status", "Status", "-n", self.namespace, "--instance", "scaled", code=1)
        item = self.only(document["items"])
        self.assertEqual((item["system"], item["health"], item["master"]), ("unrelated-masters", "critical", None), item)
        self.assertEqual(item["evidence"][-1], "Service scaled-redis leads to 2 masters that share no history, and nobody follows anybody")
        finding = self.only(document["findings"], "finding")
        self.assertEqual((finding["code"], finding["severity"]), ("UNRELATED_MASTERS", "critical"))
        self.assertEqual(finding["message"], "scaled-redis-0, scaled-redis-1 are masters without replicas behind one Service: each client reads and writes one of them by chance")
        services = self.only(self.document("services", "Services", "-n", self.namespace, "--instance", "scaled", code=1)["items"])
        self.assertEqual({one["name"]: one["verdict"] for one in services["services"]}, {"scaled-redis": "critical", "scaled-redis-headless": None})
        doctor = self.document("doctor", "Doctor", "-n", self.namespace, "--instance", "scaled", code=1)
        self.assertEqual({one["code"] for one in doctor["findings"]}, {"UNRELATED_MASTERS", "DATA_WITHOUT_VOLUME"})
        unmet = self.only(self.document("wait", "Wait", "-n", self.namespace, "--instance", "scaled", "--for", "healthy", "--timeout", "1s", code=4)["items"])
        self.assertEqual([each["met"] for each in unmet["conditions"]], [False])

    def test_nothing_is_changed(self):
        """Whichever would be made to follow the other would give up all that it has."""
        which = {"message": "it is not clear which node of scaled is the master", "cause": "several could be it: scaled-redis-0, scaled-redis-1",
                 "hint": "scale to 1, or install the chart in its replication mode"}
        for command in (["failover"], ["switchover"], ["failover", "--accept-data-loss", "--confirm", "scaled"], ["promote-replica", SCALED[0]], ["return-home"]):
            with self.subTest(command=command):
                self.refused(self.scaled, *command, code="NO_MASTER", **which)
        self.refused(self.scaled, "resync-replica", SCALED[1], code="IS_MASTER", message="scaled-redis-1 is a master",
                     cause="attached to another, it would give up all that it has", hint="scale to 1, or install the chart in its replication mode")
        self.check_result(self.scaled.change("label sync", XDG_STATE_HOME=self.state), 0, "noop", False)

    def test_heal_refuses_too(self):
        for keep in ([], ["--keep", SCALED[0]]):
            refused = self.scaled.change("heal", "--apply", *keep, "--confirm", "scaled", XDG_STATE_HOME=self.state)
            self.check_result(refused, 6, "refused", False)
            error = self.only(refused.result["errors"], "error")
            self.assertIn("watchers", error["message"], refused)
            self.assertTrue(error["cause"].startswith("watchers: unrelated-masters, and it must be: nobody else decides who follows whom"), refused)
            self.assertEqual(error["hint"], "scale to 1, or install the chart in its replication mode", refused)
            self.assertEqual([self.scaled.ask(pod, "GET", "who") for pod in SCALED], [b"0", b"1"])

