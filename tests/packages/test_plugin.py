"""`kubectl redisctl …`: the same program under the name that kubectl looks for, and the script by which kubectl completes it."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

from api_server import Fake, listing
from objects import pod
from packing import BUILD, SOURCE, folder, tool
from program import environment

# The cluster layer keeps the one that it builds.
KEPT = Path(os.environ.get("REDISCTL_TEST_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "redisctl-tests")


class Plugin(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(folder())
        tool("cmake", "--install", BUILD, "--prefix", self.place)

    def run_one(self, *words, **extra) -> str:
        path = f"{self.place / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(words, env=environment(**{"PATH": path, "HOME": str(self.place), **extra}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_its_help_says_what_the_user_typed(self):
        for words, usage in {("--help",): "kubectl redisctl COMMAND [flags]", ("status", "--help"): "kubectl redisctl status [flags]", ("help", "haproxy"): "kubectl redisctl haproxy COMMAND"}.items():
            with self.subTest(words):
                said = self.run_one("kubectl-redisctl", *words)
                self.assertIn(f"Usage:\n  {usage}", said)
                self.assertNotIn("\n  redisctl ", said)
                self.assertIn("Usage:\n  redisctl ", self.run_one("redisctl", *words))
        self.assertEqual(self.run_one("kubectl-redisctl", "--version"), self.run_one("redisctl", "--version"))

    def test_kubectl_completes_it(self):
        with Fake() as api:
            api.on("/api/v1/namespaces/default/pods", listing("Pod", [pod("cache-0"), pod("cache-1")]))
            config = api.kubeconfig()
            self.assertEqual(self.run_one("kubectl_complete-redisctl", "ping", "", KUBECONFIG=config), "cache-0\ncache-1\n:4\n")
        self.assertEqual(self.run_one("kubectl_complete-redisctl", "status", "-o", "js"), "json\n:4\n")

    def test_the_real_kubectl_starts_and_completes_it(self):
        kubectl = shutil.which("kubectl") or next((str(path) for path in sorted(KEPT.glob("programs/*/kubectl"))), None)
        if not kubectl:
            self.skipTest("there is no kubectl here, nor one that the cluster layer built")
        self.assertIn("kubectl redisctl role [flags]", self.run_one(kubectl, "redisctl", "role", "--help"))
        done = subprocess.run([kubectl, "__complete", "redisctl", "replica-l"], env=environment(PATH=f"{self.place / 'bin'}:{os.environ['PATH']}", HOME=str(self.place)),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.splitlines()[-1], ":4", done.stderr)
        self.assertRegex(done.stdout, r"^replica-lag\t")


class Krew(unittest.TestCase):
    def test_the_template_names_no_place_that_does_not_exist(self):
        text = (SOURCE / "packaging" / "krew" / "redisctl.yaml").read_text()
        self.assertIn("uri: RELEASE_URL\n", text)
        self.assertIn("sha256: RELEASE_SHA256\n", text)
        self.assertNotIn("http", text)
        version = next(line.split()[2] for line in (SOURCE / "CMakeLists.txt").read_text().splitlines() if line.startswith("project("))
        self.assertIn(f"version: v{version}\n", text)


if __name__ == "__main__":
    unittest.main()
