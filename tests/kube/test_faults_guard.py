"""redisctl guard and its Lease: without it nothing is attached, the loss of it is said and ends the guard, and two never guard at once."""
import signal
import time
import unittest

from cluster import refused
from servers import eventually
from switching import FIRST, SECOND, THIRD, Switching

AT_ONCE = 6
LEASE = "redisctl-guard-my-redis"


class Guard(Switching):
    def setUp(self):
        """The master is away from home, so a home pod that comes back is a second one."""
        super().setUp()
        self.finished(self.begin("failover", "--promote", SECOND, "--settle", "0ms"))

    def guard(self, *arguments):
        return self.begin("guard", "--interval", "300ms", *arguments)

    def watching(self):
        running = self.guard()
        running.until_event("watch", "started")
        return running

    def come_back(self, pod: str = FIRST) -> None:
        """As the chart starts it: another process, empty, a master."""
        server = self.server(pod)
        server.stop()
        server.master = None
        assert server.start()

    def until_attached(self, pod: str = FIRST) -> None:
        eventually(f"{pod} follows", lambda: self.server(pod).info().get("master_link_status") == "up", 20)

    def holder(self) -> str:
        return self.cluster.lease(LEASE)["holder"]

    def renewals(self) -> list:
        return [at for method, path, at in self.cluster.asked if method == "PUT" and path.endswith(LEASE)]

    def assert_not_attached(self, pod: str = FIRST) -> None:
        self.assertEqual(self.server(pod).info()["role"], "master")


class LeaseIsLost(Guard):
    def test_what_comes_back_is_attached_and_the_lease_given_back(self):
        running = self.watching()
        self.come_back()
        running.until_event("attach", "done")
        self.until_attached()
        running.send(signal.SIGINT)
        change = self.finished(running)
        self.assertEqual((change.result["to"], self.holder()), (SECOND, ""), change)

    def test_somebody_took_it(self):
        """It ends at its next renewal, attaches nothing any more, and leaves the Lease to him."""
        running = self.watching()
        self.cluster.change("leases", LEASE, lambda lease: lease["spec"].update(holderIdentity="jane@laptop/7/op-2"))
        change = self.finished(running, 6, "refused")
        self.assertLess(change.answer.seconds, 10, change)
        self.assert_says(change, "LOCK_LOST", "the lock of guard-my-redis was lost", "it is held by jane@laptop/7/op-2", "redisctl history")
        self.assertEqual(self.holder(), "jane@laptop/7/op-2")
        self.come_back()
        self.assert_not_attached()

    def test_somebody_took_it_after_something_was_attached(self):
        running = self.watching()
        self.come_back()
        running.until_event("attach", "done")
        self.cluster.change("leases", LEASE, lambda lease: lease["spec"].update(holderIdentity="jane@laptop/7/op-2"))
        self.finished(running, 9, "incomplete")

    def test_a_conflict_that_is_none(self):
        """Somebody put a label on it: it is still ours."""
        running = self.watching()
        self.cluster.change("leases", LEASE, lambda lease: lease["metadata"].setdefault("labels", {}).update(touched="yes"))
        count = len(self.renewals())
        eventually("it is renewed", lambda: len(self.renewals()) >= count + 2, 15)
        self.come_back()
        running.until_event("attach", "done")
        running.send(signal.SIGINT)
        self.finished(running)

    def test_it_cannot_be_renewed(self):
        """Before it runs out the guard stops: it says so, and attaches nothing until it can be renewed again."""
        running = self.watching()
        valid_since = self.renewals()[-1:] or [time.monotonic()]
        failing = self.cluster.on("PUT", LEASE, refused(500, "InternalError"), for_ever=True)
        running.until_event("alarm", "failed", seconds=40)
        last = self.cluster.get("leases", LEASE)["spec"]
        self.assertLess(time.monotonic() - valid_since[0], 30, "it was still ours")
        event = next(each for each in running.events() if each["step"] == "alarm")
        self.assertIn("leases", event["error"]["message"], event)
        self.come_back()
        time.sleep(3)
        self.assert_not_attached()
        self.assertEqual(self.cluster.get("leases", LEASE)["spec"], last)
        failing.clear()
        running.until_event("calm", "done")
        running.until_event("attach", "done")
        self.until_attached()
        running.send(signal.SIGINT)
        self.finished(running)

    def test_it_cannot_be_renewed_and_another_guard_takes_over(self):
        """The first one ends as soon as it hears of it; the second attaches."""
        first = self.watching()
        holder = self.holder()
        failing = self.cluster.on("PUT", LEASE, refused(500, "InternalError"), for_ever=True)
        # As if its time was over for all who look, a second one takes it; the first is not asked.
        self.cluster.change("leases", LEASE, lambda lease: lease["spec"].update(leaseDurationSeconds=1, holderIdentity="gone@elsewhere/1/op"))
        change = self.finished(first, 6, "refused")
        self.assert_says(change, "LOCK_LOST", "the lock of guard-my-redis was lost", "it is held by gone@elsewhere")
        failing.clear()
        second = self.watching()
        self.assertNotEqual(self.holder(), holder)
        self.come_back()
        second.until_event("attach", "done")
        second.send(signal.SIGINT)
        self.finished(second)


class Two(Guard):
    def test_only_one_of_two_guards(self):
        """The second sees for 30 s that the first lives, and goes."""
        first = self.watching()
        second = self.guard()
        self.come_back()
        first.until_event("attach", "done")
        self.until_attached()
        refused_one = self.finished(second, 6, "refused")
        self.assert_says(refused_one, "LOCKED", "another guard watches my-redis", "the lock is held by .*", "one is enough")
        self.assertEqual(refused_one.events, [])
        first.send(signal.SIGINT)
        self.finished(first)

    def test_the_second_takes_over_when_the_first_was_killed(self):
        first = self.watching()
        first.send(signal.SIGKILL)
        first.finish()
        self.cluster.change("leases", LEASE, lambda lease: lease["spec"].update(leaseDurationSeconds=2))
        self.come_back(THIRD)
        second = self.watching()
        second.until_event("attach", "done")
        self.until_attached(THIRD)
        second.send(signal.SIGINT)
        self.finished(second)


if __name__ == "__main__":
    unittest.main()
