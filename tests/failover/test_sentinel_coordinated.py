"""Engine sentinel-coordinated: a Sentinel of Valkey 9 makes the master hold its writes and hand over (SENTINEL FAILOVER … COORDINATED; protocols.md 4.3, 7.9 row 45)."""
import os
import signal
import time

import dying
from changing import PASSWORD, is_master
from servers import eventually
from versions import INSTALLED, program
from watched import NAME, Watched

AT_ONCE = 2
VALKEY = "valkey-9"


def setUpModule():
    program(VALKEY)  # skips the module, with the reason, where it cannot be had


class Coordinated(Watched):
    sentinel_versions = (VALKEY,)

    def system(self, *options: str, **how) -> list:
        return super().system(*options, **{"version": VALKEY, **how})


class Planned(Coordinated):
    def test_the_planner_picks_it_and_nothing_is_lost(self):
        """There and back: to the one that was asked for, although another one is ahead in the Sentinels' order; nobody is left paused, nothing borrowed is left."""
        nodes = self.system()
        nodes[2].command("CONFIG", "SET", "replica-priority", "10")
        self.remember(*nodes)
        for old, new in ((nodes[0], nodes[1]), (nodes[1], nodes[0])):
            writer = self.writing(nodes)
            change = self.change("failover", "--promote", new.address, "--yes", nodes=nodes)
            self.assertEqual((change.result["engine"], change.result["from"], change.result["to"], change.result["lostBytes"], change.result["proof"]["nothingLost"]),
                             ("sentinel-coordinated", old.address, new.address, 0, True), change)
            self.assertEqual(set(change.result["proof"]["resyncs"].values()), {"partial"}, change)
            self.assert_one_master([new, *(node for node in nodes if node is not new)], new)
            result = self.assert_nothing_lost(writer, new)
            self.assertNotIn("NOREPLICAS", result.errors, result)
            eventually("all Sentinels name it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(new.port)})
            time.sleep(3)  # longer than the Sentinel is at it
            self.assertEqual([node for node in nodes if is_master(node)], [new])
            for sentinel in self.sentinels:
                self.await_seen(sentinel, [new, *(node for node in nodes if node is not new)], 3)

    def test_the_plan(self):
        nodes = self.system(replicas=1)
        plan = self.plan("failover", nodes=nodes)
        self.assertEqual([step["id"] for step in plan["steps"]],
                         ["probe", "verify", "sentinel-failover", "move-clients", "old-follows", "write", "sentinels-agree", "persist"])
        step = next(step for step in plan["steps"] if step["id"] == "sentinel-failover")
        self.assertIn(f"{self.sentinels[0].address}> SENTINEL FAILOVER {NAME} COORDINATED", str(step), plan)
        self.assertTrue(step["pointOfNoReturn"])
        self.assertEqual([undo["type"] for undo in step["undo"]], ["takeBack", "send"])

    def test_the_old_engine_is_there_by_name(self):
        nodes = self.system(replicas=1)
        change = self.change("failover", "--engine", "sentinel", "--yes", nodes=nodes)
        self.assertEqual((change.result["engine"], change.result["lostBytes"]), ("sentinel", 0), change)
        self.assert_one_master([nodes[1], nodes[0]], nodes[1])


class Mixed(Coordinated):
    sentinel_versions = (VALKEY, VALKEY, INSTALLED)

    def test_one_sentinel_is_older(self):
        """The planner says why not, and takes the fence; by name it is refused."""
        nodes = self.system()
        plan = self.plan("failover", nodes=nodes)
        self.assertEqual(plan["engine"], "sentinel")
        self.assertRegex(str(plan["notes"]), f"COORDINATED is not used: {self.sentinels[2].address} is redis .*, COORDINATED needs Valkey 9.0")
        change = self.change("failover", "--engine", "sentinel-coordinated", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: engine", "COORDINATED needs Valkey 9.0", "leave --engine out: then a Sentinel makes the switch, behind a fence")
        self.assert_untouched(nodes)


class Rights(Coordinated):
    """Row 45: the rights that the documents of Redis give to Sentinels are not enough."""

    rights = "+multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill"
    sentinel_options = (f"sentinel auth-user {NAME} watcher", f"sentinel auth-pass {NAME} {PASSWORD}")

    def test_row_45_the_sentinels_may_not_say_failover(self):
        nodes = self.system(f"user watcher on >{PASSWORD} allchannels {self.rights}")
        plan = self.plan("failover", nodes=nodes)
        self.assertEqual(plan["engine"], "sentinel")
        self.assertIn("COORDINATED is not used: the Sentinels lack +failover +client|pause +client|unpause", str(plan["notes"]))
        refused = self.change("failover", "--engine", "sentinel-coordinated", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(refused, "CHECK_FAILED", "refused by: engine", "the Sentinels lack .* as user watcher",
                         r"ACL SETUSER watcher \+failover \+client\|pause \+client\|unpause")
        self.assert_untouched(nodes)
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["engine"], change.result["lostBytes"]), ("sentinel", 0), change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_45_as_the_hint_says(self):
        nodes = self.system(f"user watcher on >{PASSWORD} allchannels {self.rights}")
        for node in nodes:
            node.command("ACL", "SETUSER", "watcher", "+failover", "+client|pause", "+client|unpause")
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["engine"], change.result["lostBytes"]), ("sentinel-coordinated", 0), change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])


class Faults(Coordinated):
    def stopped_before_it_begins(self, nodes: list, **how):
        return self.start("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover"), **how).until_stopped()

    def test_a_replica_that_hangs_is_given_up(self):
        """The server would hold all writes for failover-timeout; we take it back after --handover-timeout."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.stopped_before_it_begins(nodes)
        os.kill(nodes[1].process.pid, signal.SIGSTOP)
        try:
            change = self.read(running.go_on().finish())
        finally:
            os.kill(nodes[1].process.pid, signal.SIGCONT)
        self.assertNotEqual(change.result["outcome"], "done", change)
        self.assertTrue(is_master(nodes[0]), change)
        if change.result["outcome"] != "rolled-back":
            ended = self.change("abort", "--yes", code=None)
            self.assertEqual((ended.code, ended.result["outcome"]), (0, "rolled-back"), f"{change}\n{ended}")
        self.assert_one_master(nodes, nodes[0], seconds=15)
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_36_the_sentinel_dies_when_it_has_promoted(self):
        nodes = self.system()
        writer = self.writing(nodes)
        self.sentinels[0].command("SENTINEL", "SIMULATE-FAILURE", "crash-after-promotion")
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["outcome"], change.result["lostBytes"]), ("done", 0), change)
        time.sleep(8)  # longer than a Sentinel of the old opinion takes to act on it
        self.assertEqual([is_master(node) for node in nodes], [False, True, False], change)
        self.assert_sentinels_name(nodes[1])
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_killed_when_it_has_said_it(self):
        """Without us the servers and the Sentinel finish it; a resume gives back what was borrowed."""
        nodes = self.system()
        writer = self.writing(nodes)
        killed = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_send("COORDINATED", how="die"), code=None)
        self.assertEqual(killed.code, dying.KILLED, killed)
        eventually("promoted", lambda: is_master(nodes[1]))
        eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)})
        resumed = self.change("resume", "--yes")
        self.assertEqual((resumed.result["outcome"], resumed.result["lostBytes"]), ("done", 0), resumed)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_killed_when_it_has_said_it_and_resumed_at_once(self):
        nodes = self.system()
        writer = self.writing(nodes)
        killed = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_send("COORDINATED", how="die"), code=None)
        self.assertEqual(killed.code, dying.KILLED, killed)
        resumed = self.change("resume", "--yes")
        self.assertEqual((resumed.result["outcome"], resumed.result["lostBytes"]), ("done", 0), resumed)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_killed_before_it_says_it_and_aborted(self):
        nodes = self.system()
        killed = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover", how="die"), code=None)
        self.assertEqual(killed.code, dying.KILLED, killed)
        self.change("abort", "--yes", outcome="rolled-back")
        self.assert_untouched(nodes)
