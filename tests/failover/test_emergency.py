"""The master is dead, or is said to be (protocols.md 7.9, rows 51-55, 57, 58): a replica is promoted at once and what is lost is said, or it is refused and said why."""
import signal

import dying
from changing import Changing, Running, is_master
from links import Net
from servers import Server, eventually

AT_ONCE = 3
DOWN = "its link to the master is down"


class Emergency(Changing):
    def refused(self, nodes: list, code: str, message: str, cause: str, *arguments, hint: str = "", **how):
        change = self.emergency(nodes, *arguments, code=6, outcome="refused", **how)
        self.assert_says(change, code, message, cause, hint)
        self.assertEqual((change.result["changed"], self.journals()), (False, {}))
        return change

    def took(self, change, step: str) -> float:
        return next(event["tookMs"] for event in change.events if (event["step"], event["status"]) == (step, "done"))

    def offsets(self, nodes: list) -> dict:
        return {node.address: int(node.info()["slave_repl_offset"]) for node in nodes}

    def test_row_51_the_master_is_killed(self):
        """Row 51: SIGKILL under load. The one with the most of the history, within 10 ms of the decision; what is lost is unknown and is called so; all goes on."""
        took = []
        for again in range(3):
            with self.subTest(again=again):
                nodes = self.written()
                writer = self.writing(nodes, rate=2000)
                self.kill(nodes)
                had = self.offsets(nodes[1:])
                change = self.emergency(nodes)
                new = next(node for node in nodes[1:] if node.address == change.result["to"])
                other = next(node for node in nodes[1:] if node is not new)
                self.assertEqual(had[new.address], max(had.values()), change)
                self.assertEqual((change.result["mode"], change.result["engine"], change.result["lostBytes"], change.result["from"]),
                                 ("emergency", "emergency", None, nodes[0].address), change)
                self.assertIn("the old master cannot be read", change.result["lostReason"])
                took.append(self.took(change, "promote"))
                self.assertEqual(change.result["proof"]["resyncs"].get(other.address), "partial", change)
                self.assert_one_master([new, other], new)
                before = int(new.info()["master_repl_offset"])
                eventually("the writer goes on", lambda: int(new.info()["master_repl_offset"]) > before + 300)
                result = writer.stop(master=new.address)
                # Asynchronous: what it acknowledged in its last moment, and no more than that.
                self.assertLessEqual(result.lost, 20, result)
        # The machine may be busy once, not three times.
        self.assertLess(min(took), 10)

    def test_row_51_the_text_says_what_is_not_known(self):
        """Row 51: how long there was no master, and what it had acknowledged last, nobody can say."""
        nodes = self.written()
        self.kill(nodes)
        words = ["failover", *self.hosts(nodes), "--accept-data-loss", "--confirm", nodes[0].address]
        answer = self.enterContext(Running(*words, env=self.environment(None, nodes))).finish()
        self.assertEqual(answer.code, 0, answer)
        new = next(node for node in nodes[1:] if is_master(node))
        self.assertIn(f"\ndone: {new.address} is the master\nhow long writes stopped is unknown: the master was dead before we came\n"
                      "how much was lost is unknown: the old master cannot be read", answer.out)

    def test_row_51_it_is_not_done_unasked(self):
        """Row 51: without --accept-data-loss, without the name, by switchover: refused, nothing is changed."""
        nodes = self.written()
        self.kill(nodes)
        change = self.change("failover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "DATA_LOSS", f"{nodes[0].address} is dead, and a failover can lose what it acknowledged last", "the old master cannot be read",
                         "redisctl failover --accept-data-loss")
        change = self.change("failover", "--accept-data-loss", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assertIn(f"--confirm {nodes[0].address}", change.answer.err)
        change = self.change("failover", "--accept-data-loss", "--confirm", "another", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "REFUSED", "--confirm another is not this instance")
        change = self.change("switchover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(change, "MASTER_DEAD", f"{nodes[0].address} does not answer as a master", hint="redisctl failover --accept-data-loss, when it is really dead")
        self.assertEqual([is_master(node) for node in nodes[1:]], [False, False])
        self.assertEqual(self.journals(), {})

    def test_row_52_cut_off_from_its_replicas_but_not_from_its_clients(self):
        """Row 52: it takes writes that nobody gets. Who sees it is refused; who does not see it makes a split brain, and says that an old one may still acknowledge;
        when it is seen again both are masters, what it has alone is counted, and equals what its writer lost."""
        net = self.enterContext(Net())
        master, new, other = nodes = self.written("repl-timeout 2", "repl-ping-replica-period 1", net=net)
        writer = self.writing([master], writers=1, inside=net.inside(master), timeout=10)
        key = next(name for name in master.command("KEYS", "*:*")).decode().rpartition(":")[0]
        net.cut(master, new)
        net.cut(master, other)
        for replica in (new, other):
            eventually("noticed", lambda: replica.info()["master_link_status"] == "down")
        inside = net.inside(Net.TOOL)
        self.refused(nodes, "REFUSED", "no node of .* can become the master", DOWN, inside=inside)
        # Nobody in his senses goes on like this; the tool sees no more than this.
        net.cut(Net.TOOL, master)
        change = self.emergency(nodes, "--timeout", "1s", inside=inside)
        self.assertIsNone(change.result["lostBytes"], change)
        new = next(node for node in nodes[1:] if node.address == change.result["to"])
        self.assert_one_master([new, *(node for node in nodes[1:] if node is not new)], new)
        alone = int(master.info()["master_repl_offset"])
        eventually("it still takes writes", lambda: int(master.info()["master_repl_offset"]) > alone + 1000)
        net.mend()
        status = self.start("status", nodes=nodes, inside=inside).finish()
        self.assertEqual(status.code, 1, status)
        self.assertIn("SPLIT_BRAIN", {finding["code"] for finding in status.document["findings"]}, status)
        self.assertEqual([is_master(node) for node in (master, new)], [True, True])
        result = writer.stop(master=new.address)
        info = new.info()
        self.assertEqual(master.info()["master_replid"], info["master_replid2"], "one history until then, so the bytes can be counted")
        surplus = int(master.info()["master_repl_offset"]) - (int(info["second_repl_offset"]) - 1)
        first = result.lost_writes[0]
        lost = sum(len(f"*3\r\n$3\r\nSET\r\n${len(f'{key}:{n}')}\r\n{key}:{n}\r\n${len(str(n)) + 1}\r\n{n};\r\n") for n in range(first, first + result.lost))
        self.assertEqual((surplus - lost) % len("*1\r\n$4\r\nPING\r\n"), 0, f"{surplus} bytes are not the {result.lost} writes of {lost} bytes, and PINGs")
        self.assertLess(surplus - lost, 10 * 14)

    def test_row_53_the_old_master_is_back_in_the_middle(self):
        """Row 53: it comes back right before the promotion, which nobody can prevent: two masters, and it is said at once."""
        nodes = self.written()
        nodes[0].command("SAVE")
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes, env=dying.at_intent("promote")).until_stopped()
        nodes[0].start()
        running.go_on()
        change = self.finished(running, 9, "incomplete")
        self.assert_says(change, "TWO_MASTERS", f"{nodes[0].address} and {change.result['to']} are both masters", hint="redisctl heal")

    def test_row_53_the_old_master_is_back_afterwards(self):
        """Row 53: two masters, and the next look says so."""
        nodes = self.written()
        self.kill(nodes)
        change = self.emergency(nodes)
        nodes[0].start()
        status = self.start("status", nodes=nodes).finish()
        self.assertEqual(status.code, 1, status)
        self.assertIn("SPLIT_BRAIN", {finding["code"] for finding in status.document["findings"]}, status)
        again = self.change("failover", "--yes", nodes=nodes, code=6, outcome="refused")
        self.assert_says(again, "NO_MASTER", "it is not clear which node of .* is the master", change.result["to"], "redisctl heal")

    def test_row_54_the_best_replica_dies_in_the_promotion(self):
        """Row 54: it was not promoted; the next run takes the other one."""
        nodes = self.written()
        self.kill(nodes)
        running = self.start("failover", "--accept-data-loss", "--confirm", nodes[0].address, nodes=nodes, env=dying.at_intent("promote")).until_stopped()
        best = next(node for node in nodes[1:] if node.address == next(event["node"] for event in running.events() if event["step"] == "promote"))
        best.stop()
        running.go_on()
        change = self.finished(running, 8, "rolled-back")
        self.assert_says(change, "UNREACHABLE", f"no connection to {best.address}")
        other = next(node for node in nodes[1:] if node is not best)
        again = self.emergency(nodes)
        self.assertEqual((again.result["to"], again.result["lostBytes"]), (other.address, None), again)
        self.assert_one_master([other], other)

    def test_row_55_all_replicas_are_empty_or_copying(self):
        """Row 55: nobody has the data; an empty master would be the end of them."""
        master = self.enterContext(Server("rdb-key-save-delay 20000"))
        for number in range(200):
            master.command("SET", f"key:{number}", "x" * 1000)
        copying = self.enterContext(Server(replica_of=master))
        empty = self.enterContext(Server("repl-diskless-load swapdb", replica_of=master))
        for replica in (copying, empty):
            eventually("copies", lambda: replica.info()["master_sync_in_progress"] == "1")
        nodes = [master, copying, empty]
        self.kill(nodes)
        self.refused(nodes, "REFUSED", "no node of .* can become the master", "has applied nothing|no replica has the master's history")
        self.assertEqual([is_master(node) for node in nodes[1:]], [False, False])

    def test_row_57_no_replica_has_the_masters_history(self):
        """Row 57: both were restored from a backup. Which of them is right nobody can tell but the user."""
        nodes = self.system()
        for replica in nodes[1:]:
            replica.command("REPLICAOF", "NO", "ONE")
            replica.command("SET", "restored", replica.port)
        nodes[0].stop()
        for replica in nodes[1:]:
            replica.command("REPLICAOF", "127.0.0.1", nodes[0].port)
        self.refused(nodes, "REFUSED", "no node of .* can become the master", "histor")

    def test_row_58_everything_is_healthy_and_only_we_are_cut_off(self):
        """Row 58: the replicas hear it, so it lives. Refused, and it is told from where to look."""
        net = self.enterContext(Net())
        nodes = self.system(net=net)
        writer = self.writing([nodes[0]], inside=net.inside(nodes[0]))
        net.cut(Net.TOOL, nodes[0])
        self.refused(nodes, "CHECK_FAILED", "the switch is refused by: witness-alive", "its link is up, and it heard the master", "--timeout", "1s", inside=net.inside(Net.TOOL),
                     hint="run redisctl from another place")
        self.assert_untouched(nodes)
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_58_a_frozen_master_is_not_dead(self):
        """Row 58: it does not answer, and the replicas have not noticed yet: nobody but us says that it is dead."""
        nodes = self.written()
        nodes[0].freeze()
        self.refused(nodes, "CHECK_FAILED", "the switch is refused by: witness-", "witness-(alive|dead)", "--timeout", "1s")
        nodes[0].process.send_signal(signal.SIGCONT)
        self.assert_untouched(nodes)
