"""`cmake --install`: everything in the folders where Debian, and the shells, look for it; below DESTDIR where that is set."""
import subprocess
import unittest

from packing import BUILD, committed, files_below, folder, tool


def expected() -> dict:
    files = {"bin/redisctl": "755", "bin/kubectl-redisctl": "→ redisctl", "bin/kubectl_complete-redisctl": "755", "share/bash-completion/completions/redisctl": "644", "share/zsh/site-functions/_redisctl": "644",
             "share/fish/vendor_completions.d/redisctl.fish": "644", "share/doc/redisctl/README.md": "644", "share/doc/redisctl/CHANGELOG.md": "644"}
    files |= {f"share/doc/redisctl/docs/{name}": "644" for name in committed("docs")}
    files |= {f"share/man/man{name[-1]}/{name}": "644" for name in committed("man")}
    return files


class Install(unittest.TestCase):
    maxDiff = None

    def test_every_file_has_its_place_below_the_prefix(self):
        with folder() as place:
            tool("cmake", "--install", BUILD, "--prefix", place)
            self.assertEqual(files_below(place), expected())

    def test_destdir_stands_before_the_prefix(self):
        with folder() as place:
            tool("cmake", "--install", BUILD, "--prefix", "/opt/tools", DESTDIR=str(place))
            self.assertEqual(files_below(place / "opt" / "tools"), expected())
            self.assertEqual([path.name for path in place.iterdir()], ["opt"])

    def test_what_is_installed_runs_from_there(self):
        with folder() as place:
            tool("cmake", "--install", BUILD, "--prefix", place)
            done = subprocess.run([place / "bin" / "redisctl", "--version"], env={}, capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertRegex(done.stdout, r"^redisctl \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
