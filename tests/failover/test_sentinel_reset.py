"""`redisctl sentinel reset`: real Sentinels forget what is gone, one at a time, and nothing that lives."""
import json
import os
import signal
import time

from changing import Changing
from council import NAME, Council, known, master
from program import redisctl
from servers import eventually


class Resetting(Changing):
    def council(self, **how) -> Council:
        return self.enterContext(Council(**how))

    def kill(self, council: Council, *servers) -> None:
        """Until every Sentinel that lives sees them down."""
        for server in servers:
            server.stop()
        ports = {str(server.port) for server in servers}
        for sentinel in council.sentinels:
            if sentinel not in servers:
                eventually("they are seen down", lambda: all("s_down" in one["flags"] for what in ("SENTINELS", "REPLICAS")
                                                             for one in known(sentinel, what) if one["port"] in ports))

    def ports(self, sentinel, what: str) -> set:
        return {int(one["port"]) for one in known(sentinel, what)}

    def assert_remembers(self, council: Council, sentinels: list, replicas: list) -> None:
        """Each of these, and nothing else, as SENTINEL itself says it."""
        for sentinel in sentinels:
            self.assertEqual(self.ports(sentinel, "SENTINELS"), {one.port for one in sentinels if one is not sentinel})
            self.assertEqual(self.ports(sentinel, "REPLICAS"), {one.port for one in replicas})
            self.assertEqual(master(sentinel)["port"], str(council.master.port))


class Ghosts(Resetting):
    def test_two_of_five_are_gone(self):
        council = self.council(sentinels=5)
        alive, dead = council.sentinels[:3], council.sentinels[3:]
        self.kill(council, *dead)
        flags = council.flags(*alive)

        plan = self.plan("sentinel reset", *flags)
        names = sorted((one.address for one in alive), key=lambda name: [step["node"] for step in plan["steps"]].index(name))
        self.assertEqual([step["id"] for step in plan["steps"]], [f"{what}-{name}" for name in names for what in ("reset", "find")])
        self.assertEqual({check["verdict"] for check in plan["checks"]}, {"ok"})
        self.assertEqual(plan["steps"][0]["action"]["commands"], [f"{names[0]}> SENTINEL RESET {NAME}"])
        self.assertEqual((plan["command"], plan["master"], plan["from"], plan["to"]), ("sentinel reset", council.master.address, "", ""))
        self.assertEqual(len(known(alive[0], "SENTINELS")), 4, "a dry run changes nothing")

        refused = self.change("sentinel reset", *flags, code=6, outcome="refused")
        self.assert_says(refused, "NOT_CONFIRMED", "there is no terminal", hint="--yes")
        self.assertEqual(len(known(alive[0], "SENTINELS")), 4)

        change = self.change("sentinel reset", *flags, "--yes")
        self.assertEqual(change.steps(), [step["id"] for step in plan["steps"]])
        self.assert_remembers(council, alive, council.replicas)
        for sentinel in alive:
            self.assertTrue(sentinel.command("SENTINEL", "CKQUORUM", NAME).startswith(b"OK 3 usable Sentinels"))
        self.assertEqual(len(change.result["achieved"]), 3)
        for one in dead:
            self.assertRegex(change.result["achieved"][0], rf"{names[0]} forgot .*{one.address}, silent for \d+ s")
        self.assertTrue(change.result["changed"])
        self.assert_journals_closed()
        self.assertEqual(council.master.command("EXISTS", "redisctl:lock"), 0, "the lock is given back")

        again = self.change("sentinel reset", *flags, "--yes", outcome="noop")
        self.assertEqual((again.events, again.result["changed"]), ([], False))

    def test_only_the_one_that_was_named(self):
        council = self.council(sentinels=4, quorum=2)
        self.kill(council, council.sentinels[3])
        one, other = council.sentinels[0], council.sentinels[1]
        self.change("sentinel reset", one.address, *council.flags(*council.sentinels[:3]), "--yes")
        self.assertEqual((len(known(one, "SENTINELS")), len(known(other, "SENTINELS"))), (2, 3))
        gone = self.start("sentinel reset", "127.0.0.1:1", *council.flags(*council.sentinels[:3]), "--yes").finish()
        self.assertEqual(gone.code, 3, gone)
        self.assertIn("there is no Sentinel 127.0.0.1:1", gone.err)

    def test_a_replica_that_is_gone(self):
        council = self.council(replicas=3)
        gone = council.replicas[2]
        self.kill(council, gone)
        eventually("the master has seen it go", lambda: int(council.master.info()["connected_slaves"]) == 2)
        plan = self.plan("sentinel reset", *council.flags())
        self.assertIn("is not made to follow", plan["notes"][0])
        change = self.change("sentinel reset", *council.flags(), "--yes")
        self.assert_remembers(council, council.sentinels, council.replicas[:2])
        self.assertIn(gone.address, change.result["achieved"][0])

    def test_people_are_told_what_was_forgotten(self):
        council = self.council(sentinels=4)
        self.kill(council, council.sentinels[3])
        answer = redisctl("sentinel", "reset", *council.flags(*council.sentinels[:3]), "--yes", env={"XDG_STATE_HOME": str(self.state)})
        self.assertEqual(answer.code, 0, answer)
        self.assertIn("sentinel reset of ", answer.out)
        self.assertIn("from reset-", answer.out)
        self.assertRegex(answer.out, rf"(?m)^{council.sentinels[0].address} forgot {council.sentinels[3].address}, silent for \d+ s$")
        self.assertRegex(answer.out, r"(?m)^done$")


class Refused(Resetting):
    def refused(self, council: Council, check: str, *sentinels) -> str:
        """The value of the check that refuses, and nothing is forgotten. A frozen node is not waited for long."""
        before = {one: known(one, "SENTINELS") for one in sentinels}
        dry = self.start("sentinel reset", *council.flags(*sentinels), "--timeout", "1s", "--dry-run").finish()
        self.assertEqual(dry.code, 6, dry)
        plan = json.loads(dry.out.splitlines()[0])
        change = self.change("sentinel reset", *council.flags(*sentinels), "--timeout", "1s", "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", f"sentinel reset is refused by: .*{check}")
        self.assertEqual({one: len(known(one, "SENTINELS")) for one in sentinels}, {one: len(list_) for one, list_ in before.items()})
        return next(one["value"] for one in plan["checks"] if one["name"] == check and one["verdict"] == "block")

    def test_tilt(self):
        council = self.council(sentinels=4)
        self.kill(council, council.sentinels[3])
        frozen = council.sentinels[1]
        os.kill(frozen.process.pid, signal.SIGSTOP)
        time.sleep(2.5)
        os.kill(frozen.process.pid, signal.SIGCONT)
        eventually("it is in TILT mode", lambda: b"sentinel_tilt:1" in frozen.command("INFO", "sentinel"))
        eventually("the others hear it again", lambda: all(one["flags"] == "sentinel" for one in known(council.sentinels[0], "SENTINELS") if one["port"] == str(frozen.port)))
        self.assertEqual(self.refused(council, "tilt", *council.sentinels[:3]), "in TILT mode")

    def test_a_failover_in_progress(self):
        council = self.council(sentinels=4, replicas=2, down_after=8000)
        alive = council.sentinels[:3]
        council.sentinels[3].stop()
        eventually("it is gone", lambda: any("disconnected" in one["flags"] for one in known(alive[0], "SENTINELS")))
        # One of the two is promoted, and the other one is waited for.
        council.replicas[1].command("CONFIG", "SET", "replica-priority", "0")
        eventually("it is read", lambda: any(one["slave-priority"] == "0" for one in known(alive[0], "REPLICAS")))
        council.replicas[1].freeze()
        alive[0].command("SENTINEL", "FAILOVER", NAME)
        eventually("the other is promoted", lambda: council.replicas[0].command("ROLE")[0] == b"master")
        self.assertIn("failover_in_progress", master(alive[0])["flags"])
        self.assertEqual(self.refused(council, "failover", *alive), "in progress")

    def test_fewer_than_a_quorum_would_be_left(self):
        council = self.council()
        self.kill(council, council.sentinels[1])
        alive = [council.sentinels[0], council.sentinels[2]]
        self.assertEqual(self.refused(council, "quorum-left", *alive), "1 while one is reset")
        self.change("sentinel reset", *council.flags(*alive), "--yes", "--override", "quorum-left")
        self.assert_remembers(council, alive, council.replicas)

    def test_a_live_replica_would_be_forgotten(self):
        council = self.council(sentinels=4)
        self.kill(council, council.sentinels[3])
        chained = council.replicas[1]
        chained.command("REPLICAOF", "127.0.0.1", str(council.replicas[0].port))
        eventually("the master lists it no more", lambda: int(council.master.info()["connected_slaves"]) == 1)
        alive = council.sentinels[:3]
        self.assertEqual(self.refused(council, "live-nodes", *alive), f"{chained.address} lives, and {council.master.address} does not list it")
        answer = self.start("sentinel reset", *council.flags(*alive), "--yes", "--override", "live-nodes").finish()
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("check live-nodes cannot be overridden", answer.err)

    def test_a_dead_master(self):
        council = self.council(sentinels=4, down_after=20000)
        council.sentinels[3].stop()
        council.master.stop()
        self.assertIn("master", self.refused(council, "master", *council.sentinels[:3]))


class Interrupted(Resetting):
    def test_one_that_does_not_find_the_others_again_is_the_last(self):
        council = self.council(sentinels=4)
        self.kill(council, council.sentinels[3])
        alive = council.sentinels[:3]
        for sentinel in alive:
            sentinel.command("SENTINEL", "DEBUG", "publish-period", "60000")
        change = self.change("sentinel reset", *council.flags(*alive), "--yes", "--wait", "1s", code=9, outcome="incomplete")
        self.assertEqual(len(change.steps()), 1, "one was reset, and no other")
        first = next(one for one in alive if change.steps() == [f"reset-{one.address}"])
        self.assert_says(change, "CONFLICT", f"find-{first.address}: {first.address} does not hear the Sentinel .* yet")
        self.assertEqual([len(known(one, "SENTINELS")) for one in alive if one is not first], [3, 3])
        self.assertEqual(len(change.result["achieved"]), 1)

        # When they say hello again, a resume goes on.
        for sentinel in alive:
            sentinel.command("SENTINEL", "DEBUG", "publish-period", "300")
        resumed = self.change("resume", "--yes")
        self.assertEqual(resumed.result["operation"], change.operation)
        self.assert_remembers(council, alive, council.replicas)
        self.assert_journals_closed()

    def test_killed_in_the_middle_and_resumed(self):
        council = self.council(sentinels=4)
        self.kill(council, council.sentinels[3])
        alive = council.sentinels[:3]
        for sentinel in alive:
            sentinel.command("SENTINEL", "DEBUG", "publish-period", "2000")
        running = self.start("sentinel reset", *council.flags(*alive), "--yes")
        eventually("it waits", lambda: any(event["step"].startswith("find-") for event in running.events()), every=0.005)
        running.process.kill()
        self.change("sentinel reset", *council.flags(*alive), "--yes", code=6, outcome="refused")
        self.change("resume", "--yes")
        self.assert_remembers(council, alive, council.replicas)
        self.assert_journals_closed()
