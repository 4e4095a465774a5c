"""restore rdb: what is not right is refused before anything is changed, and what breaks in the middle is said and can be done again."""
import os
import signal

from program import redisctl
from restoring import Restoring, debug
from servers import eventually
from throttle import Throttle
from versions import INSTALLED


class Refused(Restoring):
    def setUp(self):
        super().setUp()
        self.nodes = self.system(*debug(INSTALLED), replicas=1)

    def confirmed(self, path, *arguments, error: str, **how):
        return self.refused(path, "--confirm", self.nodes[0].address, *arguments, nodes=self.nodes, error=error, **how)

    def test_a_file_that_is_cut(self):
        path = self.backed_up()
        os.truncate(path, path.stat().st_size - 1)
        self.assert_says(self.confirmed(path, error="NOT_WHOLE"), "NOT_WHOLE", "cannot be restored", "size")
        path.with_suffix(".json").unlink()
        self.assert_says(self.confirmed(path, error="NOT_WHOLE"), "NOT_WHOLE", "cannot be restored", "ends in the middle")

    def test_one_bit(self):
        path = self.backed_up()
        content = bytearray(path.read_bytes())
        content[content.index(b"0123456789abcdef") + 3] ^= 1
        path.write_bytes(content)
        self.assert_says(self.confirmed(path, error="NOT_WHOLE"), "NOT_WHOLE", "cannot be restored", "sha256")
        path.with_suffix(".json").unlink()
        self.assert_says(self.confirmed(path, error="NOT_WHOLE"), "NOT_WHOLE", "cannot be restored", "checksum is wrong")

    def test_a_format_that_the_server_does_not_know(self):
        path = self.backed_up("8.0")
        self.assert_says(self.confirmed(path, error="CHECK_FAILED"), "CHECK_FAILED", "restore", "does not know format 12", "not older")

    def test_a_value_that_does_not_fit(self):
        self.nodes[0].command("CONFIG", "SET", "proto-max-bulk-len", "1mb")
        source = self.server("rdbcompression no")
        source.command("SET", "too-big", os.urandom(2 << 20))
        change = self.confirmed(self.back_up(source), error="CHECK_FAILED")
        self.assert_says(change, "CHECK_FAILED", "largest-value", "too-big of db0")

    def test_more_than_maxmemory(self):
        self.nodes[0].command("CONFIG", "SET", "maxmemory", "3mb")
        change = self.confirmed(self.backed_up(keys=3000, size=1000), error="CHECK_FAILED")
        self.assert_says(change, "CHECK_FAILED", "memory", "maxmemory", "refuse the rest")

    def test_a_database_that_is_not_there(self):
        few = self.system("databases 2", *debug(INSTALLED), replicas=0)
        change = self.refused(self.backed_up(), "--confirm", few[0].address, nodes=few, error="CHECK_FAILED")
        self.assert_says(change, "CHECK_FAILED", "databases", "SELECT 3")

    def test_a_user_who_may_not(self):
        path = self.backed_up(keys=5)
        self.nodes[0].command("ACL", "SETUSER", "looker", "on", ">pa55-of-looker", "+@all", "-restore", "~*", "&*")
        answer = redisctl("restore", "rdb", path, "--confirm", self.nodes[0].address, *self.hosts(self.nodes[:1]), "--user", "looker", "--password-stdin", "--json",
                          input="pa55-of-looker", env={"XDG_STATE_HOME": str(self.state)})
        self.assertEqual(answer.code, 6, answer)
        self.assertIn("does not permit RESTORE", answer.err)
        self.assertEqual(self.keys(self.nodes[0]), 0)

    def test_no_master(self):
        path = self.backed_up(keys=5)
        self.kill(self.nodes)
        change = self.refused(path, "--confirm", self.nodes[1].address, nodes=self.nodes[1:], error="NO_MASTER")
        self.assert_says(change, "NO_MASTER", "has no agreed master")

    def test_nobody_agreed(self):
        path = self.backed_up(keys=5)
        change = self.refused(path, nodes=self.nodes, error="NOT_CONFIRMED")
        self.assert_says(change, "NOT_CONFIRMED", "there is no terminal", hint="--confirm")
        change = self.refused(path, "--confirm", "another", nodes=self.nodes, error="NOT_CONFIRMED")
        self.assert_says(change, "NOT_CONFIRMED", "'another' is not the instance's name")

    def test_read_only(self):
        change = self.confirmed(self.backed_up(keys=5), error="READ_ONLY", env={"REDISCTL_READ_ONLY": "1"})
        self.assert_says(change, "READ_ONLY", "nothing is changed from here")

    def test_what_contradicts_itself(self):
        for words in (["--merge", "--replace-all"], ["--override", "target-keys"], ["--node", self.nodes[0].address]):
            answer = redisctl("restore", "rdb", self.backed_up(keys=5), *words, *self.hosts(self.nodes))
            self.assertEqual(answer.code, 2, answer)

    def test_a_safety_backup_that_fails(self):
        path = self.backed_up(keys=5)
        self.nodes[0].command("SET", "here", "1")
        self.nodes[1].wait_linked()
        self.refused(path, "--confirm", self.nodes[0].address, "--replace-all", "--dir", "/proc/backups", nodes=self.nodes, error="IO")


class InTheMiddle(Restoring):
    def setUp(self):
        super().setUp()
        self.path = self.backed_up(keys=4000, size=2000)
        self.nodes = self.system(*debug(INSTALLED), replicas=1)

    def again(self) -> None:
        self.restore(self.path, "--merge", "--no-safety-backup", nodes=self.nodes)
        for node in self.nodes:
            self.assert_holds(node)

    def incomplete(self, running, error: str):
        change = self.finished(running, 9, "incomplete")
        self.assertEqual((change.result["errors"][0]["code"], change.result["changed"]), (error, True), change)
        self.assertRegex(change.result["errors"][0]["cause"], r"\d+ of 4000 keys were restored")
        return change

    def begin(self, *arguments, at: str = None):
        name = at or self.nodes[0].address
        return self.start("restore rdb", self.path, "--confirm", name, *(["--host", at] if at else []), *arguments, nodes=[] if at else self.nodes)

    def half_way(self) -> None:
        eventually("half of it is there", lambda: self.keys(self.nodes[0]) > 500, every=0.005)

    def test_no_memory_is_left(self):
        self.nodes[0].command("CONFIG", "SET", "maxmemory", "8mb")
        self.incomplete(self.begin("--override", "memory"), "OOM")
        self.nodes[0].command("CONFIG", "SET", "maxmemory", "0")
        self.again()

    def test_keys_are_evicted(self):
        self.nodes = self.system("maxmemory-policy allkeys-random", "maxmemory 8mb", *debug(INSTALLED), replicas=0)
        change = self.finished(self.begin("--override", "memory"), 9, "incomplete")
        self.assert_says(change, "KEYS_MISSING", "does not hold all", "evicted")

    def test_the_line_is_cut_once(self):
        with Throttle(self.nodes[0], cut_after=4 << 20) as way:
            change = self.finished(self.begin(at=way.address))
            self.assertEqual((change.result["proof"]["reconnected"], way.cuts), (1, 1), change)
        for node in self.nodes:
            self.assert_holds(node.wait_linked() if node.master else node)

    def test_ctrl_c(self):
        with Throttle(self.nodes[0], rate=4 << 20) as way:
            running = self.begin(at=way.address)
            self.half_way()
            running.send(signal.SIGINT)
            self.incomplete(running, "INTERRUPTED")
        self.again()

    def test_it_is_killed(self):
        with Throttle(self.nodes[0], rate=4 << 20) as way:
            running = self.begin(at=way.address)
            self.half_way()
            running.send(signal.SIGKILL)
            running.finish()
        self.nodes[0].command("DEL", "redisctl:lock")  # a dead holder's runs out after a minute
        self.again()

    def test_another_becomes_the_master(self):
        with Throttle(self.nodes[0], rate=4 << 20) as way:
            running = self.begin(at=way.address)
            self.half_way()
            self.nodes[1].command("REPLICAOF", "NO", "ONE")
            self.nodes[0].command("REPLICAOF", "127.0.0.1", self.nodes[1].port)
            change = self.incomplete(running, "ROLE_CHANGED")
            self.assert_says(change, "ROLE_CHANGED", "is a replica by now", hint="redisctl master-info, then redisctl restore rdb .* --resume")

    def test_the_master_is_restarted(self):
        with Throttle(self.nodes[0], rate=4 << 20) as way:
            running = self.begin(at=way.address)
            self.half_way()
            self.nodes[0].stop()
            self.nodes[0].start()
            self.incomplete(running, "RESTARTED")
        self.again()
