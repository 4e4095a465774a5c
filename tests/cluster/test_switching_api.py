"""The API server misbehaves while the master is moved, and port-forwards break: what is said is true, the Services are right afterwards, nothing is lost."""
import json

from world import systems
from world.between import Between, after, broken, late, refused, unanswered
from world.charts import PODS, SERVICES, Chart, leading_to
from world.kubectl import kubectl
from world.switching import POD_NAME, change_of


class Trouble(Chart):
    def setUp(self):
        super().setUp()
        self.api = self.enterContext(Between())
        self.writer = self.enterContext(self.redis.writer_direct(*PODS, rate=500))

    def switch(self, *arguments, **how):
        return self.begin("failover", "--promote", "my-redis-1", *arguments, kubeconfig=self.api.kubeconfig(self.redis.namespace, **how))

    def ended(self, running, code: int, outcome: str, master: str, services: str = None):
        """The result, and that it is true: who is the master, where the Services lead, and that no acknowledged write is lost."""
        change = change_of(running.end())
        self.assertEqual((change.code, change.result["outcome"]), (code, outcome), change)
        self.assertEqual(self.api.unused(), [], "what was to go wrong did not come up")
        self.assertEqual(self.redis.roles(), self.redis.settled(master))
        selectors = {name: selector[POD_NAME] for name, selector in self.redis.selectors(*SERVICES).items()}
        self.assertEqual(selectors, dict.fromkeys(SERVICES, services or master))
        self.assertEqual(self.writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)
        self.assertEqual({self.redis.ask(pod, "CONFIG", "GET", "min-replicas-to-write")[1] for pod in PODS}, {b"0"})
        return change

    def rolled_back(self, running):
        change = self.ended(running, 8, "rolled-back", "my-redis-0")
        self.assertEqual((change.result["lostBytes"], self.redis.lease()["holder"] or ""), (0, ""), change)
        return change

    def done(self, running):
        change = self.ended(running, 0, "done", "my-redis-1")
        self.assertEqual((change.result["lostBytes"], change.result["errors"], self.redis.lease()["holder"] or ""), (0, [], ""), change)
        return change


class Requests(Trouble):
    def test_a_patch_that_is_too_many_is_tried_again(self):
        self.api.on("PATCH", "/services/my-redis", refused(429, "TooManyRequests", "Retry-After: 1"))
        self.done(self.switch())

    def test_a_patch_that_fails_undoes_what_was_begun(self):
        self.api.on("PATCH", "/services/my-redis-master", refused(500, "InternalError"))
        self.rolled_back(self.switch())

    def test_a_patch_that_was_done_and_not_answered_is_looked_for(self):
        self.api.on("PATCH", "/services/my-redis", unanswered)
        self.api.on("PATCH", "/services/my-redis-master", unanswered)
        self.done(self.switch())

    def test_a_patch_whose_connection_breaks(self):
        self.api.on("PATCH", "/services/my-redis-master", broken)
        self.rolled_back(self.switch())

    def test_a_patch_that_is_answered_late(self):
        self.api.on("PATCH", "/services/my-redis-master", late(4))
        self.done(self.switch())

    def test_a_service_that_somebody_else_changes_at_that_moment_is_left_to_him(self):
        other = json.dumps({"spec": {"selector": {POD_NAME: "my-redis-2"}}})
        self.api.on("PATCH", "/services/my-redis-master", after(lambda: kubectl("patch", "service", "my-redis-master", "-n", self.redis.namespace, "--type=merge", "-p", other)))
        change = change_of(self.switch().end())
        self.assertIn(change.code, (8, 9), change)
        self.assertEqual(self.redis.roles(), self.redis.settled("my-redis-0"))
        self.assertEqual({name: self.redis.selectors(name)[name][POD_NAME] for name in SERVICES}, {"my-redis": "my-redis-0", "my-redis-master": "my-redis-2"})
        self.assertEqual(self.writer.stop(f"{self.redis.ip('my-redis-0')}:6379").lost, 0)

    def test_a_patch_in_conflict(self):
        self.api.on("PATCH", "/services/my-redis", refused(409, "Conflict"))
        self.rolled_back(self.switch())

    def test_annotations_that_cannot_be_written_are_a_warning(self):
        self.api.on("PATCH", "/services/my-redis", lambda exchange: exchange.pass_on(), *[refused(500, "InternalError")] * 2)
        change = self.done(self.switch())
        self.assertEqual(len(change.result["warnings"]), 1, change)
        self.assertEqual((self.redis.drift("my-redis"), bool(self.redis.drift("my-redis-master"))), (None, True))

    def test_a_watch_whose_version_is_gone_begins_anew(self):
        self.api.on("GET", "/endpointslices", lambda exchange: exchange.pass_on(), lambda exchange: exchange.pass_on(), refused(410, "Expired"))
        self.done(self.switch())

    def test_no_port_forward_is_allowed(self):
        self.api.on("GET", "/pods/my-redis-[0-2]/portforward", *[refused(403, "Forbidden")] * 100)
        answer = self.switch().end()
        self.assertEqual(answer.code, 5, answer)
        self.assertEqual((self.redis.roles(), self.redis.selectors(*SERVICES), self.redis.lease()), (self.redis.settled("my-redis-0"), leading_to("my-redis-0"), None))


class PortForwards(Trouble):
    def test_they_break_while_it_waits_and_are_made_anew(self):
        running = self.switch("--settle", "3s")
        running.until("endpoints-my-redis-master", "started")
        self.api.cut()
        self.done(running)

    def test_they_break_in_the_hand_over(self):
        """The word that begins it may have been on its way: it is done, or all is as before, and it is said which."""
        running = self.switch()
        running.until("hand-over", "started")
        self.api.cut()
        if running.end().code == 0:
            self.done(running)
        else:
            self.rolled_back(running)

    def test_they_are_refused_for_a_moment_before_the_hand_over(self):
        running = self.switch("--settle", "3s")
        running.until("endpoints-my-redis-master", "started")
        self.api.on("GET", "/portforward", *[refused(500, "InternalError")] * 2)
        self.api.cut()
        self.done(running)

    def test_they_stay_broken_before_the_hand_over(self):
        """Then it is not begun, and the Services go back."""
        running = self.switch("--settle", "3s")
        running.until("endpoints-my-redis-master", "started")
        self.api.on("GET", "/portforward", *[refused(500, "InternalError")] * 1000)
        self.api.cut()
        answer = running.end()
        self.api.rules.clear()
        self.assertEqual(answer.code, 8, answer)
        self.rolled_back(running)


class Credentials(Trouble):
    def plugin(self) -> dict:
        """A login program that gives the token that is in a file now."""
        self.token = systems.FOLDER / "between.token"
        self.login("first")
        self.api.token = "first"
        script = systems.FOLDER / "between-login"
        script.write_text(f'#!/bin/sh\nprintf \'{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}\' "$(cat {self.token})"\n')
        script.chmod(0o700)
        return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(script), "interactiveMode": "Never"}}

    def login(self, token: str) -> None:
        self.token.write_text(token)

    def test_a_token_that_expires_on_the_way_is_renewed(self):
        running = self.switch("--settle", "2s", user=self.plugin())
        running.until("endpoints-my-redis-master", "started")
        self.login("second")
        self.api.token = "second"
        self.done(running)

    def test_a_login_that_is_not_renewed_any_more_leaves_the_services_to_a_resume(self):
        """Not even the undo is permitted: that is said, and a later resume or abort ends it."""
        running = self.switch("--settle", "2s", user=self.plugin())
        running.until("endpoints-my-redis-master", "started")
        self.api.token = "second"
        change = change_of(running.end())
        self.assertEqual(self.redis.roles()["my-redis-0"] == "master", change.result["outcome"] != "done", change)
        self.assertEqual(change.code, 9, change)
        self.login("second")
        aborted = self.change("abort" if self.redis.roles()["my-redis-0"] == "master" else "resume")
        self.assertIn(aborted.code, (0, 8), aborted)
        master = "my-redis-0" if self.redis.roles()["my-redis-0"] == "master" else "my-redis-1"
        self.assertEqual({name: selector[POD_NAME] for name, selector in self.redis.selectors(*SERVICES).items()}, dict.fromkeys(SERVICES, master))
        self.assertEqual(self.writer.stop(f"{self.redis.ip(master)}:6379").lost, 0)


