"""What the tests of restores share: a file from `backup rdb`, and what a server holds."""
import os
import tempfile
from pathlib import Path

from changing import Changing
from datasets import fill
from program import redisctl
from servers import Server
from versions import INSTALLED


def debug(version: str) -> list:
    return [] if version == "6.0" else ["enable-debug-command yes"]


class Restoring(Changing):
    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="redisctl-test-")))

    def server(self, *options: str, version: str = INSTALLED, **how) -> Server:
        return self.enterContext(Server(*debug(version), *options, version=version, **how))

    def back_up(self, server, folder: Path = None) -> Path:
        answer = redisctl("backup", "rdb", "--host", server.address, "--node", server.address, "--dir", folder or self.folder, "--json")
        self.assertEqual(answer.code, 0, answer)
        return Path(answer.document["items"][0]["path"])

    def backed_up(self, version: str = INSTALLED, keys: int = 0, size: int = 100, prefix: str = "key") -> Path:
        """A file of some data: of every type, or so many plain keys of a given size."""
        source = self.server(version=version)
        if keys:
            with source.client() as client:
                for i in range(keys):
                    client.command("SET", f"{prefix}:{i}", os.urandom(size // 2).hex())
        else:
            fill(source)
        self.digest = source.command("DEBUG", "DIGEST")
        return self.back_up(source)

    def restore(self, path, *arguments, nodes: list, at: str = None, **how):
        name = at or nodes[0].address
        return self.change("restore rdb", path, "--confirm", name, *arguments, nodes=[] if at else nodes, **how)

    def refused(self, path, *arguments, nodes: list, error: str, **how):
        """Nothing was changed, and that is said."""
        before = [node.command("DEBUG", "DIGEST") for node in nodes]
        change = self.change("restore rdb", path, *arguments, nodes=nodes, code=6, outcome="refused", **how)
        self.assertEqual((change.result["errors"][0]["code"], change.result["changed"]), (error, False), change)
        self.assertEqual([node.command("DEBUG", "DIGEST") for node in nodes], before)
        return change

    def assert_holds(self, node, digest: bytes = None) -> None:
        self.assertEqual(node.command("DEBUG", "DIGEST"), digest or self.digest, node.address)

    def keys(self, node) -> int:
        return sum(int(value.split("=")[1].split(",")[0]) for value in node.info("keyspace").values())
