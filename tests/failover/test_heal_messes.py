"""redisctl heal and the messes that are no two masters: circles, orphans, chains, and what a killed run left."""
import os
import re
import signal

import dying
from healing import Healing, await_link
from servers import Server, eventually, free_port


class Astray(Healing):
    """One master, and replicas that follow somebody else."""

    def astray(self, nodes: list, trouble: str, *stray: Server) -> None:
        """The dry run names the trouble and re-points these; --apply does it; nothing is lost; a second one has nothing to do."""
        master = nodes[0]
        master.command("SET", "a", 1)
        plan = self.look(nodes=nodes)
        self.assertIn(trouble, plan["notes"])
        self.assertEqual((plan["to"], plan["checks"], plan["lossBoundBytes"], plan["unshared"]), (master.address, [], 0, []), plan)
        [repoint] = [step for step in plan["steps"] if step["id"] == "repoint"]
        self.assertEqual(set(repoint["action"]["commands"]), {f"{node.address}> REPLICAOF 127.0.0.1 {master.port}" for node in stray})
        change = self.heal(nodes=nodes)
        self.assertEqual((change.result["lostBytes"], change.result["to"], change.result["unshared"]), (0, master.address, []))
        self.assertEqual(set(change.result["resyncs"]), {node.address for node in stray})
        self.assert_one_master(nodes, master)
        for node in stray:
            self.assertEqual(node.command("GET", "a"), b"1")
        self.assert_healthy(nodes, master)

    def test_a_replica_of_a_replica(self):
        master, middle, end = nodes = self.system()
        end.command("REPLICAOF", "127.0.0.1", middle.port)
        await_link(end, "up")
        full = master.info("stats")["sync_full"]
        self.astray(nodes, f"{end.address} follows {middle.address}, which is a replica itself", end)
        self.assertEqual(master.info("stats")["sync_full"], full, "a full copy where the missing bytes would have done")

    def test_a_chain_that_is_longer(self):
        master, *chain = nodes = self.system(replicas=3)
        for upper, lower in zip(chain, chain[1:]):
            lower.command("REPLICAOF", "127.0.0.1", upper.port)
            await_link(lower, "up")
        self.astray(nodes, f"{chain[2].address} follows {chain[1].address}, which is a replica itself", *chain[1:])

    def test_a_replica_told_to_follow_itself(self):
        master, stray, _ = nodes = self.system()
        stray.command("REPLICAOF", "127.0.0.1", stray.port)
        await_link(stray, "down")
        self.astray(nodes, f"{stray.address} is told to follow itself", stray)

    def test_two_replicas_in_a_circle_beside_their_master(self):
        master, one, other = nodes = self.system()
        one.command("REPLICAOF", "127.0.0.1", other.port)
        other.command("REPLICAOF", "127.0.0.1", one.port)
        plan = self.look(nodes=nodes)
        self.assertTrue(any(re.fullmatch(r"\S+, \S+ follow each other in a circle", note) for note in plan["notes"]), plan["notes"])
        self.astray(nodes, next(note for note in plan["notes"] if "circle" in note), one, other)

    def test_an_orphan(self):
        """It follows an address of before, at which nobody answers."""
        master, orphan, _ = nodes = self.system()
        gone = free_port()
        orphan.command("REPLICAOF", "127.0.0.1", gone)
        await_link(orphan, "down")
        self.astray(nodes, f"{orphan.address} follows 127.0.0.1:{gone}, which does not answer", orphan)

    def test_a_replica_that_is_parked(self):
        master, parked, _ = nodes = self.system()
        parked.command("REPLICAOF", "127.0.0.1", 1)
        await_link(parked, "down")
        self.astray(nodes, f"{parked.address} is parked at 127.0.0.1:1, where nobody lives", parked)

    def test_a_replica_linked_to_a_master_that_we_do_not_reach(self):
        """It hears that master, so we are the ones who are cut off."""
        master, _ = self.system(replicas=1)
        hidden, linked = self.system(replicas=1)
        nodes = [master, linked]
        hidden.freeze()
        plan = self.look("--timeout", "3s", nodes=nodes)
        os.kill(hidden.process.pid, signal.SIGCONT)
        self.assertEqual([(check["name"], check["node"], check["verdict"]) for check in plan["checks"]], [("silent-master", hidden.address, "block")], plan)


class Masterless(Healing):
    def nobody(self, nodes: list, expected: Server, trouble: str = "no node is a master", **how) -> None:
        plan = self.look(nodes=nodes)
        self.assertIn(trouble, plan["notes"])
        self.assertEqual((plan["to"], plan["checks"]), (expected.address, []), plan)
        self.assertIn("promote", [step["id"] for step in plan["steps"]])
        change = self.heal(nodes=nodes, **how)
        self.assertEqual((change.result["to"], change.result["lostBytes"]), (expected.address, 0), change)
        self.assert_one_master(nodes, expected)
        self.assert_healthy(nodes, expected)

    def test_a_circle_of_all(self):
        """The chart's own trap: the switched master restarts, and follows the pod that follows it."""
        master, other, third = nodes = self.system()
        master.command("SET", "a", 1)
        other.wait_linked()
        third.wait_linked()
        master.command("REPLICAOF", "127.0.0.1", other.port)
        plan = self.look(nodes=nodes)
        self.assertTrue(any(note.endswith("follow each other in a circle") for note in plan["notes"]), plan["notes"])
        survivor = next(node for node in nodes if node.address == plan["to"])
        self.nobody(nodes, survivor)
        self.assertEqual([node.command("GET", "a") for node in nodes], [b"1"] * 3)

    def test_the_one_with_the_most_data_wins(self):
        master, ahead, behind = nodes = self.system()
        behind.command("REPLICAOF", "127.0.0.1", 1)
        await_link(behind, "down")
        master.command("SET", "late", 1)
        ahead.wait_linked()
        ahead.command("REPLICAOF", "127.0.0.1", 1)
        await_link(ahead, "down")
        master.command("SET", "later", 1)
        master.command("REPLICAOF", "127.0.0.1", 1)
        self.nobody(nodes, master)
        self.assertEqual(behind.command("GET", "later"), b"1")

    def test_a_master_that_follows_itself(self):
        master, *replicas = nodes = self.system()
        master.command("SET", "a", 1)
        for replica in replicas:
            replica.wait_linked()
        master.command("REPLICAOF", "127.0.0.1", master.port)
        self.nobody(nodes, master, f"{master.address} is told to follow itself")

    def test_a_parked_master(self):
        master, *replicas = nodes = self.system()
        master.command("SET", "a", 1)
        for replica in replicas:
            replica.wait_linked()
        master.command("REPLICAOF", "127.0.0.1", 1)
        self.nobody(nodes, master)

    def test_while_the_master_is_only_silent_nobody_is_promoted(self):
        master, one, other = nodes = self.system()
        master.freeze()
        plan = self.look(nodes=nodes)
        self.assertEqual([(check["name"], check["value"]) for check in plan["checks"]], [("silent", f"{master.address} does not answer, and can be the master")], plan)
        self.assertEqual(plan["steps"], [])
        self.heal(nodes=nodes, code=6, outcome="refused")
        os.kill(master.process.pid, signal.SIGCONT)
        self.assert_one_master(nodes, master)


class Leftovers(Healing):
    def forget_lock(self, *masters: Server) -> None:
        """What a killed run holds goes away by itself, within a minute."""
        for node in masters:
            with node.client() as client:
                fence = client.command("CONFIG", "GET", "min-replicas-to-write")[1]
                client.command("CONFIG", "SET", "min-replicas-to-write", 0)
                client.command("DEL", "redisctl:lock")
                client.command("CONFIG", "SET", "min-replicas-to-write", fence)

    def test_a_fence_without_a_journal(self):
        master, *_ = nodes = self.system()
        self.remember(master)
        master.command("CONFIG", "SET", "min-replicas-to-write", 1000)
        plan = self.look(nodes=nodes)
        self.assertIn(f"{master.address} has min-replicas-to-write 1000: a fence that a killed run left", plan["notes"])
        self.assertIn(f"what min-replicas-to-write of {master.address} was before no journal tells: it is set to 0", plan["notes"])
        self.heal(nodes=nodes)
        self.assert_one_master(nodes, master)
        self.assert_healthy(nodes, master)

    def test_a_fence_whose_journal_tells_what_was_before(self):
        """The journal of a switch that was killed, and then given up by somebody."""
        master, target, _ = nodes = self.system("min-replicas-to-write 1")
        killed = self.change("failover", "--engine", "fenced", "--promote", target.address, "--yes", nodes=nodes, code=None,
                             env=dying.env(die_at_send=1, sending="to-write\r\n$4\r\n1000"))
        self.assertEqual(killed.code, dying.KILLED)
        self.seen_journals = self.journals()
        self.assertEqual(self.settings(master)["min-replicas-to-write"], "1000")
        plan = self.look(nodes=nodes)
        self.assertEqual([(check["name"], check["hint"]) for check in plan["checks"]], [("operation", f"redisctl resume {killed.operation}")])
        change = self.heal(nodes=nodes, code=6, outcome="refused")
        self.assertIn("operation", change.result["errors"][0]["message"])
        [journal] = (self.state / "redisctl" / "ops").glob(f"{killed.operation}.jsonl")
        with open(journal, "a") as file:
            file.write('{"record":"end","outcome":"incomplete"}\n')
        self.seen_journals = self.journals()
        plan = self.look(nodes=nodes)
        self.assertIn(f"{master.address}> CONFIG SET min-replicas-to-write 1", [line for step in plan["steps"] for line in step["action"]["commands"]])
        self.forget_lock(master)
        self.heal(nodes=nodes)
        self.assert_one_master(nodes, master)

    def test_a_pause(self):
        for version in ("installed", "valkey-8.1"):
            with self.subTest(version=version):
                master, *_ = nodes = self.system(version=version)
                master.command("CLIENT", "PAUSE", 600_000, "WRITE")
                plan = self.look(nodes=nodes)
                self.assertIn(f"{master.address} holds all writes back: CLIENT PAUSE", plan["notes"])
                self.heal(nodes=nodes)
                self.assert_one_master(nodes, master)
                self.assert_healthy(nodes, master)

    def test_a_healthy_system(self):
        master, *_ = nodes = self.system()
        self.assert_healthy(nodes, master)
        change = self.heal(nodes=nodes, outcome="noop")
        self.assertFalse(change.result["changed"])
        self.assertEqual(self.journals(), {})
        answer = self.text(nodes=nodes)
        self.assertEqual((answer.code, answer.out), (0, f"\nnothing to do: {master.address} is the master already\n"))

    def test_a_switch_that_left_two_masters_is_ended_with_them(self):
        """resume says heal, and heal ends that operation too."""
        master, target, third = nodes = self.system()
        demotion = f"REPLICAOF\r\n$9\r\n127.0.0.1\r\n${len(str(target.port))}\r\n{target.port}"
        killed = self.change("failover", "--engine", "fenced", "--promote", target.address, "--yes", nodes=nodes, code=None,
                             env=dying.env(die_at_send=1, sending=demotion))
        self.assertEqual(killed.code, dying.KILLED)
        eventually("promoted", lambda: target.info()["role"] == "master")
        master.command("REPLICAOF", "NO", "ONE")
        master.command("CONFIG", "SET", "min-replicas-to-write", 0)
        refused = self.change("resume", "--yes", code=6, outcome="refused")
        self.assertEqual(refused.result["errors"][0]["hint"], "redisctl heal")
        self.seen_journals = self.journals()
        plan = self.look(nodes=nodes)
        self.assertEqual((plan["to"], plan["checks"]), (target.address, []), plan)
        self.forget_lock(master, target)
        self.heal(nodes=nodes)
        self.assert_one_master(nodes, target)


class Wrong(Healing):
    def test_flags_that_contradict_each_other(self):
        master, *_ = nodes = self.system(replicas=1)
        answer = self.start("heal", "--apply", "--dry-run", nodes=nodes).finish()
        self.assertEqual((answer.code, answer.err), (2, "redisctl: error: --apply and --dry-run contradict each other\n"), answer)

    def test_a_node_that_is_not_there(self):
        master, *_ = nodes = self.system(replicas=1)
        answer = self.start("heal", "--keep", "nobody", nodes=nodes).finish()
        self.assertEqual(answer.code, 3, answer)
        self.assertIn("there is no node nobody", answer.out + answer.err)
