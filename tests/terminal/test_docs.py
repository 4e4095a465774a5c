"""Every command that the documents name is one, with flags that it has: each is run, where nothing can be reached."""
import json
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from program import REDISCTL, environment

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
# A line of a code block, after its prompt, its environment and what begins a pipe; or a command in a sentence.
LINE = re.compile(r"^ {4,}(?:\$ )?((?:[A-Z_]+=\S+ )*(?:redisctl|kubectl redisctl) .*)$")
WORDS = re.compile(r"`((?:redisctl|kubectl redisctl) [^`]+)`")
END = {"|", "||", "&&", ";", ">", ">>", "#", "&", "&&", "then", "do"}
# Words in capitals stand for something; so that they parse:
STANDS_FOR = {"HOST:PORT": "127.0.0.1:1", "SIZE": "1MiB", "DURATION": "1s", "N": "1", "KIND": "Status", "CODE": "SPLIT_BRAIN"}


def commands(document: Path) -> list:
    """Each with the number of its line."""
    found = []
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    for number, line in enumerate(text.splitlines(), 1):
        block = LINE.match(line)
        for command in [block[1]] if block else WORDS.findall(line):
            found.append((number, command))
    return found


def words_of(command: str) -> list:
    """Up to where the shell's own words begin; without the program, and without what stands for more of the same."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = []
    for word in lexer:
        if word in END:
            break
        # Nothing comes here, so nothing is waited for.
        words.append("1s" if words[-1:] == ["--timeout"] else STANDS_FOR.get(word, word))
    while not words[0].endswith("redisctl"):
        words.pop(0)
    return [word for word in words[1:] if word != "…"]


# Nobody listens there, in the namespace that the examples run in.
KUBECONFIG = json.dumps({
    "apiVersion": "v1", "kind": "Config", "current-context": "nowhere", "clusters": [{"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "nobody", "user": {}}], "contexts": [{"name": "nowhere", "context": {"cluster": "nowhere", "user": "nobody"}}],
})


class Examples(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.kubeconfig = Path(self.folder, "kubeconfig")
        self.kubeconfig.write_text(KUBECONFIG)
        for state in ("before.json", "FILE", "passphrase"):
            Path(self.folder, state).write_text('{"kind": "UpgradeCheck", "items": []}')
        # In a network namespace of its own nothing leaves this machine, whatever addresses an example names.
        self.apart = ["unshare", "--net", "--map-root-user"]
        self.assertIsNotNone(shutil.which("unshare"))

    def run_apart(self, words: list) -> subprocess.CompletedProcess:
        nowhere = environment(HOME=self.folder, KUBECONFIG=str(self.kubeconfig))
        return subprocess.run([*self.apart, REDISCTL, *words], env=nowhere, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)

    def test_a_flag_that_does_not_exist_is_found_out(self):
        self.assertEqual(self.run_apart(["status", "--no-such-flag"]).returncode, 2)

    def test_every_command_of_the_documents_parses(self):
        seen = 0
        for document in DOCUMENTS:
            for number, command in commands(document):
                # "failover --engine …" in a sentence, and "sentinel [masters|replicas]", are patterns.
                if "[" in command and "|" in command:
                    continue
                seen += 1
                with self.subTest(document=document.name, line=number, command=command):
                    done = self.run_apart(words_of(command))
                    self.assertNotEqual(done.returncode, 2, done.stderr)
        self.assertGreater(seen, 80)


if __name__ == "__main__":
    unittest.main()
