"""The lock of an instance: taken, kept, noted, lost and given back, against a Lease with the API's own rules."""
import json
import signal
import time
import unittest

from api_server import Answer, status
from calls import Calling

LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
ONE = f"{LEASES}/redisctl-redis"


class LeaseLock(Calling):
    def setUp(self):
        super().setUp()
        self.lease, self.version = None, 0
        self.before_put = None  # does something to the request and says whether it is done with it
        self.api.on(ONE, self.get).on(f"POST {LEASES}", self.post, optional=True).on(f"PUT {ONE}", self.put, optional=True)

    def store(self, lease: dict) -> dict:
        self.version += 1
        lease["metadata"]["resourceVersion"] = str(self.version)
        self.lease = lease
        return lease

    def stands(self, holder: str, seconds: int = 30, essence: str = "") -> None:
        self.store({"kind": "Lease", "metadata": {"name": "redisctl-redis", "namespace": "default", "annotations": {"redisctl.io/operation": essence} if essence else {}},
                    "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds, "leaseTransitions": 3,
                             "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:05.000000Z"}})

    def get(self, request) -> None:
        self.api.say(request, Answer(200, self.lease) if self.lease else status(404, "NotFound", "not found"))

    def post(self, request) -> None:
        if self.lease:
            return self.api.say(request, status(409, "AlreadyExists", "already exists"))
        self.api.say(request, Answer(201, self.store(json.loads(request.content))))

    def put(self, request) -> None:
        sent = json.loads(request.content)
        if self.before_put and self.before_put(request, sent):
            return None
        if not self.lease:
            return self.api.say(request, status(404, "NotFound", "not found"))
        if sent["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            return self.api.say(request, status(409, "Conflict", "the object has been modified"))
        self.api.say(request, Answer(200, self.store(sent)))

    def lock(self, *steps: str, holder: str = "me@here/1/op", wait: bool = False, **how):
        return self.call("lock", "default", "redis", holder, "wait" if wait else "now", *steps, **how)

    def held(self, *steps: str):
        """A process that holds the lock and waits at its step `pause`."""
        process = self.start("lock", "default", "redis", "me@here/1/op", "now", *steps)
        self.assertEqual(process.stdout.readline(), 'acquired, found ""\n')
        return process

    def methods(self) -> list:
        return [method for method, _, _ in self.api.changes]

    def test_the_first_lock_makes_the_lease_and_giving_it_back_empties_the_holder(self):
        said = self.lock("left", "note:what", "release")
        self.assertEqual(said.lines, ['acquired, found ""', "left 30 s", "note", "release"])
        self.assertEqual(self.methods(), ["POST", "PUT", "PUT"])
        first = self.api.changes[0][2]
        self.assertEqual(first["metadata"], {"name": "redisctl-redis", "namespace": "default", "labels": {"app.kubernetes.io/managed-by": "redisctl"}})
        self.assertEqual({**first["spec"], "acquireTime": None, "renewTime": None},
                         {"holderIdentity": "me@here/1/op", "leaseDurationSeconds": 30, "leaseTransitions": 0, "acquireTime": None, "renewTime": None})
        self.assertRegex(first["spec"]["renewTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual((self.lease["spec"]["holderIdentity"], self.lease["metadata"]["annotations"]), ("", {"redisctl.io/operation": "what"}))

    def test_a_lock_that_is_not_given_back_in_so_many_words_is_so_at_the_end(self):
        self.lock()
        self.assertEqual(self.lease["spec"]["holderIdentity"], "")

    def test_a_free_lock_is_taken_and_what_was_left_is_found(self):
        self.stands("", essence='{"op":1}')
        self.assertEqual(self.lock("note:").lines[0], 'acquired, found "{"op":1}"')
        self.assertEqual((self.lease["spec"]["leaseTransitions"], self.lease["metadata"].get("annotations")), (4, None))

    def test_a_held_lock_is_refused_at_once_naming_the_holder(self):
        self.stands("jane@laptop/7/op-2")
        said = self.lock(code=1)
        self.assertEqual(said.lines, ["error REFUSED LOCKED", "another change of redis is under way",
                                      "the lock is held by jane@laptop/7/op-2 since 2026-01-01T00:00:00.000000Z, renewed 2026-01-01T00:00:05.000000Z",
                                      "redisctl history; a dead holder's lock is free after a wait of 30 s"])
        self.assertLess(said.seconds, 1)
        self.assertEqual(self.api.changes, [])

    def test_a_dead_holders_lock_is_taken_after_its_time_by_our_clock(self):
        self.stands("jane@laptop/7/op-2", seconds=2, essence="half")
        said = self.lock(wait=True)
        self.assertEqual(said.lines[:2], ["waiting for jane@laptop/7/op-2", 'acquired, found "half"'])
        self.assertGreaterEqual(said.seconds, 2)

    def test_a_lock_that_looks_abandoned_is_waited_for_by_who_waits_for_no_other(self):
        """An hour old by its own times; unless it says that something is to be finished. Of a minute from now it is somebody's whose clock is ahead."""
        for essence, renewed, waits in ("", "2026-01-01T00:00:05.000000Z", True), ("half", "2026-01-01T00:00:05.000000Z", False), ("", self.from_now(60), False):
            with self.subTest(essence=essence, renewed=renewed):
                self.stands("jane@laptop/7/op-2", seconds=2, essence=essence)
                self.lease["spec"]["renewTime"] = renewed
                said = self.call("lock", "default", "redis", "me@here/1/op", "abandoned", code=0 if waits else 1)
                self.assertEqual(said.lines[:2], ["waiting for jane@laptop/7/op-2", 'acquired, found ""'] if waits else ["error REFUSED LOCKED", said.lines[1]])
                self.assertEqual(said.seconds >= 2, waits)

    @staticmethod
    def from_now(seconds: int) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + seconds))

    def test_the_lock_of_a_holder_that_is_known_to_be_dead_is_taken_at_once(self):
        self.stands("jane@laptop/7/op-2", essence="half")
        said = self.call("lock", "default", "redis", "me@here/1/op", "dead:jane@laptop/7/op-2", "left")
        self.assertEqual(said.lines, ['acquired, found "half"', "left 30 s"])
        self.assertLess(said.seconds, 1)
        self.stands("jane@laptop/8/op-2")
        self.assertEqual(self.call("lock", "default", "redis", "me@here/1/op", "dead:jane@laptop/7/op-2", code=1).lines[0], "error REFUSED LOCKED")

    def test_a_holder_that_renews_lives_however_long_we_wait(self):
        self.stands("jane@laptop/7/op-2", seconds=2)
        looks = []

        def get(request):
            looks.append(1)
            self.stands("jane@laptop/7/op-2", seconds=2)
            self.get(request)

        self.api.on(ONE, get)
        said = self.lock(wait=True, code=1)
        self.assertEqual(said.lines[:2], ["waiting for jane@laptop/7/op-2", "error REFUSED LOCKED"])
        self.assertEqual((len(looks) >= 3, self.api.changes), (True, []))

    def test_ctrl_c_ends_the_wait_for_a_lock(self):
        self.stands("jane@laptop/7/op-2")
        said = self.lock(wait=True, code=1, interrupt_after=1)
        self.assertEqual(said.lines[:2], ["waiting for jane@laptop/7/op-2", "error INTERRUPTED "])

    def test_two_at_once_have_one_winner(self):
        self.stands("")

        def first(request, sent):
            if sent["spec"]["holderIdentity"] == "me@here/1/op":
                self.before_put = None
                self.stands("jane@laptop/7/op-2")
            return False

        self.before_put = first
        self.assertEqual(self.lock(code=1).lines[0], "error REFUSED LOCKED")
        self.assertEqual(self.lease["spec"]["holderIdentity"], "jane@laptop/7/op-2")

    def test_a_lease_that_was_made_without_our_hearing_of_it_is_ours(self):
        def made(request):
            self.store(json.loads(request.content))
            request.close_connection = True

        # On a connection that was kept since the look: libcurl alone would send it a second time.
        self.api.on(f"POST {LEASES}", made)
        self.assertEqual(self.lock().lines, ['acquired, found ""'])
        self.assertEqual(self.methods(), ["POST", "PUT"])

    def test_keeping_is_cheap_until_it_is_time(self):
        self.lock("keep", "keep", "keep:20000")
        self.assertEqual(self.methods(), ["POST", "PUT"])

    def test_keeping_for_longer_than_is_left_renews(self):
        process = self.held("pause", "keep:29700", "left")
        time.sleep(0.5)
        out, _ = process.communicate("\n", timeout=10)
        self.assertEqual(out, "pause\nkeep\nleft 30 s\n")
        self.assertEqual(self.methods(), ["POST", "PUT", "PUT"])

    def after_half_a_second(self, process) -> list:
        time.sleep(0.5)
        out, _ = process.communicate("\n", timeout=10)
        return out.splitlines()

    def test_a_lock_that_somebody_took_is_lost_and_left_alone(self):
        process = self.held("pause", "keep:29700")
        self.stands("jane@laptop/7/op-2")
        self.assertEqual(self.after_half_a_second(process), ["pause", "error CONFLICT LOCK_LOST", "the lock of redis was lost", "it is held by jane@laptop/7/op-2", "redisctl history"])
        self.assertEqual(self.lease["spec"]["holderIdentity"], "jane@laptop/7/op-2")
        self.assertEqual(self.methods(), ["POST", "PUT"])

    def test_a_lock_whose_lease_was_deleted_is_lost(self):
        process = self.held("pause", "keep:29700")
        self.lease = None
        self.assertEqual(self.after_half_a_second(process)[1:4], ["error CONFLICT LOCK_LOST", "the lock of redis was lost", "its Lease was deleted"])

    def test_a_lease_that_was_only_touched_is_still_ours(self):
        process = self.held("pause", "keep:29700")
        self.lease["metadata"]["labels"]["touched"] = "yes"
        self.store(self.lease)
        self.assertEqual(self.after_half_a_second(process), ["pause", "keep"])
        self.assertEqual((self.lease["metadata"]["labels"].get("touched"), self.lease["spec"]["holderIdentity"]), ("yes", ""))

    def fails(self, request, sent) -> bool:
        self.api.say(request, status(500, "InternalError", "etcd is down"))
        return True

    def test_a_renewal_that_fails_is_an_error_when_too_little_is_left(self):
        process = self.held("pause", "keep:29700")
        self.before_put = self.fails
        self.assertEqual(self.after_half_a_second(process)[:3], ["pause", "error SERVER_ERROR UNKNOWN_OUTCOME", "nobody knows whether the API server did update leases redisctl-redis"])

    def test_a_renewal_that_is_due_and_fails_is_none_while_enough_is_left(self):
        process = self.held("pause", "keep:20000", "left")
        self.before_put = self.fails
        time.sleep(5.1)  # it is due after five seconds
        out, _ = process.communicate("\n", timeout=10)
        self.assertEqual(out, "pause\nkeep\nleft 25 s\n")
        self.assertEqual(self.methods()[:3], ["POST", "PUT", "PUT"])

    def test_a_lock_is_given_back_after_ctrl_c_too(self):
        process = self.held("pause", "release")
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        out, _ = process.communicate("\n", timeout=10)
        self.assertEqual((out.splitlines(), self.lease["spec"]["holderIdentity"]), (["pause", "release"], ""))

    def test_anybody_may_see_who_holds_it(self):
        self.assertEqual(self.call("peek", "default", "redis").lines, ["none"])
        self.stands("jane@laptop/7/op-2", essence='{"step":"S5"}')
        self.assertEqual(self.call("peek", "default", "redis").lines, ['holder "jane@laptop/7/op-2" essence "{"step":"S5"}"'])

    def test_no_permission_names_the_whole_rule(self):
        self.api.on(ONE, status(403, "Forbidden", 'User "jane" cannot get resource "leases"'))
        self.assertEqual(self.lock(code=1).lines[-1], 'add this rule to your Role: {apiGroups: ["coordination.k8s.io"], resources: [leases], verbs: [get, create, update]}')


if __name__ == "__main__":
    unittest.main()
