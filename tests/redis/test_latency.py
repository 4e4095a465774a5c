"""`latency`: round trips are measured and end by themselves; what made a server wait is shown."""
import re
import unittest

from asking import PASSWORD, Asking, by_name
from program import redisctl
from servers import Server


class Latency(Asking):
    @classmethod
    def setUpClass(cls):
        cls.master = cls.enterClassContext(Server("latency-monitor-threshold 10", "enable-debug-command yes", password=PASSWORD))
        cls.replica = cls.enterClassContext(Server("rename-command LATENCY hidden-latency", f"masterauth {PASSWORD}", password=PASSWORD, replica_of=cls.master)).wait_linked()
        cls.hosts = ["--host", cls.master.address, "--host", cls.replica.address]
        cls.way = {"env": {"REDISCLI_AUTH": PASSWORD}}
        cls.master.command("DEBUG", "SLEEP", "0.05")

    def test_percentiles_of_each_node(self):
        document = self.document("latency", "Latency", *self.hosts, "--duration", "500ms", "--interval", "5ms", **self.way)
        nodes = by_name(self.only(document["items"])["nodes"])
        self.assertGreaterEqual(document["overSeconds"], 0.5)
        for node, role in ((nodes[self.master.address], "master"), (nodes[self.replica.address], "replica")):
            trips = node["roundTrips"]
            self.assertEqual((node["role"], trips["lost"], node["error"]), (role, 0, None))
            self.assertGreater(trips["count"], 1)
            self.assertTrue(0 < trips["minMs"] <= trips["p50Ms"] <= trips["p95Ms"] <= trips["p99Ms"] <= trips["maxMs"], trips)

    def test_what_made_a_server_wait(self):
        document = self.document("latency", "Latency", *self.hosts, "--duration", "50ms", **self.way)
        nodes = by_name(self.only(document["items"])["nodes"])
        spike = self.only(nodes[self.master.address]["spikes"])
        self.assertEqual((spike["event"], nodes[self.master.address]["thresholdMs"]), ("command", 10))
        self.assertGreaterEqual(spike["worstMs"], 50)
        self.assertRegex(nodes[self.master.address]["doctor"], "(?i)latency")
        # Renamed away: unknown, and not none.
        self.assertEqual((nodes[self.replica.address]["spikes"], nodes[self.replica.address]["doctor"]), ([], None))
        out = self.ask("latency", *self.hosts, "--duration", "50ms", **self.way)
        self.assertRegex(out.out, r"master +\d+ +0 +\d+\.\d\dms .*command \d+ms")
        self.assertIn("a round trip from here", out.err)

    def test_ctrl_c_ends_it_with_what_was_measured(self):
        answer = redisctl("latency", *self.hosts, "--duration", "20s", interrupt_after=3, **self.way)
        self.assertEqual(answer.code, 0, answer)
        self.assertLess(answer.seconds, 15)
        self.assertTrue(re.search(r"master +[1-9]\d* ", answer.out), answer)

    def test_a_node_that_stops_answering_loses_round_trips_and_holds_nobody_up(self):
        with Server() as frozen:
            frozen.freeze()
            answer = self.ask("latency", "--host", self.master.address, "--host", frozen.address, "--duration", "100ms", "--timeout", "1s", code=7, **self.way)
            self.assertRegex(answer.out, r"master +[1-9]\d* ")

    def test_usage(self):
        self.assertIn("'5'", self.ask("latency", *self.hosts, "--duration", "5", code=2, **self.way).err)


if __name__ == "__main__":
    unittest.main()
