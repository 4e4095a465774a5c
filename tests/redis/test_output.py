"""Where the answer goes: pipes that close, disks that are full, flags that contradict each other."""
import json
import os
import subprocess
import unittest

from asking import Asking
from program import REDISCTL, environment, redisctl
from servers import Server


def setUpModule():
    global SERVER
    SERVER = unittest.enterModuleContext(Server())


class Output(Asking):
    def test_a_closed_pipe_ends_quietly_with_the_answers_code(self):
        script = '"$0" info --host "$1" | head -n 1; echo "${PIPESTATUS[0]}"'
        done = subprocess.run(["bash", "-c", script, str(REDISCTL), SERVER.address], env=environment(), capture_output=True, text=True, timeout=30)
        self.assertEqual((done.stdout.splitlines()[-1], done.stderr), ("0", ""))

    def test_a_pipe_that_is_closed_before_the_first_byte(self):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as closed:
            answer = self.ask("info", "--host", SERVER.address, "--json", stdout=closed)
        self.assertEqual(answer.err, "")

    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            answer = redisctl("replication-info", "--host", SERVER.address, "--json", stdout=full)
        self.assertEqual(answer.code, 74, answer)
        self.assertIn("No space left on device", answer.err)
        self.assertEqual(len(answer.err.strip().splitlines()), 1 + answer.err.count("hint:") + answer.err.count("cause:"), answer)

    def test_json_is_all_there_is_on_stdout(self):
        answer = self.ask("status", "--host", SERVER.address, "--json", "-v")
        json.loads(answer.out)

    def test_an_error_has_its_envelope_too(self):
        answer = self.ask("role", "nobody", "--host", SERVER.address, "--json", code=3)
        self.assertEqual((answer.document["apiVersion"], answer.document["items"], len(answer.document["errors"])), ("redisctl/v1", [], 1))

    def test_contradictions_are_wrong_usage_and_name_both(self):
        host = ["--host", SERVER.address]
        for arguments, first, second in ((["--json", "-o", "yaml"], "--json", "yaml"), (["-n", "default"], "--host", "-n"), (["-A"], "--host", "-A"),
                                         (["--via", "port-forward"], "--host", "--via")):
            with self.subTest(arguments=arguments):
                answer = self.ask("replication-info", *host, *arguments, code=2)
                self.assertIn(first, answer.err)
                self.assertTrue(second in answer.err or second.replace("-n", "--namespace").replace("-A", "--all-namespaces") in answer.err, answer)
                self.assertEqual(answer.out, "")

    def test_no_kubeconfig_and_no_host_is_wrong_usage(self):
        answer = self.ask("replication-info", code=2)
        self.assertIn("--host", answer.err)

    def test_an_address_that_is_none(self):
        for text in ("127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", ""):
            with self.subTest(text=text):
                self.ask("replication-info", "--host", text, code=2)

    def test_a_time_needs_its_unit(self):
        answer = self.ask("replication-info", "--host", SERVER.address, "--timeout", "5", code=2)
        self.assertIn("5s", answer.err)
