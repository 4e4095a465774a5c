"""Port-forwards break, or talk nonsense, at the worst moments of a switch (protocols.md 7.9, row 13): it is done or undone, said truly, and nothing is lost."""
import unittest

import tunnels
from cluster import refused
from switching import FIRST, SECOND, THIRD, Switching

AT_ONCE = 6


def command(*words: str, more: int = 0) -> bytes:
    """How it begins on the wire, with so many words more: a question about a command has its name too."""
    return f"*{len(words) + more}\r\n".encode() + b"".join(f"${len(word)}\r\n{word}\r\n".encode() for word in words)


FAILOVER = command("FAILOVER", "TO", more=4)
REPLICAOF = command("REPLICAOF", more=2)
GETACK = command("REPLCONF", "GETACK", "*")
KILL = command("CLIENT", "KILL", more=4)
FENCE = command("CONFIG", "SET", "min-replicas-to-write", more=1)


class Tunnels(Switching):
    def lose(self, *pods: str, times: int = 0, code: int = 500):
        """What happens to these pods then: their tunnels end, and new ones are refused, so often or for ever."""

        def action(cluster, _) -> None:
            for pod in pods:
                refusals = [refused(code, "error dialing backend")] * (times or 1)
                self.refusals.append(cluster.on("GET", f"/pods/{pod}/portforward", *refusals, for_ever=times == 0))
                cluster.cut(pod)

        return action

    def setUp(self):
        super().setUp()
        self.refusals = []

    def find_again(self) -> None:
        for refusal in self.refusals:
            refusal.clear()


class NothingBreaks(Tunnels):
    def test_by_the_failover_command(self):
        self.done(self.switch())

    def test_by_a_fence(self):
        self.done(self.switch("--engine", "fenced"))


class OldMasterWasTold(Tunnels):
    """FAILOVER came through, and its answer does not: between the two the target is promoted."""

    def broken(self, how) -> None:
        self.cluster.when(FIRST, FAILOVER, how)
        self.done(self.switch())

    def test_all_its_tunnels_are_cut(self):
        self.broken(tunnels.cut)

    def test_half_a_frame_and_silence(self):
        self.broken(tunnels.half_a_frame)

    def test_a_frame_on_a_channel_that_nobody_opened(self):
        self.broken(tunnels.wrong_channel)

    def test_a_message_on_the_error_channel(self):
        self.broken(tunnels.error_channel)

    def test_new_tunnels_answer_for_another_port(self):
        def action(cluster, _):
            cluster.on("GET", f"/pods/{FIRST}/portforward", *[tunnels.another_port] * 3)
            cluster.cut(FIRST)

        self.broken(action)

    def test_new_tunnels_are_refused_for_a_while(self):
        for code in (400, 403, 500):
            with self.subTest(code):
                self.broken(self.lose(FIRST, times=3, code=code))
                self.doCleanups()
                self.setUp()

    def test_new_tunnels_stay_refused(self):
        """The target says that it is the master; whether the old one follows nobody hears."""
        self.cluster.when(FIRST, FAILOVER, self.lose(FIRST))
        change = self.left_open(self.switch(), "incomplete")
        self.assertIn(FIRST, " ".join(error["message"] for error in change.result["errors"]), change)
        self.find_again()
        self.resume()


class OldMasterWasNotTold(Tunnels):
    def test_the_word_is_lost(self):
        self.cluster.when(FIRST, FAILOVER, tunnels.cut, passed_on=False)
        change = self.rolled_back(self.switch())
        why = f"it may never have been told to: the port-forward to pod {FIRST} was closed"
        self.assert_says(change, "GAVE_UP", f"{FIRST} gave up the hand-over", why, "redisctl replica-lag")

    def test_half_a_frame_and_silence(self):
        self.cluster.when(FIRST, FAILOVER, tunnels.half_a_frame, passed_on=False)
        self.rolled_back(self.switch())

    def test_and_new_tunnels_are_refused_for_a_while(self):
        self.cluster.when(FIRST, FAILOVER, self.lose(FIRST, times=20), passed_on=False)
        self.rolled_back(self.switch())

    def test_and_new_tunnels_stay_refused(self):
        """Nobody hears the old master: it is not known, and not undone behind its back."""
        self.cluster.when(FIRST, FAILOVER, self.lose(FIRST), passed_on=False)
        change = self.left_open(self.switch(), "unknown")
        self.assert_says(change, "UNCERTAIN", f"{FIRST} does not answer since the hand-over began", f"{SECOND} is still a replica", "redisctl resume")
        self.find_again()
        self.abort()


class TargetIsNotHeard(Tunnels):
    """The switch goes on without us: between FAILOVER and the promotion nobody hears the target."""

    def test_for_a_moment(self):
        self.cluster.when(FIRST, FAILOVER, lambda cluster, _: cluster.cut(SECOND))
        self.done(self.switch())

    def test_its_tunnels_talk_nonsense(self):
        for what in (tunnels.half_a_frame, tunnels.wrong_channel, tunnels.error_channel):
            with self.subTest(what.__name__):
                self.cluster.when(SECOND, GETACK, what)
                self.done(self.switch())
                self.doCleanups()
                self.setUp()

    def test_new_tunnels_are_refused_for_a_while(self):
        self.cluster.when(FIRST, FAILOVER, self.lose(SECOND, times=30))
        self.done(self.switch())

    def test_new_tunnels_stay_refused(self):
        """The old master follows it, so it was promoted: said as far as it is known, and a resume ends it."""
        self.cluster.when(FIRST, FAILOVER, self.lose(SECOND))
        running = self.switch()
        change = self.left_open(running, "unknown")
        self.assertLess(change.answer.seconds, 20, change)
        self.assert_says(change, "UNCERTAIN", f"{SECOND} does not say whether it was promoted", "", "redisctl resume")
        self.find_again()
        self.resume()

    def test_neither_is_heard_any_more(self):
        self.cluster.when(FIRST, FAILOVER, self.lose(FIRST, SECOND))
        change = self.left_open(self.switch(), "unknown")
        self.assertLess(change.answer.seconds, 20, change)
        self.find_again()
        self.resume()


class BehindThePromotion(Tunnels):
    """The target is the master, the third still follows the old one."""

    def test_all_tunnels_are_cut(self):
        self.cluster.when(FIRST, KILL, lambda cluster, _: [cluster.cut(pod) for pod in (FIRST, SECOND, THIRD)])
        self.done(self.switch())

    def test_the_third_was_told_and_does_not_say_so(self):
        self.cluster.when(THIRD, REPLICAOF, tunnels.cut)
        self.done(self.switch())

    def test_the_third_was_told_and_half_a_frame_comes_back(self):
        self.cluster.when(THIRD, REPLICAOF, tunnels.half_a_frame)
        self.done(self.switch())

    def test_the_third_was_not_told(self):
        """It is told again."""
        self.cluster.when(THIRD, REPLICAOF, tunnels.cut, passed_on=False)
        self.done(self.switch())

    def test_the_third_stays_out_of_reach(self):
        self.cluster.when(FIRST, KILL, self.lose(THIRD))
        change = self.left_open(self.switch(), "incomplete")
        self.assertRegex(change.result["errors"][0]["message"], f"{THIRD}: port .* cannot be reached", change)
        self.assertIn("old-follows", change.steps("done") + change.steps("already"), "one that is not heard keeps nobody else from the new master")
        self.find_again()
        self.resume()

    def test_the_new_master_stays_out_of_reach(self):
        self.cluster.when(FIRST, KILL, self.lose(SECOND))
        self.left_open(self.switch(), "incomplete", "unknown")
        self.find_again()
        self.resume()


class Fenced(Tunnels):
    """No server holds the writes for us: a fence does, and the old master is parked before the promotion. Then there is none."""

    def fenced(self):
        return self.switch("--engine", "fenced")

    def test_the_park_was_done_and_nobody_said_so(self):
        self.cluster.when(FIRST, REPLICAOF, tunnels.cut)
        self.done(self.fenced())

    def test_the_park_never_came_through(self):
        self.cluster.when(FIRST, REPLICAOF, tunnels.cut, passed_on=False)
        self.rolled_back(self.fenced())

    def test_the_promotion_was_done_and_nobody_said_so(self):
        self.cluster.when(SECOND, REPLICAOF, tunnels.cut)
        self.done(self.fenced())

    def test_the_promotion_never_came_through(self):
        """There is no master then: it is told again, not left to a resume."""
        self.cluster.when(SECOND, REPLICAOF, tunnels.cut, passed_on=False)
        self.assertLess(self.done(self.fenced()).answer.seconds, 5)

    def test_the_promotion_was_done_and_the_new_master_stays_out_of_reach(self):
        self.cluster.when(SECOND, REPLICAOF, self.lose(SECOND))
        self.left_open(self.fenced(), "unknown")
        self.find_again()
        self.resume()

    def test_parked_and_the_target_stays_out_of_reach(self):
        """It may still be undone: the old master has everything."""
        self.cluster.when(FIRST, REPLICAOF, self.lose(SECOND))
        self.rolled_back(self.fenced())

    def test_fenced_and_the_old_master_stays_out_of_reach(self):
        """The fence stays until it can be taken away, and that is said."""
        self.cluster.when(FIRST, FENCE, self.lose(FIRST))
        change = self.left_open(self.fenced(), "incomplete")
        self.assertIn("the undo of fence could not be verified", change.answer.err, change)
        self.find_again()
        self.abort()


if __name__ == "__main__":
    unittest.main()
