"""`wait`: it ends when what is waited for holds, and says what is missing when its time is over."""
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from asking import PASSWORD, Asking
from servers import Server, eventually

ENOUGH = ("--timeout", "15s", "--interval", "100ms")


class Wait(Asking):
    def setUp(self):
        self.master = self.enterContext(Server())
        self.replica = self.enterContext(Server(replica_of=self.master)).wait_linked()
        self.host = ("--host", self.master.address)

    def conditions(self, *arguments, code: int = 0) -> dict:
        document = self.document("wait", "Wait", *self.host, *arguments, code=code)
        self.errors = document["errors"]
        return {condition["condition"]: (condition["met"], condition["missing"]) for condition in self.only(document["items"])["conditions"]}

    def later(self, seconds: float, *command) -> None:
        timer = threading.Timer(seconds, self.replica.command, command)
        timer.start()
        self.addCleanup(timer.join)

    def test_what_holds_is_not_waited_for(self):
        since = time.monotonic()
        asked = ("healthy", f"master={self.master.address}", "replicas=1", "lag<=1MiB")
        self.assertEqual(self.conditions(*(word for each in asked for word in ("--for", each))), {each: (True, None) for each in asked})
        self.assertLess(time.monotonic() - since, 2)

    def test_it_waits_for_a_replica(self):
        self.replica.command("REPLICAOF", "NO", "ONE")
        self.later(1, "REPLICAOF", "127.0.0.1", str(self.master.port))
        since = time.monotonic()
        answer = self.ask("wait", *self.host, "--for", "replicas=1", "--for", "lag<=1MiB", *ENOUGH)
        self.assertGreater(time.monotonic() - since, 0.8)
        self.assertIn(f"redisctl: waiting: {self.master.address}: not replicas=1: 0 of 1 replicas are linked", answer.err)

    def test_what_is_still_missing_when_the_time_is_over(self):
        since = time.monotonic()
        conditions = self.conditions("--for", "replicas=2", "--for", "healthy", "--timeout", "600ms", "--interval", "100ms", code=4)
        self.assertLess(time.monotonic() - since, 3)
        self.assertEqual(conditions, {"replicas=2": (False, "1 of 2 replicas are linked"), "healthy": (True, None)})
        error = self.only(self.errors)
        self.assertEqual((error["code"], error["message"], error["cause"]),
                         ("TIMEOUT", "the wait ended before all conditions held", f"{self.master.address}: not replicas=2: 1 of 2 replicas are linked"))

    def test_another_master(self):
        conditions = self.conditions("--for", f"master={self.replica.address}", "--timeout", "300ms", code=4)
        self.assertEqual(conditions, {f"master={self.replica.address}": (False, f"{self.master.address} is the master")})

    def test_no_replica_has_no_lag(self):
        self.replica.stop()
        eventually("the master has noticed", lambda: self.master.info()["connected_slaves"] == "0")
        self.assertEqual(self.conditions("--for", "lag<=1GiB", "--timeout", "300ms", code=4), {"lag<=1GiB": (False, "there is no replica")})

    def test_it_waits_for_a_server_that_is_not_there_yet(self):
        self.master.stop()
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(self.conditions, "--for", f"master={self.master.address}", *ENOUGH)
            time.sleep(1)
            self.assertFalse(waiting.done())
            self.master.start()
            self.assertEqual(waiting.result(), {f"master={self.master.address}": (True, None)})

    def test_ctrl_c_ends_it_at_once(self):
        answer = self.ask("wait", *self.host, "--for", "replicas=9", "--timeout", "1m", "--interval", "30s", interrupt_after=0.5, code=130)
        self.assertLess(answer.seconds, 2)
        self.assertIn("interrupted while waiting", answer.err)

    def test_a_password_that_is_missing_is_not_waited_for(self):
        locked = self.enterContext(Server(password=PASSWORD))
        answer = self.ask("wait", "--host", locked.address, "--for", "healthy", "--timeout", "1m", code=5)
        self.assertLess(answer.seconds, 3)
        self.assertIn("wants a password and none was given or found", answer.err)

    def test_conditions_that_are_none(self):
        for words in (["--for", "happy"], ["--for", "replicas=many"], ["--for", "lag<=much"], ["--for", "master="]):
            with self.subTest(words=words):
                answer = self.ask("wait", *self.host, *words, code=2)
                self.assertIn(f"--for: '{words[1]}' is no condition", answer.err)
                self.assertIn("healthy, master=NODE, replicas=N, lag<=SIZE", answer.err)
        self.assertIn("--for is missing", self.ask("wait", *self.host, code=2).err)


if __name__ == "__main__":
    unittest.main()
