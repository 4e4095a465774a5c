"""Ctrl-C and SIGTERM at every kind of moment of a planned switch (protocols.md 7.9, row 8), and what the next run finds."""
import signal
from pathlib import Path

import dying
from changing import Changing, is_master
from servers import eventually


AT_ONCE = 3


class Signals(Changing):
    def held(self, env: dict, *arguments):
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes, env=env).until_stopped()
        return nodes, writer, running

    def signalled(self, running, number=signal.SIGINT):
        """It comes while it stands still, so it is there before anything else is done."""
        running.send(number)
        return running.go_on()

    def test_row_8_before_anything_is_changed(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(number=number):
                nodes, writer, running = self.held(dying.at_send("psync2"))
                change = self.finished(self.signalled(running, number), code, "refused")
                self.assert_says(change, "INTERRUPTED", "interrupted")
                self.assertEqual(self.journals(), {})
                self.assert_untouched(nodes)
                self.assert_nothing_lost(writer, nodes[0])

    def test_row_8_between_two_steps(self):
        """The step is done to its end, then all of it is undone."""
        for engine, step, next_step, undone in (("failover-command", "probe", "verify", []), ("fenced", "fence", "catch-up", ["fence"]),
                                                ("fenced", "park", "drain", ["park", "fence"])):
            with self.subTest(engine=engine, step=step):
                nodes, writer, running = self.held(dying.at_intent(step), "--engine", engine)
                change = self.finished(self.signalled(running), 8, "rolled-back")
                self.assert_says(change, "INTERRUPTED", f"stopped before {next_step}")
                self.assertEqual((change.steps()[-1], change.steps("undone")), (step, undone), change)
                self.assert_untouched(nodes)
                self.assert_nothing_lost(writer, nodes[0])

    def test_row_8_in_the_switch_and_behind_it(self):
        """What cannot be undone is finished."""
        for engine, step in (("failover-command", "hand-over"), ("fenced", "promote"), ("fenced", "repoint")):
            with self.subTest(engine=engine, step=step):
                nodes, writer, running = self.held(dying.at_intent(step), "--engine", engine)
                change = self.finished(self.signalled(running))
                self.assertEqual(change.result["proof"]["nothingLost"], True, change)
                self.assert_one_master(nodes, nodes[1])
                self.assert_nothing_lost(writer, nodes[1])

    def test_row_8_three_times_in_a_hand_over_that_waits(self):
        """Twice is not enough in the middle of a step; the third ends it where it stands. The server gives up by itself, and abort finds it so."""
        nodes, writer, running = self.held(dying.at_intent("hand-over"), "--handover-timeout", "2s")
        master, target, _ = nodes
        target.freeze()
        running.go_on()
        eventually("waits", lambda: master.info()["master_failover_state"] == "waiting-for-sync", every=0.001)
        for _ in range(2):
            running.send(signal.SIGINT)
            # Two of a kind that nobody has taken yet are one.
            eventually("taken", lambda: "ShdPnd:\t0000000000000000" in Path(f"/proc/{running.process.pid}/status").read_text(), every=0.001)
        self.assertEqual((running.process.poll(), master.info()["master_failover_state"]), (None, "waiting-for-sync"))
        running.send(signal.SIGINT)
        answer = running.finish(2)
        self.assertEqual(answer.code, 130, answer)
        target.process.send_signal(signal.SIGCONT)
        self.change("abort", "--yes", code=None)
        if is_master(target):
            self.change("resume", "--yes")
        self.assert_one_master(nodes, target if is_master(target) else master)
        self.assert_nothing_lost(writer, target if is_master(target) else master)
