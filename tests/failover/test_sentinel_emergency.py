"""The master that Sentinels watch is dead (protocols.md 7.9, rows 36-42 as far as they are about that): they are waited for where they act, one of them is told
where they do not, and it is done by hand where none can. Nobody fights about it afterwards, and what is lost is not guessed."""
import os
import signal
import time

import dying
from changing import is_master
from servers import eventually
from watched import NAME, Watched

AT_ONCE = 2
UNKNOWN = "the old master cannot be read: what it acknowledged and had not sent yet is unknown"


class Dead(Watched):
    down_after = 30_000

    def new_master(self, nodes: list, change):
        return next(node for node in nodes if node.address == change.result["to"])

    def assert_unknown_loss(self, change, reason: str = UNKNOWN) -> None:
        self.assertEqual((change.result["mode"], change.result["lostBytes"], change.result["lostReason"]), ("emergency", None, reason), change)

    def assert_calm(self, nodes: list, master, seconds: float) -> None:
        """Nobody is of another mind, however long one waits. `nodes`: those that live."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual([node.address for node in nodes if is_master(node)], [master.address])
            self.assert_sentinels_name(master)
            time.sleep(0.5)
        self.assert_one_master(nodes, master)

    def check(self, plan: dict, name: str, node: str = "") -> dict:
        return next(check for check in plan["checks"] if check["name"] == name and (check["node"] or "") == node)


class TheyDoNotAct(Dead):
    def test_they_notice_it_late_and_one_is_told(self):
        """Down-after is half a minute: nobody waits for that. When their half minute is over, and the next one, all is as it was."""
        nodes = self.written()
        plan_before = self.plan("failover", nodes=nodes)
        self.assertEqual(plan_before["mode"], "planned")
        writer = self.writing(nodes)
        self.kill(nodes)
        plan = self.plan("failover", nodes=nodes)
        self.assertEqual([step["id"] for step in plan["steps"]], ["sentinel-failover", "repoint", "replicas-linked", "write", "sentinels-agree", "persist"])
        self.assertRegex(" ".join(plan["notes"]), "the Sentinels do not do it by themselves: they notice it in [0-9]+ s only")
        began = time.monotonic()
        change = self.emergency(nodes)
        self.assertLess(time.monotonic() - began, 15, change)
        self.assertEqual((change.result["engine"], change.result["to"]), ("sentinel", plan["to"]), change)
        self.assert_unknown_loss(change)
        new = self.new_master(nodes, change)
        self.assertEqual([warning["code"] for warning in change.result["warnings"]], ["OLD_MASTER_AWAY"], change)
        before = int(new.info()["master_repl_offset"])
        eventually("the writer goes on", lambda: int(new.info()["master_repl_offset"]) > before + 300)
        self.assert_calm(nodes[1:], new, 65)
        result = writer.stop(master=new.address)
        self.assertLessEqual(result.lost, 20, result)

    def test_row_37_no_quorum(self):
        """Two of three are dead, so nobody will ever act. The third is told; the two come back with the view of their files, and believe its epoch."""
        self.down_after = 1_000
        nodes = self.written()
        for sentinel in self.sentinels[1:]:
            sentinel.stop()
        eventually("the last one notices", lambda: "s_down" in str(self.sentinels[0].command("SENTINEL", "SENTINELS", NAME)))
        time.sleep(1)
        self.kill(nodes)
        change = self.emergency(nodes)
        self.assertEqual(change.result["engine"], "sentinel", change)
        self.assertRegex(str(self.journals()), "they cannot agree on a failover: the Sentinels do not reach their quorum")
        self.assert_unknown_loss(change)
        new = self.new_master(nodes, change)
        self.assert_one_master(nodes[1:], new)
        for sentinel in self.sentinels[1:]:
            sentinel.start()
        eventually("they hear of it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(new.port)})
        self.assert_calm(nodes[1:], new, 60)

    def test_the_other_one_is_wanted(self):
        """--promote: a Sentinel would take the one with the lower priority number; it is kept from that, and all priorities are as before."""
        nodes = self.written()
        nodes[2].command("CONFIG", "SET", "replica-priority", "10")
        self.remember(*nodes)
        time.sleep(1)
        self.kill(nodes)
        change = self.emergency(nodes, "--promote", nodes[1].address)
        self.assertEqual((change.result["engine"], change.result["to"]), ("sentinel", nodes[1].address), change)
        self.assertIn("give-back-priorities", change.steps())
        self.assert_one_master(nodes[1:], nodes[1])
        self.assert_calm(nodes[1:], nodes[1], 12)

    def test_row_42_they_disagree(self):
        """One names a replica: it is no judge of this. The others' epoch convinces it."""
        nodes = self.written()
        odd = self.sentinels[2]
        self.mislead(odd, nodes[1])
        self.kill(nodes)
        plan = self.plan("failover", nodes=nodes)
        self.assertIn(f"{odd.address}: it names 127.0.0.1:{nodes[1].port}", self.check(plan, "sentinel-candidate", nodes[2].address)["value"])
        change = self.emergency(nodes, "--promote", nodes[2].address)
        eventually("all name it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[2].port)})
        self.assert_calm(nodes[1:], nodes[2], 12)
        self.assert_unknown_loss(change)

    def test_row_41_it_is_at_it_already(self):
        """INPROG: somebody else told it in that moment; the failover that is under way is the one that is watched."""
        nodes = self.written()
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        self.sentinels[0].command("SENTINEL", "FAILOVER", NAME)
        change = self.finished(running.go_on())
        self.assert_one_master(nodes[1:], self.new_master(nodes, change))

    def test_row_41_it_finds_nobody_at_the_last_moment(self):
        """NOGOODSLAVE: it refuses, nothing was changed, and the next run says why for each replica."""
        nodes = self.written()
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        for replica in nodes[1:]:
            replica.command("CONFIG", "SET", "replica-priority", "0")
        time.sleep(1.5)
        change = self.finished(running.go_on(), code=8, outcome="rolled-back")
        self.assertRegex(str(change.result["errors"]), "NOGOODSLAVE|gave the failover up", change)
        again = self.emergency(nodes, code=6, outcome="refused")
        self.assert_says(again, "REFUSED", "no node of .* can become the master", "replica-priority 0 says: never the master")
        self.assertEqual([is_master(node) for node in nodes[1:]], [False, False])

    def test_killed_and_resumed(self):
        nodes = self.written()
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        running.send(signal.SIGKILL)
        running.finish()
        change = self.change("resume", "--yes")
        self.assert_one_master(nodes[1:], self.new_master(nodes, change))
        self.assert_unknown_loss(change)


class TheyCannot(Dead):
    def test_row_38_tilt(self):
        """All are in tilt: for half a minute they do nothing, also when they are told. It is done by hand and they are told whom to watch."""
        nodes = self.written()
        for sentinel in self.sentinels:
            os.kill(sentinel.process.pid, signal.SIGSTOP)
        time.sleep(3)
        for sentinel in self.sentinels:
            os.kill(sentinel.process.pid, signal.SIGCONT)
        for sentinel in self.sentinels:
            eventually("tilt", lambda: sentinel.info("sentinel")["sentinel_tilt"] == "1")
        self.kill(nodes)
        for sentinel in self.sentinels:
            # It calls nobody down in tilt, and disconnected only between two tries to connect.
            eventually("it has not heard it for long", lambda: int(self.said(sentinel)["last-ok-ping-reply"]) >= 3_000)
        plan = self.plan("failover", nodes=nodes)
        self.assertIn("it is in tilt", self.check(plan, "sentinel-candidate", nodes[1].address)["value"])
        self.assertEqual((plan["engine"], self.check(plan, "sentinels", plan["to"])["verdict"]), ("emergency", "warn"))
        change = self.emergency(nodes)
        self.assertEqual(change.result["engine"], "emergency", change)
        self.assert_unknown_loss(change)
        new = self.new_master(nodes, change)
        self.assert_sentinels_name(new)
        self.assertEqual({self.said(sentinel)["down-after-milliseconds"] for sentinel in self.sentinels}, {str(self.down_after)})
        self.assertEqual({self.said(sentinel)["failover-timeout"] for sentinel in self.sentinels}, {"10000"})
        self.assert_calm(nodes[1:], new, 60)

    def test_none_of_them_answers(self):
        """It is not begun unasked: they will decide once more when they come back. Asked for, it is done by hand."""
        nodes = self.written()
        self.kill(nodes)
        for sentinel in self.sentinels:
            sentinel.stop()
        refused = self.emergency(nodes, code=6, outcome="refused")
        self.assert_says(refused, "CHECK_FAILED", "the switch is refused by: sentinels-silent", f"{self.sentinels[0].address}: .*one that watches it answers", "--override sentinels-silent")
        self.assertEqual([is_master(node) for node in nodes[1:]], [False, False])
        change = self.emergency(nodes, "--override", "sentinels-silent")
        self.assert_one_master(nodes[1:], self.new_master(nodes, change))
        self.assert_unknown_loss(change)

    def test_a_sentinel_that_nobody_named(self):
        nodes = self.written()
        self.kill(nodes)
        sentinels, self.sentinels = self.sentinels, []
        change = self.emergency(nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "the switch is refused by: sentinels", "none watch it", "name one that can be asked: --sentinel HOST:PORT")
        self.sentinels = sentinels


class LostRole(Dead):
    def test_it_is_back_as_a_replica_of_itself(self):
        """As the Spotahome operator's pods come back: its process lives, so the Sentinels see nothing wrong, and nobody is the master."""
        self.back_as_a_replica_of(0)

    def test_it_is_back_as_a_replica_of_one_that_follows_it(self):
        """As hand-written manifests start all but one: a circle, and the Sentinels still call it the master."""
        self.back_as_a_replica_of(1)

    def back_as_a_replica_of(self, number: int) -> None:
        nodes = self.written()
        writer = self.writing(nodes)
        nodes[0].command("SAVE")
        self.kill(nodes)
        nodes[0].options.append(f"replicaof 127.0.0.1 {nodes[number].port}")
        nodes[0].start()
        status = self.start("status", nodes=nodes).finish()
        self.assertEqual(status.code, 1, status)
        self.assertIn("NO_MASTER", {finding["code"] for finding in status.document["findings"]}, status)
        self.assertIn("redisctl failover", next(finding["hint"] for finding in status.document["findings"] if finding["code"] == "NO_MASTER"), status)
        asked = self.change("failover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(asked, "DATA_LOSS", f"{nodes[0].address} is dead|lost its role", "the old master was restarted", "redisctl failover --accept-data-loss")
        began = time.monotonic()
        change = self.emergency(nodes)
        self.assertLess(time.monotonic() - began, 15, change)
        self.assertEqual((change.result["engine"], change.result["from"]), ("sentinel", nodes[0].address), change)
        self.assert_unknown_loss(change, "the old master was restarted: what it had acknowledged before and had not sent yet is unknown")
        new = self.new_master(nodes, change)
        self.assertIn("old-follows", change.steps())
        self.assert_one_master([new, *(node for node in nodes if node is not new)], new)
        self.assert_calm(nodes, new, 30)
        self.assertEqual(self.start("status", nodes=nodes).finish().code, 0)
        result = writer.stop(master=new.address)
        self.assertLessEqual(result.lost, 20, result)


class TheyAct(Dead):
    down_after = 1_000

    def test_they_are_waited_for(self):
        """It is told what is waited for and for how long; then who is the master. We changed nothing, and do not know what was lost."""
        nodes = self.written()
        self.kill(nodes)
        change = self.change("failover", "--yes", nodes=nodes, outcome="noop")
        self.assertRegex(change.answer.err, f"{nodes[0].address} is dead, and its Sentinels replace it: .*; waiting for up to [0-9]+ s")
        self.assertRegex(change.answer.err, f"the Sentinels made {change.result['to']} the master, [0-9.]+ s after we came")
        self.assertEqual((change.result["engine"], change.result["changed"], change.result["mode"]), ("sentinel", False, "emergency"), change)
        self.assert_unknown_loss(change, "the Sentinels switched; what the old master had acknowledged and not sent is unknown")
        new = self.new_master(nodes, change)
        eventually("they all name it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(new.port)})
        self.assert_one_master(nodes[1:], new, seconds=12)

    def test_a_dry_run_does_not_wait(self):
        self.down_after = 3_000
        nodes = self.written()
        self.kill(nodes)
        plan = self.plan("failover", nodes=nodes)
        calm = self.check(plan, "sentinel-calm")
        self.assertEqual((calm["verdict"], calm["hint"]), ("warn", "it is waited for first"), plan)

    def test_row_36_their_leader_dies_when_it_is_elected(self):
        """The others begin again after twice the failover-timeout only: they are waited for as long as an election takes, then one is told."""
        nodes = self.written()
        for sentinel in self.sentinels:
            sentinel.command("SENTINEL", "SIMULATE-FAILURE", "crash-after-election")
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes)
        dead = eventually("one dies", lambda: [each for each in self.sentinels if each.process.poll() is not None])
        for sentinel in self.sentinels:
            if sentinel not in dead:
                sentinel.command("SENTINEL", "SIMULATE-FAILURE", "help")
        change = self.finished(running)
        self.assertRegex(change.answer.err, "they did nothing for [0-9.]+ s: they hold it for down since [0-9]+ s, and none has begun")
        new = self.new_master(nodes, change)
        self.assertEqual(change.result["engine"], "sentinel", change)
        self.assert_one_master(nodes[1:], new)
        self.assert_calm(nodes[1:], new, 25)

    def test_another_one_is_wanted(self):
        nodes = self.written()
        nodes[1].command("CONFIG", "SET", "replica-priority", "10")
        time.sleep(1)
        self.kill(nodes)
        change = self.change("failover", "--yes", "--promote", nodes[2].address, nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "OTHER_MASTER", f"the Sentinels made {nodes[1].address} the master, not {nodes[2].address}", hint=f"redisctl switchover --promote {nodes[2].address}")
