"""The .deb that CPack makes: what Debian's own checker says of it, and the way that a newcomer goes with it on a bare Debian."""
import shutil
import subprocess
import unittest
from pathlib import Path

from packing import BUILD, committed, files_below, folder, tool
from roots import Root, this_suite
from servers import Server

HERE = Path(__file__).resolve().parent


def setUpModule():
    global package, unpacked
    for needed in ("cpack", "dpkg-shlibdeps", "lintian"):
        if not shutil.which(needed):
            raise unittest.SkipTest(f"{needed} is missing; tests/install test installs it")
    place = unittest.enterModuleContext(folder())
    # A strict umask, which must not show in what is made.
    tool("sh", "-c", 'umask 077; exec cpack -G DEB -B "$1"', "cpack", place)
    package, = place.glob("*.deb")
    unpacked = place / "unpacked"
    tool("dpkg-deb", "-x", package, unpacked)


def field(name: str) -> str:
    return tool("dpkg-deb", "-f", package, name).strip()


class Deb(unittest.TestCase):
    maxDiff = None

    def test_its_name_is_as_debian_names_packages(self):
        architecture = tool("dpkg", "--print-architecture").strip()
        self.assertEqual(package.name, f"redisctl_{field('Version')}_{architecture}.deb")

    def test_lintian_finds_no_error_and_one_warning(self):
        done = subprocess.run(["lintian", "--no-cfg", "--fail-on", "error", package], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        # Debian's archive wants an ITP bug with the first upload. This package goes there by no upload.
        told = [line for line in done.stdout.splitlines() if "initial-upload-closes-no-bugs" not in line]
        self.assertEqual((done.returncode, told), (0, []), done.stderr)

    def test_it_depends_on_the_libraries_that_the_program_is_linked_to(self):
        depends = field("Depends")
        for library in ("libc6", "libcurl4", "libfmt", "libhiredis", "libsodium23", "libssl3", "libstdc++6", "libwslay1", "libyaml-cpp"):
            self.assertIn(library, depends)
        self.assertNotIn("redis-server", depends)
        self.assertEqual(field("Section"), "database")
        for line in field("Description").splitlines():
            self.assertLessEqual(len(line), 80)

    def test_every_file_has_its_place(self):
        files = {"usr/bin/redisctl": "755", "usr/bin/kubectl-redisctl": "→ redisctl", "usr/bin/kubectl_complete-redisctl": "755", "usr/share/bash-completion/completions/redisctl": "644", "usr/share/zsh/vendor-completions/_redisctl": "644",
                 "usr/share/fish/vendor_completions.d/redisctl.fish": "644"}
        files |= {f"usr/share/doc/redisctl/{name}": "644" for name in ("README.md", "changelog.gz", "changelog.Debian.gz", "copyright")}
        files |= {f"usr/share/doc/redisctl/docs/{name}": "644" for name in committed("docs")}
        files |= {f"usr/share/man/man{name[-1]}/{name}.gz": "644" for name in committed("man")}
        files |= {f"usr/share/man/man1/{name}.1.gz": "→ redisctl.1.gz" for name in ("kubectl-redisctl", "kubectl_complete-redisctl")}
        self.assertEqual(files_below(unpacked), files)

    def test_folders_can_be_read_by_everyone_whatever_the_umask_was(self):
        self.assertEqual({f"{path.stat().st_mode & 0o7777:o}" for path in unpacked.rglob("*") if path.is_dir()}, {"755"})

    def test_the_program_is_stripped_and_hardened(self):
        self.assertNotIn(".symtab", tool("readelf", "-SW", unpacked / "usr/bin/redisctl"))
        self.assertIn("DYN (Position-Independent Executable", tool("readelf", "-hW", unpacked / "usr/bin/redisctl"))

    def test_a_newcomer_finds_the_way(self):
        with Root(this_suite()) as root, Server() as master, Server(replica_of=master) as replica:
            replica.wait_linked()
            master.command("SET", "greeting", "hello")
            before = (master.info()["master_replid"], master.info()["role"])
            told = root.run("bash", root.put(HERE / "newcomer", "/tmp/newcomer"), root.put(package, f"/tmp/{package.name}"), master.address)
            print(told.stdout, end="")
            self.assertEqual(told.stdout.splitlines()[-1], "all done")
            self.assertEqual((master.info()["master_replid"], master.info()["role"]), before, "it was a dry run")


if __name__ == "__main__":
    unittest.main()
