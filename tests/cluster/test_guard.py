"""redisctl guard on the chart that gives out roles by ordinal at every start: what comes back wrongly is attached, or told of."""
import signal

from world import charts, systems
from world.charts import SERVICES, Chart
from world.kubectl import eventually, kubectl, pods, ready
from world.program import redisctl
from world.switching import change_of


class Guard(Chart):
    def away(self, *arguments) -> None:
        """my-redis-1 is the master."""
        done = self.change("failover", "--promote", "my-redis-1", *arguments)
        self.assertEqual(done.code, 0, done)

    def guard(self, *arguments):
        return self.begin("guard", *arguments)

    def check_led_to(self, pod: str) -> None:
        self.assertEqual({name: self.redis.leads_to(name) for name in SERVICES}, {name: [pod] for name in SERVICES})

    def until_attached(self, master: str) -> None:
        eventually(f"all follow {master}", lambda: self.redis.roles() == self.redis.settled(master), 30)

    def test_restarts_while_it_guards_lose_nothing_and_only_one_guards(self):
        self.away()
        guard = self.guard()
        self.assertEqual(guard.until("watch", "started")["node"], "my-redis-1")
        second = self.guard()
        with self.redis.writer_direct("my-redis-1", rate=500) as writer:
            for pods_restarted in (["my-redis-0"], ["my-redis-2"], ["my-redis-2", "my-redis-0"], ["my-redis-0", "my-redis-2"]):
                for pod in pods_restarted:
                    self.redis.delete(pod)
                eventually(f"{pods_restarted} came back", lambda: sum(map(ready, pods(self.redis.namespace).values())) == 3, 90)
                self.until_attached("my-redis-1")
                self.check_led_to("my-redis-1")
            written = writer.stop(f"{self.redis.ip('my-redis-1')}:6379")
        self.assertEqual((written.lost, written.errors), (0, {}), "the master was never in doubt")
        for pod in ("my-redis-0", "my-redis-2"):
            eventually(f"{pod} has them all", lambda: self.redis.ask(pod, "DBSIZE") == self.redis.ask("my-redis-1", "DBSIZE"))

        refused = second.end()
        self.assertEqual(refused.code, 6, refused)
        self.assertEqual([error["message"] for error in change_of(refused).result["errors"]], ["another guard watches my-redis"], refused)
        guard.send(signal.SIGINT)
        ended = change_of(guard.end())
        self.assertEqual((ended.code, ended.result["outcome"], ended.result["changed"], ended.result["to"]), (0, "done", True, "my-redis-1"), ended)
        attached = [event["node"] for event in ended.events if (event["step"], event["status"]) == ("attach", "done")]
        self.assertEqual(sorted(attached), ["my-redis-0"] * 3 + ["my-redis-2"] * 3, ended)
        holders = kubectl("get", "leases", "-n", self.redis.namespace, "-o", "jsonpath={.items[*].spec.holderIdentity}")
        self.assertEqual(holders.strip(), "", "the Leases were given back")

    def test_it_stays_while_the_master_goes_away_and_comes_home(self):
        guard = self.guard()
        guard.until("watch", "started", "my-redis-0")
        self.away()
        guard.until("master", "done", "my-redis-1")
        self.redis.restart("my-redis-0")
        guard.until("attach", "done", "my-redis-0")
        eventually("it is ready", lambda: ready(pods(self.redis.namespace)["my-redis-0"]))
        self.until_attached("my-redis-1")
        home = self.change("return-home")
        self.assertEqual((home.code, home.result["lostBytes"]), (0, 0), home)
        guard.until("master", "done", "my-redis-0")
        self.until_attached("my-redis-0")
        guard.send(signal.SIGINT)
        ended = change_of(guard.end())
        attached = [event["node"] for event in ended.events if (event["step"], event["status"]) == ("attach", "done")]
        # On a busy machine my-redis-2 may have no link yet when the switch has let go of the lock: it is told once more.
        self.assertEqual((ended.code, [pod for pod in attached if pod != "my-redis-2"]), (0, ["my-redis-0"]), ended)

    def test_the_master_itself_is_restarted(self):
        """The chart makes it follow pod 0, which follows it: nobody is a master. Everything is still on pod 0, and stays there."""
        self.away()
        guard = self.guard()
        guard.until("watch", "started")
        self.redis.ask("my-redis-1", "SET", "order", "42")
        self.redis.ask("my-redis-1", "WAIT", 2, 1000)
        self.redis.restart("my-redis-1")
        alarm = eventually("the alarm", lambda: guard.until("alarm", "failed"))
        self.assertEqual((alarm["node"], alarm["error"]["code"], alarm["error"]["message"]), ("my-redis-1", "NO_MASTER", "my-redis has no master"))
        self.assertEqual(self.redis.ask("my-redis-0", "GET", "order"), b"42")
        self.assertEqual(self.redis.ask("my-redis-0", "ROLE")[0], b"slave", "nobody was promoted")
        status = self.ask("status", "-n", self.redis.namespace, code=1)
        self.assertIn("critical", status.out)
        guard.send(signal.SIGTERM)
        self.assertEqual(guard.end().code, 0)

    def test_without_a_guard_pod_0_comes_back_as_a_second_master_and_a_late_guard_attaches_it(self):
        self.away()
        with self.redis.writer_direct("my-redis-1", rate=200) as writer:
            self.redis.restart("my-redis-0")
            self.assertEqual(self.redis.roles()["my-redis-0"], "master")
            status = self.document("status", "Status", "-n", self.redis.namespace, code=1)
            self.assertIn("SPLIT_BRAIN", [finding["code"] for finding in status["findings"]], status)
            refused = self.change("failover")
            self.assertEqual((refused.code, refused.result["outcome"], refused.result["changed"]), (6, "refused", False), refused)
            self.assertEqual(self.redis.roles(), {"my-redis-0": "master", "my-redis-1": "master", "my-redis-2": "my-redis-1"})
            guard = self.guard()
            guard.until("attach", "done", "my-redis-0")
            self.until_attached("my-redis-1")
            self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-1')}:6379").lost, 0)

    def test_what_has_taken_writes_of_its_own_is_left_alone_and_told_of(self):
        self.away()
        self.redis.restart("my-redis-0")
        self.redis.ask("my-redis-0", "SET", "mine", "1")
        guard = self.guard()
        alarm = guard.until("alarm", "failed", "my-redis-0")
        self.assertEqual((alarm["error"]["code"], alarm["error"]["hint"]), ("DIVERGED", "redisctl heal"))
        self.assertEqual(self.redis.ask("my-redis-0", "GET", "mine"), b"1")
        self.redis.restart("my-redis-0")  # whoever did this wanted to lose it
        guard.until("calm", "done", "my-redis-0")
        self.until_attached("my-redis-1")

    def test_bitnamis_master_comes_back(self):
        shop, names, service = charts.shop(), charts.SHOP_PODS, charts.SHOP_SERVICE
        shop.reset(names[0])
        self.assertEqual(shop.change("failover", "--promote", names[1], XDG_STATE_HOME=self.state).code, 0)
        with shop.begin("guard") as guard, shop.writer_direct(names[1], rate=200) as writer:
            guard.until("watch", "started", names[1])
            for pod in (names[0], names[2]):
                shop.restart(pod)
                guard.until("attach", "done", pod)
                eventually(f"all follow {names[1]}", lambda: shop.roles() == shop.settled(names[1]))
            self.assertEqual((writer.stop(f"{shop.ip(names[1])}:6379").lost, shop.leads_to(service)), (0, [names[1]]))

    def test_what_it_refuses(self):
        answer = redisctl("guard", "-n", self.redis.namespace)
        self.assertEqual(answer.code, 6, answer)
        self.assertIn("--yes", answer.err)
        plain = systems.need(systems.VERSIONS)
        answer = redisctl("guard", "-n", plain.namespace, "--instance", "redis-8-0", "--yes", "--json")
        refused = change_of(answer)
        self.assertEqual((refused.code, [error["code"] for error in refused.result["errors"]]), (6, ["NO_HOME"]), answer)
