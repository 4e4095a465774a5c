"""--hold: where a Sentinel makes the switch writers wait for it, and are not refused (protocols.md 4.4, 7.9 rows 45b and 45d)."""
import os
import signal
import time

import dying
from changing import is_master
from servers import eventually
from watched import Watched

AT_ONCE = 2
FAILOVER_SENT = "SENTINEL\r\n$8\r\nFAILOVER"


class Held(Watched):
    def test_writers_wait_and_nothing_is_lost(self):
        nodes = self.system()
        writer = self.writing(nodes)
        change = self.change("failover", "--hold", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["engine"], change.result["to"], change.result["lostBytes"], change.result["proof"]["nothingLost"]),
                         ("sentinel", nodes[1].address, 0, True), change)
        self.assertIn("hold", change.steps())
        self.assertNotIn("fence", change.steps())
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        result = self.assert_nothing_lost(writer, nodes[1])
        self.assertNotIn("NOREPLICAS", result.errors, result)

    def test_the_plan(self):
        nodes = self.system(replicas=1)
        plan = self.plan("failover", "--hold", nodes=nodes)
        self.assertEqual([step["id"] for step in plan["steps"]],
                         ["probe", "verify", "hold", "catch-up", "sentinel-failover", "demote", "move-clients", "old-follows", "write", "sentinels-agree", "persist"])
        self.assertIn(f"{nodes[0].address}> CLIENT PAUSE 3000 WRITE", str(plan["steps"]))
        self.assertRegex(str(plan["notes"]), "its guardian, a process of its own, makes it a fence and finishes the switch")

    def test_a_promotion_that_comes_late_finds_a_fence(self):
        """The pause would end before it, and what is acknowledged behind it would be lost."""
        nodes = self.system()
        writer = self.writing(nodes)
        env = dying.at_send(FAILOVER_SENT)
        running = self.start("failover", "--hold", "--handover-timeout", "2s", "--promote", nodes[1].address, "--yes", nodes=nodes, env=env).until_stopped()
        # The Sentinel needs 0.1 s to choose it.
        os.kill(nodes[1].process.pid, signal.SIGSTOP)
        running.go_on()
        eventually("it is a fence", lambda: self.settings(nodes[0])["min-replicas-to-write"] == "1000", 2)
        os.kill(nodes[1].process.pid, signal.SIGCONT)
        change = self.finished(running)
        self.assertEqual(change.result["lostBytes"], 0, change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])


class Killed(Watched):
    """Row 45d: the pause would end by itself, and the old master would take writes again beside the new one: the guardian makes it a fence, and finishes the switch."""

    def killed(self, **env) -> None:
        nodes = self.system()
        writer = self.writing(nodes)
        killed = self.change("failover", "--hold", "--promote", nodes[1].address, "--yes", nodes=nodes, **env, code=None)
        self.assertEqual(killed.code, dying.KILLED, killed)
        eventually("the guardian has finished it", lambda: any(record["record"] == "end" for journal in self.journals().values() for record in journal))
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)})
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_45d_when_it_has_said_it(self):
        self.killed(env=dying.at_send(FAILOVER_SENT, how="die"))

    def test_row_45d_before_it_says_it(self):
        self.killed(env=dying.at_intent("sentinel-failover", how="die"))

    def test_row_45d_when_it_is_promoted(self):
        self.killed(env=dying.at_intent("demote", how="die"))

    def test_killed_before_that_the_pause_ends_by_itself(self):
        nodes = self.system()
        writer = self.writing(nodes)
        killed = self.change("failover", "--hold", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_send("PAUSE\r\n$4\r\n3000", how="die"), code=None)
        self.assertEqual(killed.code, dying.KILLED, killed)
        time.sleep(3.5)
        self.change("abort", "--yes", outcome="rolled-back")
        self.assert_untouched(nodes)
        self.assert_nothing_lost(writer, nodes[0])


class Refused(Watched):
    down_after = 2_000

    def refused(self, nodes: list, *arguments, cause: str, hint: str) -> None:
        change = self.change("failover", "--hold", *arguments, "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: .*hold", cause, hint)
        self.assertEqual([is_master(node) for node in nodes], [True, *(False for _ in nodes[1:])])
        self.assertEqual(self.settings(nodes[0]), self.before[nodes[0]])

    def test_row_45b_a_pause_that_they_take_for_its_death(self):
        nodes = self.system()
        self.refused(nodes, cause="a pause of 3000 ms, and they hold it for dead after 2000 ms without an answer", hint="--handover-timeout 1500ms, or leave --hold out")
        change = self.change("failover", "--hold", "--handover-timeout", "1500ms", "--yes", nodes=nodes)
        self.assertEqual((change.result["outcome"], change.result["lostBytes"]), ("done", 0), change)

    def test_with_another_engine(self):
        nodes = self.system(replicas=1)
        self.refused(nodes, "--engine", "sentinel-ahead", cause="it is of engine sentinel, not sentinel-ahead", hint="")
        self.refused(nodes, "--engine", "fenced", cause="it is of engine sentinel, not fenced", hint="")

    def test_without_sentinels(self):
        nodes = self.system(replicas=1, sentinels=0)
        self.refused(nodes, cause="no Sentinel that can be asked watches it", hint="leave --hold out: FAILOVER makes writers wait by itself")

    def test_before_6_2(self):
        nodes = self.system(replicas=1, version="6.0")
        self.refused(nodes, "--handover-timeout", "1500ms", cause="CLIENT PAUSE … WRITE needs 6.2", hint="leave --hold out")

    def test_in_an_emergency(self):
        nodes = self.system(sentinels=0)
        nodes[0].command("SET", "one", "1")
        for replica in nodes[1:]:
            replica.wait_linked()
        self.kill(nodes)
        change = self.change("failover", "--hold", "--accept-data-loss", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "HOLD", "--hold is for a switch of a master that lives", "does not answer as a master", "leave --hold out")
