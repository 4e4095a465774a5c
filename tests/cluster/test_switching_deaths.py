"""redisctl killed after each record of its journal while it moves the master and its Services: resumed or undone where it ran, at once; or ended by a colleague,
who has nothing but the Lease."""
import json

from world.charts import PODS, Chart
from world.switching import state_folder

import dying

ENGINES = ("failover-command", "fenced")


class Killed(Chart):
    def each_death(self, engine: str, then) -> int:
        """Kills a switch at one record after the other, and lets `then` bring it to an end, which says who is the master. How many records there were."""
        for moment in dying.each_fsync():
            with self.subTest(engine=engine, moment=str(moment)):
                self.redis.reset("my-redis-0")
                self.state = state_folder("killed")
                with self.redis.writer_direct(*PODS, rate=500) as writer:
                    answer = self.begin("failover", "--promote", "my-redis-1", "--engine", engine, **moment.env).end()
                    if moment.survived(answer.code):
                        self.assertEqual(answer.code, 0, answer)
                        return moment.number - 1
                    self.assertLessEqual(list(self.redis.roles().values()).count("master"), 1, "two masters, and nobody there to end it")
                    master = then(json.loads(answer.out.splitlines()[0])["operation"] if answer.out else "")
                    self.check_state(master)
                    written = writer.stop(f"{self.redis.ip(master)}:6379")
                self.assertGreater(written.acked, 20)
                self.assertEqual(written.lost, 0, written)
        raise AssertionError("unreachable: each() ends")

    def ended(self, change, outcome: str, master: str) -> str:
        self.assertEqual((change.code, change.result["outcome"], change.result["lostBytes"]), (0, outcome, 0), change)
        self.assertEqual(self.redis.lease()["note"], None, "nothing is left to resume")
        return master

    def nothing_unfinished(self) -> str:
        """It died when all was done, and its lock was given back."""
        for command in ("resume", "abort"):
            answer = self.begin(command).end()
            self.assertEqual(answer.code, 3, answer)
            self.assertIn("no unfinished operation of redisctl-switched/my-redis is known", answer.err)
        return "my-redis-1"

    def resumed(self, _) -> str:
        if self.redis.lease()["holder"] == "":
            return self.nothing_unfinished()
        change = self.change("resume")
        self.assertLess(change.answer.seconds, 10, f"the dead run's lock was waited for\n{change}")
        return self.ended(change, "done", "my-redis-1")

    def aborted(self, operation: str) -> str:
        if self.redis.lease()["holder"] == "":
            return self.nothing_unfinished()
        if self.redis.roles()["my-redis-1"] != "master":
            return self.ended(self.change("abort"), "rolled-back", "my-redis-0")
        refused = self.change("abort")
        self.assertEqual((refused.code, refused.result["outcome"]), (6, "refused"), refused)
        self.assertIn("my-redis-1 is master already: it cannot be undone", refused.result["errors"][0]["message"], refused)
        return self.ended(self.change("resume"), "done", "my-redis-1")

    def test_resumed(self):
        for engine in ENGINES:
            self.assertGreaterEqual(self.each_death(engine, self.resumed), 10, engine)

    def test_aborted(self):
        self.assertGreaterEqual(self.each_death("failover-command", self.aborted), 10)

    def test_a_colleague_resumes_from_what_the_lease_says(self):
        """Whether the dead one lives cannot be known from there: its lock is waited for, and that is said."""
        for engine, step in (("failover-command", "route-my-redis-master"), ("fenced", "promote")):
            with self.subTest(engine=engine, step=step):
                self.redis.reset("my-redis-0")
                self.state = state_folder("killed")
                with self.redis.writer_direct(*PODS, rate=500) as writer:
                    killed = self.begin("failover", "--promote", "my-redis-1", "--engine", engine, **dying.at_intent(step, "die")).end()
                    self.assertEqual(killed.code, dying.KILLED, killed)
                    holder, self.state = self.redis.lease()["holder"], state_folder("colleague")
                    refused = self.change("failover", "--promote", "my-redis-1")
                    self.assertEqual((refused.code, refused.result["outcome"]), (6, "refused"), refused)
                    resumed = self.change("resume")
                    self.ended(resumed, "done", "my-redis-1")
                    self.assertIn(f"the lock is held by {holder}; waiting for up to 30 s to see whether it lives", resumed.answer.err)
                    self.check_state("my-redis-1")
                    self.assertEqual(writer.stop(f"{self.redis.ip('my-redis-1')}:6379").lost, 0)
