"""What the tests of a switch through a misbehaving API share: the fake cluster before three real servers, a writer that never stops, redisctl through
port-forwards, and what must be true afterwards."""
from changing import PASSWORD, Change, Changing, Running
from cluster import NAME, POD_NAME, SERVICES, Cluster
from servers import Server, eventually

FIRST, SECOND, THIRD = (f"{NAME}-{i}" for i in range(3))


class Switching(Changing):
    def setUp(self):
        super().setUp()
        self.servers = self.system(f"masterauth {PASSWORD}", password=PASSWORD)
        self.cluster = self.enterContext(Cluster(self.servers, self.authority()))
        self.config = self.cluster.kubeconfig()
        self.writer = None

    def authority(self):
        """None: the API server speaks without TLS."""
        return None

    def server(self, pod: str) -> Server:
        return self.cluster.servers[pod]

    def write(self) -> None:
        self.writer = self.writing(self.servers, writers=1)

    # redisctl

    def begin(self, command: str, *arguments, config: str = None) -> Running:
        return self.start(command, "--kubeconfig", config or self.config, "--via", "port-forward", *arguments, *([] if command == "heal" else ["--yes"]))

    def switch(self, *arguments, **how) -> Running:
        """Away from home, with a writer at work. The proxies of this cluster need no time."""
        self.write()
        return self.begin("failover", "--promote", SECOND, "--settle", "50ms", *arguments, **how)

    # What must be true

    def ended(self, running: Running, code: int, outcome: str, master: str, services: str = None) -> Change:
        """It says so, and it is so."""
        change = self.finished(running, code, outcome)
        self.cluster.verify()
        self.check_state(master, services, change)
        return change

    def check_state(self, master: str, services: str = None, change: Change = None) -> None:
        """One master, whom all follow; nothing borrowed is left; the Services lead there; the lock is free; no acknowledged write is lost."""
        self.assert_one_master(self.servers, self.server(master), journal=False, seconds=3)
        selected = {name: self.cluster.get("services", name)["spec"]["selector"][POD_NAME] for name in SERVICES}
        self.assertEqual(selected, dict.fromkeys(SERVICES, services or master), change)
        eventually("the endpoints follow", lambda: self.cluster.leads_to() == {name: [pod] for name, pod in selected.items()})
        self.assertEqual((self.cluster.lease() or {"holder": ""})["holder"], "", change)
        if self.writer:
            self.assert_nothing_lost(self.writer, self.server(master))
            self.writer = None

    def done(self, running: Running) -> Change:
        """Nothing was amiss with the switch itself: it says so, and what everybody sees says it too."""
        change = self.ended(running, 0, "done", SECOND)
        self.assertEqual((change.result["lostBytes"], change.result["errors"], self.cluster.lease()["note"]), (0, [], None), change)
        self.assertEqual(len([drift for drift in self.cluster.drift() if drift and drift.startswith(f"{SECOND} instead of {FIRST}")]), 2, self.cluster.drift())
        self.assert_journals_closed()
        return change

    def rolled_back(self, running: Running) -> Change:
        change = self.ended(running, 8, "rolled-back", FIRST)
        self.assertEqual((change.result["lostBytes"], self.cluster.lease()["note"], self.cluster.drift()), (0, None, [None, None]), change)
        self.assert_journals_closed()
        return change

    def left_open(self, running: Running, *outcomes: str) -> Change:
        """It could not end it, says so with exit 9, keeps the journal open and says where it is."""
        change = self.read(running.finish())
        self.assertEqual(change.code, 9, change)
        self.assertIn(change.result["outcome"], outcomes, change)
        records = self.journals()[change.operation]
        self.assertEqual([record["record"] for record in records if record["record"] == "end"], [], records)
        self.assertTrue(change.result["journal"].endswith(f"{change.operation}.jsonl"), change)
        self.assertTrue(change.result["errors"], change)
        return change

    def resume(self, code: int = 0, outcome: str = "done", master: str = SECOND) -> Change:
        change = self.ended(self.begin("resume"), code, outcome, master)
        self.assert_journals_closed()
        self.assertIsNone(self.cluster.lease()["note"], change)
        return change

    def abort(self) -> Change:
        change = self.ended(self.begin("abort"), 0, "rolled-back", FIRST)
        self.assert_journals_closed()
        return change
