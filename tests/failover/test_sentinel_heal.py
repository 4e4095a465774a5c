"""redisctl heal where Sentinels watch: it does what they want themselves, at once and with what would be lost saved before, and nothing else."""
import time

from changing import is_master
from servers import eventually
from watched import NAME, Watched

AT_ONCE = 2


class TwoMasters(Watched):
    def split(self) -> list:
        """Somebody promoted a replica by hand, and it took a write; the Sentinels would throw that away some ten seconds later."""
        nodes = self.system()
        nodes[1].command("REPLICAOF", "NO", "ONE")
        nodes[1].command("SET", "mine", "1")
        nodes[0].command("SET", "ours", "1")
        return nodes

    def test_the_one_that_they_do_not_name_is_demoted(self):
        nodes = self.split()
        plan = self.plan("heal", "--keep", nodes[0].address, nodes=nodes, code=1)
        self.assertEqual([check["name"] for check in plan["checks"]], [], plan)
        change = self.change("heal", "--apply", "--keep", nodes[0].address, "--confirm", nodes[0].address, nodes=nodes)
        self.assertEqual(change.result["to"], nodes[0].address, change)
        self.assertRegex(change.result["lostReason"], f"1 write that only {nodes[1].address} had, saved in ")
        self.assert_one_master(nodes, nodes[0])
        self.assertEqual((nodes[0].command("GET", "mine"), nodes[1].command("GET", "ours")), (None, b"1"))
        end = time.monotonic() + 15
        while time.monotonic() < end:
            self.assertEqual([is_master(node) for node in nodes], [True, False, False])
            self.assert_sentinels_name(nodes[0])
            time.sleep(0.5)

    def test_against_their_word_it_only_tells(self):
        nodes = self.split()
        change = self.change("heal", "--apply", "--keep", nodes[1].address, "--confirm", nodes[0].address, nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "heal is refused by: watchers", f"they name {nodes[0].address}, and it must be: most of them name {nodes[1].address}",
                         f"redisctl heal --keep {nodes[0].address}")
        self.assertEqual(change.result["changed"], False)

    def test_without_one_that_can_be_asked_it_only_tells(self):
        nodes = self.split()
        self.sentinels = []
        change = self.change("heal", "--apply", "--keep", nodes[0].address, "--confirm", nodes[0].address, nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "heal is refused by: watchers", "a Sentinel that can be asked", "name one: --sentinel HOST:PORT")


class NoMaster(Watched):
    down_after = 30_000

    def test_it_is_failover_that_helps(self):
        nodes = self.system()
        nodes[0].command("SET", "one", "1")
        nodes[0].stop()
        nodes[0].options.append(f"replicaof 127.0.0.1 {nodes[0].port}")
        nodes[0].start()
        for replica in nodes[1:]:
            eventually("noticed", lambda: replica.info()["master_link_status"] == "down")
        change = self.change("heal", "--apply", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "heal is refused by: watchers", "a master", "redisctl failover explains why they elect nobody")
        self.assertEqual([is_master(node) for node in nodes], [False, False, False])
