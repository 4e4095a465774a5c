"""What the tests of this layer share: a replicated system, redisctl changing it with a state folder of its own, and what must be true afterwards."""
import functools
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import NamedTuple

from program import REDISCTL, Answer, environment, redisctl
from servers import Server, eventually
from versions import INSTALLED
from writer import Result, Writer

sys.path.append(str(Path(__file__).resolve().parent.parent / "cluster"))
from world.schema import problems  # noqa: E402

PASSWORD = "pa55-of-the-test"
# A change has no deadline of its own; a test has.
HARD_TIMEOUT = 60
SWITCHING = ("failover", "switchover", "promote-replica")
# FAILOVER as it is sent, and no question about it.
FAILOVER_SENT = "FAILOVER\r\n$2\r\nTO"
# What redisctl may borrow from a server, and has to give back.
BORROWED = ("min-replicas-to-write", "min-replicas-max-lag", "replica-priority", "replica-read-only", "repl-backlog-size")


@functools.cache
def schema_of(kind: str) -> dict:
    answer = redisctl("schema", kind)
    assert answer.code == 0, answer
    return answer.document


class Change(NamedTuple):
    """What one run said. A killed one has no result."""

    answer: Answer
    events: list
    result: dict

    @property
    def code(self) -> int:
        return self.answer.code

    @property
    def operation(self) -> str:
        return (self.result or self.events[0])["operation"]

    def steps(self, status: str = "done") -> list:
        return [event["step"] for event in self.events if event["status"] == status]

    def __str__(self) -> str:
        return str(self.answer)


class Running:
    """redisctl at work: it can be stopped, interrupted and killed meanwhile."""

    def __init__(self, *arguments, env: dict, inside: list = (), input: str = None):
        words = [str(REDISCTL), *map(str, arguments)]
        if inside and "LD_PRELOAD" in env:
            # Whoever takes us inside is not to be preloaded himself.
            inside, env = [*inside, "env", *(f"{name}={value}" for name, value in env.items() if name != "REDISCLI_AUTH")], {**env}
            del env["LD_PRELOAD"]
        self.command, self.since, self.lines = " ".join(["redisctl", *words[1:]]), time.monotonic(), []
        self.error = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*inside, *words], env=env, stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.error, text=True)
        if input is not None:
            self.process.stdin.write(input)
            self.process.stdin.close()
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def events(self) -> list:
        """What it has printed so far."""
        return [json.loads(line) for line in list(self.lines)]

    def until_event(self, step: str, status: str = "done", seconds: float = 20) -> dict:
        """The first such event that it prints."""

        def event():
            ended = not self.reader.is_alive()
            found = next((each for each in map(json.loads, list(self.lines)) if (each.get("step"), each.get("status")) == (step, status)), None)
            assert found or not ended, f"ended without {status} of {step}\n{self.finish()}"
            return found

        return eventually(f"{status} of {step}: {self.command}", event, seconds, every=0.001)

    def until_stopped(self, seconds: float = 20) -> "Running":
        """Until it has stopped itself, as dying.py can make it do; go_on() wakes it."""

        def stopped() -> bool:
            assert self.process.poll() is None, f"ended before it came there\n{self.finish()}"
            return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

        eventually(f"stopped itself: {self.command}", stopped, seconds, every=0.001)
        return self

    def go_on(self) -> "Running":
        self.send(signal.SIGCONT)
        return self

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def finish(self, seconds: float = HARD_TIMEOUT) -> Answer:
        late = False
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            late = True
            self.process.kill()
            self.process.wait()
        took = time.monotonic() - self.since
        self.reader.join()
        self.error.seek(0)
        answer = Answer(self.process.returncode, "".join(self.lines), self.error.read(), took, self.command)
        assert not late, f"did not end within {seconds} s\n{answer}"
        return answer

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.error.close()


class Changing(unittest.TestCase):
    """Every failure shows what was asked and what came back; no answer and no journal may ever show a password."""

    maxDiff = None

    def setUp(self):
        self.state = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="redisctl-test-")))
        self.before, self.also_called = {}, {}

    # The system

    def system(self, *options: str, version: str = INSTALLED, replicas: int = 2, net=None, **how) -> list:
        """[master, replica, …], all of them linked; with a Net each in a place of its own. The backlog is large enough for a writer that never stops."""
        make = net.server if net else Server
        options = ("repl-backlog-size 64mb", *options)
        master = self.enterContext(make(*options, version=version, **how))
        nodes = [master, *(self.enterContext(make(*options, version=version, replica_of=master, **how)) for _ in range(replicas))]
        for replica in nodes[1:]:
            replica.wait_linked()
        self.remember(*nodes)
        return nodes

    def remember(self, *nodes: Server) -> None:
        """The settings of now are what they must be afterwards."""
        for node in nodes:
            self.before[node] = self.settings(node)

    def settings(self, node: Server) -> dict:
        with node.client() as client:
            found = {name: dict(zip(*[iter(client.command("CONFIG", "GET", name))] * 2)) for name in BORROWED}
        return {name: value.get(name.encode(), b"").decode() for name, value in found.items()}

    def written(self, *options: str, **how) -> list:
        """A system that has been written to: who has applied nothing is no candidate."""
        nodes = self.system(*options, **how)
        nodes[0].command("SET", "one", "1")
        for replica in nodes[1:]:
            replica.wait_linked()
        return nodes

    def kill(self, nodes: list) -> None:
        """SIGKILL; and its replicas have noticed."""
        nodes[0].stop()
        for replica in nodes[1:]:
            eventually("noticed", lambda: replica.info()["master_link_status"] == "down")

    # redisctl

    def environment(self, env: dict = None, nodes: list = ()) -> dict:
        password = next((node.password for node in nodes if node.password), None)
        return environment(**{"XDG_STATE_HOME": str(self.state), **({"REDISCLI_AUTH": password} if password else {}), **(env or {})})

    def hosts(self, nodes: list) -> list:
        return [word for node in nodes for word in ("--host", node.address)]

    def start(self, command: str, *arguments, nodes: list = (), env: dict = None, inside: list = (), input: str = None) -> Running:
        # One hiccup of a busy machine would refuse a switch; that check has tests of its own.
        calm = ["--override", "latency"] if command in SWITCHING else []
        words = [*command.split(), *self.hosts(nodes), *calm, *arguments, "--json"]
        return self.enterContext(Running(*words, env=self.environment(env, nodes), inside=inside, input=input))

    def change(self, command: str, *arguments, code: int = 0, outcome: str = "done", nodes: list = (), **how) -> Change:
        """Runs it to its end. code None: any, killed as well."""
        running = self.start(command, *arguments, nodes=nodes, **how)
        return self.read(running.finish()) if code is None else self.finished(running, code, outcome)

    def emergency(self, nodes: list, *arguments, **how):
        return self.change("failover", "--accept-data-loss", "--confirm", nodes[0].address, *arguments, nodes=nodes, **how)

    def finished(self, running: Running, code: int = 0, outcome: str = "done") -> Change:
        """What a started one says in the end."""
        change = self.read(running.finish())
        self.assertEqual(change.code, code, change)
        self.assertIsNotNone(change.result, f"no OperationResult\n{change}")
        self.assertEqual((change.result["outcome"], change.result["exitCode"]), (outcome, code), change)
        return change

    def assert_says(self, change: Change, code: str, message: str, cause: str = "", hint: str = "") -> None:
        """Its first error, in both of its forms."""
        error = change.result["errors"][0]
        self.assertEqual(error["code"], code, change)
        for field, wanted in (("message", message), ("cause", cause), ("hint", hint)):
            if wanted:
                self.assertRegex(error[field] or "", wanted, change)
        self.assertIn(error["message"], change.answer.err, change)

    # Writers

    def writing(self, nodes: list, writers: int = 2, rate: float = 500, **how) -> Writer:
        return self.enterContext(Writer([node.address for node in nodes], writers=writers, rate=rate, password=nodes[0].password, **how))

    def assert_nothing_lost(self, writer: Writer, master: Server, goes_on: bool = True) -> Result:
        """It writes on, to this master; then it is stopped: all that was acknowledged is there."""
        if goes_on:
            before = int(master.info()["master_repl_offset"])
            eventually("the writer goes on", lambda: int(master.info()["master_repl_offset"]) > before + 300)
        result = writer.stop(master=master.address)
        self.assertEqual((result.lost, result.why), (0, None), result)
        self.assertGreater(result.acked, 0)
        return result

    def plan(self, command: str, *arguments, nodes: list = (), code: int = 0, **how) -> dict:
        answer = self.start(command, *arguments, "--dry-run", nodes=nodes, **how).finish()
        self.assertEqual(answer.code, code, answer)
        self.fits(answer.document, "Plan", answer)
        return answer.document

    def read(self, answer: Answer) -> Change:
        """Its lines: events in their order, then one result, all of one operation. The last line of a killed run may be cut off."""
        self.assertNotIn("pa55", answer.out + answer.err, f"a password was shown\n{answer}")
        killed = answer.code < 0
        lines = answer.out.splitlines(keepends=True)
        documents = [json.loads(line) for line in lines if line.endswith("\n") or not killed]
        results = [document for document in documents if document["kind"] == "OperationResult"]
        events = [document for document in documents if document["kind"] == "Event"]
        self.assertEqual(len(events) + len(results), len(documents), f"neither Event nor OperationResult\n{answer}")
        self.assertLessEqual(len(results), 1, answer)
        for document in documents:
            self.fits(document, document["kind"], answer)
        if results:
            self.assertIs(documents[-1], results[0], f"something comes after the result\n{answer}")
        self.assertEqual([event["seq"] for event in events], sorted({event["seq"] for event in events}), f"seq does not rise\n{answer}")
        self.assertLessEqual(len({document["operation"] for document in documents}), 1, f"more than one operation\n{answer}")
        return Change(answer, events, results[0] if results else None)

    def fits(self, document: dict, kind: str, answer: Answer) -> None:
        self.assertEqual((document["apiVersion"], document["kind"]), ("redisctl/v1", kind), answer)
        self.assertEqual(problems(document, schema_of(kind)), [], f"{kind} does not fit its own schema\n{answer}")

    # What is left behind

    def journals(self) -> dict:
        """operation → its records; a last line that was cut off is none."""
        found = {}
        for path in sorted((self.state / "redisctl" / "ops").glob("*.jsonl")):
            text = path.read_text()
            self.assertNotIn("pa55", text, f"a password is in {path}")
            found[path.stem] = [json.loads(line) for line in text.splitlines(keepends=True) if line.strip() and line.endswith("\n")]
        return found

    def assert_journals_closed(self) -> None:
        for operation, records in self.journals().items():
            kinds = [record["record"] for record in records]
            self.assertEqual(next((kind for kind in reversed(kinds) if kind in ("plan", "resumed", "end")), None), "end", f"{operation} is open: {kinds}")

    def assert_untouched(self, nodes: list) -> None:
        """The first of the nodes is the master as before, and nothing is open."""
        self.assert_one_master(nodes, nodes[0])

    def assert_one_master(self, nodes: list, master: Server, journal: bool = True, seconds: float = 2) -> None:
        """One master, which takes writes at once; all other nodes its own replicas, linked, on one history; nothing borrowed is left. `nodes`: those that live."""
        if found := self.troubles(nodes, master):
            end = time.monotonic() + seconds
            while found and time.monotonic() < end:
                time.sleep(0.02)
                found = self.troubles(nodes, master)
        self.assertEqual(found, [], "after the change")
        if journal:
            self.assert_journals_closed()

    def troubles(self, nodes: list, master: Server) -> list:
        """Whatever is not as it should be, in words."""
        found, infos = [], {node: node.info() for node in nodes}
        found += [f"{node.address} is a {info['role']}" for node, info in infos.items() if (info["role"] == "master") != (node is master)]
        for node, info in infos.items():
            if node is not master and info["role"] == "slave":
                if (following := f"{info['master_host']}:{info['master_port']}") not in (master.address, self.also_called.get(master)):
                    found.append(f"{node.address} follows {following}")
                if info["master_link_status"] != "up" or info["master_sync_in_progress"] != "0":
                    found.append(f"{node.address} is not linked")
                if info["connected_slaves"] != "0":
                    found.append(f"{node.address} has replicas of its own")
                if info["master_replid"] != infos[master]["master_replid"]:
                    found.append(f"{node.address} is on another history")
            if info.get("master_failover_state", "no-failover") != "no-failover":
                found.append(f"{node.address}: {info['master_failover_state']}")
            if node in self.before and (settings := self.settings(node)) != self.before[node]:
                found.append(f"{node.address}: {settings}, before {self.before[node]}")
            if node.info("clients").get("paused_reason", "none") != "none":
                found.append(f"{node.address} is paused")
        online = [line for key, line in infos[master].items() if key.startswith("slave") and "state=online" in line]
        if len(online) != len(nodes) - 1:
            found.append(f"{master.address} has {len(online)} replicas online")
        return found + self.write_troubles(master)

    def write_troubles(self, master: Server) -> list:
        with master.client() as client:
            client.connection.settimeout(0.2)
            try:
                client.command("SET", "test:written", "1")
            except TimeoutError:
                return [f"{master.address} takes no write within 0.2 s"]
            except Exception as error:  # noqa: BLE001: whatever it says is what is wrong
                return [f"{master.address}: {error}"]
        return []


def is_master(node: Server) -> bool:
    return node.command("ROLE")[0] == b"master"


def await_master(node: Server, seconds: float = 10) -> None:
    eventually(f"{node.address} is the master", lambda: is_master(node), seconds, every=0.001)
