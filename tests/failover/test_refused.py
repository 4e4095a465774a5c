"""Systems with which a switch would lose something or hang: refused before anything is changed, and said why (protocols.md 7.9, rows 22, 23, 28-30)."""
import signal

from changing import Changing, is_master
from servers import Server, eventually

PASSWORD = "pa55-of-the-test"


AT_ONCE = 3


class Refused(Changing):
    def refused(self, nodes: list, message: str, cause: str, *arguments, code: str = "CHECK_FAILED", hint: str = "", untouched: bool = True, **how):
        change = self.change("failover", "--yes", *arguments, nodes=nodes, code=6, outcome="refused", **how)
        self.assert_says(change, code, message, cause, hint)
        self.assert_journals_closed()
        self.assertEqual(change.result["changed"], False)
        return change

    def cannot(self, nodes: list, replica: Server, cause: str) -> None:
        self.refused(nodes, f"{replica.address} cannot become the master", cause, "--promote", replica.address, code="REFUSED")

    def lines(self, master: Server) -> str:
        return " ".join(value for key, value in master.info().items() if key.startswith("slave"))

    def test_where_nothing_may_be_changed_there_are_only_plans(self):
        nodes = self.system(replicas=1)
        how = {"env": {"REDISCTL_READ_ONLY": "1"}}
        self.refused(nodes, "nothing is changed from here", "REDISCTL_READ_ONLY is set", code="READ_ONLY", hint="--dry-run", **how)
        self.assert_untouched(nodes)
        self.assertTrue(self.plan("failover", nodes=nodes, **how)["steps"])
        self.assert_untouched(nodes)

    def test_row_22_the_target_is_not_online_yet(self):
        """Row 22: the master has not begun to send it anything."""
        nodes = self.system(replicas=1)
        nodes[0].command("CONFIG", "SET", "repl-diskless-sync-delay", 60)
        late = self.enterContext(Server(replica_of=nodes[0]))
        writer = self.writing(nodes)
        eventually("waits", lambda: f"port={late.port},state=wait_bgsave" in self.lines(nodes[0]))
        self.cannot([*nodes, late], late, "its link to the master is down|the master calls it wait_bgsave")
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_23_the_target_is_copying_everything(self):
        """Row 23: it holds a part of the data."""
        nodes = self.system(replicas=1)
        for number in range(200):
            nodes[0].command("SET", f"key:{number}", "x" * 1000)
        nodes[0].command("CONFIG", "SET", "rdb-key-save-delay", 50_000)
        late = self.enterContext(Server(replica_of=nodes[0]))
        writer = self.writing(nodes)
        eventually("copies", lambda: late.info()["master_sync_in_progress"] == "1")
        self.cannot([*nodes, late], late, "it is being synchronised: it holds a part of the data at most")
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_23_the_target_is_loading(self):
        """Row 23: it answers, and has nothing to give yet."""
        nodes = self.system(replicas=1)
        nodes[0].command("CONFIG", "SET", "rdbcompression", "no")
        for number in range(2000):
            nodes[0].command("SET", f"key:{number}", "x" * 1000)
        nodes[0].command("SAVE")
        dump = (nodes[0].folder / "dump.rdb").read_bytes()
        late = self.enterContext(Server("key-load-delay 5000", "loading-process-events-interval-bytes 1024", replica_of=nodes[0], dump=dump, wait=False))
        eventually("loads", lambda: late.info("persistence")["loading"] == "1")
        self.cannot([*nodes, late], late, "it is loading its dataset")
        self.assert_untouched(nodes)

    def test_row_28_a_command_is_renamed(self):
        """Row 28: without FAILOVER there is the fence; without REPLICAOF there is no switch."""
        master, target, _ = nodes = self.system('rename-command FAILOVER ""')
        writer = self.writing(nodes)
        change = self.change("failover", "--promote", target.address, "--yes", nodes=nodes)
        self.assertEqual(change.result["engine"], "fenced")
        self.assert_one_master(nodes, target)
        self.assert_nothing_lost(writer, target)
        master, target = nodes = self.system('rename-command REPLICAOF ""', replicas=1)
        self.refused(nodes, "^the switch is refused by: commands$", f"commands of {master.address}: .*renamed or disabled: replicaof.*; commands of {target.address}: ")
        self.assert_one_master(nodes, master, journal=False)

    def test_row_28_a_command_is_denied(self):
        """Row 28: the user that we are may not; the hint says what to permit."""
        master, target = nodes = self.system(f"user ops on >{PASSWORD} ~* &* +@all -replicaof -slaveof", replicas=1)
        self.refused(nodes, "^the switch is refused by: commands$", f"commands of {master.address}: .*not permitted to ops: replicaof.*; commands of {target.address}: ",
                     "--user", "ops", env={"REDISCLI_AUTH": PASSWORD}, hint=r"let an administrator run: ACL SETUSER ops \+replicaof")
        self.assert_untouched(nodes)

    def test_row_29_a_replica_of_a_replica(self):
        """Row 29: its master is not the old one; FAILOVER would not know it."""
        master, target, _ = nodes = self.system()
        chained = self.enterContext(Server("repl-backlog-size 64mb", replica_of=target)).wait_linked()
        writer = self.writing(nodes)
        self.cannot([*nodes, chained], chained, f"it follows {target.address}, not the master")
        self.assert_nothing_lost(writer, master)

    def test_row_29_another_replica_does_not_answer(self):
        """Row 29: refused; when that is overridden the switch is made without it: it gets its data through the old master, whose replica it is still."""
        master, target, other = nodes = self.system()
        writer = self.writing([master, target])
        other.freeze()
        self.refused(nodes, "the switch is refused by: other-nodes", f"other-nodes.*{other.address}: .*, and it must be: all answer", "--timeout", "1s")
        change = self.change("failover", "--promote", target.address, "--override", "other-nodes", "--timeout", "1s", "--yes", nodes=nodes)
        self.assertEqual((change.result["lostBytes"], change.result["proof"]["nothingLost"]), (0, True), change)
        other.process.send_signal(signal.SIGCONT)
        self.assert_nothing_lost(writer, target)
        eventually("it has all", lambda: [other.info()[field] for field in ("master_port", "master_replid", "slave_repl_offset")] ==
                   [str(master.port), target.info()["master_replid"], target.info()["master_repl_offset"]])

    def test_row_29_another_replica_is_far_behind(self):
        """Row 29: it gets what it misses from the new master."""
        master, target, other = nodes = self.system()
        writer = self.writing([master, target])
        other.freeze()
        eventually("behind", lambda: int(master.info()["master_repl_offset"]) > 100_000)
        writer.stop(master=master.address)
        other.process.send_signal(signal.SIGCONT)
        writer = self.writing([master, target], writers=1, size=10_000)
        change = self.change("failover", "--promote", target.address, "--yes", nodes=nodes)
        self.assertEqual(set(change.result["proof"]["resyncs"].values()), {"partial"}, change)
        self.assert_one_master(nodes, target, seconds=10)
        self.assert_nothing_lost(writer, target)

    def test_row_30_a_writable_replica(self):
        """Row 30: a target that may have writes of its own, and an old master that would go on taking writes when it is none any more."""
        master, target = nodes = self.system(replicas=1)
        for node, check, setting in ((target, "target-read-only", "it may hold writes of its own"), (master, "master-read-only", "CONFIG SET replica-read-only yes")):
            node.command("CONFIG", "SET", "replica-read-only", "no")
            for engine in ("failover-command", "fenced"):
                with self.subTest(check=check, engine=engine):
                    self.refused(nodes, f"^the switch is refused by: {check}$", f"{check} of {node.address}: writable, and it must be: read-only", "--engine", engine, hint=setting)
            node.command("CONFIG", "SET", "replica-read-only", "yes")
        self.assertTrue(is_master(master))
        self.assert_untouched(nodes)
