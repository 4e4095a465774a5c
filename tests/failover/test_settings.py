"""A switch of systems that are set up in unusual ways (protocols.md 7.9, rows 25-27): it loses nothing, and gives back what it borrowed."""
import socket
import unittest

import dying
from changing import Changing
from links import Relay
from servers import Server, eventually

AT_ONCE = 2
ENGINES = ("failover-command", "fenced")


class Settings(Changing):
    def switched(self, nodes: list, target: Server, *arguments, resync: str = "partial", others: list = ()):
        """Nothing is lost, and everybody follows the new master by this kind of resync."""
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", target.address, *arguments, "--yes", nodes=nodes)
        self.assertEqual((change.result["lostBytes"], change.result["proof"]["nothingLost"]), (0, True), change)
        self.assertEqual(set(change.result["proof"]["resyncs"].values()), {resync}, change)
        self.assert_one_master(nodes, target)
        return change, self.assert_nothing_lost(writer, target)

    def test_row_25_a_tiny_backlog(self):
        """Row 25: what a replica misses is not kept any more when it comes: it copies everything. Nothing is lost, and the check says it before."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                nodes = self.system("repl-backlog-size 16kb")
                writer = self.writing(nodes, writers=1, size=20_000, rate=50)
                # A master sends nothing more behind a copy until the replica's first acknowledgement, which comes each second.
                eventually("the replicas acknowledge", lambda: "offset=0," not in "".join(map(str, nodes[0].info("replication").values())))
                plan = self.plan("failover", "--promote", nodes[1].address, "--engine", engine, nodes=nodes)
                self.assertEqual([check["verdict"] for check in plan["checks"] if check["name"] == "backlog-size"], ["warn"])
                change = self.change("failover", "--promote", nodes[1].address, "--engine", engine, "--yes", nodes=nodes)
                self.assertEqual(change.result["lostBytes"], 0, change)
                self.assert_one_master(nodes, nodes[1], seconds=10)
                self.assert_nothing_lost(writer, nodes[1])

    def test_row_26_it_wants_two_replicas_and_has_two(self):
        """Row 26: min-replicas-to-write is met again at once, and is what it was before."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                nodes = self.system("min-replicas-to-write 2", "min-replicas-max-lag 10")
                self.switched(nodes, nodes[1], "--engine", engine)

    def test_row_26_it_wants_more_than_will_be_left(self):
        """Row 26: the target would refuse every write."""
        nodes = self.system(replicas=1)
        nodes[1].command("CONFIG", "SET", "min-replicas-to-write", 2)
        change = self.change("failover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "^the switch is refused by: min-replicas$", f"min-replicas of {nodes[1].address}: 2, 1 will follow")

    def test_row_26_the_fence_where_no_lag_counts(self):
        """Row 26: with min-replicas-max-lag 0 the fence would not hold; it is lent a value, and given back."""
        nodes = self.system("min-replicas-max-lag 0")
        self.switched(nodes, nodes[1], "--engine", "fenced")
        self.assertEqual([self.settings(node)["min-replicas-max-lag"] for node in nodes], ["0", "0", "0"])

    def test_row_27_announced_by_name(self):
        """Row 27: the master lists a host name; FAILOVER wants exactly that."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                nodes = self.system("replica-announce-ip localhost")
                for node in nodes:
                    self.also_called[node] = f"localhost:{node.port}"
                change, _ = self.switched(nodes, nodes[1], "--engine", engine)
                self.assertEqual(change.result["engine"], engine)

    def test_row_27_behind_another_port(self):
        """Row 27: who follows it has to go where it says, not where we go."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                relay = self.enterContext(Relay())
                master = self.enterContext(Server("repl-backlog-size 64mb"))
                target = self.enterContext(Server("repl-backlog-size 64mb", "replica-announce-ip 127.0.0.1", f"replica-announce-port {relay.port}", replica_of=master))
                relay.to = target.address
                other = self.enterContext(Server("repl-backlog-size 64mb", replica_of=master)).wait_linked()
                eventually("online", lambda: any(f"port={relay.port},state=online" in value for value in master.info().values()))
                nodes = [master, target, other]
                self.remember(*nodes)
                self.also_called[target] = relay.address
                before = relay.connections
                self.switched(nodes, target, "--engine", engine)
                self.assertEqual((relay.connections - before, master.info()["master_port"], other.info()["master_port"]), (2, str(relay.port), str(relay.port)))

    def test_row_27_ipv6(self):
        """Row 27: addresses with colons of their own."""
        if not socket.has_ipv6:
            raise unittest.SkipTest("no IPv6 here")
        for engine in ENGINES:
            with self.subTest(engine=engine):
                both = "bind 127.0.0.1 ::1"
                master = self.enterContext(Server(both))
                target = self.enterContext(Server(both, f"replicaof ::1 {master.port}"))
                target.master = master
                nodes = [master, target.wait_linked()]
                self.also_called = {node: f"::1:{node.port}" for node in nodes}
                writer = self.writing(nodes)
                change = self.change("failover", *(word for node in nodes for word in ("--host", f"[::1]:{node.port}")), "--promote", f"[::1]:{nodes[1].port}",
                                     "--engine", engine, "--yes")
                self.assertEqual((change.result["to"], change.result["lostBytes"]), (f"[::1]:{nodes[1].port}", 0), change)
                self.assert_one_master(nodes, nodes[1])
                self.assert_nothing_lost(writer, nodes[1])


class Clock(Changing):
    def test_row_6_the_clock_jumps(self):
        """Row 6: an hour forth or back in the middle: all waiting is by a clock that does not jump."""
        for engine in ENGINES:
            for offset in (3600, -3600):
                with self.subTest(engine=engine, offset=offset):
                    nodes = self.system()
                    writer = self.writing(nodes)
                    change = self.change("failover", "--promote", nodes[1].address, "--engine", engine, "--yes", nodes=nodes, env=dying.env(clock_at_fsync=f"3:{offset}"))
                    self.assertEqual(change.result["lostBytes"], 0, change)
                    self.assertLess(change.result["writeOutageMs"], 2000, change)
                    self.assert_one_master(nodes, nodes[1])
                    self.assert_nothing_lost(writer, nodes[1])
