"""packaging/Dockerfile and docs/kubernetes, as far as they go without an engine and a cluster: the last stage's commands in a bare Debian, and what the manifests say.

Not tried here: the first stage, which is the README's build, and the engine's own work. The manifests run in the cluster layer.
"""
import re
import subprocess
import unittest

from packing import BUILD, SOURCE, folder, tool
from program import REDISCTL, environment
from roots import Root

LINES = (SOURCE / "packaging" / "Dockerfile").read_text().replace("\\\n", "").splitlines()
MANIFESTS = SOURCE / "docs" / "kubernetes"


def stages() -> list:
    found = []
    for line in LINES:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        if found and word.isupper():
            found[-1].append((word, rest))
    return found


class Container(unittest.TestCase):
    def test_the_first_stage_builds_as_the_readme_does(self):
        commands = [" ".join(word for word in rest.split() if not word.startswith(("-D", "--parallel", "\"$(nproc)"))) for word, rest in stages()[0] if word == "RUN"]
        for command in commands[:3]:
            self.assertIn(command, (SOURCE / "README.md").read_text())
        self.assertIn("(cd build/release && cpack -G DEB)", (SOURCE / "README.md").read_text())

    def test_the_last_stage_makes_a_root_in_which_it_runs_as_nobody(self):
        last = dict(stages()[-1])
        self.assertEqual(last["FROM"], "debian:12-slim")
        user = last["USER"].split(":")[0]
        with Root("bookworm") as root, folder() as place:
            tool("cpack", "-G", "DEB", "-B", place)
            (root.folder / "tmp/packages").mkdir()
            package, = place.glob("*.deb")
            root.put(package, f"/tmp/packages/{package.name}")
            for word, rest in stages()[-1]:
                if word == "RUN":
                    root.run("sh", "-c", rest)
            self.assertEqual(list((root.folder / "tmp").iterdir()), [])
            self.assertEqual((root.folder / "state").stat().st_uid, int(user))
            said = root.run("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "redisctl", "--version").stdout
            self.assertRegex(said, r"^redisctl \d")


class Manifests(unittest.TestCase):
    def test_what_they_run_is_a_command_with_flags_that_it_takes(self):
        for file in ("job.yaml", "cronjob.yaml"):
            with self.subTest(file):
                args = re.search(r"args: \[(.*)\]", (MANIFESTS / file).read_text())[1]
                words = [word.strip().strip('"') for word in args.split(",")]
                done = subprocess.run([REDISCTL, *words, "--host", "127.0.0.1:1"], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
                self.assertNotIn(done.returncode, (0, 2, 70), done.stderr)

    def test_the_account_is_bound_to_the_role_that_only_looks(self):
        account = (MANIFESTS / "account.yaml").read_text()
        self.assertIn("  kind: Role\n  name: redisctl-view\n", account)
        self.assertIn("kind: Role\nmetadata:\n  name: redisctl-view\n", (SOURCE / "docs" / "rbac.yaml").read_text())
        for file in ("job.yaml", "cronjob.yaml"):
            text = (MANIFESTS / file).read_text()
            self.assertIn("serviceAccountName: redisctl\n", text)
            self.assertIn(f"image: redisctl:{self.version()}\n", text)
            for setting in ("runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]"):
                self.assertIn(setting, text)

    @staticmethod
    def version() -> str:
        return next(line.split()[2] for line in (SOURCE / "CMakeLists.txt").read_text().splitlines() if line.startswith("project("))


if __name__ == "__main__":
    unittest.main()
