"""`label sync` before a fake cluster and real servers: pods get the role labels that their Redis gives them, and the Services follow."""
import json
import signal
import unittest

from api_server import Answer
from changing import PASSWORD, Changing
from cluster import NAME, Cluster, refused
from program import redisctl
from servers import eventually

FIRST, SECOND, THIRD = (f"{NAME}-{i}" for i in range(3))
WRITE = f"{NAME}-master"
KEY = "isMaster"


class LabelSync(Changing):
    def setUp(self):
        super().setUp()
        self.servers = self.system(f"masterauth {PASSWORD}", password=PASSWORD)
        self.cluster = self.enterContext(Cluster(self.servers))
        self.config = self.cluster.kubeconfig()
        # As Bitnami's master Service: led by a label that somebody else moves.
        for name in (NAME, WRITE):
            self.cluster.change("services", name, lambda service: service["spec"].update(selector={"app.kubernetes.io/instance": NAME, KEY: "true"}))

    def label(self, **values: str) -> None:
        for pod, value in zip((FIRST, SECOND, THIRD), (values.get("first"), values.get("second"), values.get("third"))):
            def set_it(thing, value=value):
                thing["metadata"]["labels"].pop(KEY, None)
                if value is not None:
                    thing["metadata"]["labels"][KEY] = value
            self.cluster.change("pods", pod, set_it)

    def labels(self) -> list:
        return [self.cluster.get("pods", pod)["metadata"]["labels"].get(KEY) for pod in (FIRST, SECOND, THIRD)]

    def sync(self, *arguments, code: int = 0, outcome: str = "done"):
        return self.finished(self.start("label sync", "--kubeconfig", self.config, "--via", "port-forward", *arguments), code, outcome)

    def assert_led(self) -> None:
        eventually("the Services lead to the master", lambda: self.cluster.leads_to() == {NAME: [FIRST], WRITE: [FIRST]})
        self.assertEqual(self.cluster.lease()["holder"], "")
        self.assert_journals_closed()

    def test_nobody_has_it(self):
        """A total outage of writes: the Service leads to nothing."""
        self.assertEqual(self.cluster.leads_to()[WRITE], [])
        change = self.sync("--yes")
        self.assertEqual(change.steps(), [f"label-{KEY}-{FIRST}", f"endpoints-{NAME}", f"endpoints-{WRITE}"])
        self.assertEqual(change.result["achieved"], [f"pod {FIRST} has {KEY}=true"])
        # A replica without it is how a fresh pod is.
        self.assertEqual(self.labels(), ["true", None, None])
        self.assert_led()

    def test_two_have_it(self):
        """Half of the writes go to a replica. The wrong one loses it first."""
        self.label(first="true", second="true", third="false")
        change = self.sync("--yes")
        self.assertEqual(change.steps()[0], f"label-{KEY}-{SECOND}")
        self.assertEqual(self.labels(), ["true", "false", "false"])
        self.assert_led()

    def test_a_replica_has_it(self):
        self.label(first="false", second="true")
        change = self.sync("--yes")
        self.assertEqual(change.steps()[:2], [f"label-{KEY}-{SECOND}", f"label-{KEY}-{FIRST}"])
        self.assertEqual(self.labels(), ["true", "false", None])
        self.assert_led()

    def test_all_is_right(self):
        self.label(first="true", second="false", third="false")
        change = self.sync("--yes", outcome="noop")
        self.assertEqual((change.events, self.cluster.changes), ([], []))

    def test_a_dry_run_shows_each_label_and_changes_nothing(self):
        self.label(first="false", second="true")
        answer = redisctl("label", "sync", "--kubeconfig", self.config, "--via", "port-forward", "--dry-run")
        self.assertEqual(answer.code, 0, answer)
        for said in (f"{SECOND} is a replica: {KEY} from true to false.", f"{FIRST} is a master: {KEY} from false to true."):
            self.assertIn(said, answer.out)
        self.assertEqual(self.labels(), ["false", "true", None])
        self.assertEqual([change for change in self.cluster.changes if "selfsubject" not in change[1]], [])

    def test_without_consent_nothing_is_changed(self):
        self.label(second="true")
        change = self.sync(code=6, outcome="refused")
        self.assert_says(change, "NOT_CONFIRMED", "there is no terminal", hint="--yes")
        self.assertEqual(self.labels(), [None, "true", None])

    def test_two_masters_are_nothing_for_labels(self):
        self.servers[1].command("REPLICAOF", "NO", "ONE")
        change = self.sync("--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "label sync is refused by: one-master", cause=f"{FIRST}, {SECOND}, and it must be: exactly one", hint="redisctl heal")
        self.assertEqual(self.labels(), [None, None, None])

    def test_a_silent_node_may_be_a_master_too(self):
        self.cluster.on("GET", f"/pods/{THIRD}/portforward", refused(500, "error dialing backend: no route to host"), for_ever=True)
        change = self.sync("--yes", "--timeout", "2s", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "label sync is refused by: nodes-answer", cause=f"silent: {THIRD}")
        self.assertEqual(self.labels(), [None, None, None])
        self.sync("--yes", "--timeout", "2s", "--override", "nodes-answer")
        self.assertEqual(self.labels(), ["true", None, None])

    def test_no_permission_is_told_before(self):
        def denied(request) -> bool:
            asked = json.loads(request.content)["spec"]["resourceAttributes"]
            if (asked["verb"], asked["resource"]) != ("patch", "pods"):
                return False
            self.cluster.say(request, Answer(201, {"kind": "SelfSubjectAccessReview", "spec": {}, "status": {"allowed": False}}))
            return True

        self.cluster.on("POST", "/selfsubjectaccessreviews", denied, for_ever=True)
        change = self.sync("--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "label sync is refused by: permissions", cause="denied: patch pods")
        self.assertEqual(self.labels(), [None, None, None])

    def test_a_patch_that_fails_is_taken_back(self):
        self.label(first="false", second="true")
        self.cluster.on("PATCH", f"/pods/{FIRST}", refused(500, "InternalError"))
        change = self.sync("--yes", code=8, outcome="rolled-back")
        self.assertTrue(change.result["errors"], change)
        self.assertEqual(self.labels(), ["false", "true", None])
        self.assert_journals_closed()

    def test_killed_and_resumed(self):
        self.label(first="false", second="true")
        # It hangs before the second label, and dies there.
        running = None

        def die(request) -> bool:
            running.process.send_signal(signal.SIGKILL)
            request.close_connection = True
            return True

        self.cluster.on("PATCH", f"/pods/{FIRST}", die)
        running = self.start("label sync", "--kubeconfig", self.config, "--via", "port-forward", "--yes")
        running.finish()
        self.assertEqual(self.labels(), ["false", "false", None])
        self.finished(self.start("resume", "--kubeconfig", self.config, "--via", "port-forward", "--yes"), 0, "done")
        self.assertEqual(self.labels(), ["true", "false", None])
        self.assert_led()

    def test_plain_hosts_have_none(self):
        answer = redisctl("label", "sync", "--host", self.servers[0].address)
        self.assertEqual((answer.code, answer.out), (3, ""), answer)
        self.assertIn("redisctl: error: plain hosts have no labels\n", answer.err)


if __name__ == "__main__":
    unittest.main()
