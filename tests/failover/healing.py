"""What the tests of heal share: messes of real servers, and what was saved of the writes that were given up."""
import stat
from pathlib import Path

from changing import Changing, Running
from resp import Client
from servers import Server, eventually


class Healing(Changing):
    def look(self, *arguments, nodes: list, code: int = 1, **how) -> dict:
        """What heal would do: the Plan, or the result that says there is nothing to do."""
        answer = self.start("heal", *arguments, nodes=nodes, **how).finish()
        self.assertEqual(answer.code, code, answer)
        self.fits(answer.document, answer.document["kind"], answer)
        self.assertEqual(self.journals(), self.seen_journals, "a dry run wrote a journal")
        return answer.document

    def text(self, *arguments, nodes: list):
        """What a person sees of a dry run."""
        return self.enterContext(Running("heal", *self.hosts(nodes), *arguments, env=self.environment(None, nodes))).finish()

    def heal(self, *arguments, nodes: list, confirmed: bool = False, **how):
        consent = ("--confirm", nodes[0].address) if confirmed else ("--yes",)
        change = self.change("heal", "--apply", *consent, *arguments, nodes=nodes, **how)
        self.seen_journals = self.journals()
        return change

    def setUp(self):
        super().setUp()
        self.seen_journals = {}

    def assert_healthy(self, nodes: list, master: Server) -> None:
        """A second heal finds nothing, and touches nothing."""
        found = self.look(nodes=nodes, code=0)
        self.assertEqual((found["kind"], found["outcome"], found["changed"], found["to"]), ("OperationResult", "noop", False, master.address), found)

    # Messes

    def split(self, *, shared: int = 5, masterauth: str = None, **how) -> list:
        """[master, other master, replica of the first]: both took part in one history, then each went on for itself."""
        nodes = self.system(*([f"masterauth {masterauth}"] if masterauth else []), **how)
        for n in range(shared):
            nodes[0].command("SET", f"shared:{n}", n)
        for replica in nodes[1:]:
            replica.wait_linked()
        nodes[1].command("REPLICAOF", "NO", "ONE")
        return nodes

    # What was saved

    def saved(self, change, node: Server) -> dict:
        """The Unshared of this node in the result; its file is its owner's alone."""
        found = [one for one in change.result["unshared"] if one["node"] == node.address]
        self.assertEqual(len(found), 1, change)
        if found[0]["file"]:
            path = Path(found[0]["file"])
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(path.name, f"{change.operation}-lost-{node.address}.resp")
        return found[0]

    def saved_files(self) -> list:
        return sorted((self.state / "redisctl" / "ops").glob("*.resp*"))


def commands_in(path: str) -> list:
    """The commands of such a file, as lists of words."""
    client, size, found = Client.__new__(Client), Path(path).stat().st_size, []
    with open(path, "rb") as client.reader:
        while client.reader.tell() < size:
            found.append([word.decode() for word in client.reply()])
    return found


def replay(path: str, node: Server) -> int:
    """Writes the commands of such a file again; how many there were. Each has to be taken."""
    commands = commands_in(path)
    with node.client() as client:
        for words in commands:
            client.command(*words)
    return len(commands)


def await_link(node: Server, status: str) -> None:
    eventually(f"{node.address} has its link {status}", lambda: node.info().get("master_link_status") == status)
