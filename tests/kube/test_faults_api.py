"""The API server and the login to it fail in the middle of a switch (protocols.md 7.9, rows 7, 9, 12): it ends in time, says what is true, and nothing is lost."""
import json
import unittest
from pathlib import Path

from changing import is_master
from cluster import broken, passed, refused
from servers import Authority
from switching import FIRST, Switching

AT_ONCE = 6
MASTER_SERVICE = "/services/my-redis-master"


class Answers(Switching):
    def test_too_many_requests_are_waited_out(self):
        self.cluster.on("PATCH", MASTER_SERVICE, refused(429, "TooManyRequests", ("Retry-After", "1")))
        self.done(self.switch())

    def test_too_many_requests_without_a_word_when_to_come_back(self):
        self.cluster.on("PATCH", MASTER_SERVICE, refused(429, "TooManyRequests"))
        self.rolled_back(self.switch())

    def test_a_patch_that_fails(self):
        self.cluster.on("PATCH", MASTER_SERVICE, refused(500, "InternalError"))
        self.rolled_back(self.switch())

    def test_a_patch_whose_connection_is_reset(self):
        self.cluster.on("PATCH", MASTER_SERVICE, broken)
        self.rolled_back(self.switch())

    def test_a_patch_that_was_done_and_not_answered(self):
        def done_unanswered(request) -> bool:
            self.cluster.patch("services", "my-redis-master", json.loads(request.content))
            return broken(request)

        self.cluster.on("PATCH", MASTER_SERVICE, done_unanswered)
        self.done(self.switch())

    def test_the_undo_fails_too_and_is_left_to_an_abort(self):
        """The first Service leads to the target, which is no master; neither goes forward nor back."""
        patches = self.cluster.on("PATCH", "/services/", passed, refused(500, "InternalError"), for_ever=True)
        change = self.left_open(self.switch(), "incomplete")
        self.assertEqual([error["hint"] for error in change.result["errors"][1:]], ["redisctl abort"], change)
        patches.clear()
        self.abort()

    def test_a_watch_ends_with_410_in_the_middle(self):
        """As an answer, and as an event of a watch that was well until then."""

        def event(request) -> bool:
            request.close_connection = True
            request.connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n'
                                       b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')
            return True

        # The endpoints follow only when both were seen: a watch is needed, and made anew each time.
        self.cluster.follow_after = 0.6
        watches = self.cluster.on("GET", r"/endpointslices\?.*watch=1", refused(410, "Expired"), event)
        self.done(self.switch())
        self.assertEqual(watches, [], "both came up")


class Login(Switching):
    """A plugin gives a token, the token expires in the middle, and the plugin is asked once more."""

    def authority(self):
        self.keys = self.enterContext(Authority())
        return self.keys

    def setUp(self):
        super().setUp()
        folder = Path(self.cluster.folder.name)
        self.token, self.asked, self.second = folder / "token", folder / "asked", folder / "second"
        self.token.write_text("first")
        script = folder / "login"
        script.write_text(f'#!/bin/sh\necho "$(date +%s.%N)" >> {self.asked}\n[ "$(cat {self.token})" = first ] || . {self.second}\n'
                          f'printf \'{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}\' "$(cat {self.token})"\n')
        script.chmod(0o700)
        self.cluster.required_token = "first"
        plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}
        self.config = self.cluster.kubeconfig({"certificate-authority": self.keys["ca.crt"]}, {"exec": plugin})

    def expire(self, second: str) -> None:
        """From now on only another token is good, and asked for it the plugin does this."""
        self.second.write_text(second)
        self.token.write_text("second")
        self.cluster.required_token = "second"

    def expires(self, step: str, second: str, *arguments):
        """At the beginning of this step."""
        running = self.switch("--settle", "1s", *arguments)
        running.until_event(step, "started")
        self.expire(second)
        return running

    def log_in_again(self) -> None:
        """And the lock of the run that could not give it back runs out."""
        self.second.write_text("")
        self.cluster.change("leases", "redisctl-my-redis", lambda lease: lease["spec"].update(leaseDurationSeconds=1))

    BEFORE = "endpoints-my-redis-master"

    def test_it_is_renewed(self):
        self.done(self.expires(self.BEFORE, ""))

    def test_it_is_renewed_when_the_port_forwards_need_it_first(self):
        """They are made anew with it, whether or not anything else has asked the API server since."""
        running = self.expires(self.BEFORE, "")
        for pod in self.cluster.names:
            self.cluster.cut(pod)
        self.done(running)

    def test_it_expires_when_the_old_master_has_begun_to_hand_over(self):
        """And all tunnels end: that the target was promoted is heard by a new one, with a new token."""

        def action(cluster, _) -> None:
            self.expire("")
            for pod in cluster.names:
                cluster.cut(pod)

        self.cluster.when(FIRST, b"*6\r\n$8\r\nFAILOVER\r\n$2\r\nTO", action)
        self.done(self.switch())

    def gives_up(self, second: str, why: str) -> None:
        change = self.left_open(self.expires(self.BEFORE, second), "incomplete")
        self.assertLess(change.answer.seconds, 40, change)
        self.assertIn(why, change.answer.err, change)
        self.assertEqual(is_master(self.server(FIRST)), True, "nobody was promoted by somebody who may not even undo")
        self.log_in_again()
        self.abort()

    def test_the_login_fails(self):
        """Nothing can be asked any more, and the undo neither: the Services lead to the target, and that is said."""
        self.gives_up("echo no >&2; exit 1", "login failed")

    def test_the_login_hangs(self):
        """It is given a limit, and not once for each question."""
        self.gives_up("exec sleep 1000", "did not end in time")

    def test_the_login_hangs_behind_the_promotion(self):
        """The switch is done, only what tells people is missing."""
        running = self.switch("--settle", "1s")
        self.cluster.when(FIRST, b"*6\r\n$6\r\nCLIENT\r\n$4\r\nKILL", lambda *_: self.expire("exec sleep 1000"))
        change = self.read(running.finish())
        self.assertLess(change.answer.seconds, 40, change)
        self.assertEqual((change.code, change.result["outcome"], change.result["lostBytes"]), (0, "done", 0), change)
        self.assertEqual(len(change.result["warnings"]), 2, change)


if __name__ == "__main__":
    unittest.main()
