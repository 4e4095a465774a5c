"""redisctl killed at every moment of a planned switch, while clients write (protocols.md 7.9, row 1): then it is finished with resume, or undone with abort. Which
moments there are is counted, not listed: after each record that the journal has on its disk, and after each command that changes something has left."""
import dying
from changing import Changing, is_master

# What changes a server; questions do not. As it is sent.
CHANGING = ("FAILOVER\r\n$2\r\nTO", "$9\r\nREPLICAOF", "CONFIG\r\n$3\r\nSET", "CLIENT\r\n$4\r\nKILL", "CONFIG\r\n$7\r\nREWRITE")
ENGINES = ("failover-command", "fenced")


AT_ONCE = 2


class Killed(Changing):
    def each_death(self, moments, engine: str, then) -> int:
        """Kills a failover at one moment after the other; then(nodes, kinds of the journal's records or None) brings it to an end and says the master. How many there
        were."""
        nodes = None
        for moment in moments:
            nodes = nodes or self.system()
            with self.subTest(engine=engine, moment=str(moment)):
                living, nodes = nodes, None
                self.forget_journals()
                writer = self.writing(living, writers=1)
                change = self.change("failover", "--promote", living[1].address, "--engine", engine, "--yes", nodes=living, env=moment.env, code=None)
                if moment.survived(change.code):
                    self.assertEqual(change.code, 0, change)
                    return moment.number - 1
                self.assertLessEqual(sum(map(is_master, living)), 1, "two masters, and nobody there to end it")
                kinds = [[record["record"] for record in records] for records in self.journals().values()]
                master = then(living, kinds[0] if kinds else None)
                self.assert_one_master(living, master)
                self.assert_nothing_lost(writer, master)
                nodes = [master, *(node for node in living if node is not master)]
        raise AssertionError("unreachable: each() ends")

    def forget_journals(self) -> None:
        for path in (self.state / "redisctl" / "ops").glob("*.jsonl"):
            path.unlink()

    def nothing_recorded(self, nodes: list):
        """It died before its plan was on the disk, or when all was done: there is nothing to do, and nothing is done."""
        for command in ("resume", "abort"):
            answer = self.start(command, "--yes", nodes=nodes).finish()
            self.assertEqual(answer.code, 3, answer)
            self.assertIn("no unfinished operation is known", answer.err, answer)
        return next(node for node in nodes if is_master(node))

    def resumed(self, nodes: list, kinds: list):
        if kinds is None or kinds[-1] == "end":
            return self.nothing_recorded(nodes)
        change = self.change("resume", "--yes")
        self.assertEqual((change.result["from"], change.result["to"], change.result["lostBytes"]), (nodes[0].address, nodes[1].address, 0), change)
        self.assertEqual(change.result["proof"]["nothingLost"], True, change)
        return nodes[1]

    def aborted(self, nodes: list, kinds: list):
        if kinds is None or kinds[-1] == "end":
            return self.nothing_recorded(nodes)
        too_late = is_master(nodes[1])
        change = self.change("abort", "--yes", code=None)
        if change.code == 0:
            self.assertEqual((change.result["outcome"], change.result["lostBytes"], too_late), ("rolled-back", 0, False), change)
            return nodes[0]
        self.assert_says(change, "REFUSED", f"{nodes[1].address} is master already: it cannot be undone",
                         hint=f"redisctl resume, then switch back: redisctl failover --promote {nodes[0].address}")
        self.assertEqual((change.code, change.result["outcome"]), (6, "refused"), change)
        return self.resumed(nodes, kinds)

    def test_nobody_begins_anew_before_it_is_ended(self):
        nodes = self.system()
        killed = self.change("failover", "--engine", "fenced", "--yes", nodes=nodes, env=dying.at_intent("park", "die"), code=None)
        change = self.change("failover", "--promote", nodes[2].address, "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "UNFINISHED", f"operation {killed.operation} of {nodes[0].address} is not finished", "failover from .* stopped at park",
                         f"redisctl resume {killed.operation}, or redisctl abort {killed.operation}")
        self.change("abort", killed.operation, "--yes", outcome="rolled-back")
        self.assert_untouched(nodes)

    def test_killed_after_each_record_and_resumed(self):
        for engine in ENGINES:
            self.assertGreaterEqual(self.each_death(dying.each_fsync(), engine, self.resumed), 8, engine)

    def test_killed_after_each_record_and_aborted(self):
        for engine in ENGINES:
            self.assertGreaterEqual(self.each_death(dying.each_fsync(), engine, self.aborted), 8, engine)

    def test_killed_after_each_command_and_resumed(self):
        for engine in ENGINES:
            self.assertGreaterEqual(self.each_death(dying.each_send(*CHANGING), engine, self.resumed), 4, engine)

    def test_killed_after_each_command_and_aborted(self):
        for engine in ENGINES:
            self.assertGreaterEqual(self.each_death(dying.each_send(*CHANGING), engine, self.aborted), 4, engine)
