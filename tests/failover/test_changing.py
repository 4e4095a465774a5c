"""assert_one_master sees every mess that a switch can leave; otherwise all tests of this layer would pass."""
import json
from pathlib import Path

from changing import Changing, await_master
from program import Answer


class Messes(Changing):
    def seen(self, nodes: list, master) -> str:
        """What is still wrong after a while."""
        try:
            self.assert_one_master(nodes, master, seconds=0.3)
        except AssertionError as error:
            return str(error)
        return ""

    def test_a_good_system_before_and_after_a_switch(self):
        for version in ("installed", "6.0"):
            with self.subTest(version=version):
                master, new, other = nodes = self.system(version=version)
                self.assert_one_master(nodes, master)
                new.command("REPLICAOF", "NO", "ONE")
                for node in (master, other):
                    node.command("REPLICAOF", "127.0.0.1", new.port)
                self.assert_one_master(nodes, new, seconds=20)

    def test_after_failover_to_the_others_are_replicas_of_a_replica(self):
        master, new, other = nodes = self.system()
        master.command("FAILOVER", "TO", "127.0.0.1", new.port, "TIMEOUT", 3000)
        await_master(new)
        said = self.seen(nodes, new)
        self.assertIn(f"{other.address} follows {master.address}", said)
        self.assertIn(f"{master.address} has replicas of its own", said)
        self.assertIn(f"{new.address} has 1 replicas online", said)

    def test_two_masters(self):
        master, new, other = nodes = self.system()
        new.command("REPLICAOF", "NO", "ONE")
        said = self.seen(nodes, new)
        self.assertIn(f"{master.address} is a master", said)
        self.assertIn(f"{other.address} is on another history", said)

    def test_no_master(self):
        master, new, _ = nodes = self.system()
        master.command("REPLICAOF", "127.0.0.1", 1)
        self.assertIn(f"{master.address} is a slave", self.seen(nodes, master))

    def test_a_fence_that_was_left(self):
        master, *_ = nodes = self.system()
        master.command("CONFIG", "SET", "min-replicas-to-write", 1000)
        said = self.seen(nodes, master)
        self.assertIn("'min-replicas-to-write': '1000'", said)
        self.assertIn("NOREPLICAS", said)

    def test_a_priority_that_was_left(self):
        master, replica, _ = nodes = self.system()
        replica.command("CONFIG", "SET", "replica-priority", 1)
        self.assertIn("'replica-priority': '1'", self.seen(nodes, master))

    def test_a_pause_that_was_left(self):
        master, *_ = nodes = self.system()
        master.command("CLIENT", "PAUSE", 3000, "WRITE")
        self.assertIn("takes no write within 0.2 s", self.seen(nodes, master))

    def test_a_pause_that_valkey_tells_of(self):
        master, *_ = nodes = self.system(version="valkey-8.1")
        self.assert_one_master(nodes, master)
        master.command("CLIENT", "PAUSE", 3000, "WRITE")
        self.assertIn(f"{master.address} is paused", self.seen(nodes, master))

    def test_a_journal_that_is_open(self):
        master, *_ = nodes = self.system(replicas=1)
        self.write_journal("plan", "intent")
        self.assertIn("one is open: ['plan', 'intent']", self.seen(nodes, master))
        self.write_journal("plan", "intent", "end", "resumed", "intent")
        self.assertIn("one is open", self.seen(nodes, master))
        self.write_journal("plan", "intent", "resumed", "end", "note")
        self.assert_one_master(nodes, master)

    def write_journal(self, *kinds: str) -> None:
        folder = self.state / "redisctl" / "ops"
        folder.mkdir(parents=True, exist_ok=True)
        Path(folder / "one.jsonl").write_text("".join(json.dumps({"record": kind}) + "\n" for kind in kinds) + '{"cut')


class Lines(Changing):
    """What of an answer is taken for an answer."""

    def answer(self, *documents: dict, code: int = 0, rest: str = "") -> Answer:
        return Answer(code, "".join(json.dumps(document) + "\n" for document in documents) + rest, "", 0.1, "redisctl")

    def fits(self, document: dict, kind: str, answer: Answer) -> None:
        pass  # the schemas have tests of their own

    def event(self, seq: int, operation: str = "a") -> dict:
        return {"kind": "Event", "operation": operation, "seq": seq, "step": "s", "status": "done"}

    def test_events_and_a_result(self):
        result = {"kind": "OperationResult", "operation": "a"}
        change = self.read(self.answer(self.event(1), self.event(2), result))
        self.assertEqual((len(change.events), change.result, change.operation, change.steps()), (2, result, "a", ["s", "s"]))

    def test_a_killed_run_may_break_off(self):
        change = self.read(self.answer(self.event(1), code=-9, rest='{"kind":'))
        self.assertEqual((len(change.events), change.result), (1, None))

    def test_what_is_wrong(self):
        result = {"kind": "OperationResult", "operation": "a"}
        for answer in (self.answer(result, self.event(1)), self.answer(self.event(2), self.event(1)), self.answer(self.event(1), self.event(1)),
                       self.answer(self.event(1), self.event(2, "b")), self.answer(result, result), self.answer({"kind": "Status", "operation": "a"}),
                       self.answer(self.event(1), rest="pa55\n")):
            with self.subTest(answer=answer.out), self.assertRaises(AssertionError):
                self.read(answer)
