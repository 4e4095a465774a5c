"""What happens to the hand-written manifests with a Sentinel Deployment: the master killed and frozen, Sentinels that remember the dead, were all restarted, name a
dead address or another system's master. Found, named, and repaired where a command says so; what is said meanwhile is true."""
import json

from world import looking, systems
from world.kubectl import eventually, kubectl, pods, ready
from world.program import redisctl
from world.watched import MEMBERS, NAME, Watched


class Trouble(Watched):
    def until(self, what: str, condition, seconds: float = 60) -> list:
        return looking.told_until(self, self.redis, what, condition, seconds)

    def until_healthy(self, master: str = None, seconds: float = 60) -> list:
        return self.until("it is healthy", lambda item: item["health"] == "healthy" and master in (None, item["master"]), seconds)

    def lead(self, master: str) -> None:
        origin = self.master()
        if origin != master:
            self.check_lossless(self.change("failover", "--promote", master), origin, master)


class Master(Trouble):
    def test_its_process_is_killed(self):
        """Its container is back before the Sentinels have noticed, with its AOF: the same master, nothing lost."""
        self.lead("redis-master-0")
        master = self.master()
        with self.redis.writer_direct(master, rate=500) as writer:
            self.until_healthy(master)
            self.redis.kill(master)
            seen = self.until_healthy(master)
            self.assertEqual({name for _, name in seen} - {None}, {master}, "nobody else was ever called the master")
            self.assertEqual(writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)
        self.assertEqual((self.redis.roles(), self.named()), (self.redis.settled(master), {master}))

    def test_its_process_is_killed_where_the_manifest_makes_it_a_replica(self):
        """It is back, and follows redis-master-0, which follows it: nobody is the master, and the Sentinels see all of them alive."""
        self.lead("redis-slave-0")
        with self.redis.writer_direct(*MEMBERS, rate=500) as writer:
            self.until_healthy("redis-slave-0")
            self.redis.kill("redis-slave-0")
            eventually("it is back as a replica", lambda: (self.redis.roles()["redis-slave-0"] or "master").startswith("redis-master-0"), 30, 0.1)
            looking.told(self, self.redis)
            self.assertIn("NO_MASTER", self.codes())
            done = self.change("failover", "--accept-data-loss", "--confirm", "redis")
            self.check_result(done, 0, "done", True)
            self.assertEqual((done.result["mode"], done.result["from"], done.result["lostBytes"]), ("emergency", "redis-slave-0", None), done)
            self.assertTrue(done.result["lostReason"], done)
            new = done.result["to"]
            self.until_healthy(new, 90)
            written = writer.stop(f"{self.redis.ip(new)}:6379")
        self.assertLessEqual(written.lost, 20, written)
        eventually("all is calm", self.calm, 60, 1)

    def test_it_is_frozen(self):
        """The Sentinels replace it; thawed, the old one is a second master until they demote it, and is never called the master."""
        master = self.master()
        self.addCleanup(self.set_down_after, 30_000)
        self.set_down_after(5_000)
        with self.redis.writer_direct(*MEMBERS, rate=500) as writer:
            self.until_healthy(master)
            thaw = self.redis.freeze(master)
            self.addCleanup(thaw)
            eventually("all Sentinels name another one", lambda: self.master() and self.named() == {self.master()} != {master}, 90, 0.5)
            new = self.master()
            looking.told(self, self.redis)
            thaw()
            seen = self.until_healthy(new, 90)
            self.assertNotIn(master, {name for _, name in seen}, "it was never called the master again")
            written = writer.stop(f"{self.redis.ip(new)}:6379")
        self.assertGreater(written.acked, 500, written)
        self.assertEqual(self.redis.roles(), self.redis.settled(new))
        eventually("all is calm", self.calm, 60, 1)

    def test_two_masters(self):
        """Somebody promoted one by hand, and it took a write: demoted before the Sentinels do it, and the write saved."""
        master = self.master()
        other = next(name for name in MEMBERS if name != master)
        self.redis.ask(other, "REPLICAOF", "NO", "ONE")
        self.redis.ask(other, "SET", "mine", "1")
        looking.told(self, self.redis)
        self.assertIn("SPLIT_BRAIN", self.codes())
        healed = self.change("heal", "--apply", "--keep", master, "--confirm", "redis")
        self.check_result(healed, 0, "done", True)
        self.assertRegex(healed.result["lostReason"], f"1 write that only {other} had, saved in ", healed)
        self.until_healthy(master)
        self.assertEqual((self.redis.roles(), self.redis.ask(other, "GET", "mine")), (self.redis.settled(master), None))

    def test_a_replica_astray(self):
        """It follows its brother: pointed at the master again, before the Sentinels do it."""
        master = self.master()
        one, other = [name for name in MEMBERS if name != master]
        self.redis.ask(one, "REPLICAOF", self.redis.ip(other), 6379)
        eventually("it is linked", lambda: self.redis.roles()[one] == other, 20)
        self.assertIn("REPLICA_OF_REPLICA", self.codes())
        done = self.change("resync-replica", one)
        self.check_result(done, 0, "done", True)
        self.assertEqual(self.redis.roles(), self.redis.settled(master))
        self.until_healthy(master)

    def set_down_after(self, ms: int) -> None:
        for address in self.sentinels().values():
            self.tell(address, "SENTINEL", "SET", NAME, "down-after-milliseconds", ms)


class Memory(Trouble):
    def test_five_are_known_and_three_live(self):
        self.addCleanup(self.scale, 3)
        self.scale(5)
        eventually("five know each other", lambda: len(self.sentinels()) == 5 and all(self.said(one)["num-other-sentinels"] == "4" for one in self.sentinels().values() if one), 60, 0.5)
        self.scale(3)
        eventually("three live", lambda: len(pods(self.redis.namespace)) == 6, 30, 0.5)
        alive = self.sentinels()

        def forgotten() -> bool:
            return all(int(one["last-ok-ping-reply"]) > 6000 for address in alive.values()
                       for one in self.known(address, "SENTINELS") if one["ip"] not in alive.values())

        eventually("they are heard no more", forgotten, 60, 0.5)
        looking.told(self, self.redis)
        status = self.document("status", "Status", "-n", self.redis.namespace)
        self.assertEqual({finding["code"] for finding in status["findings"]} - {"SENTINEL_TILT"}, {"SENTINEL_GHOSTS"})
        view = self.only(self.document("sentinel check", "SentinelView", "-n", self.redis.namespace)["items"])
        self.assertEqual({(each["voters"], each["votes"], each["votesNeeded"]) for each in view["sentinels"]}, {(5, 3, 3)}, view)
        self.assertEqual({each["name"]: sorted(one["standing"] for one in each["sentinels"]) for each in view["sentinels"]},
                         {name: ["ghost", "ghost", "here", "here"] for name in alive}, view)
        done = self.change("sentinel reset")
        self.check_result(done, 0, "done", True)
        self.assertEqual(len(done.result["achieved"]), 3, done)
        self.assertTrue(self.calm(), "each knows the other two and both replicas")
        looking.check_healthy(self, self.healthy())
        self.check_result(self.change("sentinel reset"), 0, "noop", False)

    def restart_all(self) -> None:
        gone = set(self.sentinels())
        kubectl("delete", "pod", "-n", self.redis.namespace, "-l", "app=redis-sentinel", "--wait=false")
        eventually("three others run", lambda: len(set(self.sentinels()) - gone) == 3 and all(self.sentinels().values()), 60, 0.5)

    def test_all_were_restarted(self):
        """Each begins with the first master of its manifest, which is the master still; nobody remembers the former ones."""
        self.lead("redis-master-0")
        with self.redis.writer_direct("redis-master-0", rate=500) as writer:
            self.restart_all()
            seen = self.until_healthy("redis-master-0", 90)
            self.assertEqual({name for _, name in seen} - {None}, {"redis-master-0"})
            self.assertEqual(writer.stop(f"{self.redis.ip('redis-master-0')}:6379").lost, 0)
        eventually("all is calm", self.calm, 60, 1)

    def test_all_were_restarted_while_the_master_was_elsewhere(self):
        """They name redis-master-0, a replica by now, and find nobody to promote behind it. Told anew, they know the master and each other."""
        if self.master() == "redis-master-0":
            self.lead("redis-slave-0")
        master = self.master()
        with self.redis.writer_direct(master, rate=500) as writer:
            self.restart_all()
            eventually("they answer", lambda: self.named() == {"redis-master-0"}, 60, 0.5)
            looking.told(self, self.redis)
            self.assertEqual(self.codes() - {"SENTINEL_TILT", "SERVICE_WITHOUT_ENDPOINTS"}, {"MASTER_DISAGREEMENT"})
            self.assertIn("SENTINEL_CANNOT_FAIL_OVER", self.codes("sentinel"))
            refused = self.change("failover")
            self.check_result(refused, 6, "refused", False)
            self.assertIn("sentinel-agreement", refused.result["errors"][0]["message"], refused)
            refused = self.change("sentinel sync")
            self.check_result(refused, 6, "refused", False)
            error = refused.result["errors"][0]
            self.assertEqual(error["message"], "sentinel sync is refused by: majority", refused)
            self.assertIn(f"0 of 3 that answer watch {master}, and it must be: more than half of them", error["cause"], refused)
            done = self.change("sentinel sync", "--override", "majority")
            self.check_result(done, 0, "done", True)
            self.assertEqual(len(done.result["achieved"]), 3, done)
            self.until_healthy(master)
            eventually("all is calm", self.calm, 60, 1)
            self.assertEqual(writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)

    def test_one_names_a_dead_address(self):
        self.told_anew()
        odd, address = next(iter(self.sentinels().items()))
        self.tell(address, "SENTINEL", "REMOVE", NAME)
        self.tell(address, "SENTINEL", "MONITOR", NAME, "10.241.255.254", 6379, 2)
        eventually("it is found", lambda: "SENTINEL_DEAD_ADDRESS" in self.codes("sentinel"), 60, 1)
        looking.told(self, self.redis)
        self.assertIn("SENTINEL_DISAGREEMENT", self.codes())
        done = self.change("sentinel sync")
        self.check_result(done, 0, "done", True)
        self.assertIn(odd, " ".join(done.result["achieved"]), done)
        self.until_healthy(self.master())
        eventually("all is calm", self.calm, 60, 1)


class Crossed(Trouble):
    """Another Redis in the namespace has an address that this one's Sentinels hold for one of theirs, as when a pod's IP is given again."""

    def stranger(self, *arguments) -> str:
        """Its address."""
        look = ["-n", self.redis.namespace]
        container = {"name": "redis", "image": systems.image("redis:7.0")["IMAGE"], "imagePullPolicy": systems.image("redis:7.0")["PULL"],
                     "command": ["redis-server", "--protected-mode", "no", "--save", "", *arguments], "ports": [{"containerPort": 6379}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger", "labels": {"app": "stranger"}},
               "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}}
        kubectl("apply", *look, "-f", "-", text_in=json.dumps(pod))
        self.addCleanup(self.forget)
        self.addCleanup(kubectl, "delete", "pod", "stranger", *look, "--grace-period=0", "--force")
        return eventually("the stranger runs", lambda: ready(pods(self.redis.namespace)["stranger"]) and pods(self.redis.namespace)["stranger"]["status"]["podIP"], 60)

    def forget(self) -> None:
        for address in self.sentinels().values():
            if self.said(address)["num-slaves"] != "2":
                self.tell(address, "SENTINEL", "RESET", NAME)

    def findings(self) -> list:
        answer = redisctl("sentinel", "-n", self.redis.namespace, "--instance", "redis", "--json")
        return [(one["code"], one["node"], one["message"]) for one in answer.document["findings"] if one["code"] == "SENTINEL_CROSSED"]

    def test_one_watches_the_strangers_master(self):
        self.told_anew()
        theirs = self.stranger()
        odd, address = next(iter(self.sentinels().items()))
        self.tell(address, "SENTINEL", "REMOVE", NAME)
        self.tell(address, "SENTINEL", "MONITOR", NAME, theirs, 6379, 2)
        eventually("it hears it", lambda: self.said(address)["flags"] == "master", 20)
        looking.told(self, self.redis)
        code, node, message = self.only(self.findings())
        self.assertEqual(node, odd)
        self.assertIn("stranger", message)
        done = self.change("sentinel sync")
        self.check_result(done, 0, "done", True)
        self.assertIn(odd, " ".join(done.result["achieved"]), done)
        self.until_healthy(self.master())
        eventually("all is calm", self.calm, 60, 1)
        self.assertEqual(self.findings(), [])

    def test_they_remember_the_stranger_as_a_replica(self):
        """Without a password on it they would make it follow their master, and its data would be gone."""
        theirs = self.stranger("--requirepass", "pa55-of-a-stranger")
        master = self.master()
        one = next(name for name in MEMBERS if name != master)
        self.announced(one, master, theirs)
        eventually("all remember it", lambda: all(theirs in {each["ip"] for each in self.known(address, "REPLICAS")} for address in self.sentinels().values()), 60, 0.5)
        self.announced(one, master, "")
        looking.told(self, self.redis)
        found = self.findings()
        self.assertEqual(sorted(node for _, node, _ in found), sorted(self.sentinels()))
        for _, _, message in found:
            self.assertIn(f"stranger at {theirs}:6379", message)
        done = self.change("sentinel reset")
        self.check_result(done, 0, "done", True)
        self.assertEqual(len(done.result["achieved"]), 3, done)
        eventually("all is calm", self.calm, 60, 1)
        self.assertEqual(self.findings(), [])
        self.until_healthy(master)

    def announced(self, replica: str, master: str, address: str) -> None:
        """What the replica calls itself; its master hears it when it comes anew, and the Sentinels from the master."""
        self.redis.ask(replica, "CONFIG", "SET", "replica-announce-ip", address)
        said = address or self.redis.ip(replica)

        def heard() -> bool:
            if f"ip={said}," in self.redis.ask(master, "INFO", "replication").decode():
                return True
            self.redis.ask(master, "CLIENT", "KILL", "TYPE", "replica")
            return False

        eventually(f"{replica} is known as {said}", heard, 30, 1)
