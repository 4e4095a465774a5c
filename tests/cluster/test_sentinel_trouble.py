"""What happens to the hand-written manifests with a Sentinel Deployment: the master killed, a second one, a replica astray, all Sentinels restarted. What is said
meanwhile is true."""
import os
import signal

from world import looking
from world.kubectl import eventually, kubectl
from world.watched import MEMBERS, Watched


class Trouble(Watched):
    def until(self, what: str, condition, seconds: float = 60) -> list:
        return looking.told_until(self, self.redis, what, condition, seconds)

    def until_healthy(self, master: str = None, seconds: float = 60) -> list:
        return self.until("it is healthy", lambda item: item["health"] == "healthy" and master in (None, item["master"]), seconds)


class Master(Trouble):
    def test_its_process_is_killed(self):
        """Its container is back before the Sentinels have noticed, with its AOF: the same master, nothing lost."""
        master = self.master()
        with self.redis.writer_direct(master, rate=500) as writer:
            self.until_healthy(master)
            os.kill(int(self.redis.process(master)), signal.SIGKILL)
            eventually("its replicas have lost it", lambda: self.redis.roles() != self.redis.settled(master), 10, 0.01)
            seen = self.until_healthy(master)
            self.assertEqual({name for _, name in seen} - {None}, {master}, "nobody else was ever called the master")
            self.assertEqual(writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)
        self.assertEqual((self.redis.roles(), self.named()), (self.redis.settled(master), {master}))

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


class Memory(Trouble):
    def restart_all(self) -> None:
        gone = set(self.sentinels())
        kubectl("delete", "pod", "-n", self.redis.namespace, "-l", "app=redis-sentinel", "--wait=false")
        eventually("three others run", lambda: len(set(self.sentinels()) - gone) == 3 and all(self.sentinels().values()), 60, 0.5)

    def test_all_were_restarted(self):
        """Each begins with the first master of its manifest, which is the master still; nobody remembers the former ones."""
        if self.master() != "redis-master-0":
            self.check_lossless(self.change("failover", "--promote", "redis-master-0"), self.master(), "redis-master-0")
        with self.redis.writer_direct("redis-master-0", rate=500) as writer:
            self.restart_all()
            seen = self.until_healthy("redis-master-0", 90)
            self.assertEqual({name for _, name in seen} - {None}, {"redis-master-0"})
            self.assertEqual(writer.stop(f"{self.redis.ip('redis-master-0')}:6379").lost, 0)
        eventually("all is calm", self.calm, 60, 1)
