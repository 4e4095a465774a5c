"""The table of the make targets: every command in it is one, and a target's own name leads there where it has a successor of that name."""
import shlex
import unittest

from asking import Asking, problems, schema_of


class MakeTargets(Asking):
    def test_every_successor_is_a_command_that_parses(self):
        document = self.ask("make-targets", "--json").document
        self.assertEqual(problems(document, schema_of("MakeTargets")), [])
        self.assertEqual(len(document["items"]), 57)
        for item in document["items"]:
            with self.subTest(target=item["target"]):
                if item["command"] is None:
                    continue
                program, *words = shlex.split(item["command"])
                self.assertEqual(program, "redisctl")
                place = words.index("--") if "--" in words else len(words)
                self.assertIn("Usage:", self.ask(*words[:place], "--help", *words[place:]).out)

    def test_a_target_by_its_own_name(self):
        for target, command in {"redis-health": "doctor", "redis-memory-stats": "memory", "redis-config": "config get", "redis-lastsave": "persistence", "redis-cli": "exec"}.items():
            self.assertIn(f"redisctl {command} ", self.ask(target, "--help").out)

    def test_what_has_no_successor_says_so(self):
        self.assertRegex(self.ask("make-targets").out, r"redis-restore-rdb +redisctl restore rdb FILE")


if __name__ == "__main__":
    unittest.main()
