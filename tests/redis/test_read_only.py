"""--read-only and REDISCTL_READ_ONLY: every command that changes something refuses, also one that is written tomorrow."""
import re
import unittest

from asking import Asking
from program import redisctl
from servers import Server

# What a command needs to be understood; a new one that needs something is to be added here.
ARGUMENTS = {"config set": ["hz", "20"], "flush": ["--all"], "heal": ["--apply"], "promote-replica": ["127.0.0.1:2"], "resync-replica": ["127.0.0.1:2"],
             "restore rdb": ["dump.rdb"], "restore all": ["20261122T033000Z-1a2b3c4d"], "restore aof": ["appendonlydir"], "restore config": ["20261122T033000Z-1a2b3c4d"], "snapshot restore": ["data-redis-0-1"],
             "upgrade run": ["--image", "redis:7"]}


def changing() -> list:
    """The commands that the help lists as changing something."""
    section = redisctl("--help").out.partition("\nChange (")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+(?: \S+)?)  +[A-Z]", section, re.MULTILINE)


class ReadOnly(Asking):
    def test_every_changing_command_refuses(self):
        commands = changing()
        self.assertGreater(len(commands), 15)
        self.assertEqual(set(ARGUMENTS) - set(commands), set())
        with Server() as server:
            server.command("SET", "key", "value")
            before = server.info("commandstats")
            for command in commands:
                for flags, env in ((["--read-only"], {}), ([], {"REDISCTL_READ_ONLY": "1"})):
                    with self.subTest(command=command, flags=flags):
                        words = [*command.split(), *ARGUMENTS.get(command, []), "--host", server.address, *flags]
                        answer = self.ask(*words, code=6, env=env)
                        self.assertIn("nothing is changed from here", answer.err)
                        self.assertIn("--read-only is given" if flags else "REDISCTL_READ_ONLY is set", answer.err)
                        document = self.ask(*words, "--json", code=6, env=env).document
                        errors = document["errors"] or document["items"][0]["errors"]
                        self.assertEqual(errors[0]["code"], "READ_ONLY")
            self.assertEqual(set(server.info("commandstats")) - set(before), {"cmdstat_info"} - set(before))

    def test_a_plan_is_no_change(self):
        with Server() as server:
            for words in (["flush", "--all", "--dry-run"], ["config", "set", "hz", "20", "--dry-run"], ["heal"]):
                self.ask(*words, "--host", server.address, "--read-only")

    def test_0_allows_it(self):
        with Server() as server:
            self.ask("config", "set", "hz", "20", "--yes", "--host", server.address, env={"REDISCTL_READ_ONLY": "0"})
            self.assertEqual(server.command("CONFIG", "GET", "hz")[1], b"20")


if __name__ == "__main__":
    unittest.main()
