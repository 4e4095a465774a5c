"""redisctl resync-replica: one replica attached to the real master again, and never anything destroyed by it unasked."""
import os
import signal

import dying
from changing import PASSWORD, Changing, Running
from servers import Server, free_port
from writer import Writer


class Resync(Changing):
    def counters(self, node: Server) -> tuple:
        stats = node.info("stats")
        return int(stats["sync_full"]), int(stats["sync_partial_ok"])

    def resync(self, replica: Server, *arguments, nodes: list, consent: tuple = ("--yes",), **how):
        return self.change("resync-replica", replica.address, *consent, *arguments, nodes=nodes, **how)

    def test_a_replica_that_follows_an_address_of_before(self):
        master, stray, _ = nodes = self.system()
        stray.command("REPLICAOF", "127.0.0.1", free_port())
        master.command("SET", "a", 1)
        full, partial = self.counters(master)
        plan = self.plan("resync-replica", stray.address, nodes=nodes)
        self.assertEqual((plan["command"], plan["to"], plan["replica"], plan["lossBoundBytes"]), ("resync-replica", master.address, stray.address, 0))
        self.assertEqual([(step["id"], step["action"]["commands"]) for step in plan["steps"]],
                         [("attach", [f"{stray.address}> REPLICAOF 127.0.0.1 {master.port}"]), ("linked", []), ("persist", [f"{stray.address}> CONFIG REWRITE"])])
        self.assertEqual({check["name"]: check["verdict"] for check in plan["checks"]},
                         dict.fromkeys(("is-replica", "master-loading", "cluster-mode", "other-redisctl", "master-data", "login", "own-writes", "other-copy"), "ok"))
        self.assertEqual(self.journals(), {})
        change = self.resync(stray, nodes=nodes)
        self.assertEqual((change.result["replica"], change.result["to"], change.result["resyncs"], change.result["lostBytes"]),
                         (stray.address, master.address, {stray.address: "partial"}, 0), change)
        self.assert_one_master(nodes, master)
        self.assertEqual((stray.command("GET", "a"), self.counters(master)), (b"1", (full, partial + 1)))
        # It does not go back to where it was when it is restarted.
        self.assertIn(f"replicaof 127.0.0.1 {master.port}", (stray.folder / "server.conf").read_text())

    def test_one_that_is_attached_is_left_alone(self):
        master, replica, _ = nodes = self.system()
        before = self.counters(master)
        change = self.resync(replica, nodes=nodes, outcome="noop")
        self.assertEqual((change.result["changed"], change.result["errors"]), (False, []))
        self.assertEqual(self.counters(master), before)
        answer = self.enterContext(Running("resync-replica", replica.address, *self.hosts(nodes), env=self.environment(None, nodes))).finish()
        self.assertEqual((answer.code, answer.out), (0, f"\nnothing to do: {replica.address} follows {master.address} already\n"))

    def test_a_full_copy_where_it_is_asked_for_and_writers_go_on(self):
        for version in ("installed", "6.0", "valkey-8.1"):
            with self.subTest(version=version):
                master, replica, _ = nodes = self.system(version=version)
                full, _ = self.counters(master)
                with Writer([master.address], rate=500) as writer:
                    change = self.resync(replica, "--full", nodes=nodes)
                    result = writer.stop(master=master.address)
                self.assertEqual((result.lost, result.errors), (0, {}))
                self.assertEqual((change.result["resyncs"], self.counters(master)[0]), ({replica.address: "full"}, full + 1))
                self.assert_one_master(nodes, master)

    def test_the_only_other_copy_is_made_anew_with_the_name_only(self):
        master, replica = nodes = self.system(replicas=1)
        master.command("SET", "a", 1)
        replica.wait_linked()
        full, _ = self.counters(master)
        change = self.resync(replica, "--full", nodes=nodes, code=6, outcome="refused")
        self.assertEqual((change.result["errors"][0]["hint"], self.counters(master)[0]), (f"--confirm {master.address}", full))
        self.resync(replica, "--full", nodes=nodes, consent=("--confirm", master.address))
        self.assert_one_master(nodes, master)
        self.assertEqual(self.counters(master)[0], full + 1)

    def test_what_only_the_replica_has_is_given_up_with_the_name_only(self):
        master, other, _ = nodes = self.system()
        master.command("SET", "shared", 1)
        other.wait_linked()
        other.command("REPLICAOF", "NO", "ONE")
        other.command("SET", "own", 1)
        other.command("REPLICAOF", "127.0.0.1", free_port())
        plan = self.plan("resync-replica", other.address, nodes=nodes)
        [own] = [check for check in plan["checks"] if check["name"] == "own-writes"]
        self.assertEqual((own["verdict"], own["hint"]), ("warn", "redisctl heal shows whose they are"))
        self.assertEqual((plan["unshared"][0]["node"], plan["lossBoundBytes"]), (other.address, plan["unshared"][0]["bytes"]))
        self.assertGreater(plan["lossBoundBytes"], 0)
        change = self.resync(other, nodes=nodes, code=6, outcome="refused")
        self.assertEqual(other.command("GET", "own"), b"1", change)
        change = self.resync(other, nodes=nodes, consent=("--confirm", master.address))
        self.assertEqual((change.result["lostBytes"], other.command("GET", "own")), (plan["lossBoundBytes"], None))
        self.assert_one_master(nodes, master)

    def test_never_the_master(self):
        master, other, third = nodes = self.system()
        change = self.resync(master, nodes=nodes, code=6, outcome="refused")
        self.assertEqual((change.result["errors"][0]["code"], change.result["errors"][0]["hint"]), ("IS_MASTER", "redisctl failover"))
        other.command("REPLICAOF", "NO", "ONE")
        change = self.resync(other, nodes=nodes, code=6, outcome="refused")
        self.assertEqual((change.result["errors"][0]["code"], change.result["errors"][0]["hint"]), ("IS_MASTER", "redisctl heal"))
        change = self.resync(third, nodes=nodes, code=6, outcome="refused")
        self.assertEqual((change.result["errors"][0]["code"], change.result["errors"][0]["hint"]), ("NO_MASTER", "redisctl heal"))
        self.assertEqual([node.info()["role"] for node in nodes], ["master", "master", "slave"])

    def test_never_from_a_master_that_lost_its_data(self):
        """It was restarted without its file: the replica is the only one that still has them."""
        master, replica, _ = nodes = self.system()
        replica.command("REPLICAOF", "127.0.0.1", free_port())
        replica.command("CONFIG", "SET", "replica-read-only", "no")
        replica.command("SET", "kept", 1)
        replica.command("CONFIG", "SET", "replica-read-only", "yes")
        change = self.resync(replica, nodes=nodes, consent=("--confirm", master.address), code=6, outcome="refused")
        self.assertEqual(change.result["errors"][0]["message"], "the resync is refused by: master-data", change)
        self.assertEqual(replica.command("GET", "kept"), b"1")

    def test_who_cannot_log_in_is_told_before(self):
        master, replica, _ = nodes = self.system(password=PASSWORD)
        replica.command("CONFIG", "SET", "masterauth", "")
        replica.command("REPLICAOF", "127.0.0.1", free_port())
        change = self.resync(replica, nodes=nodes, code=6, outcome="refused")
        self.assertEqual(change.result["errors"][0]["message"], "the resync is refused by: login", change)

    def test_a_link_that_does_not_come_up_is_incomplete(self):
        """The master falls silent in the middle: it is said, and the replica stays where it was sent."""
        master, replica, _ = nodes = self.system()
        replica.command("REPLICAOF", "127.0.0.1", free_port())
        running = self.start("resync-replica", replica.address, "--yes", "--wait", "2s", nodes=nodes,
                             env=dying.env(stop_at_send=1, sending=f"REPLICAOF\r\n$9\r\n127.0.0.1\r\n${len(str(master.port))}\r\n{master.port}"))
        dying.wait_stopped(running.process)
        master.freeze()
        running.send(signal.SIGCONT)
        change = self.read(running.finish())
        os.kill(master.process.pid, signal.SIGCONT)
        self.assertEqual((change.code, change.result["outcome"]), (9, "incomplete"), change)
        self.change("resume", "--yes")
        self.assert_one_master(nodes, master)

    def test_killed_at_every_moment_and_taken_up_again(self):
        master, replica, _ = nodes = self.system()
        for moment in dying.each_fsync():
            with self.subTest(moment=str(moment)):
                replica.command("REPLICAOF", "127.0.0.1", free_port())
                change = self.resync(replica, nodes=nodes, code=None, env=moment.env)
                if moment.survived(change.code):
                    break
                if any(records[-1]["record"] != "end" for records in self.journals().values()):
                    self.change("resume", "--yes")
                self.assert_one_master(nodes, master)

    def test_a_node_that_is_not_there(self):
        master, replica = nodes = self.system(replicas=1)
        answer = self.start("resync-replica", "nobody", "--yes", nodes=nodes).finish()
        self.assertEqual(answer.code, 3, answer)
        self.assertIn("there is no node nobody", answer.err)

    def test_a_replica_that_does_not_answer(self):
        master, replica, _ = nodes = self.system()
        replica.freeze()
        change = self.resync(replica, nodes=nodes, code=6, outcome="refused")
        os.kill(replica.process.pid, signal.SIGCONT)
        self.assertEqual(change.result["errors"][0]["message"], "the resync is refused by: is-replica", change)
