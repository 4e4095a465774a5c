"""Who may look: the minimal Role, Roles that lack a verb, tokens and exec plugins."""
import json

from world import people, systems
from world.program import Asking


def setUpModule():
    global SB
    SB = systems.need(systems.SB)


class MinimalRole(Asking):
    """docs/rbac.yaml is enough for everything that looks, and no more than that."""

    def test_every_looking_command(self):
        viewer = people.with_token("viewer", SB.namespace)
        for command in ("replication-info", "master-info", "replica-lag", "role", "ping", "pods", "status", "info", "version"):
            with self.subTest(command=command):
                answer = self.ask(command, kubeconfig=viewer)
                self.assertNotIn("forbidden", answer.said.lower(), answer)

    def test_all_witnesses_are_heard(self):
        instance = self.only(self.document("replication-info", "ReplicationInfo", kubeconfig=people.with_token("viewer", SB.namespace))["items"])
        self.assertEqual(instance["master"], "my-redis-0")
        self.assertIn("service", {w["source"] for w in instance["witnesses"]})

    def test_nothing_beyond_the_namespace(self):
        viewer = people.with_token("viewer", SB.namespace)
        answer = self.ask("replication-info", "-A", kubeconfig=viewer, code=5)
        self.assertIn("pods", answer.err)


class MissingVerb(Asking):
    """Exit 5; what is missing is named as RBAC names it, and the rule to add is printed."""

    def test_list_of_pods(self):
        self.missing("no-list", "list", "pods")

    def test_port_forward(self):
        self.missing("no-portforward", "get", "pods/portforward")

    def test_port_forward_that_may_only_be_created(self):
        self.missing("create-only", "get", "pods/portforward")

    def missing(self, account: str, verb: str, resource: str) -> None:
        config = people.with_token(account, SB.namespace)
        answer = self.ask("replication-info", kubeconfig=config, code=5)
        self.assertIn(resource, answer.err, answer)
        self.assertRegex(answer.err.lower(), "forbidden|not permitted|may not|cannot", answer)
        self.assertRegex(answer.err, rf"resources: *\[\"?{resource}\"?\]|resources:\s*- *{resource}", "the rule to add")
        self.assertRegex(answer.err, rf"verbs: *\[[^\]]*{verb}[^\]]*\]", "the rule to add")
        document = self.document("replication-info", "ReplicationInfo", kubeconfig=config, code=5)
        self.assertIn(resource, " ".join(f"{e['message']} {e['cause']} {e['hint']}" for e in document["errors"]))

    def test_the_secret_with_the_password(self):
        config = people.with_token("no-secrets", SB.namespace)
        answer = self.ask("replication-info", kubeconfig=config, code=5)
        self.assertIn("secrets", answer.err, answer)
        self.assertRegex(answer.err, r"verbs: *\[[^\]]*get[^\]]*\]", answer)
        # With the password from elsewhere the same person may look.
        self.document("replication-info", "ReplicationInfo", "--password-stdin", text_in=systems.PASSWORD, kubeconfig=config)

    def test_pods_needs_no_more_than_the_list(self):
        self.document("pods", "PodList", kubeconfig=people.with_token("no-portforward", SB.namespace))


class Users(Asking):
    def test_exec_plugin(self):
        config = people.with_plugin("viewer", SB.namespace)
        before = len(people.plugin_runs("viewer"))
        instance = self.only(self.document("replication-info", "ReplicationInfo", kubeconfig=config)["items"])
        self.assertEqual(instance["master"], "my-redis-0")
        runs = people.plugin_runs("viewer")[before:]
        self.assertEqual(len(runs), 1, "once is enough for all requests of one command")
        self.assertEqual((runs[0]["kind"], runs[0]["spec"]["interactive"]), ("ExecCredential", False))

    def test_exec_plugin_that_is_not_there(self):
        answer = self.ask("replication-info", kubeconfig=people.with_broken_plugin(SB.namespace), code=5)
        self.assertIn("no-such-login-program", answer.err)
        self.assertIn("install it from the intranet", answer.err)

    def test_a_token_that_nobody_knows(self):
        config = people.written("nobody", {"token": "not-a-token"}, SB.namespace)
        answer = self.ask("replication-info", kubeconfig=config, code=5)
        self.assertRegex(answer.err.lower(), "401|unauthori[sz]ed|credentials")

    def test_a_token_from_a_file(self):
        (systems.FOLDER / "token").write_text(people.token_of("viewer", SB.namespace) + "\n")
        self.ask("role", kubeconfig=people.written("token-file", {"tokenFile": "token"}, SB.namespace))

    def test_certificate_files_beside_the_kubeconfig(self):
        config = people.with_certificate_files(SB.namespace)
        if config is None:
            self.skipTest("the administrator of this cluster has no client certificate")
        self.ask("role", kubeconfig=config)

    def test_impersonation(self):
        account = f"system:serviceaccount:{SB.namespace}:"
        self.ask("role", "-n", SB.namespace, "--as", account + "viewer")
        answer = self.ask("role", "-n", SB.namespace, "--as", account + "no-list", code=5)
        self.assertIn("no-list", answer.err)

    def test_two_files_are_merged(self):
        """Context and cluster in one file, the user in the other, and a third that is not there."""
        whole = json.loads(people.with_token("viewer", SB.namespace).read_text())
        first, second = systems.FOLDER / "first.kubeconfig", systems.FOLDER / "second.kubeconfig"
        first.write_text(json.dumps({k: v for k, v in whole.items() if k != "users"}))
        second.write_text(json.dumps({k: v for k, v in whole.items() if k in ("apiVersion", "kind", "users")}))
        self.assertIn("master", self.ask("role", kubeconfig=f"{first}:{systems.FOLDER}/missing:{second}").out)


class Wrong(Asking):
    def test_no_kubeconfig(self):
        answer = self.ask("replication-info", kubeconfig="/nonexistent/kubeconfig", code=2)
        self.assertIn("kubeconfig", answer.err.lower())

    def test_an_unknown_context(self):
        answer = self.ask("replication-info", "--context", "prodution", code=2)
        self.assertIn("prodution", answer.err)

    def test_a_server_that_is_not_there(self):
        config = people.written("away", {"token": "x"}, SB.namespace)
        config.write_text(config.read_text().replace(people.administrator()["clusters"][0]["cluster"]["server"], "https://127.0.0.1:1"))
        answer = self.ask("replication-info", kubeconfig=config, code=4)
        self.assertIn("127.0.0.1:1", answer.err)
