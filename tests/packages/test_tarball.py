"""The tarball: what it is linked to, and that it runs on bare Debians of this release and the next."""
import fnmatch
import re
import shutil
import tarfile
import unittest
from pathlib import Path

from packing import BUILD, SOURCE, committed, files_below, folder, tool
from roots import Root, this_suite
from servers import Server

# A program runs with the glibc that it was built with and with later ones.
SUITES = ["bookworm", "trixie"]


def setUpModule():
    global archive, top
    tool("cmake", "--build", BUILD, "--target", "redisctl_portable")
    place = unittest.enterModuleContext(folder())
    tool("cpack", "-G", "TGZ", "-B", place)
    archive, = place.glob("*.tar.gz")
    tool("tar", "-xf", archive, cwd=place)
    top = place / archive.name.removesuffix(".tar.gz")


class Tarball(unittest.TestCase):
    maxDiff = None

    def test_it_has_the_program_and_all_that_belongs_to_it(self):
        self.assertRegex(archive.name, r"^redisctl-\d+\.\d+\.\d+-linux-(amd64|arm64)\.tar\.gz$")
        found = files_below(top)
        expected = ["bin/redisctl", "bin/kubectl_complete-redisctl", "lib/redisctl/libwslay.so.1", "share/doc/redisctl/README.md", "share/doc/redisctl/CHANGELOG.md",
                    "share/bash-completion/completions/redisctl", "share/zsh/site-functions/_redisctl", "share/fish/vendor_completions.d/redisctl.fish"]
        expected += [f"share/doc/redisctl/docs/{name}" for name in committed("docs")] + [f"share/man/man{name[-1]}/{name}" for name in committed("man")]
        expected += [f"share/doc/redisctl/licenses/{name}" for name in ("fmt", "hiredis", "sodium", "wslay", "yaml-cpp")]
        self.assertEqual(sorted(found), sorted(expected))

    def test_krew_can_unpack_it(self):
        """It takes files and folders alone (krew 0.4 pkg/download/downloader.go), and makes the link that kubectl looks for by itself."""
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
        self.assertEqual([one.name for one in members if not (one.isfile() or one.isdir())], [])
        manifest = (SOURCE / "packaging" / "krew" / "redisctl.yaml").read_text()
        taken = {target: [one.name for one in members if fnmatch.fnmatchcase(one.name, source)] for source, target in re.findall(r"- from: (\S+)\n\s+to: (\S+)", manifest)}
        self.assertIn(re.search(r"(?m)^    bin: (\S+)$", manifest)[1], [f"{target}/{Path(name).name}" for target, names in taken.items() for name in names])
        self.assertEqual({target for target, names in taken.items() if names}, {"bin", "lib"})

    def test_of_the_system_it_needs_libcurl_openssl_and_glibc(self):
        needed = re.findall(r"NEEDED.*\[(.*)\]", tool("readelf", "-d", top / "bin" / "redisctl"))
        own = {"libwslay.so.1"}
        self.assertEqual({name.split(".so")[0] for name in needed if name not in own and not name.startswith("ld-")}, {"libcurl", "libssl", "libcrypto", "libm", "libc"})

    def test_it_runs_on_bare_debians(self):
        suites = SUITES[SUITES.index(this_suite()):] if this_suite() in SUITES else []
        self.assertTrue(suites, "what is built here runs on no Debian that is known")
        with Server(password="pa55") as master, Server(replica_of=master, password="pa55") as replica:
            replica.wait_linked()
            for suite in suites:
                with self.subTest(suite), Root(suite) as root:
                    shutil.copytree(top, root.folder / "opt" / "redisctl", symlinks=True)
                    missing = root.run("/opt/redisctl/bin/redisctl", "--version", check=False)
                    if missing.returncode != 0:
                        self.assertIn("libcurl.so.4", missing.stderr)
                    root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "libcurl4")
                    self.assertRegex(root.run("/opt/redisctl/bin/redisctl", "version", "--client").stdout, "libcurl")
                    told = root.run("/opt/redisctl/bin/redisctl", "replication-info", "--host", master.address, REDISCLI_AUTH="pa55").stdout
                    self.assertIn(replica.address, told)
                    # An exception of yaml-cpp, which is linked in, is caught all the same.
                    (root.folder / "tmp/broken").write_text("{")
                    self.assertEqual(root.run("/opt/redisctl/bin/redisctl", "status", "--kubeconfig", "/tmp/broken", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
