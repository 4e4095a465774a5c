"""redisctl heal and two masters: whose writes are given up, where they are kept, and that nothing is given up before they are."""
import os
import signal

import dying
from changing import PASSWORD, Running
from healing import Healing, await_link, commands_in, replay
from servers import Authority, Server, eventually
from writer import Writer


class Split(Healing):
    def lose(self, node: Server, count: int = 3, db: int = 0) -> None:
        with node.client() as client:
            if db:
                client.command("SELECT", db)
            for n in range(count):
                client.command("SET", f"lost:{n}", n)

    def test_the_dry_run_shows_both_histories_and_changes_nothing(self):
        one, other, third = nodes = self.split()
        self.lose(one)
        other.command("SET", "kept", 1)
        before = [node.info() for node in nodes]
        plan = self.look("--keep", other.address, nodes=nodes)
        self.assertEqual((plan["command"], plan["to"], plan["checks"]), ("heal", other.address, []))
        self.assertEqual([step["id"] for step in plan["steps"]], ["fence", f"save-{one.address}", "demote", "move-clients", "repoint", "replicas-linked", "write", "persist"])
        self.assertEqual([step["id"] for step in plan["steps"] if step["pointOfNoReturn"]], ["demote"])
        [lost] = [each for each in plan["unshared"] if each["node"] == one.address]
        self.assertEqual((lost["versus"], lost["writes"], lost["commands"], lost["prefixes"], lost["whole"], lost["file"]),
                         (other.address, 3, {"SET": 3}, {"lost:*": 3}, True, ""))
        self.assertEqual(plan["lossBoundBytes"], lost["bytes"])
        self.assertIn(f"{one.address}, {other.address} are masters at once", plan["notes"])
        shown = {each["node"]: each["why"] for each in plan["candidates"]}
        self.assertIn(f"{other.address} lacks 3 writes of it ({lost['bytes']} bytes): 3 SET; keys: 3 lost:*", shown[one.address])
        self.assertRegex(shown[other.address], rf"history [0-9a-f]{{8}}, offset \d+; 6 keys in db0; 0 replicas; {one.address} lacks 1 write of it \(\d+ bytes\): 1 SET; keys: 1 kept")
        after = [node.info() for node in nodes]
        for was, now in zip(before, after):
            for name in ("role", "master_replid", "connected_slaves"):
                self.assertEqual(was[name], now[name])
        self.assertEqual(self.saved_files(), [])

    def test_the_text_says_what_is_lost_and_what_is_done(self):
        one, other, third = nodes = self.split()
        self.lose(one)
        other.command("SET", "kept", 1)
        answer = self.text("--keep", other.address, nodes=nodes)
        self.assertEqual(answer.code, 1, answer)
        self.assertRegex(answer.out, rf"\Aheal of {one.address} \(generic\): {other.address} is to be the master\n"
                                     rf"at most \d+ bytes of acknowledged writes are lost: {one.address} has 3 writes that {other.address} lacks\n")
        self.assertRegex(answer.out, rf"do    {one.address}> CONFIG SET min-replicas-to-write 1000\n")
        self.assertRegex(answer.out, rf"do    {one.address}> PSYNC: save what {other.address} lacks to .*-lost-{one.address}.resp\n")
        self.assertIn(f"note: {one.address}, {other.address} are masters at once\n", answer.out)
        self.assertTrue(answer.out.endswith(f"nothing was changed; to do it: the same with --apply --confirm {one.address}\n"), answer)

    def test_who_has_nothing_of_his_own_follows_and_nothing_is_lost(self):
        one, other, third = nodes = self.split()
        other.command("SET", "kept", 1)
        change = self.heal(nodes=nodes)
        self.assertEqual((change.result["to"], change.result["lostBytes"], change.result["from"]), (other.address, 0, None), change)
        self.assert_one_master(nodes, other)
        self.assertEqual(one.command("GET", "kept"), b"1")
        self.assertEqual(self.saved_files(), [])
        self.assert_healthy(nodes, other)

    def test_each_has_writes_of_its_own_and_nobody_said_which_counts(self):
        one, other, third = nodes = self.split()
        self.lose(one)
        other.command("SET", "kept", 1)
        plan = self.look(nodes=nodes)
        self.assertEqual((plan["to"], plan["steps"], plan["lossBoundBytes"], len(plan["candidates"])), ("", [], None, 2))
        self.assertEqual([(check["name"], check["verdict"]) for check in plan["checks"]], [("keep", "block")])
        change = self.heal(nodes=nodes, code=6, outcome="refused")
        self.assertFalse(change.result["changed"])
        self.assertRegex(change.result["errors"][0]["hint"], r"\A--keep 127\.0\.0\.1:\d+ says which master survives\Z")
        self.assertEqual([node.info()["role"] for node in nodes], ["master", "master", "slave"])

    def test_what_can_be_lost_wants_the_name(self):
        one, other, third = nodes = self.split()
        self.lose(one)
        other.command("SET", "kept", 1)
        change = self.heal("--keep", other.address, nodes=nodes, code=6, outcome="refused")
        self.assertEqual(change.result["errors"][0]["hint"], f"--confirm {one.address}", change)
        self.assertEqual(one.info()["role"], "master")
        self.assertEqual(self.settings(one), self.before[one])

    def test_the_lost_writes_are_in_the_file_in_their_order_and_their_database(self):
        one, other, third = nodes = self.split()
        other.command("SET", "kept", 1)
        with one.client() as client:
            client.command("SELECT", 3)
            client.command("SET", "in:three", "three")
            client.command("SELECT", 0)
            for words in (("MULTI",), ("SET", "a", 1), ("INCR", "a"), ("EXEC",)):
                client.command(*words)
            client.command("SET", "binary", b"\r\n*1\r\n")
            client.command("DEL", "shared:0")
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        lost = self.saved(change, one)
        self.assertEqual((lost["writes"], lost["commands"], lost["whole"], lost["reason"]), (5, {"DEL": 1, "INCR": 1, "SET": 3}, True, ""))
        self.assertEqual(commands_in(lost["file"]), [["SELECT", "3"], ["SET", "in:three", "three"], ["SELECT", "0"], ["MULTI"], ["SET", "a", "1"], ["INCR", "a"], ["EXEC"],
                                                     ["SET", "binary", "\r\n*1\r\n"], ["DEL", "shared:0"]])
        self.assertEqual((change.result["lostBytes"], change.result["lostIsBound"]), (lost["bytes"], False))
        self.assertEqual(change.result["resyncs"], {one.address: "full", third.address: "full"})
        self.assertEqual(change.result["lostReason"], f"5 writes that only {one.address} had, saved in {lost['file']}")
        self.assert_one_master(nodes, other)
        self.assertEqual((one.command("EXISTS", "a"), third.command("EXISTS", "kept"), third.command("EXISTS", "shared:0")), (0, 1, 1))
        self.assert_healthy(nodes, other)

    def test_what_was_selected_before_the_split_is_selected_in_the_file(self):
        one, other, _ = nodes = self.system()
        with one.client() as client:
            client.command("SELECT", 5)
            client.command("SET", "shared", 1)
            other.wait_linked()
            other.command("REPLICAOF", "NO", "ONE")
            client.command("SET", "lost", 1)
        other.command("SET", "kept", 1)
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        self.assertEqual(commands_in(self.saved(change, one)["file"]), [["SELECT", "5"], ["SET", "lost", "1"]])

    def test_under_load_the_file_is_exactly_what_the_writer_lost(self):
        """The writer writes to the loser until it is fenced, and is turned away from then on."""
        for version in ("installed", "6.0", "valkey-8.1"):
            with self.subTest(version=version):
                one, other, third = nodes = self.split(version=version)
                with Writer([other.address], rate=200) as kept, Writer([one.address], writers=2, rate=1000) as lost:
                    eventually("writes were lost", lambda: int(one.command("DBSIZE")) > 500)
                    change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
                    told = self.saved(change, one)
                    # All that was acknowledged on the loser is on the disk, and nothing else but what was sent and not answered.
                    self.assertEqual(replay(told["file"], other) - len([words for words in commands_in(told["file"]) if words == ["SELECT", "0"]]), told["writes"])
                    result = lost.stop(master=other.address)
                    self.assertEqual((result.lost, result.why), (0, None), change)
                    self.assertLessEqual(result.acked, told["writes"])
                    self.assertGreaterEqual(result.acked + result.unknown, told["writes"])
                    self.assertEqual(kept.stop(master=other.address).lost, 0)
                self.assertTrue(told["whole"])
                self.assertIn("NOREPLICAS", result.errors)
                self.assert_one_master(nodes, other)
                self.assert_healthy(nodes, other)

    def test_with_a_password(self):
        one, other, _ = nodes = self.split(password=PASSWORD, masterauth=PASSWORD)
        self.lose(one)
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        self.assertEqual(self.saved(change, one)["writes"], 3)
        self.assert_one_master(nodes, other)

    def test_who_cannot_log_in_is_not_demoted(self):
        """A master without masterauth: as a replica it would have no link for ever."""
        one, other, _ = nodes = self.split(password=PASSWORD)
        plan = self.look("--keep", other.address, nodes=nodes)
        self.assertEqual([(check["name"], check["node"], check["verdict"]) for check in plan["checks"]], [("login", one.address, "block")])
        change = self.heal("--keep", other.address, nodes=nodes, code=6, outcome="refused")
        self.assertIn("login", change.result["errors"][0]["message"])
        self.assertEqual([node.info()["role"] for node in nodes], ["master", "master", "slave"])
        one.command("CONFIG", "SET", "masterauth", PASSWORD)
        self.heal("--keep", other.address, nodes=nodes)
        self.assert_one_master(nodes, other)

    def test_three_masters(self):
        one, other, third = nodes = self.split()
        third.command("REPLICAOF", "NO", "ONE")
        self.lose(one, 2)
        self.lose(third, 4)
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        self.assertEqual([self.saved(change, one)["writes"], self.saved(change, third)["writes"]], [2, 4])
        self.assert_one_master(nodes, other)

    def test_what_the_backlog_has_no_more_is_told_of_and_not_counted(self):
        one, other, _ = nodes = self.split()
        one.command("CONFIG", "SET", "repl-backlog-size", 16384)
        self.remember(one)
        with one.client() as client:
            for n in range(100):
                client.command("SET", f"lost:{n}", "x" * 1000)
        plan = self.look("--keep", other.address, nodes=nodes)
        [lost] = [each for each in plan["unshared"] if each["node"] == one.address]
        self.assertIsNone(lost["writes"])
        self.assertGreater(lost["bytes"], 100_000)
        self.assertRegex(lost["reason"], r"\Aits backlog begins at byte \d+, and byte \d+ is wanted\Z")
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        self.assertEqual(self.saved_files(), [])
        self.assertEqual(change.result["lostBytes"], lost["bytes"])
        self.assertRegex(change.result["lostReason"], rf"\A\d+ bytes that only {one.address} had, not saved: its backlog begins at byte ")
        self.assert_one_master(nodes, other)

    def test_more_than_the_limit_is_saved_as_far_as_it_goes_and_said_so(self):
        one, other, _ = nodes = self.split()
        other.command("SET", "kept", 1)
        self.lose(one, 100)
        change = self.heal("--keep", other.address, "--max-saved", "1KiB", nodes=nodes, confirmed=True)
        lost = self.saved(change, one)
        self.assertEqual((lost["whole"], lost["reason"]), (False, "only the first 1024 bytes were read"))
        self.assertEqual(commands_in(lost["file"]), [["SET", f"lost:{n}", str(n)] for n in range(lost["writes"])])
        self.assertGreater(lost["bytes"], 3000)
        self.assertEqual(change.result["lostReason"], f"more than {lost['writes']} writes that only {one.address} had, the first of them saved in {lost['file']}")
        self.assert_one_master(nodes, other)

    def test_over_tls(self):
        authority = self.enterContext(Authority())
        one, other, _ = nodes = self.split(tls=authority)
        other.command("SET", "kept", 1)
        with one.client() as client:
            for n in range(2000):
                client.command("SET", f"lost:{n}", "x" * 100)
        flags = ("--tls", "--cacert", authority["ca.crt"], "--cert", authority["client.crt"], "--key", authority["client.key"])
        plan = self.look("--keep", other.address, *flags, nodes=nodes)
        self.assertEqual([(check["name"], check["node"]) for check in plan["checks"]], [("tls-replication", one.address)], "it would never be linked")
        one.command("CONFIG", "SET", "tls-replication", "yes")
        change = self.heal("--keep", other.address, *flags, nodes=nodes, confirmed=True)
        lost = self.saved(change, one)
        self.assertEqual((lost["writes"], lost["whole"]), (2000, True))
        self.assertEqual(commands_in(lost["file"]), [["SET", f"lost:{n}", "x" * 100] for n in range(2000)])
        self.assert_one_master(nodes, other)

    def test_histories_that_have_nothing_in_common(self):
        one, one_replica = self.system(replicas=1)
        other, other_replica = self.system(replicas=1)
        one.command("SET", "a", 1)
        other.command("SET", "b", 1)
        nodes = [one, one_replica, other, other_replica]
        plan = self.look("--keep", other.address, nodes=nodes)
        self.assertEqual((plan["mode"], plan["lossBoundBytes"]), ("emergency", None))
        self.assertEqual(plan["lossReason"], f"what {one.address} has and {other.address} lacks is unknown (they have no replication history in common)")
        self.heal("--keep", other.address, nodes=nodes, code=6, outcome="refused")
        change = self.heal("--keep", other.address, nodes=nodes, confirmed=True)
        self.assertEqual((change.result["lostBytes"], self.saved(change, one)["writes"]), (None, None))
        self.assert_one_master(nodes, other)

    def test_the_text_says_nothing_of_a_dead_master_where_none_died(self):
        """What is lost is unknown, and yet it is no failover."""
        one, other = self.system(replicas=0) + self.system(replicas=0)
        for node in (one, other):
            node.command("SET", "a", node.address)
        answer = self.text("--apply", "--keep", other.address, "--confirm", one.address, nodes=[one, other])
        self.assertEqual(answer.code, 0, answer)
        self.assertIn(f"\ndone: {other.address} is the master\n{one.address} follows by a full resync\n"
                      f"given up: an unknown number of writes that only {one.address} had, not saved: ", answer.out)
        self.assertNotIn("writes stopped", answer.out)
        self.assert_one_master([one, other], other)


class Stopped(Healing):
    """Whatever goes wrong before the writes are on the disk: both masters are as they were."""

    # Twice it is read for the plan, from each; the third time is behind the fence.
    reading = property(lambda self: dying.env(stop_at_send=3, sending="PSYNC\r\n$40"))

    def mess(self, count: int = 3) -> list:
        nodes = self.split()
        with nodes[0].client() as client:
            for n in range(count):
                client.command("SET", f"lost:{n}", n)
        nodes[1].command("SET", "kept", 1)
        return nodes

    def assert_as_before(self, nodes: list, count: int = 3) -> None:
        self.assertEqual([node.info()["role"] for node in nodes], ["master", "master", "slave"])
        for node in nodes:
            self.assertEqual(self.settings(node), self.before[node], node.address)
        self.assertEqual(nodes[0].command("SET", "again", 1), b"OK")
        self.assertEqual(nodes[0].command("EXISTS", *[f"lost:{n}" for n in range(count)]), count)
        self.assert_journals_closed()

    def test_the_disk_is_full_at_any_moment(self):
        outcomes = set()
        for n in range(1, 40):
            with self.subTest(write=n):
                nodes = self.mess()
                change = self.heal("--keep", nodes[1].address, nodes=nodes, confirmed=True, code=None, env=dying.env(full_at_write=n))
                outcome = change.result["outcome"]
                outcomes.add((outcome, change.code, change.result["changed"]))
                if outcome == "done":
                    break
                self.assertIn("No space left on device", str(change.result["errors"]), change)
                self.assertEqual([node.info()["role"] for node in nodes], ["master", "master", "slave"], change)
                self.assertEqual(self.settings(nodes[0]), self.before[nodes[0]])
                for path in self.saved_files():
                    self.assertEqual(len(commands_in(path)), 3 if path.suffix == ".resp" else 0)
                    path.unlink()
            for node in nodes:
                node.stop()
        self.assertLessEqual(outcomes, {("refused", 6, False), ("rolled-back", 8, True), ("done", 0, True)})
        self.assertEqual(len(outcomes), 3)

    def test_ctrl_c_behind_the_fence_takes_it_back(self):
        one, other, third = nodes = self.mess()
        running = self.start("heal --apply", "--confirm", one.address, "--keep", other.address, nodes=nodes,
                             env=self.reading)
        running.until_event("fence")
        dying.wait_stopped(running.process)
        running.send(signal.SIGINT)
        running.send(signal.SIGCONT)
        change = self.read(running.finish())
        self.assertEqual((change.code, change.result["outcome"]), (8, "rolled-back"), change)
        self.assert_as_before(nodes)

    def test_the_loser_falls_silent_behind_its_fence(self):
        one, other, third = nodes = self.mess()
        running = self.start("heal --apply", "--confirm", one.address, "--keep", other.address, nodes=nodes,
                             env=dying.env(stop_at_send=1, sending="to-write\r\n$4\r\n1000"))
        dying.wait_stopped(running.process)
        eventually("fenced", lambda: self.settings(one)["min-replicas-to-write"] == "1000")
        one.freeze()
        running.send(signal.SIGCONT)
        change = self.read(running.finish(90))
        os.kill(one.process.pid, signal.SIGCONT)
        self.assertEqual((change.code, change.result["outcome"]), (9, "incomplete"), change)
        self.assertEqual(change.steps("started"), ["fence"])
        self.assertEqual(self.saved_files(), [])
        # It answers again: what is left is undone.
        self.change("abort", change.operation, "--yes", outcome="rolled-back")
        self.assert_as_before(nodes)

    def test_a_loser_that_does_not_answer_is_left_alone(self):
        one, other, third = nodes = self.mess()
        third.command("CONFIG", "SET", "repl-timeout", 1)
        one.freeze()
        await_link(third, "down")
        plan = self.look(nodes=nodes)
        self.assertEqual(plan["to"], other.address)
        self.assertIn(f"{one.address} does not answer and is left as it is", plan["notes"])
        change = self.heal(nodes=nodes, confirmed=True)
        os.kill(one.process.pid, signal.SIGCONT)
        self.assertEqual(one.info()["role"], "master")
        self.assertEqual(third.info()["master_port"], str(other.port))
        self.assertEqual(change.result["to"], other.address)

    def test_killed_at_every_moment_and_taken_up_again(self):
        for moment in dying.each_fsync():
            with self.subTest(moment=str(moment)):
                one, other, third = nodes = self.mess()
                change = self.heal("--keep", other.address, nodes=nodes, confirmed=True, code=None, env=moment.env)
                if moment.survived(change.code):
                    break
                if self.unfinished():
                    self.change("resume", "--yes")
                self.assert_one_master(nodes, other)
                [saved] = self.saved_files()
                self.assertEqual([words for words in commands_in(saved) if words[0] == "SET"], [["SET", f"lost:{n}", str(n)] for n in range(3)])
            for path in (self.state / "redisctl" / "ops").iterdir():
                path.unlink()
            for node in nodes:
                node.stop()

    def unfinished(self) -> bool:
        return any(records[-1]["record"] != "end" for records in self.journals().values())
