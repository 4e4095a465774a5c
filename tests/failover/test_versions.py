"""A switch between servers of every version that can be had (protocols.md 7.9, row 34): 6.0 (Debian 11), 7.0 (12), 8.0 and Valkey 8.1 (13), Valkey 9 (the next one). No registry that we
may use carries 5.0, 6.2, 7.2, 7.4 or Valkey 7.2: what is said of them rests on their source."""
from changing import Changing
from servers import Server
from versions import INSTALLED

AT_ONCE = 2
# The servers that have no FAILOVER are fenced, whatever is asked for.
BEFORE_6_2 = ("6.0",)


class Versions(Changing):
    def test_row_34_each_version_with_each_engine(self):
        """Row 34: there and back."""
        for version in ("6.0", INSTALLED, "8.0", "valkey-8.1", "valkey-9"):
            nodes = self.system(version=version)
            for engine in ("fenced",) if version in BEFORE_6_2 else ("failover-command", "fenced"):
                for _ in range(2):
                    with self.subTest(version=version, engine=engine):
                        writer = self.writing(nodes, writers=1)
                        change = self.change("failover", "--promote", nodes[1].address, *([] if version in BEFORE_6_2 else ["--engine", engine]), "--yes", nodes=nodes)
                        self.assertEqual((change.result["engine"], change.result["lostBytes"], change.result["proof"]["nothingLost"]), (engine, 0, True), change)
                        self.assertEqual(set(change.result["proof"]["resyncs"].values()), {"partial"}, change)
                        self.assert_one_master(nodes, nodes[1], seconds=5)
                        self.assert_nothing_lost(writer, nodes[1])
                        nodes = [nodes[1], nodes[0], *nodes[2:]]

    def test_row_34_failover_where_there_is_none(self):
        """Row 34: asked for by name it is refused."""
        nodes = self.system(version="6.0", replicas=1)
        change = self.change("failover", "--engine", "failover-command", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "the switch is refused by: engine", "FAILOVER needs 6.2|does not know FAILOVER", "leave --engine out: the fenced engine loses nothing either")
        self.assert_untouched(nodes)

    def test_row_34_to_a_newer_one(self):
        """Row 34: as in a rolling upgrade: the way there is open, the way back is not."""
        for old, new, engine in (("6.0", INSTALLED, "fenced"), (INSTALLED, "8.0", "failover-command"), (INSTALLED, "valkey-8.1", "failover-command"),
                                 ("valkey-8.1", "valkey-9", "failover-command")):
            with self.subTest(old=old, new=new):
                master = self.enterContext(Server("repl-backlog-size 64mb", version=old))
                target = self.enterContext(Server("repl-backlog-size 64mb", version=new, replica_of=master)).wait_linked()
                nodes = [master, target]
                self.remember(*nodes)
                writer = self.writing(nodes, writers=1)
                change = self.change("failover", "--promote", target.address, "--yes", nodes=nodes)
                self.assertEqual((change.result["engine"], change.result["lostBytes"]), (engine, 0), change)
                # An old master of an older version may not be able to read what a newer one sends; it can where the two share a format.
                result = writer.stop(master=target.address)
                self.assertEqual((result.lost, result.why), (0, None), result)
                back = self.change("failover", "--promote", master.address, "--yes", nodes=nodes, code=6, outcome="refused")
                self.assertRegex(back.answer.err, f"{master.address} cannot become the master|refused by: .*version|refused by: .*target-", back)
