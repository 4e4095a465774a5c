"""What is made from the table of commands and committed is what redisctl makes now: completions, man pages, help texts, the findings.

UPDATE_GOLDEN=1 writes the files instead of comparing them; git shows what changed.
"""
import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from program import REDISCTL, environment

ROOT = Path(__file__).resolve().parents[2]
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
COMPLETIONS = {"bash": "redisctl.bash", "zsh": "_redisctl", "fish": "redisctl.fish"}


def answer(*words: str) -> str:
    done = subprocess.run([REDISCTL, *words], env=environment(), capture_output=True, text=True, timeout=30)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"redisctl {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def commands() -> list:
    return [page.removeprefix("redisctl-").removesuffix(".1") for page in answer("man").split() if page.startswith("redisctl-") and page.endswith(".1")]


class Generated(unittest.TestCase):
    maxDiff = None

    def check_folder(self, folder: str, expected: dict) -> None:
        place = ROOT / folder
        if UPDATE:
            for old in place.iterdir():
                old.unlink()
            for name, text in expected.items():
                (place / name).write_text(text, encoding="utf-8")
        self.assertEqual(sorted(path.name for path in place.iterdir()), sorted(expected))
        for name, text in expected.items():
            with self.subTest(file=f"{folder}/{name}"):
                self.assertEqual((place / name).read_text(encoding="utf-8"), text)

    def test_completions_are_fresh(self):
        self.check_folder("completions", {file: answer("completion", shell) for shell, file in COMPLETIONS.items()})

    def test_man_pages_are_fresh(self):
        self.check_folder("man", {page: answer("man", page) for page in answer("man").split()})

    def test_help_texts_are_as_agreed(self):
        texts = {"help.txt": answer("--help"), "help-flags.txt": answer("help", "flags"), "help-exit-codes.txt": answer("help", "exit-codes")}
        self.check_folder("tests/golden", texts | {f"help-{command}.txt": answer(command, "--help") for command in commands()})

    def test_the_findings_are_documented_as_explain_has_them(self):
        headings = {}
        for item in json.loads(answer("explain", "--json"))["items"]:
            severity = f"{item['severity']}; {item['except']}" if item["except"] else item["severity"]
            paste = ", ".join(f"`{line}`" for line in item["paste"])
            headings.setdefault(item["about"], []).append(f"| `{item['code']}` | {severity} | {item['means']} | {item['look'] or ''} | {paste} |\n".replace("  ", " "))
        head = "| code | severity | what it means | what to look at or to do | what to paste |\n|---|---|---|---|---|\n"
        made = "".join(f"\n## {heading}\n\n{head}{''.join(rows)}" for heading, rows in headings.items())
        file = ROOT / "docs" / "findings.md"
        introduction, _, _ = file.read_text(encoding="utf-8").partition("\n## ")
        if UPDATE:
            file.write_text(introduction + made, encoding="utf-8")
        self.assertEqual(file.read_text(encoding="utf-8"), introduction + made)

    def test_help_is_the_same_however_it_is_asked_for(self):
        self.assertEqual(answer("--help"), answer())
        self.assertEqual(answer("--help"), answer("help"))
        for family in ("haproxy",):
            self.assertEqual(answer(family), answer("help", family))
            self.assertEqual(answer(family, "check", "-h"), answer("help", family, "check"))
        for command in commands():
            self.assertEqual(answer(command, "-h"), answer("help", command))
            self.assertEqual(answer("--help", command), answer("help", command))

    def test_no_line_of_help_is_wider_than_a_page(self):
        for words in [["--help"], ["help", "flags"], ["help", "exit-codes"], *([command, "--help"] for command in commands())]:
            for line in answer(*words).splitlines():
                self.assertLessEqual(len(line), 100, line)
                self.assertEqual(line, line.rstrip())

    def test_schemas_are_json(self):
        kinds = answer("schema").split()
        self.assertEqual(kinds, sorted(kinds))
        for kind in kinds:
            self.assertEqual(json.loads(answer("schema", kind))["title"], kind)

    def test_the_version_is_one_line(self):
        version = next(line.split()[2] for line in (ROOT / "CMakeLists.txt").read_text().splitlines() if line.startswith("project("))
        self.assertEqual(answer("--version"), f"redisctl {version}\n")


class Scripts(unittest.TestCase):
    def complete(self, line: str) -> list:
        """What bash offers at the end of the line; its words are split as readline splits them."""
        words = line.replace("=", " = ").split(" ") if "=" in line else line.split(" ")
        script = f"""
            source <("$REDISCTL" completion bash)
            COMP_LINE='{line}'
            COMP_WORDS=({' '.join(f"'{word}'" for word in words)})
            COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            _redisctl
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(["bash", "--norc", "-c", script], env=environment(REDISCTL=str(REDISCTL)), capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_bash_offers_what_fits(self):
        for line, expected in {"redisctl repl": ["replica-lag", "replication-info"],
                               "redisctl -n x statu": ["status"],
                               "redisctl -o ": ["table", "wide", "json", "yaml", "name"],
                               "redisctl status -o j": ["json"],
                               "redisctl status --output=y": ["yaml"],
                               "redisctl --via=": ["auto", "port-forward", "direct"],
                               "redisctl lag --max": ["--max-bytes", "--max-seconds"],
                               "redisctl redis-status --fail-on w": ["warning"],
                               "redisctl role --fail": [],
                               "redisctl hap": ["haproxy"],
                               "redisctl haproxy ": ["check", "generate"],
                               "redisctl -n x haproxy g": ["generate"],
                               "redisctl haproxy generate --wri": ["--write-port"],
                               "redisctl haproxy check --off": ["--offline"],
                               "redisctl sentinel ": ["masters", "replicas", "sentinels", "check", "reset", "sync"],
                               "redisctl -n x sentinel ch": ["check"],
                               "redisctl sentinel -n x check --fail": ["--fail-on"],
                               "redisctl sentinel reset --ov": ["--override"],
                               "redisctl sentinel --fail": [],
                               "redisctl completion ": ["bash", "zsh", "fish"],
                               "redisctl help exit": ["exit-codes"],
                               "redisctl schema Repl": ["ReplicaLag", "ReplicationInfo"],
                               "redisctl explain NO_M": ["NO_MASTER"],
                               "redisctl man redisctl-statu": ["redisctl-status.1"]}.items():
            with self.subTest(line):
                self.assertEqual(self.complete(line), expected)

    def test_other_shells_can_read_their_scripts(self):
        for shell, file in COMPLETIONS.items():
            with self.subTest(shell):
                if not shutil.which(shell):
                    self.skipTest(f"{shell} is not installed")
                done = subprocess.run([shell, "-n", ROOT / "completions" / file], capture_output=True, text=True, timeout=30)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fish_offers_what_fits(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        for line, expected in {"redisctl repl": ["replica-lag", "replication-info"], "redisctl status -o j": ["json"], "redisctl lag --max-b": ["--max-bytes"], "redisctl role --fail": [],
                               "redisctl haproxy ": ["check", "generate"], "redisctl haproxy check --off": ["--offline"], "redisctl sentinel check --off": [],
                               "redisctl sentinel ": ["check", "masters", "replicas", "reset", "sentinels", "sync"], "redisctl sentinel check --fail": ["--fail-on"], "redisctl sentinel --fail": []}.items():
            with self.subTest(line):
                done = subprocess.run(["fish", "--no-config", "-c", f"source {ROOT}/completions/redisctl.fish; complete -C '{line}'"], capture_output=True, text=True, timeout=30)
                self.assertEqual(sorted(offer.split("\t")[0] for offer in done.stdout.splitlines()), expected)

    def test_man_pages_are_good_roff(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not installed")
        for page in sorted((ROOT / "man").iterdir()):
            with self.subTest(page.name):
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou", page], capture_output=True, text=True, timeout=30)
                self.assertEqual(done.stderr, "")
                self.assertIn("\nNAME\n", done.stdout)

    def test_man_and_mandoc_find_nothing_wrong(self):
        for tool, command in {"mandoc": ["mandoc", "-T", "lint", "-W", "warning"], "man": ["man", "--warnings=w", "-l"]}.items():
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
            for page in sorted((ROOT / "man").iterdir()):
                with self.subTest(page.name, tool=tool):
                    done = subprocess.run([*command, page], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
                    # A page made anew is the same, so it has no date.
                    said = [line for line in (done.stdout if tool == "mandoc" else done.stderr).splitlines() if "missing date" not in line]
                    self.assertEqual(said, [])


if __name__ == "__main__":
    unittest.main()
