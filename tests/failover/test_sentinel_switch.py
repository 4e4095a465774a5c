"""The planned switch of a master that Sentinels watch: made by one of them, behind a fence, so that nothing is lost (protocols.md 4.4)."""
import contextlib
import os
import signal
import threading
import time

import dying
from changing import is_master
from servers import eventually
from watched import NAME, Watched

AT_ONCE = 2


class Planned(Watched):
    def test_nothing_is_lost_and_the_sentinels_agree_for_good(self):
        """The one that was asked for is promoted although another one is ahead in the Sentinels' order; nothing borrowed is left, and nobody fights about it later."""
        nodes = self.system()
        nodes[2].command("CONFIG", "SET", "replica-priority", "10")
        self.remember(*nodes)
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["engine"], change.result["from"], change.result["to"], change.result["lostBytes"]),
                         ("sentinel", nodes[0].address, nodes[1].address, 0), change)
        self.assertEqual(change.result["proof"]["nothingLost"], True, change)
        self.assert_sentinels_name(nodes[1])
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        # A Sentinel that was of another mind would say so within its publish × 4, and down-after + 2 INFO.
        end = time.monotonic() + 12
        while time.monotonic() < end:
            self.assertEqual([is_master(node) for node in nodes], [False, True, False])
            self.assert_sentinels_name(nodes[1])
            time.sleep(0.5)
        self.assert_nothing_lost(writer, nodes[1])
        back = self.change("failover", "--yes", "--promote", nodes[0].address, nodes=nodes)
        self.assertEqual((back.result["to"], back.result["lostBytes"]), (nodes[0].address, 0), back)
        self.assert_one_master(nodes, nodes[0])

    def test_with_one_replica_no_priority_is_touched(self):
        nodes = self.system(replicas=1)
        plan = self.plan("failover", nodes=nodes)
        self.assertEqual([step["id"] for step in plan["steps"]],
                         ["probe", "verify", "fence", "catch-up", "sentinel-failover", "demote", "move-clients", "old-follows", "write", "sentinels-agree", "persist"])
        self.assertEqual(plan["sentinels"], [sentinel.address for sentinel in self.sentinels])
        writer = self.writing(nodes)
        change = self.change("failover", "--yes", nodes=nodes)
        self.assertEqual((change.result["to"], change.result["lostBytes"]), (nodes[1].address, 0), change)
        self.assert_nothing_lost(writer, nodes[1])

    def test_behind_their_backs_it_is_refused(self):
        nodes = self.system()
        for engine in ("failover-command", "fenced"):
            change = self.change("failover", "--engine", engine, "--yes", nodes=nodes, code=6, outcome="refused")
            self.assert_says(change, "CHECK_FAILED", "the switch is refused by: sentinels", f"sentinels: {engine}, and it must be: they make the switch",
                             "leave --engine out: what is done behind their backs they undo, and promote whom they like")
        self.assert_untouched(nodes)

    def test_without_a_sentinel_that_can_be_asked_it_is_refused(self):
        nodes = self.system()
        self.sentinels = []  # not told of
        change = self.change("failover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "sentinels", "none watch it", "--sentinel HOST:PORT")
        self.assert_untouched(nodes)


class Mistaken(Watched):
    """A Sentinel asks a node what it is every ten seconds. One that is told "master" twice, and missed that it was a replica in between, makes it a replica again."""

    def setUp(self):
        super().setUp()
        self.nodes = self.system(replicas=1)
        self.nodes[1].command("REPLICAOF", "NO", "ONE")
        for sentinel in self.sentinels:
            eventually("it takes it for a second master", lambda: self.reported(sentinel)["role-reported"] == "master")
            sentinel.command("SENTINEL", "DEBUG", "info-period", 10_000)
        self.nodes[1].command("REPLICAOF", "127.0.0.1", self.nodes[0].port)
        self.nodes[1].wait_linked()
        # About to ask again: in the middle of the switch, were it made now.
        eventually("it asked nine seconds ago", lambda: max(int(self.reported(one)["info-refresh"]) for one in self.sentinels[1:]) > 9_400)
        self.assertEqual({self.reported(one)["role-reported"] for one in self.sentinels}, {"master"})

    def reported(self, sentinel) -> dict:
        flat = [word.decode() for word in self.only(sentinel.command("SENTINEL", "REPLICAS", NAME))]
        return dict(zip(flat[::2], flat[1::2]))

    def only(self, several: list):
        self.assertEqual(len(several), 1, several)
        return several[0]

    def test_they_are_waited_for(self):
        writer = self.writing(self.nodes)
        change = self.change("failover", "--yes", nodes=self.nodes)
        self.assertEqual((change.result["to"], change.result["lostBytes"]), (self.nodes[1].address, 0), change)
        self.assertIn(("known-as-replica", "done"), [(step["step"], step["status"]) for step in change.result["steps"]], change)
        self.assert_sentinels_name(self.nodes[1])
        for sentinel in self.sentinels:
            self.assertNotIn("convert-to-slave", sentinel.log())
        self.assert_nothing_lost(writer, self.nodes[1])

    def test_also_when_the_master_is_dead(self):
        self.down_after = 30_000
        for sentinel in self.sentinels:
            sentinel.command("SENTINEL", "SET", NAME, "down-after-milliseconds", self.down_after)
        self.nodes[0].command("SET", "one", "1")
        self.kill(self.nodes)
        change = self.emergency(self.nodes)
        self.assertEqual((change.result["to"], change.result["engine"]), (self.nodes[1].address, "sentinel"), change)
        self.assertIn("known-as-replica", [step["step"] for step in change.result["steps"]], change)
        self.assertTrue(is_master(self.nodes[1]), change)


class SetBack(Watched):
    def test_they_hear_of_the_priorities_all_the_same(self):
        """Somebody sets all priorities back all the time, as Spotahome's operator does at each look, and a Sentinel asks every ten seconds."""
        nodes = self.system()
        for sentinel in self.sentinels:
            sentinel.command("SENTINEL", "DEBUG", "info-period", 10_000)
        ended, often = threading.Event(), 0

        def set_back() -> None:
            nonlocal often
            while not ended.wait(0.3):
                for node in nodes:
                    with contextlib.suppress(OSError):  # the switch closes the clients of the old master
                        node.command("CONFIG", "SET", "replica-priority", 100)
                often += 1

        fighting = threading.Thread(target=set_back)
        fighting.start()
        self.addCleanup(fighting.join)
        self.addCleanup(ended.set)
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes)
        self.assertEqual((change.result["to"], change.result["lostBytes"], often > 3), (nodes[1].address, 0, True), change)
        self.assertEqual({step["step"]: step["status"] for step in change.result["steps"] if step["step"].startswith("prefer")},
                         {"prefer": "done", "preferred": "done", "preferred-by-all": "done"}, change)
        self.assert_nothing_lost(writer, nodes[1])


class Refused(Watched):
    """Rows 37, 38, 42: what the Sentinels could not carry through is not begun."""

    def refused(self, nodes: list, check: str, cause: str) -> None:
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, code=6, outcome="refused")
        self.assertIn(check, change.result["errors"][0]["message"], change)
        self.assertRegex(change.answer.err + str(change.result["errors"]), cause, change)
        self.assertEqual([is_master(node) for node in nodes], [True, False, False])
        self.assertEqual(self.settings(nodes[0]), self.before[nodes[0]])

    def test_row_37_no_quorum(self):
        nodes = self.system()
        for sentinel in self.sentinels[1:]:
            sentinel.stop()
        self.refused(nodes, "sentinel-agreement", "refused|not reached|connect")

    def test_row_38_tilt(self):
        nodes = self.system()
        self.tilt(self.sentinels[0])
        self.refused(nodes, "sentinel-calm", "is in tilt")

    def test_row_42_they_disagree(self):
        nodes = self.system()
        self.mislead(self.sentinels[2], nodes[1])
        self.refused(nodes, "sentinel-agreement", f"names 127.0.0.1:{nodes[1].port}")


class Faults(Watched):
    def test_row_41_the_sentinel_finds_nobody_to_promote(self):
        """It gives up at once, and so do we: the fence comes down, the priorities go back."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        nodes[1].command("CONFIG", "SET", "replica-priority", "0")
        time.sleep(1.2)  # until it has heard of that
        change = self.finished(running.go_on(), code=8, outcome="rolled-back")
        self.assertRegex(str(change.result["errors"]), "NOGOODSLAVE|gave the failover up", change)
        nodes[1].command("CONFIG", "SET", "replica-priority", "100")
        self.assert_untouched(nodes)
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_36_the_sentinel_dies_when_it_has_promoted(self):
        """The others hear nothing of it from the dead one, and would promote somebody else, for the master that they know is a replica now: another one is told."""
        nodes = self.system()
        writer = self.writing(nodes)
        self.sentinels[0].command("SENTINEL", "SIMULATE-FAILURE", "crash-after-promotion")
        change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, code=None)
        self.assertEqual((change.code, change.result["outcome"], change.result["lostBytes"]), (0, "done", 0), change)
        self.assertIsNotNone(self.sentinels[0].process.poll(), "it lives")
        time.sleep(8)  # longer than a Sentinel of the old opinion takes to act on it
        self.assertEqual([is_master(node) for node in nodes], [False, True, False], change)
        self.assert_sentinels_name(nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_36_the_sentinel_dies_before_it_promotes(self):
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        self.sentinels[0].stop()
        change = self.finished(running.go_on(), code=8, outcome="rolled-back")
        self.assertRegex(str(change.result["errors"]), "refused|connect", change)
        self.assert_untouched(nodes)
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_39_the_sentinels_begin_a_failover_of_their_own(self):
        """Behind our fence the master hangs until they hold it for dead: they promote the one that we left them, and we finish it. Nobody wrote to the old one."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        os.kill(nodes[0].process.pid, signal.SIGSTOP)
        try:
            eventually("they promote", lambda: is_master(nodes[1]), 30)
            running.go_on()
            time.sleep(1)
        finally:
            os.kill(nodes[0].process.pid, signal.SIGCONT)
        change = self.read(running.finish())
        self.assertIn((change.code, change.result["outcome"]), [(0, "done"), (9, "incomplete")], change)
        if change.code == 9:
            change = self.change("resume", "--yes")
        self.assertEqual((change.result["outcome"], change.result["to"], change.result["lostBytes"]), ("done", nodes[1].address, 0), change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1], seconds=15)
        eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)})
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_39_another_sentinel_begins_a_failover(self):
        """While our pause holds the writes: two of them at it promote the same one, as there is no other to choose."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--hold", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent("sentinel-failover")).until_stopped()
        self.sentinels[2].command("SENTINEL", "FAILOVER", "mymaster")
        change = self.finished(running.go_on())
        self.assertEqual((change.result["to"], change.result["lostBytes"]), (nodes[1].address, 0), change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)})
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_43_our_connections_are_closed_in_the_middle(self):
        """Ours, at each step that changes something, at every node and Sentinel."""
        nodes = self.system()
        for step in ("prefer", "fence", "sentinel-failover", "demote", "move-clients", "repoint", "write", "sentinels-agree", "give-back-priorities"):
            with self.subTest(step=step):
                writer = self.writing(nodes, writers=1)
                running = self.start("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=dying.at_intent(step)).until_stopped()
                for server in [*nodes, *self.sentinels]:
                    clients = [dict(field.split("=", 1) for field in line.split()) for line in server.command("CLIENT", "LIST").decode().splitlines()]
                    for client in clients:
                        if client["name"].startswith("redisctl:"):
                            server.command("CLIENT", "KILL", "ID", client["id"])
                change = self.finished(running.go_on())
                self.assertEqual((change.result["to"], change.result["lostBytes"], change.result["warnings"]), (nodes[1].address, 0, []), change)
                self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
                eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)})
                self.assert_nothing_lost(writer, nodes[1])
                nodes = [nodes[1], nodes[0], nodes[2]]
                for sentinel in self.sentinels:
                    self.await_seen(sentinel, nodes, 3)

    def test_killed_after_each_record_and_resumed(self):
        self.each_death("resume")

    def test_killed_after_each_record_and_aborted(self):
        self.each_death("abort")

    def each_death(self, command: str) -> None:
        nodes = self.system()
        records = 0
        for moment in dying.each_fsync():
            with self.subTest(moment=str(moment)):
                for path in (self.state / "redisctl" / "ops").glob("*.jsonl"):
                    path.unlink()
                writer = self.writing(nodes, writers=1)
                change = self.change("failover", "--promote", nodes[1].address, "--yes", nodes=nodes, env=moment.env, code=None)
                if moment.survived(change.code):
                    self.assertEqual(change.code, 0, change)
                    break
                records += 1
                kinds = [record["record"] for journal in self.journals().values() for record in journal]
                master = nodes[1] if is_master(nodes[1]) else nodes[0]
                if kinds and kinds[-1] != "end":
                    ended = self.change(command, "--yes", code=None)
                    if ended.code == 6:
                        self.assert_says(ended, "REFUSED", f"{nodes[1].address} is master already: it cannot be undone")
                        ended = self.change("resume", "--yes", code=None)
                    self.assertEqual((ended.code, ended.result["lostBytes"]), (0, 0), ended)
                    master = nodes[0] if ended.result["outcome"] == "rolled-back" else nodes[1]
                self.assert_one_master(nodes, master)
                eventually("the Sentinels agree", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(master.port)})
                self.assert_nothing_lost(writer, master)
                nodes = [master, *(node for node in nodes if node is not master)]
                for sentinel in self.sentinels:
                    self.await_seen(sentinel, nodes, 3)
        self.assertGreaterEqual(records, 10)
