"""Planned switches whose nodes freeze, die or change their minds in the middle (protocols.md 7.9, rows 16-18, 21, 31-33). Writers write all the while; nothing that
was acknowledged is ever lost, and where the switch cannot be had the old master goes on."""
import signal
import time

import dying
from changing import Changing, await_master, is_master
from links import Relay
from servers import Server, eventually


# They wait for limits of servers and of redisctl.
AT_ONCE = 4


class Faults(Changing):
    def gave_up(self, running, nodes: list, writer, message: str, cause: str, code: str = "GAVE_UP"):
        """The old master is the master as before, and said so."""
        change = self.finished(running, 8, "rolled-back")
        self.assert_says(change, code, message, cause)
        self.assert_untouched(nodes)
        return change, self.assert_nothing_lost(writer, nodes[0])


class TheTarget(Faults):
    def test_row_16_frozen_before_the_hand_over(self):
        """Row 16: SIGSTOP at S5. The server gives up after its own TIMEOUT; writers wait no longer than that."""
        master, target, _ = nodes = self.system()
        writer = self.writing(nodes, timeout=5)
        running = self.start("failover", "--promote", target.address, "--handover-timeout", "1500ms", "--yes", nodes=nodes, env=dying.at_intent("hand-over"))
        running.until_stopped()
        target.freeze()
        since = time.monotonic()
        running.go_on()
        answer = running.finish()
        ended = time.monotonic()
        target.process.send_signal(signal.SIGCONT)
        change, result = self.gave_up(running, nodes, writer, f"{master.address} gave up the hand-over", f"{target.address} does not answer")
        self.assertIs(change.answer.code, answer.code)
        self.assertLess(result.gap_between(since, ended), 1900, result)
        self.assertGreater(result.gap_between(since, ended), 1300, "the writers never waited: the target was not frozen in time")
        self.assertLess(ended - since, 8)

    def test_row_16_frozen_before_the_fence(self):
        """Row 16, engine fenced: the fence is taken back, and the old master takes writes again."""
        master, target, _ = nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", target.address, "--engine", "fenced", "--handover-timeout", "1s", "--yes", nodes=nodes,
                             env=dying.at_intent("fence"))
        running.until_stopped()
        target.freeze()
        running.go_on()
        answer = running.finish()
        target.process.send_signal(signal.SIGCONT)
        self.assertEqual(answer.code, 8, answer)
        change = self.gave_up(running, nodes, writer, f"{target.address} did not catch up within 1000 ms", "does not answer", code="TIMEOUT")[0]
        self.assertEqual(change.steps("undone"), ["fence"])

    def test_row_16_frozen_while_the_master_is_parked(self):
        """Row 16, engine fenced, later: the parked master becomes the master again."""
        for step in ("park", "promote"):
            with self.subTest(step=step):
                master, target, _ = nodes = self.system()
                writer = self.writing(nodes)
                running = self.start("failover", "--promote", target.address, "--engine", "fenced", "--handover-timeout", "1s", "--yes", nodes=nodes,
                                     env=dying.at_intent(step))
                running.until_stopped()
                target.freeze()
                running.go_on()
                if step == "park":
                    answer = running.finish()
                    target.process.send_signal(signal.SIGCONT)
                    self.assertEqual(answer.code, 8, answer)
                    change = self.finished(running, 8, "rolled-back")
                    self.assertEqual(change.steps("undone"), ["park", "fence"])
                    self.assert_untouched(nodes)
                    self.assert_nothing_lost(writer, master)
                else:
                    # REPLICAOF NO ONE waits in its socket: when it wakes it is the master. Nobody may become one meanwhile.
                    answer = running.finish()
                    self.assertEqual(answer.code, 9, answer)
                    change = self.finished(running, 9, "unknown")
                    self.assertFalse(is_master(master))
                    target.process.send_signal(signal.SIGCONT)
                    await_master(target)
                    self.assertFalse(is_master(master))
                    self.assert_nothing_lost(writer, target)

    def stuck(self, *options: str, replicas: int = 2) -> tuple:
        """The old master reaches its target through a relay that says nothing: failover-in-progress, for as long as we like."""
        relay = self.enterContext(Relay())
        master = self.enterContext(Server("repl-backlog-size 64mb"))
        target = self.enterContext(Server("repl-backlog-size 64mb", "replica-announce-ip 127.0.0.1", f"replica-announce-port {relay.port}", replica_of=master))
        relay.to = target.address
        other = self.enterContext(Server("repl-backlog-size 64mb", replica_of=master))
        other.wait_linked()
        eventually("the target is online", lambda: any(f"port={relay.port},state=online" in str(value) for value in master.info().values()))
        nodes = [master, target, other]
        self.remember(*nodes)
        self.also_called[target] = relay.address
        writer = self.writing(nodes, timeout=30)
        running = self.start("failover", "--promote", target.address, "--yes", *options, nodes=nodes, env=dying.at_intent("hand-over")).until_stopped()
        relay.silence()
        running.go_on()
        def hangs() -> bool:
            self.assertIsNone(running.process.poll(), f"ended at once\n{running.lines}")
            return master.info()["master_failover_state"] == "failover-in-progress"

        eventually("hangs", hangs, every=0.001)
        return relay, nodes, writer, running

    def test_row_17_it_never_answers_the_handshake(self):
        """Row 17: failover-in-progress has no limit of its own. It is taken back once the target has said that it is a replica still."""
        relay, nodes, writer, running = self.stuck()
        change = self.gave_up(running, nodes, writer, f"the hand-over to {nodes[1].address} hung and was taken back", "did not take it over within 2 s")[0]
        self.assertFalse(change.result["proof"])
        relay.mend()
        self.assert_untouched(nodes)

    def test_row_17_killed_in_the_middle_of_the_hand_over(self):
        """Row 17: the target is gone for certain, so the old master may go on."""
        _, (master, target, other), writer, running = self.stuck()
        target.stop()
        change = self.finished(running, 8, "rolled-back")
        self.assert_says(change, "GAVE_UP", f"the hand-over to {target.address} hung and was taken back")
        self.assert_one_master([master, other], master, seconds=10)
        self.assert_nothing_lost(writer, master)

    def test_row_17_frozen_in_the_middle_of_the_hand_over(self):
        """Row 17: a target that is silent may have been promoted. Nobody becomes master by guess: unknown, and the writes wait."""
        relay, nodes, writer, running = self.stuck()
        master, target, _ = nodes
        target.freeze()
        change = self.finished(running, 9, "unknown")
        self.assert_says(change, "UNCERTAIN", f"{target.address} does not say whether it was promoted", f"{master.address} waits for it: writes wait too", "redisctl resume")
        self.assertEqual((is_master(master), change.result["lostBytes"]), (False, None))
        # Its PSYNC comes through after all: the hand-over ends as it was meant.
        target.process.send_signal(signal.SIGCONT)
        relay.mend()
        await_master(target)
        self.assert_nothing_lost(writer, target)

    def test_row_17_promoted_while_it_is_taken_back(self):
        """Row 17: the handshake comes through just before the patience ends; never are there two masters that take writes."""
        for wait in (1.9, 2.0, 2.02, 2.05):
            with self.subTest(wait=wait):
                relay, nodes, writer, running = self.stuck()
                time.sleep(wait)
                relay.mend()
                answer = running.finish()
                masters = [node for node in nodes if is_master(node)]
                self.assertEqual(len(masters), 1, answer)
                self.assertEqual(answer.code, 0 if masters[0] is nodes[1] else 8, answer)
                self.assert_one_master(nodes, masters[0], seconds=10)
                self.assert_nothing_lost(writer, masters[0])

    def test_row_31_dropped_by_the_master_while_it_catches_up(self):
        """Row 31: more written than the master holds for a slow replica: it cuts it off. Both engines leave the old master in charge."""
        for engine, step in (("failover-command", "hand-over"), ("fenced", "fence")):
            with self.subTest(engine=engine):
                # The limit on what is held for a replica is never less than the backlog.
                nodes = self.system("repl-backlog-size 1mb", "client-output-buffer-limit replica 1mb 0 0", "repl-timeout 3", replicas=1)
                master, target = nodes
                running = self.start("failover", "--engine", engine, "--handover-timeout", "1s", "--yes", nodes=nodes, env=dying.at_intent(step))
                running.until_stopped()
                target.freeze()
                writer = self.writing([master], writers=1, size=1 << 20, rate=200)
                eventually("cut off", lambda: master.info()["connected_slaves"] == "0")
                target.process.send_signal(signal.SIGCONT)
                # It would come back within a second, and copy everything.
                target.command("REPLICAOF", "127.0.0.1", 1)
                running.go_on()
                change = self.finished(running, 8, "rolled-back")
                self.assertRegex(change.result["errors"][0]["message"] + str(change.result["errors"][0]["cause"]), "requires connected replicas|is not a replica|did not catch up", change)
                target.command("REPLICAOF", "127.0.0.1", master.port)
                self.assert_nothing_lost(writer, master)
                self.assert_one_master(nodes, master, seconds=20)


class TheOldMaster(Faults):
    def test_row_18_killed_right_after_it_said_ok(self):
        """Row 18: the replica waits for a master that is dead. What to do is an emergency's business: unknown, and nothing is guessed."""
        master, target, other = nodes = self.system()
        writer = self.writing(nodes)
        running = self.start("failover", "--promote", target.address, "--handover-timeout", "2s", "--yes", nodes=nodes, env=dying.at_intent("hand-over"))
        running.until_stopped()
        target.freeze()
        running.go_on()
        eventually("said OK", lambda: master.info()["master_failover_state"] == "waiting-for-sync", every=0.001)
        master.stop()
        target.process.send_signal(signal.SIGCONT)
        change = self.finished(running, 9, "unknown")
        self.assert_says(change, "UNCERTAIN", f"{master.address} does not answer since the hand-over began", f"{target.address} is still a replica", "redisctl resume")
        self.assertEqual([is_master(node) for node in (target, other)], [False, False])
        target.command("REPLICAOF", "NO", "ONE")
        # What the dead one had sent may be reset with its connection: that is no planned switch's loss.
        writer.stop(master=target.address)

    def test_row_18_killed_when_it_is_no_master_any_more(self):
        """Row 18: demoted, its PSYNC not heard: the target has every byte, and nobody told it to be the master."""
        _, (master, target, other), writer, running = TheTarget.stuck(self, "--handover-timeout", "500ms")
        master.stop()
        change = self.finished(running, 9, "unknown")
        self.assert_says(change, "UNCERTAIN", f"{master.address} does not answer since the hand-over began")
        self.assertEqual([is_master(node) for node in (target, other)], [False, False])
        target.command("REPLICAOF", "NO", "ONE")
        self.assert_nothing_lost(writer, target)

    def test_row_18_killed_behind_the_point_of_no_return(self):
        """Row 18: the switch stands; what is left undone is said."""
        for engine in ("failover-command", "fenced"):
            with self.subTest(engine=engine):
                master, target, other = nodes = self.system()
                writer = self.writing(nodes)
                running = self.start("failover", "--promote", target.address, "--engine", engine, "--yes", nodes=nodes, env=dying.at_intent("move-clients"))
                running.until_stopped()
                master.stop()
                running.go_on()
                change = self.finished(running, 9, "incomplete")
                self.assert_says(change, "UNCERTAIN", f"old-follows: .*{master.address}")
                self.assert_one_master([target, other], target, journal=False)
                self.assert_nothing_lost(writer, target)

    def test_row_21_its_password_is_wrong(self):
        """Row 21: refused before anything happens."""
        master, target, _ = nodes = self.system(password="pa55-of-the-test")
        for setting, wanted in (("pa55-of-another", "WRONGPASS"), ("", "WRONGPASS|NOAUTH")):
            master.command("CONFIG", "SET", "masterauth", setting)
            change = self.change("failover", "--promote", target.address, "--yes", nodes=nodes, code=6, outcome="refused")
            self.assert_says(change, "CHECK_FAILED", "^the switch is refused by: reverse-login$", rf"reverse-login of {target.address}: .*({wanted})", "masterauth")
            self.assert_untouched(nodes)

    def test_row_21_its_password_is_changed_in_the_last_moment(self):
        """Row 21: the target turns it away in the middle. Without a password it is the master again within milliseconds; with a wrong one it would try for ever."""
        for setting, message in (("", "{} gave up the hand-over"), ("pa55-of-another", "the hand-over to .* hung and was taken back")):
            with self.subTest(setting=setting):
                master, target, _ = nodes = self.system(password="pa55-of-the-test")
                master.command("CONFIG", "SET", "masterauth", "pa55-of-the-test")
                writer = self.writing(nodes)
                running = self.start("failover", "--promote", target.address, "--yes", nodes=nodes, env=dying.at_intent("hand-over")).until_stopped()
                master.command("CONFIG", "SET", "masterauth", setting)
                history = master.info()["master_replid"]
                running.go_on()
                change = self.finished(running, 8, "rolled-back")
                self.assert_says(change, "GAVE_UP", message.format(master.address))
                self.assertNotEqual(master.info()["master_replid"], history, "there was no hand-over to give up")
                self.assert_one_master(nodes, master, seconds=10)
                self.assert_nothing_lost(writer, master)

    def test_row_32_a_script_holds_it(self):
        """Row 32: BUSY between the checks and the switch."""
        for engine, step in (("failover-command", "hand-over"), ("fenced", "fence")):
            with self.subTest(engine=engine):
                nodes = self.system("busy-reply-threshold 100")
                master, target, _ = nodes
                writer = self.writing(nodes, timeout=30)
                running = self.start("failover", "--promote", target.address, "--engine", engine, "--yes", nodes=nodes, env=dying.at_intent(step))
                running.until_stopped()
                with master.client() as client:
                    client.connection.sendall(b"EVAL 'while true do end' 0\r\n")
                    eventually("busy", lambda: self.says(master, "GET", "a").startswith("BUSY"))
                    running.go_on()
                    answer = running.finish()
                    master.command("SCRIPT", "KILL")
                    eventually("idle", lambda: not self.says(master, "GET", "a").startswith("BUSY"))
                self.assertIn(answer.code, (8, 9), answer)
                change = self.read(answer)
                self.assertIn("BUSY", change.answer.err, change)
                self.assert_one_master(nodes, master, journal=answer.code == 8)
                self.assert_nothing_lost(writer, master)

    def says(self, node: Server, *words) -> str:
        try:
            return str(node.command(*words))
        except Exception as error:  # noqa: BLE001: an answer all the same
            return str(error)

    def test_row_32_a_script_holds_it_from_the_beginning(self):
        """Row 32: BUSY before the checks: refused, and said why."""
        nodes = self.system("busy-reply-threshold 100")
        master = nodes[0]
        with master.client() as client:
            client.connection.sendall(b"EVAL 'while true do end' 0\r\n")
            eventually("busy", lambda: self.says(master, "GET", "a").startswith("BUSY"))
            answer = self.start("switchover", "--yes", nodes=nodes).finish()
            emergency = self.start("failover", "--accept-data-loss", "--confirm", master.address, nodes=nodes).finish()
            master.command("SCRIPT", "KILL")
            eventually("idle", lambda: not self.says(master, "GET", "a").startswith("BUSY"))
        self.assertEqual((answer.code, emergency.code), (6, 6), f"{answer}\n{emergency}")
        self.assert_untouched(nodes)

    def test_row_33_it_is_shutting_down(self):
        """Row 33: SHUTDOWN waits for a replica that does not listen; then is no time for a switch."""
        master, target, other = nodes = self.system("shutdown-timeout 30")
        writer = self.writing([master])
        other.freeze()
        with master.client() as client:
            client.connection.sendall(b"SHUTDOWN NOSAVE\r\n")
            eventually("shutting down", lambda: "shutdown_in_milliseconds" in master.info("server"))
            change = self.change("failover", "--promote", target.address, "--override", "other-nodes", "--yes", nodes=nodes, code=6, outcome="refused")
            self.assert_says(change, "CHECK_FAILED", "shutdown", rf"shutdown of {master.address}: ends in \d+ms, and it must be: none under way")
            master.command("SHUTDOWN", "ABORT")
        other.process.send_signal(signal.SIGCONT)
        self.assert_untouched(nodes)
        self.assert_nothing_lost(writer, master)

    def test_row_33_it_is_shut_down_in_the_last_moment(self):
        """Row 33: SIGTERM, as a kubelet sends it, between the checks and the switch. 7.0 hands all that it has to its replicas first."""
        for engine, step in (("failover-command", "hand-over"), ("fenced", "fence")):
            with self.subTest(engine=engine):
                master, target, other = nodes = self.system()
                writer = self.writing(nodes)
                running = self.start("failover", "--promote", target.address, "--engine", engine, "--handover-timeout", "500ms", "--yes", nodes=nodes,
                                     env=dying.at_intent(step))
                running.until_stopped()
                master.process.terminate()
                master.process.wait(20)
                running.go_on()
                answer = running.finish()
                self.assertIn(answer.code, (8, 9), answer)
                change = self.read(answer)
                self.assertRegex(change.answer.err, f"{master.address}", change)
                self.assertEqual([is_master(node) for node in (target, other)], [False, False], "nobody was told to promote anything")
                target.command("REPLICAOF", "NO", "ONE")
                self.assert_nothing_lost(writer, target)


del Faults
