"""`restore all`: settings and data of one backup, both planned and checked before anything is changed; objects are shown."""
import json
import re
import shlex
import signal
import subprocess
import tempfile
from pathlib import Path

from asking import PASSWORD, Asking
from keyboard import Keyboard
from program import REDISCTL, environment
from servers import Server, eventually
from throttle import Throttle


class RestoreAll(Asking):
    def setUp(self):
        self.master = self.enterContext(Server(f"masterauth {PASSWORD}", "io-threads 2", password=PASSWORD))
        self.replica = self.enterContext(Server(f"masterauth {PASSWORD}", password=PASSWORD, replica_of=self.master)).wait_linked()
        self.hosts = ["--host", self.master.address, "--host", self.replica.address]
        self.state = self.enterContext(tempfile.TemporaryDirectory())
        self.way = {"env": {"REDISCLI_AUTH": PASSWORD, "XDG_STATE_HOME": self.state}}
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for i in range(20):
            self.master.command("SET", f"key:{i}", i)
        self.master.command("CONFIG", "SET", "maxmemory", "100mb")
        self.replica.wait_linked()  # it is what is saved
        document = self.document("backup all", "Backup", *self.hosts, "--dir", self.folder, **self.way)
        self.backup = self.only(document["items"])["id"]
        # What a colleague did since.
        self.master.command("FLUSHALL")
        self.master.command("CONFIG", "SET", "maxmemory", "1gb")
        self.replica.command("CONFIG", "SET", "hz", "50")

    def restore(self, *arguments, code: int = 0):
        return self.ask("restore", "all", *self.hosts, self.backup, "--dir", self.folder, *arguments, code=code, **self.way)

    def now(self) -> tuple:
        return (self.master.command("DBSIZE"), self.master.command("CONFIG", "GET", "maxmemory")[1], self.replica.command("CONFIG", "GET", "hz")[1])

    AFTER, SINCE = (20, b"104857600", b"10"), (0, b"1073741824", b"50")

    def test_both(self):
        answer = self.restore("--confirm", self.master.address)
        self.assertEqual(self.now(), self.AFTER)
        eventually("the replica has them", lambda: self.replica.command("DBSIZE") == 20)
        for text in (f"restore all of {self.master.address} from {self.backup}", "maxmemory  1073741824 -> 104857600", "hz  50 -> 10", "restored 20 of 20 keys"):
            self.assertEqual(answer.out.count(text), 1, answer)
        # Once more there is nothing to set, and keys are there.
        refused = self.restore("--confirm", self.master.address, code=6)
        self.assertIn("nothing differs", refused.err)
        self.assertIn("--merge", refused.out + refused.err)
        self.restore("--confirm", self.master.address, "--merge")

    def test_a_dry_run_changes_nothing(self):
        answer = self.restore("--dry-run")
        self.assertIn("maxmemory  1073741824 -> 104857600", answer.out)
        self.assertRegex(answer.out, r"db0 +0 +20")
        self.assertEqual(self.now(), self.SINCE)

    def test_documents(self):
        """One behind the other: what was planned of both, then what was done."""
        text, kinds = self.restore("--confirm", self.master.address, "--json").out.lstrip(), []
        while text:
            document, end = json.JSONDecoder().raw_decode(text)
            kinds.append(document["kind"])
            text = text[end:].lstrip()
        self.assertEqual([kind for kind in kinds if kind != "Event"], ["ConfigRestore", "Plan", "ConfigRestore", "OperationResult"])
        self.assertEqual(self.now(), self.AFTER)

    def test_what_the_data_refuse_leaves_the_settings_alone(self):
        self.master.command("SET", "of a client", 1)
        refused = self.restore("--confirm", self.master.address, code=6)
        self.assertIn("target-keys", refused.out + refused.err)
        self.assertEqual(self.now(), (1, *self.SINCE[1:]))

    def test_what_a_server_refuses_leaves_the_data_alone(self):
        self.master.command("ACL", "SETUSER", "default", "-config|set")
        stopped = self.restore("--confirm", self.master.address, code=8)
        self.assertIn("no key was written", stopped.err)
        self.assertEqual(self.now(), self.SINCE)

    def test_the_name_is_asked_for_once(self):
        without = self.restore(code=6)
        self.assertIn(f"--confirm {self.master.address}", without.err)
        self.assertEqual(self.now(), self.SINCE)
        words = [REDISCTL, "restore", "all", *self.hosts, self.backup, "--dir", self.folder]
        with Keyboard(words, environment(TERM="xterm", **self.way["env"])) as terminal:
            terminal.wait_for("to go on:")
            terminal.type(self.master.address + "\n")
            terminal.wait_for("restored 20 of 20 keys")
            self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.now(), self.AFTER)

    def test_a_part_that_is_damaged(self):
        part = next(self.folder.glob("*.conf"))
        part.write_text(part.read_text().replace("hz 10", "hz 11"))
        refused = self.restore("--confirm", self.master.address, code=6)
        self.assertIn("the backup is not what its manifest says", refused.err)
        self.assertIn(f"redisctl backup verify {self.backup}", refused.err)
        self.assertEqual(self.now(), self.SINCE)

    def test_a_backup_without_data(self):
        only = self.only(self.document("backup config", "Backup", *self.hosts, "--dir", self.folder, **self.way)["items"])["id"]
        refused = self.ask("restore", "all", *self.hosts, only, "--dir", self.folder, code=3, **self.way)
        self.assertIn("it holds config", refused.err)

    def test_what_only_a_start_can_set_does_not_keep_the_data_back(self):
        part = next(path for path in self.folder.glob("*.conf") if "io-threads 2" in path.read_text())
        self.assertIn("io-threads", part.read_text())
        self.master.command("CONFIG", "SET", "maxmemory", "100mb")
        self.replica.command("CONFIG", "SET", "hz", "10")
        # The replica has one thread as it had then; the master is another process now, with another number.
        self.master.stop()
        self.master.options[1] = "io-threads 3"
        self.assertTrue(self.master.start())
        self.replica.wait_linked()
        answer = self.restore("--confirm", self.master.address, "--merge", code=9)
        self.assertIn(f"{self.master.address} takes io-threads only at its start", answer.err)
        self.assertEqual(self.master.command("DBSIZE"), 20)

    def test_a_node_that_does_not_answer(self):
        self.replica.freeze()
        refused = self.restore("--confirm", self.master.address, "--timeout", "1s", code=6)
        self.assertIn(f"{self.replica.address} does not answer", refused.err)
        self.assertIn(f"redisctl restore rdb {self.backup} --dir {self.folder} writes the data alone", refused.err)
        self.assertEqual(self.master.command("DBSIZE"), 0)

    def test_into_a_system_of_other_names(self):
        with Server(password=PASSWORD) as other:
            answer = self.ask("restore", "all", "--host", other.address, self.backup, "--dir", self.folder, "--confirm", other.address, **self.way)
            self.assertIn("no settings are set: the backup has no settings of these nodes", answer.err)
            self.assertEqual(other.command("DBSIZE"), 20)


class Stopped(Asking):
    def test_it_goes_on_from_its_place(self):
        environ = environment(XDG_STATE_HOME=self.enterContext(tempfile.TemporaryDirectory()))
        folder = self.enterContext(tempfile.TemporaryDirectory())
        server = self.enterContext(Server())
        with server.client() as client, Throttle(server, rate=None) as way:
            for i in range(4000):
                client.command("SET", f"key:{i}", i)
            saved = self.only(self.document("backup all", "Backup", "--host", way.address, "--dir", folder)["items"])["id"]
            client.command("FLUSHALL")
            client.command("CONFIG", "SET", "hz", "50")
            way.rate = 64 << 10
            words = ["restore", "all", saved, "--dir", folder, "--host", way.address, "--confirm", way.address]
            running = subprocess.Popen([REDISCTL, *words], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            eventually("some of it is there", lambda: client.command("DBSIZE") > 500, every=0.005)
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=30)[1]
            self.assertEqual(running.returncode, 9, said)
            line, = re.findall(r"hint: +(redisctl restore all .*--resume.*)", said)
            there = client.command("DBSIZE")
            self.assertLess(there, 4000)
            way.rate = None
            on = subprocess.run([REDISCTL, *shlex.split(line)[1:]], cwd="/", env=environ, capture_output=True, text=True, timeout=60)
            self.assertEqual(on.returncode, 0, on)
            self.assertIn("nothing differs", on.stderr)
            self.assertIn("restored 4000 of 4000 keys", on.stdout)
            self.assertIn("gone on with behind", on.stdout)
            self.assertEqual((client.command("DBSIZE"), client.command("CONFIG", "GET", "hz")[1]), (4000, b"10"))
