"""Planned switches while a link breaks: old master and target, tool and nodes; or while the tool itself stands still (protocols.md 7.9, rows 2, 19, 20, 27)."""
import signal
import time

import dying
from changing import FAILOVER_SENT, Changing, await_master, is_master
from links import Net
from servers import eventually


# They wait for limits of servers and of redisctl.
AT_ONCE = 4


class Cables(Changing):
    """Every server in a network namespace of its own; what is cut tells nobody."""

    def setUp(self):
        super().setUp()
        self.net = self.enterContext(Net())

    def spread(self, *options: str, replicas: int = 2) -> list:
        return self.system("repl-timeout 3", "repl-ping-replica-period 1", *options, net=self.net, replicas=replicas)

    def begin(self, nodes: list, step: str, *arguments: str):
        """A failover to the second node, held right before this step; a writer that sees what the tool sees."""
        inside = self.net.inside(Net.TOOL)
        writer = self.writing(nodes, inside=inside, timeout=10)
        running = self.start("failover", "--promote", nodes[1].address, "--yes", *arguments, nodes=nodes, inside=inside, env=dying.at_intent(step))
        return writer, running.until_stopped()

    def sent(self, node, word: str) -> list:
        """The commands of this name that the node heard, by its slow log."""
        return [entry[3] for entry in node.command("SLOWLOG", "GET", -1) if entry[3][0].upper() == word.encode()]

    def test_row_19_between_the_old_master_and_its_target(self):
        """Row 19: the tool sees both. The target cannot have every byte: the server gives up, and FORCE is never said."""
        nodes = self.spread("slowlog-log-slower-than 0", "slowlog-max-len 100000")
        master, target, _ = nodes
        writer, running = self.begin(nodes, "hand-over", "--handover-timeout", "1s")
        self.net.cut(master, target)
        since = time.monotonic()
        eventually("something is missing", lambda: int(master.info()["master_repl_offset"]) > int(target.info()["slave_repl_offset"]))
        running.go_on()
        change = self.finished(running, 8, "rolled-back")
        ended = time.monotonic()
        self.assert_says(change, "GAVE_UP", f"{master.address} gave up the hand-over", f"{target.address} had not acknowledged all within 1000 ms")
        self.assertEqual([len(words) for words in self.sent(master, "FAILOVER")], [6], "FAILOVER TO host port TIMEOUT ms, and nothing else")
        self.net.mend()
        self.assert_one_master(nodes, master, seconds=20)
        result = self.assert_nothing_lost(writer, master)
        self.assertLess(result.gap_between(since, ended), 2000, "writers waited for longer than the server's own limit")

    def test_row_19_engine_fenced(self):
        """Row 19: cut before the fence, the fence is taken back; cut behind it, the parked master is the master again when bytes are missing."""
        nodes = self.spread()
        master, target, _ = nodes
        writer, running = self.begin(nodes, "fence", "--engine", "fenced", "--handover-timeout", "1s")
        self.net.cut(master, target)
        eventually("something is missing", lambda: int(master.info()["master_repl_offset"]) > int(target.info()["slave_repl_offset"]))
        running.go_on()
        change = self.finished(running, 8, "rolled-back")
        self.assert_says(change, "TIMEOUT", f"{target.address} did not catch up within 1000 ms", r"\d+ bytes are missing")
        self.assertEqual(change.steps("undone"), ["fence"])
        self.net.mend()
        self.assert_one_master(nodes, master, seconds=20)
        self.assert_nothing_lost(writer, master)

    def test_row_19_engine_fenced_cut_when_parked(self):
        """Row 19: with every byte there the cable is not needed any more; the old master is the target's replica when it is mended."""
        nodes = self.spread()
        master, target, other = nodes
        writer, running = self.begin(nodes, "promote", "--engine", "fenced")
        self.net.cut(master, target)
        running.go_on()
        change = self.finished(running, 9, "incomplete")
        self.assert_says(change, "CONFLICT", f"old-follows: {master.address} is a replica of {target.address}, its link is down")
        self.assertEqual([is_master(node) for node in nodes], [False, True, False])
        self.net.mend()
        self.assert_one_master(nodes, target, journal=False, seconds=20)
        self.assert_nothing_lost(writer, target)

    def test_row_20_between_the_tool_and_the_old_master(self):
        """Row 20: cut once FAILOVER has left. The servers end it alone; what could not be seen is said, and the other replica is not forgotten."""
        nodes = self.spread()
        master, target, other = nodes
        inside = self.net.inside(Net.TOOL)
        writer = self.writing(nodes, inside=self.net.inside(other), timeout=10)
        running = self.start("failover", "--promote", target.address, "--yes", nodes=nodes, inside=inside, env=dying.at_send(FAILOVER_SENT)).until_stopped()
        self.net.cut(Net.TOOL, master)
        await_master(target)
        running.go_on()
        change = self.finished(running, 9, "incomplete")
        self.assert_says(change, "UNCERTAIN", f"old-follows: .*{master.address}")
        self.assertIn("repoint", change.steps())
        self.assertEqual((change.result["lostBytes"], change.result["proof"]["nothingLost"]), (None, None), "it cannot have read the old master's last offset")
        self.assert_one_master(nodes, target, journal=False)
        self.assert_nothing_lost(writer, target)

    def test_row_20_before_it_was_heard(self):
        """Row 20: cut before FAILOVER leaves: whether it came there nobody can say, so nothing is claimed; the old master goes on."""
        nodes = self.spread()
        master, target, other = nodes
        inside = self.net.inside(Net.TOOL)
        writer = self.writing(nodes, inside=self.net.inside(other), timeout=10)
        running = self.start("failover", "--promote", target.address, "--handover-timeout", "500ms", "--yes", nodes=nodes, inside=inside,
                             env=dying.at_intent("hand-over")).until_stopped()
        self.net.cut(Net.TOOL, master)
        running.go_on()
        change = self.finished(running, 9, "unknown")
        self.assert_says(change, "UNCERTAIN", f"{master.address} does not answer since the hand-over began", f"{target.address} is still a replica", "redisctl resume")
        self.assertEqual([is_master(node) for node in nodes], [True, False, False])
        self.assert_nothing_lost(writer, master)

    def test_row_20_engine_fenced(self):
        """Row 20: cut between tool and old master behind each of the steps that change it. Never two masters, and never a guess: what cannot be undone is said."""
        begun = []
        for step in ("fence", "park"):
            nodes = self.spread()
            writer = self.writing(nodes, inside=self.net.inside(nodes[2]), timeout=30)
            running = self.start("failover", "--promote", nodes[1].address, "--engine", "fenced", "--handover-timeout", "500ms", "--yes", nodes=nodes,
                                 inside=self.net.inside(Net.TOOL), env=dying.at_intent(step)).until_stopped()
            self.net.cut(Net.TOOL, nodes[0])
            begun.append((step, nodes, writer, running.go_on()))
        ended = [self.finished(running, 9, "incomplete") for *_, running in begun]
        self.net.mend()
        for (step, nodes, writer, _), change in zip(begun, ended):
            with self.subTest(step=step):
                master, target, other = nodes
                self.assertIn(f"the undo of {step} could not be verified", change.answer.err, change)
                self.assertEqual([is_master(node) for node in nodes], [True, False, False])
                # What was sent into a broken cable can still arrive, so a fence of ours may have come up behind our back: only the abort is the end of it.
                if step == "park":
                    self.assertEqual(self.settings(master)["min-replicas-to-write"], "1000")
                self.change("abort", change.operation, "--yes", inside=self.net.inside(Net.TOOL), outcome="rolled-back")
                self.assert_one_master(nodes, master, journal=False)
                self.assert_nothing_lost(writer, master)
        self.assert_journals_closed()

    def test_the_tool_is_cut_off_from_everybody(self):
        """Cut off from all nodes once FAILOVER has left: unknown, in bounded time; the servers have ended it alone."""
        nodes = self.spread()
        master, target, other = nodes
        writer = self.writing(nodes, inside=self.net.inside(other), timeout=10)
        running = self.start("failover", "--promote", target.address, "--handover-timeout", "1500ms", "--yes", nodes=nodes, inside=self.net.inside(Net.TOOL),
                             env=dying.at_send(FAILOVER_SENT)).until_stopped()
        self.net.isolate(master, target, other)
        self.net.isolate(target, master, other)
        self.net.isolate(other, master, target)
        await_master(target)
        running.go_on()
        change = self.finished(running, 9, "unknown")
        self.assert_says(change, "UNCERTAIN", f"{master.address} does not answer since the hand-over began")
        self.assertIsNone(change.result["lostBytes"])
        self.assertLess(change.answer.seconds, 30)
        self.assertEqual([is_master(node) for node in nodes], [False, True, False])
        self.assert_nothing_lost(writer, target)


class Sleeping(Changing):
    def test_row_2_the_tool_stands_still_for_20_s(self):
        """Row 2: SIGSTOP for 20 s in the middle of a hand-over, behind the fence, and with the old master parked: longer than every timer that we set. No master is
        made by a timer, nothing is lost, and it is finished when the tool wakes up."""
        held = []
        for engine, env in (("failover-command", dying.at_send(FAILOVER_SENT)), ("fenced", dying.at_intent("park")), ("fenced", dying.at_send("$9\r\nREPLICAOF\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n")),
                            ("fenced", dying.at_intent("promote"))):
            nodes = self.system()
            writer = self.writing(nodes, writers=1, rate=100, timeout=30)
            running = self.start("failover", "--promote", nodes[1].address, "--engine", engine, "--yes", nodes=nodes, env=env).until_stopped()
            held.append((engine, env, nodes, writer, running))
        time.sleep(20)
        for number, (engine, env, nodes, writer, running) in enumerate(held):
            with self.subTest(engine=engine, number=number):
                masters = [node for node in nodes if is_master(node)]
                # The hand-over ended without us; behind the fence the old one is a master that takes nothing; a parked one is none.
                self.assertEqual(masters, [[nodes[1]], [nodes[0]], [], []][number])
                running.go_on()
                self.finished(running)
                self.assert_one_master(nodes, nodes[1], journal=False)
                self.assert_nothing_lost(writer, nodes[1])
        self.assert_journals_closed()
