"""Every looking command on a healthy system: exit 0, text for people, and a document that fits its own schema."""
from world import systems
from world.program import Asking

KINDS = {
    "replication-info": "ReplicationInfo", "master-info": "MasterInfo", "replica-lag": "ReplicaLag", "role": "Role", "ping": "Ping",
    "pods": "PodList", "status": "Status", "info": "Info", "version": "Version",
}


def setUpModule():
    global SB, LOOK
    SB = systems.need(systems.SB)
    LOOK = ["-n", SB.namespace]


class EveryCommand(Asking):
    def test_documents(self):
        for command, kind in KINDS.items():
            with self.subTest(command=command):
                document = self.document(command, kind, *LOOK)
                self.assertEqual(document["errors"], [])
                self.assertTrue(document["items"])

    def test_text(self):
        for command in KINDS:
            for form in ("table", "wide", "name", "yaml"):
                with self.subTest(command=command, form=form):
                    answer = self.ask(command, *LOOK, "-o", form)
                    self.assertIn("my-redis", answer.out, answer)
                    self.assertNotIn("\x1b", answer.out, "colour goes to terminals only")

    def test_no_headers(self):
        with_headers = self.ask("role", *LOOK).out.splitlines()
        without = self.ask("role", *LOOK, "--no-headers").out.splitlines()
        self.assertLess(len(without), len(with_headers))


class Answers(Asking):
    def test_role_of_one_node(self):
        answer = self.ask("role", "my-redis-1", *LOOK)
        self.assertIn("replica", answer.out)
        self.assertNotIn("my-redis-2", answer.out)
        unknown = self.ask("role", "my-redis-7", *LOOK, code=3)
        self.assertIn("my-redis-7", unknown.err)

    def test_replica_lag_within_its_limits(self):
        self.ask("replica-lag", *LOOK, "--max-bytes", "1MiB", "--max-seconds", "30s")

    def test_a_limit_without_its_unit_is_wrong_usage(self):
        answer = self.ask("replica-lag", *LOOK, "--max-bytes", "many", code=2)
        self.assertIn("--max-bytes", answer.err)

    def test_info_of_one_section(self):
        answer = self.ask("info", "memory", *LOOK)
        self.assertIn("used_memory", answer.out)
        self.assertNotIn("connected_slaves", answer.out)

    def test_contradictions_name_both(self):
        for flags in (["--json", "-o", "yaml"], ["--host", "127.0.0.1:1", "-n", "x"], ["--host", "127.0.0.1:1", "-A"]):
            with self.subTest(flags=flags):
                answer = self.ask("role", *flags, code=2)
                for flag in (f for f in flags if f.startswith("-")):
                    self.assertIn(flag, answer.err.replace("--namespace", "-n").replace("--all-namespaces", "-A").replace("--output", "-o"), answer)

    def test_the_client_alone_opens_nothing(self):
        self.ask("version", "--client", kubeconfig="/nonexistent")
        self.assertEqual(len(self.ask("--version", kubeconfig="/nonexistent").out.splitlines()), 1)
