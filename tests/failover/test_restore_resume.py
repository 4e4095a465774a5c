"""restore rdb --resume: what was stopped goes on from its place, and is the same in the end as if nothing had been."""
import shlex
import shutil
import signal
import subprocess
import time

from program import REDISCTL, environment, redisctl
from restoring import Restoring, debug
from servers import eventually
from throttle import Throttle
from versions import INSTALLED

KEYS = 4000


class Stopped(Restoring):
    def setUp(self):
        super().setUp()
        self.path = self.backed_up(keys=KEYS, size=2000)
        self.nodes = self.system(*debug(INSTALLED), replicas=1)

    def stopped(self, how=signal.SIGINT, *arguments, keys: int = 1500, meanwhile=None, path=None):
        """A restore that came to so many keys and was ended so. What it said; the keys that were there by then."""
        with Throttle(self.nodes[0], rate=2 << 20) as way:
            running = self.start("restore rdb", path or self.path, "--host", way.address, "--confirm", way.address, *arguments)
            eventually("some of it is there", lambda: self.keys(self.nodes[0]) > keys, every=0.005)
            # What is acknowledged by now stands in the journal a second later.
            self.early = self.nodes[0].command("RANDOMKEY")
            while self.early == b"redisctl:lock":
                self.early = self.nodes[0].command("RANDOMKEY")
            time.sleep(0.5 if how == signal.SIGINT else 1.3)
            if meanwhile:
                meanwhile()
            else:
                running.send(how)
            self.way = way.address
            if how == signal.SIGINT:
                return self.finished(running, 9, "incomplete")
            return self.read(running.finish())

    def resume(self, *arguments, path=None, name=None, **how):
        # The way is gone; plain hosts are known by the process that was written to.
        name = name or self.nodes[0].address
        return self.change("restore rdb", path or self.path, "--resume", "--confirm", name, *arguments, nodes=self.nodes, **how)

    def follow(self, replica, master) -> None:
        """Until it does; who is to follow whom was said before."""
        replica.master = master
        replica.wait_linked()

    def history(self) -> list:
        answer = redisctl("history", "--json", env={"XDG_STATE_HOME": str(self.state)})
        self.assertEqual(answer.code, 0, answer)
        return answer.document["items"]

    def ask_here(self, *words):
        return redisctl(*words, env={"XDG_STATE_HOME": str(self.state)})

    def assert_all_there(self, *nodes) -> None:
        for node in nodes or self.nodes:
            self.assert_holds(node)


class GoesOn(Stopped):
    def test_behind_ctrl_c(self):
        change = self.stopped()
        hint = change.result["errors"][0]["hint"]
        words = shlex.split(hint)
        self.assertEqual(words[:5], ["redisctl", "restore", "rdb", str(self.path), "--resume"], hint)
        self.assertEqual(change.result["proof"]["goesOnBy"], hint)
        self.assertIn("--confirm", words)
        first = self.history()[0]
        self.assertEqual((first["outcome"], first["lastStep"], first["goesOnBy"]), ("incomplete", "replay", hint))
        sent = change.result["proof"]["restored"]
        self.assertEqual(first["place"], {"done": sent, "of": KEYS})
        # All that the server has is known of: what was on its way was waited for.
        self.assertEqual(self.keys(self.nodes[0]), sent)
        self.nodes[0].command("SET", self.early, "newer")
        done = self.resume()
        self.assertEqual(done.operation, change.operation)
        self.assertEqual(done.result["proof"]["resumed"], {"at": sent, "sameMaster": True})
        self.assertEqual((done.result["proof"]["restored"], done.result["proof"]["goesOnBy"]), (KEYS, None))
        self.assertEqual(done.steps(), ["replay", "compare"])
        self.nodes[1].wait_linked()
        self.assertEqual([node.command("GET", self.early) for node in self.nodes], [b"newer"] * 2)
        self.assertEqual(self.keys(self.nodes[0]), KEYS)
        self.assertEqual((self.history()[0]["outcome"], self.history()[0]["goesOnBy"]), ("done", None))
        self.assert_journals_closed()

    def test_to_the_same_as_without_a_stop(self):
        self.stopped()
        self.resume()
        self.assert_all_there()

    def test_the_line_can_be_pasted(self):
        """Whatever the folder is called."""
        folder = self.folder / "it's a $folder; with \"words\""
        folder.mkdir()
        path = folder / "dump.rdb"
        shutil.copy(self.path, path)
        with Throttle(self.nodes[0], rate=2 << 20) as way:
            running = self.start("restore rdb", path, "--host", way.address, "--confirm", way.address)
            eventually("some of it is there", lambda: self.keys(self.nodes[0]) > 500, every=0.005)
            running.send(signal.SIGINT)
            hint = self.finished(running, 9, "incomplete").result["errors"][0]["hint"]
            words = shlex.split(hint)
            self.assertEqual(words[3], str(path))
            way.rate = None
            pasted = subprocess.run([REDISCTL, *words[1:]], cwd="/", env=environment(XDG_STATE_HOME=str(self.state)), capture_output=True, text=True, timeout=60)
        self.assertEqual(pasted.returncode, 0, pasted)
        self.assert_all_there()

    def test_behind_a_kill(self):
        """The lock of the dead one is in nobody's way, and of its place a second is missing at most."""
        change = self.stopped(signal.SIGKILL)
        self.assertIsNone(change.result)
        there = self.keys(self.nodes[0]) - 1
        first = self.history()[0]
        self.assertEqual((first["outcome"], first["lastStep"], first["running"]), (None, "replay", False))
        self.assertGreater(first["place"]["done"], there // 4)
        self.assertLessEqual(first["place"]["done"], there)
        self.nodes[0].command("SET", self.early, "newer")
        done = self.resume()
        self.assertEqual(done.result["proof"]["resumed"], {"at": first["place"]["done"], "sameMaster": True})
        self.assertEqual((self.nodes[0].command("GET", self.early), self.keys(self.nodes[0])), (b"newer", KEYS))

    def test_a_broken_line(self):
        """Nobody is there any more for as long as it tries."""
        with Throttle(self.nodes[0], rate=2 << 20) as way:
            running = self.start("restore rdb", self.path, "--host", way.address, "--confirm", way.address)
            eventually("some of it is there", lambda: self.keys(self.nodes[0]) > 500, every=0.005)
            way.__exit__()
            change = self.finished(running, 9, "incomplete")
        self.assertRegex(change.result["errors"][0]["hint"], "redisctl restore rdb .* --resume")
        self.assertEqual(self.resume().result["proof"]["resumed"]["sameMaster"], True)
        self.assert_all_there()

    def test_all_that_was_removed_is_not_removed_again(self):
        self.nodes[0].command("SET", "of before", "1")
        self.nodes[1].wait_linked()
        change = self.stopped(signal.SIGINT, "--replace-all")
        safety = change.result["proof"]["safetyBackup"]
        self.nodes[0].command("SET", "since", "1")
        plan = self.plan("restore rdb", self.path, "--resume", nodes=self.nodes)
        self.assertEqual([step["id"] for step in plan["steps"]], ["replay", "compare"])
        self.assertRegex(" ".join(plan["notes"]), r"goes on behind \d+ of 4000 keys")
        abort = self.ask_here("abort", change.operation)
        self.assertEqual(abort.code, 6, abort)
        self.assertIn(f"restore rdb {safety} --replace-all", abort.err)
        done = self.resume()
        self.assertEqual((done.steps(), done.result["proof"]["safetyBackup"]), (["replay", "compare"], safety))
        self.assertEqual((self.nodes[0].command("GET", "since"), self.nodes[0].command("GET", "of before")), (b"1", None))
        self.nodes[0].command("DEL", "since")
        self.nodes[1].wait_linked()
        self.assert_all_there()

    def test_another_master_meanwhile(self):
        def switch():
            self.nodes[1].command("REPLICAOF", "NO", "ONE")
            self.nodes[0].command("REPLICAOF", "127.0.0.1", self.nodes[1].port)
        change = self.stopped(meanwhile=switch)
        self.assert_says(change, "ROLE_CHANGED", "is a replica by now", hint="redisctl master-info, then redisctl restore rdb .* --resume")
        self.follow(self.nodes[0], self.nodes[1])
        self.nodes[1].command("SET", "since", "1")
        plan = self.plan("restore rdb", self.path, "--resume", nodes=self.nodes)
        self.assertRegex(" ".join(plan["notes"]), "begins at the first key, empties nothing, and makes no new safety backup")
        done = self.resume()
        self.assertEqual((done.result["to"], done.result["proof"]["resumed"]), (self.nodes[1].address, {"at": 0, "sameMaster": False}))
        self.assertEqual(done.steps(), ["replay", "compare"])
        self.assertEqual(self.nodes[1].command("GET", "since"), b"1")
        self.nodes[1].command("DEL", "since")
        self.follow(self.nodes[0], self.nodes[1])
        self.assert_all_there()

    def test_there_and_back(self):
        """The process is the same, but what it had acknowledged last it may have lost as a replica."""
        self.stopped()
        self.nodes[1].command("REPLICAOF", "NO", "ONE")
        self.nodes[0].command("REPLICAOF", "127.0.0.1", self.nodes[1].port)
        self.follow(self.nodes[0], self.nodes[1])
        self.nodes[0].command("REPLICAOF", "NO", "ONE")
        self.nodes[1].command("REPLICAOF", "127.0.0.1", self.nodes[0].port)
        self.follow(self.nodes[1], self.nodes[0])
        self.assertEqual(self.resume().result["proof"]["resumed"], {"at": 0, "sameMaster": False})
        self.assert_all_there()

    def test_what_is_missing_all_the_same_is_found(self):
        """All keys are counted, not only those of the second half."""
        self.stopped()
        self.nodes[0].command("FLUSHALL")
        change = self.resume(code=9, outcome="incomplete")
        self.assert_says(change, "KEYS_MISSING", "does not hold all", hint="restore rdb .* --merge")


class Refused(Stopped):
    def refuses(self, cause: str, *arguments, path=None, hint="--merge") -> None:
        change = self.resume(*arguments, path=path, code=6, outcome="refused")
        self.assert_says(change, "NOTHING_TO_RESUME", "can be gone on with", cause, hint)

    def test_without_a_record(self):
        self.refuses("this machine has no record of one")

    def test_one_that_is_done(self):
        self.restore(self.path, nodes=self.nodes)
        self.refuses("is over: done")

    def test_another_file_of_the_same_name(self):
        self.stopped()
        other = self.server()
        other.command("SET", "other", "1")
        self.path.with_suffix(".json").unlink()
        shutil.copy(self.back_up(other), self.path)
        self.refuses("was of another file: .* with SHA-256 [0-9a-f]{64}")
        self.assertIsNone(self.nodes[0].command("GET", "other"))

    def test_another_restore_since(self):
        self.stopped()
        other = self.server()
        other.command("SET", "other", "1")
        self.restore(self.back_up(other), "--replace-all", "--no-safety-backup", nodes=self.nodes)
        self.refuses("has restored another file since")

    def test_a_mode(self):
        answer = redisctl("restore", "rdb", self.path, "--resume", "--merge", *self.hosts(self.nodes))
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("--resume goes without", answer.err)

    def test_nobody_agreed(self):
        self.stopped()
        change = self.change("restore rdb", self.path, "--resume", nodes=self.nodes, code=6, outcome="refused")
        self.assert_says(change, "NOT_CONFIRMED", "there is no terminal", hint="--confirm")


class InNobodysWay(Stopped):
    def test_a_failover(self):
        """Killed in the middle, its lock left: a switch goes on at once, and so does the restore behind it."""
        self.stopped(signal.SIGKILL)
        self.nodes[1].wait_linked()
        self.change("failover", "--yes", "--no-probe", nodes=self.nodes)
        self.assertEqual(self.nodes[1].command("ROLE")[0], b"master")
        self.follow(self.nodes[0], self.nodes[1])
        self.assertEqual(self.resume().result["to"], self.nodes[1].address)
        self.assert_all_there()

    def test_an_emergency(self):
        self.stopped(signal.SIGKILL)
        self.nodes[1].wait_linked()
        self.kill(self.nodes)
        self.emergency(self.nodes)
        self.assertEqual(self.nodes[1].command("ROLE")[0], b"master")

    def test_resume_says_what_goes_on(self):
        change = self.stopped(signal.SIGKILL)
        for words in (["resume"], ["resume", change.operation]):
            answer = self.ask_here(*words)
            self.assertEqual(answer.code, 6, answer)
            self.assertIn("is not resumed by this", answer.err)
            self.assertIn(f"redisctl restore rdb {self.path} --resume", answer.err)

    def test_one_that_is_at_work(self):
        with Throttle(self.nodes[0], rate=1 << 20) as way:
            running = self.start("restore rdb", self.path, "--host", way.address, "--confirm", way.address)
            eventually("some of it is there", lambda: self.keys(self.nodes[0]) > 100, every=0.005)
            change = self.resume(code=6, outcome="refused")
            self.assert_says(change, "LOCKED", "under way")
            self.assertRegex(self.ask_here("history").out, r"at work, at replay")
            running.send(signal.SIGINT)
            running.finish()

    def test_without_a_journal_it_is_restored_all_the_same(self):
        """Where nothing can be written there is only nothing to go on with."""
        operations = self.state / "redisctl" / "ops"
        operations.parent.mkdir(parents=True)
        operations.write_text("")
        change = self.restore(self.path, nodes=self.nodes)
        self.assertIn("cannot be gone on with", change.result["warnings"][0]["message"])
        self.assert_all_there()
