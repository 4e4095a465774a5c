"""Completion in real shells, typed with the TAB key: bash and zsh on a terminal, fish by its own `complete -C`; live values from a fake API server and real
Redis servers, within a second, cached for a moment, and silent whatever goes wrong."""
import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from api_server import Fake, listing, status
from keyboard import Keyboard
from objects import pod
from program import REDISCTL, environment
from servers import Authority, Server

ROOT = Path(__file__).resolve().parents[2]
PODS = "/api/v1/namespaces/default/pods"
NAMESPACES = "/api/v1/namespaces"
BLUE, GREEN = (f"arn:aws:eks:eu-west-1:1:cluster/{name}" for name in ("blue", "green"))


class Completing(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="redisctl-test-")))
        self.cache = self.home / "cache" / "redisctl" / "names"

    def env(self, **extra) -> dict:
        path = f"{REDISCTL.parent}:{os.environ['PATH']}"
        return environment(**{"HOME": str(self.home), "PATH": path, "XDG_CACHE_HOME": str(self.home / "cache"), "TERM": "xterm", "PS1": "ready> ", **extra})

    def complete(self, *words: str, **extra) -> list:
        """The words of the line, the last one being typed."""
        since = time.monotonic()
        done = subprocess.run([REDISCTL, "__complete", *words], env=self.env(**extra), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        self.seconds = time.monotonic() - since
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("pa55", done.stdout)
        return done.stdout.splitlines()

    def cluster(self, *pods: dict) -> Fake:
        api = self.enterContext(Fake())
        api.on(PODS, listing("Pod", list(pods or [pod("cache-0"), pod("cache-1")])), optional=True)
        return api.on(NAMESPACES, listing("Namespace", [{"metadata": {"name": name}} for name in ("default", "shop", "shipping")]), optional=True)

    def kubeconfig(self, api: Fake, **user) -> str:
        """With more contexts than the one that is used."""
        file = Path(api.kubeconfig(user=user))
        config = json.loads(file.read_text())
        config["contexts"] += [{"name": name, "context": config["contexts"][0]["context"]} for name in ("prod", BLUE, GREEN, "evil$(touch ran)")]
        file.write_text(json.dumps(config))
        return str(file)


class Live(Completing):
    def test_nodes_and_instances_are_the_pods_and_no_redis_is_asked(self):
        api = self.cluster()
        config = self.kubeconfig(api)
        self.assertEqual(self.complete("ping", "", KUBECONFIG=config), ["cache-0", "cache-1"])
        self.assertEqual(self.complete("failover", "--promote", "cache-1", "--from", "c", KUBECONFIG=config), ["cache-0", "cache-1"])
        self.assertEqual(self.complete("status", "--instance=", "--kubeconfig", config, "--instance="), ["cache"])
        self.assertEqual({(path, headers.get("Upgrade")) for path, _, headers in api.asked}, {(PODS, None)})
        self.assertEqual(api.changes, [])

    def test_namespaces_come_from_the_cluster_and_contexts_from_the_kubeconfig_alone(self):
        api = self.cluster()
        config = self.kubeconfig(api)
        self.assertEqual(self.complete("status", "-n", "sh", "--kubeconfig", "/nonexistent"), [])
        self.assertEqual(self.complete("--kubeconfig", config, "status", "-n", "sh"), ["shipping", "shop"])
        self.assertEqual(self.complete("--kubeconfig=" + config, "status", "--namespace=d"), ["default"])
        asked = len(api.asked)
        self.assertEqual(self.complete("status", "--context", "", KUBECONFIG=config), [BLUE, GREEN, "evil$(touch ran)", "fake", "prod"])
        self.assertEqual(len(api.asked), asked)

    def test_plain_hosts_are_asked_whom_they_follow(self):
        with Server(password="pa55") as master, Server(replica_of=master, password="pa55") as replica:
            replica.wait_linked()
            names = sorted([master.address, replica.address])
            self.assertEqual(sorted(self.complete("promote-replica", "--host", replica.address, "", REDISCLI_AUTH="pa55")), names)
            stats = master.info("commandstats")
            self.assertFalse({f"cmdstat_{name}" for name in ("set", "config|set", "replicaof", "failover", "client|kill")} & set(stats))

    def test_another_tab_asks_nobody_until_the_answer_is_old(self):
        api = self.cluster()
        config = self.kubeconfig(api, token="pa55-of-the-test")
        for _ in range(3):
            self.assertEqual(self.complete("ping", "", KUBECONFIG=config), ["cache-0", "cache-1"])
        self.assertEqual(len(api.asked), 1)
        file, = self.cache.iterdir()
        self.assertEqual((stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(self.cache.stat().st_mode)), (0o600, 0o700))
        self.assertNotIn("pa55", file.read_text())
        os.utime(file, (time.time() - 11, time.time() - 11))
        self.assertEqual(self.complete("status", "-n", "s", KUBECONFIG=config), ["shipping", "shop"])
        self.assertFalse(file.exists(), "what is old goes")

    def test_a_cache_that_others_could_have_written_is_not_believed(self):
        config = self.kubeconfig(self.cluster())
        self.complete("ping", "", KUBECONFIG=config)
        file, = self.cache.iterdir()
        file.write_text(file.read_text().replace("cache-1", "cache-9"))
        self.assertEqual(self.complete("ping", "", KUBECONFIG=config), ["cache-0", "cache-9"])
        file.chmod(0o644)
        self.assertEqual(self.complete("ping", "", KUBECONFIG=config), ["cache-0", "cache-1"])

    def test_no_home_and_a_full_one_are_as_good(self):
        config = self.kubeconfig(self.cluster())
        for place in ("/dev/full/x", "/proc/nowhere", "relative"):
            self.assertEqual(self.complete("ping", "", KUBECONFIG=config, XDG_CACHE_HOME=place, HOME=""), ["cache-0", "cache-1"])

    def test_names_that_would_speak_to_the_terminal_are_left_out(self):
        api = self.cluster().on(NAMESPACES, listing("Namespace", [{"metadata": {"name": name}} for name in ("good", "\x1b[31mred", "two\nlines")]))
        self.assertEqual(self.complete("status", "-n", "", KUBECONFIG=self.kubeconfig(api)), ["good"])

    def test_what_goes_wrong_is_silent(self):
        api = self.cluster().on(NAMESPACES, status(403, "Forbidden", "not you"))
        config = self.kubeconfig(api)
        broken = self.home / "broken"
        broken.write_text("{")
        for words in (["status", "-n", ""], ["status", "--nonsense", ""], ["nonsense", ""], ["--context", "nonsense", "ping", ""], ["ping", "-A", "-n", "x", ""],
                      ["ping", "--kubeconfig", str(broken), ""], ["ping", "--", ""], []):
            with self.subTest(words):
                self.assertEqual(self.complete(*words, KUBECONFIG=config), [])
        self.assertEqual(self.complete("ping", "--host", "127.0.0.1:1", ""), ["127.0.0.1:1"], "what was named is a node, dead or alive")
        self.assertFalse(self.cache.exists() and list(self.cache.iterdir()), "no failure is kept")

    def test_nothing_takes_more_than_a_second(self):
        plugin = self.home / "plugin"
        plugin.write_text(f"#!/bin/sh\necho $$ >{self.home}/pid\nexec sleep 60\n")
        plugin.chmod(0o755)
        authority = self.enterContext(Authority())
        silent = self.enterContext(Fake(authority))
        silent.on(PODS, lambda request: time.sleep(5), optional=True)
        trust = {"certificate-authority": authority["ca.crt"]}
        slow = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "IfAvailable"}
        with Server() as frozen:
            frozen.freeze()
            for what, (words, offered) in {"API server": (["--kubeconfig", silent.kubeconfig(trust), "ping", ""], []), "Redis": (["ping", "--host", frozen.address, ""], [frozen.address]),
                                           "plugin": (["--kubeconfig", silent.kubeconfig(trust, {"exec": slow}), "ping", ""], [])}.items():
                with self.subTest(what):
                    self.assertEqual(self.complete(*words), offered)
                    self.assertLess(self.seconds, 1.3, "a second, and what starting it took")
        pid = (self.home / "pid").read_text().strip()
        self.assertFalse(Path(f"/proc/{pid}").exists(), "the plugin was ended")

    def test_kubectl_gets_its_own_last_line(self):
        config = self.kubeconfig(self.cluster())
        for words, expected in {("ping", "cache-1"): ["cache-1", ":4"], ("status", "--kubeconfig", ""): [":0"], ("status", "-o", "j"): ["json", ":4"]}.items():
            done = subprocess.run([REDISCTL, "__complete_for_kubectl", *words], env=self.env(KUBECONFIG=config), capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stdout.splitlines(), done.stderr), (0, expected, ""))


class Known(Completing):
    """What the table of commands knows, without a script: kubectl's way."""

    def test_words_flags_and_choices(self):
        for line, expected in {"repl": ["replica-lag", "replication-info"], "-n x statu": ["status"], "status -o j": ["json"], "status --output=y": ["yaml"], "--via=d": ["direct"],
                               "lag --max": ["--max-bytes", "--max-seconds"], "redis-status --fail-on w": ["warning"], "haproxy ": ["check", "generate"],
                               "-n x haproxy g": ["generate"], "haproxy check --off": ["--offline"], "sentinel ch": ["check"], "sentinel -n x check --fail": ["--fail-on"],
                               "completion ": ["bash", "zsh", "fish"], "schema ReplicaL": ["ReplicaLag"], "explain NO_M": ["NO_MASTER"], "completion bash ": []}.items():
            with self.subTest(line):
                self.assertEqual([offer.split("\t")[0] for offer in self.complete(*line.split(" "))], expected)

    def test_it_is_not_in_the_help(self):
        done = subprocess.run([REDISCTL, "--help"], env=self.env(), capture_output=True, text=True, timeout=30)
        self.assertNotIn("__complete", done.stdout)


class Shells(Completing):
    def shell(self, name: str, **extra) -> Keyboard:
        if not shutil.which(name):
            self.skipTest(f"{name} is not installed")
        options = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[name]
        keyboard = self.enterContext(Keyboard([name, *options], self.env(**extra)))
        keyboard.wait_for("ready> ")
        if name == "zsh":
            keyboard.type("PS1='ready> '; autoload -U compinit && compinit -u -D; echo now com''pletes\r")
            keyboard.wait_for("now completes", "ready> ")
        keyboard.type(f"source {ROOT}/completions/{'redisctl.bash' if name == 'bash' else '_redisctl'}; echo sou''rced\r")
        keyboard.wait_for("sourced", "ready> ")
        return keyboard

    def offered(self, keyboard: Keyboard, line: str, expected: str) -> None:
        """TAB at the end of the line makes it this one. Only at a prompt: keys that are there before it are taken as pasted."""
        keyboard.type(line + "\t")
        try:
            keyboard.wait_for(expected, seconds=20)
        finally:
            self.clear(keyboard)

    def clear(self, keyboard: Keyboard) -> None:
        keyboard.type("\x15echo cle''ared\r")  # Ctrl-U; the next line begins anew
        keyboard.wait_for("cleared", "ready> ")

    def check_lines(self, shell: str) -> None:
        config = self.kubeconfig(self.cluster())
        with Server() as master:
            keyboard = self.shell(shell, KUBECONFIG=config)
            for line, expected in {"redisctl replication-": "redisctl replication-info ",
                                   "redisctl status -o j": "redisctl status -o json ",
                                   "redisctl status --output=js": "redisctl status --output=json",
                                   "redisctl status -n ship": "redisctl status -n shipping ",
                                   "redisctl status --namespace=ship": "redisctl status --namespace=shipping",
                                   "redisctl ping --instance=": "redisctl ping --instance=cache",
                                   "redisctl ping --instance ca": "redisctl ping --instance cache ",
                                   "redisctl promote-replica ca": "redisctl promote-replica cache-",
                                   "redisctl --context pr": "redisctl --context prod ",
                                   f"redisctl ping --host {master.address} 127.0": f"redisctl ping --host {master.address} {master.address} ",
                                   f"redisctl --host {master.address} replica-l": f"redisctl --host {master.address} replica-lag ",
                                   f"redisctl --context {BLUE[:-2]}": f"redisctl --context {BLUE} ",
                                   "redisctl haproxy che": "redisctl haproxy check "}.items():
                with self.subTest(line):
                    self.offered(keyboard, line, expected)
        self.assertFalse((Path.cwd() / "ran").exists())

    def test_bash(self):
        self.check_lines("bash")

    def test_zsh(self):
        self.check_lines("zsh")

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not installed")
        config = self.kubeconfig(self.cluster())
        with Server() as master:
            for line, expected in {"redisctl replication-": ["replication-info"], "redisctl status -n sh": ["shipping", "shop"], "redisctl status --namespace=ship": ["--namespace=shipping"],
                                   "redisctl ping --instance=": ["--instance=cache"],
                                   "redisctl ping --instance ca": ["cache"], "redisctl ping cache-": ["cache-0", "cache-1"], "redisctl status --context pr": ["prod"],
                                   "redisctl status --context arn:aws:eks:eu-west-1:1:cluster/b": [BLUE], f"redisctl ping --host {master.address} 127.0": [master.address]}.items():
                with self.subTest(line):
                    done = subprocess.run(["fish", "--no-config", "-c", f"source {ROOT}/completions/redisctl.fish; complete -C '{line}'"], env=self.env(KUBECONFIG=config),
                                          capture_output=True, text=True, timeout=30)
                    self.assertEqual(sorted(offer.split("\t")[0] for offer in done.stdout.splitlines()), expected, done.stderr)

    def test_bash_quotes_what_a_name_would_run(self):
        keyboard = self.shell("bash", KUBECONFIG=self.kubeconfig(self.cluster()))
        self.offered(keyboard, "redisctl --context ev", r"redisctl --context evil\$\(touch\ ran\) ")


if __name__ == "__main__":
    unittest.main()
