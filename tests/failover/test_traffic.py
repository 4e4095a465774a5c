"""A switch while all kinds of clients are at work (protocols.md 7.9, rows 24 and 35): as fast as they can, in pipelines, transactions, scripts and functions, large
values, keys that expire, and clients that wait for something. All that was acknowledged is there."""
from changing import Changing
from servers import eventually
from writer import KINDS

AT_ONCE = 2
ENGINES = ("failover-command", "fenced")


class Traffic(Changing):
    def switch(self, nodes: list, *arguments, may_undo: bool = False) -> None:
        """To the second node; where the replica is too far behind at the moment it is refused, and tried again."""

        def done() -> bool:
            change = self.change("failover", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes, code=None)
            if change.code == 0:
                self.assertEqual((change.result["lostBytes"], change.result["proof"]["nothingLost"]), (0, True), change)
                return True
            if change.code == 8 and may_undo:
                self.assertEqual((change.result["outcome"], change.result["lostBytes"]), ("rolled-back", 0), change)
                self.assert_one_master(nodes, nodes[0], seconds=10)
                return False
            self.assert_says(change, "CHECK_FAILED", r"^the switch is refused by: offset-gap$")
            return False

        eventually("switched", done, 40)

    def through(self, nodes: list, engine: str, *arguments, **how) -> tuple:
        """One switch to the second node under this traffic; (nodes as they are now, the writer's result)."""
        master, target, *others = nodes
        writer, kind = self.writing(nodes, **how), how.get("kind", "set")
        self.switch(nodes, "--engine", engine, *arguments)
        before = int(target.info()["master_repl_offset"])
        eventually("the writer goes on", lambda: kind == "publish" or int(target.info()["master_repl_offset"]) > before)
        result = writer.stop(master=target.address)
        self.assertEqual((result.lost, result.lost_writes), (None if kind == "publish" else 0, []), result)
        self.assert_one_master(nodes, target, seconds=10)
        return [target, master, *others], result

    def test_row_24_every_kind_of_write(self):
        """Row 24: MULTI, Lua, Functions, INCR, expiring keys, PUBLISH, BLPOP and XREAD with clients that wait."""
        for engine in ENGINES:
            nodes = self.system()
            for kind in KINDS:
                with self.subTest(engine=engine, kind=kind):
                    nodes, _ = self.through(nodes, engine, kind=kind, writers=1)

    def test_row_24_pipelines(self):
        """Row 24: pipelines of a hundred: the offsets are never equal by chance."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                nodes = self.system("repl-backlog-size 256mb")
                _, result = self.through(nodes, engine, writers=1, rate=50, pipeline=100, size=100)
                self.assertGreater(result.acked, 1000, result)

    def test_row_24_large_values(self):
        """Row 24: a mebibyte at a time."""
        for engine in ENGINES:
            with self.subTest(engine=engine):
                self.through(self.system("repl-backlog-size 256mb", "client-output-buffer-limit replica 0 0 0"), engine, writers=1, rate=5, size=1 << 20)

    def test_row_35_scripts_and_transactions_of_6_0_within_the_fence(self):
        """Row 35: EVAL and EXEC on a server without FAILOVER, which is fenced by min-replicas and by its role alone; the proof holds, also for those that slip in."""
        for kind in ("script", "transaction"):
            with self.subTest(kind=kind):
                _, target, _ = nodes = self.system(version="6.0")
                writer = self.writing(nodes, kind=kind, writers=2, rate=1000)

                # A script can slip in right before the old master is parked, and its link is cut with that: then all is taken back, and done again.
                self.switch(nodes, "--handover-timeout", "300ms", may_undo=kind == "script")
                self.assert_one_master(nodes, target, seconds=10)
                result = self.assert_nothing_lost(writer, target)
                self.assertTrue(set(result.errors) & {"NOREPLICAS", "READONLY", "EXECABORT", "ERR"}, f"nobody met the fence\n{result}")
