"""Two at once, a disk that is full, and a lock that is lost (protocols.md 7.9, rows 3-5)."""
from pathlib import Path

import dying
from changing import Changing, is_master

AT_ONCE = 2


class Two(Changing):
    def held(self, *arguments):
        nodes = self.system()
        writer = self.writing(nodes)
        first = self.start("failover", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes, env=dying.at_intent("probe")).until_stopped()
        return nodes, writer, first

    def test_row_3_on_one_machine(self):
        """Row 3: the second one is refused, and told who is at work; the first one is not disturbed."""
        nodes, writer, first = self.held()
        change = self.change("failover", "--promote", nodes[2].address, "--yes", nodes=nodes, code=6, outcome="refused")
        operation = first.events()[0]["operation"]
        self.assertRegex(change.answer.err, "other-redisctl|under way", change)
        for command in ("resume", "abort"):
            change = self.change(command, "--yes", nodes=nodes, code=6, outcome="refused")
            self.assert_says(change, "LOCKED", f"operation {operation} is still at work", "the process that began it, or one that resumed it, lives", "redisctl history")
        history = self.start("history").finish().document["items"][0]
        self.assertEqual((history["operation"], history["running"], history["ended"]), (operation, True, None))
        self.finished(first.go_on())
        self.assert_one_master(nodes, nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_3_on_two_machines(self):
        """Row 3: without a file in common it is the first one's connections that tell."""
        nodes, writer, first = self.held()
        other = Path(self.state, "elsewhere")
        change = self.change("failover", "--promote", nodes[2].address, "--yes", nodes=nodes, code=6, outcome="refused", env={"XDG_STATE_HOME": str(other)})
        self.assert_says(change, "CHECK_FAILED", "the switch is refused by: other-redisctl", f"other-redisctl: .*{first.events()[0]['operation']}, and it must be: none at work",
                         "was it killed\\? redisctl resume")
        self.finished(first.go_on())
        self.assert_one_master(nodes, nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_3_both_begin_at_the_same_moment(self):
        """Row 3: whatever they see of each other: at most one of them changes anything, nothing is lost."""
        for round in range(4):
            with self.subTest(round=round):
                nodes = self.system()
                writer = self.writing(nodes)
                runs = [self.start("failover", "--promote", nodes[number].address, "--yes", nodes=nodes, env={"XDG_STATE_HOME": str(self.state / f"machine{round}{number}")})
                        for number in (1, 2)]
                changes = [self.read(run.finish()) for run in runs]
                codes = sorted(change.code for change in changes)
                self.assertIn(codes, ([0, 6], [6, 6]), f"{changes[0]}\n{changes[1]}")
                masters = [node for node in nodes if is_master(node)]
                done = [change.result["to"] for change in changes if change.code == 0]
                self.assertEqual([node.address for node in masters], done or [nodes[0].address])
                self.assert_one_master(nodes, masters[0], journal=False)
                self.assert_nothing_lost(writer, masters[0])

    def test_row_4_the_lock_is_taken_over_in_the_middle(self):
        """Row 4: somebody else's name is in the key on the master. It looks at its lock each 20 s, and a switch is over before; the other's key is left to him."""
        nodes, writer, first = self.held("--engine", "fenced")
        nodes[0].command("SET", "redisctl:lock", "somebody@elsewhere/1/another", "PX", 60000)
        change = self.finished(first.go_on())
        self.assertEqual(nodes[1].command("GET", "redisctl:lock"), b"somebody@elsewhere/1/another", change)
        nodes[1].command("DEL", "redisctl:lock")
        self.assert_one_master(nodes, nodes[1])
        self.assert_nothing_lost(writer, nodes[1])

    def test_row_5_the_disk_is_full(self):
        """Row 5: without a journal nothing is begun; when it fills up before the switch all is undone, and behind it all is finished."""
        for engine in ("failover-command", "fenced"):
            nodes, codes = self.system(), set()
            writer = self.writing(nodes, writers=1)
            for number in range(1, 40):
                with self.subTest(engine=engine, number=number):
                    change = self.change("failover", "--promote", nodes[1].address, "--engine", engine, "--yes", nodes=nodes, env=dying.env(full_at_write=number), code=None)
                    self.assertIn(change.code, (0, 6, 8), change)
                    if change.code != 0:
                        self.assertRegex(str(change.result["errors"]), "No space left on device", change)
                    if change.code == 0:
                        nodes = [nodes[1], nodes[0], nodes[2]]
                    self.assert_one_master(nodes, nodes[0], journal=False)
                    # Behind the switch what is not written down is at worst found done by a resume.
                    for path in (self.state / "redisctl" / "ops").glob("*.jsonl"):
                        path.unlink()
                    codes.add(change.code)
                    if change.code == 0 and not change.result["warnings"]:
                        break
            self.assertEqual(codes, {0, 6, 8})
            self.assert_nothing_lost(writer, nodes[0])
