"""`watch` listens to the Sentinels: what they publish stands on the timeline as it comes, and is looked into at once, however long the interval."""
import unittest

from asking import Asking, schema_of
from council import NAME, Council
from servers import eventually
from watching import Watching
from world.schema import problems


class Listening(Asking):
    def listening(self, council: Council, *arguments: str) -> Watching:
        """To all Sentinels, with looks so seldom that none comes by itself."""
        watching = self.enterContext(Watching(*council.flags(), "--interval", "1m", *arguments))
        watching.until("begin")
        for one in council.sentinels:
            watching.until("events", subject=one.address, to="yes")
        return watching

    def published(self, watching: Watching, by) -> list:
        return [each["channel"] for each in watching.events if each["event"] == "sentinel" and each["by"] == by.address]

    def check_all(self, watching: Watching) -> None:
        self.assertEqual(watching.interrupted(), 0)
        for event in watching.events:
            self.assertEqual(problems(event, schema_of("WatchEvent")), [], event)
        times = [each["time"] for each in watching.events if each["event"] == "sentinel"]
        self.assertEqual(times, sorted(times))

    def test_a_failover_that_was_ordered(self):
        with Council() as council:
            watching = self.listening(council)
            old, (leader, *others) = council.master.address, council.sentinels
            leader.command("SENTINEL", "FAILOVER", NAME)
            settled = watching.until("settled")
            new = settled["to"]
            self.assertIn(new, [one.address for one in council.replicas])
            switch = watching.until("sentinel", channel="+switch-master", by=leader.address)
            self.assertEqual((switch["from"], switch["to"], switch["subject"], switch["heldMs"]), (old, new, new, None))
            self.assertEqual(switch["text"], f"{NAME} {' '.join(old.split(':'))} {' '.join(new.split(':'))}")
            for one in others:
                watching.until("sentinel", channel="+switch-master", by=one.address)
            told = self.published(watching, leader)
            expected = ["+try-failover", "+elected-leader", "+selected-slave", "+promoted-slave", "+failover-end", "+switch-master"]
            self.assertEqual([channel for channel in told if channel in expected], expected, told)
            self.assertEqual((watching.until("role", subject=new)["to"], watching.until("role", subject=old)["to"]), ("master", "replica"))
            phases = settled["phases"]
            self.assertEqual((settled["from"], phases["tryFailoverMs"], phases["sdownMs"], phases["labelMs"]), (old, 0, None, None))
            self.assertLessEqual(phases["tryFailoverMs"], phases["electedMs"])
            self.assertLessEqual(phases["electedMs"], phases["switchMasterMs"])
            self.assertLessEqual(phases["switchMasterMs"], phases["agreedMs"])
            self.assertEqual(settled["sinceMs"], phases["agreedMs"])
            self.assertLess(phases["agreedMs"], 30_000, "nothing waited for the interval")
            self.check_all(watching)

    def test_a_master_that_dies(self):
        with Council() as council:
            watching = self.listening(council)
            old = council.master.address
            council.master.stop()
            for channel in ("+sdown", "+odown", "+switch-master"):
                self.assertEqual(watching.until("sentinel", channel=channel)["from" if channel == "+switch-master" else "subject"], old)
            self.assertIsNone(watching.until("masters", **{"from": old})["to"])
            back = watching.until("masters", **{"from": None})
            self.assertIn(back["to"], [one.address for one in council.replicas])
            settled = watching.until("settled")
            phases = settled["phases"]
            self.assertEqual((settled["from"], settled["to"]), (old, back["to"]))
            self.assertGreater(phases["noMasterMs"], 0)
            self.assertEqual(phases["noMasterMs"], back["heldMs"])
            self.assertLessEqual(phases["sdownMs"], phases["odownMs"])
            self.assertLess(phases["odownMs"], phases["switchMasterMs"])
            self.check_all(watching)

    def test_a_sentinel_that_goes_away_is_called_again(self):
        with Council() as council:
            watching = self.listening(council, "--interval", "200ms")
            gone, stays = council.sentinels[2], council.sentinels[0]

            def listeners() -> list:
                return [line for line in stays.command("CLIENT", "LIST").decode().splitlines() if "name=redisctl:watch" in line and "psub=1" in line]

            gone.stop()
            self.assertNotEqual(watching.until("events", subject=gone.address, **{"from": "yes"})["to"], None)
            # It has found the two others again: they are told of on its own line.
            gone.start()
            back = eventually("it is heard again", lambda: [each for each in watching.events if each["event"] == "events" and each["subject"] == gone.address and
                                                            each["to"] == "yes"][1:], 20)
            self.assertGreater(back[0]["heldMs"], 0)
            self.assertLessEqual(len([each for each in watching.events if each["event"] == "events" and each["subject"] == gone.address]), 5)
            self.assertEqual(len(listeners()), 1, "one line for all the time")
            stays.command("SENTINEL", "FAILOVER", NAME)
            watching.until("sentinel", channel="+switch-master", by=gone.address)
            self.check_all(watching)

    def test_a_password_that_a_sentinel_is_told_is_not_repeated(self):
        with Council() as council:
            watching = self.listening(council)
            council.sentinels[0].command("SENTINEL", "SET", NAME, "auth-pass", "hunter2 hunter3")
            told = watching.until("sentinel", channel="+set")
            self.assertTrue(told["text"].endswith(" auth-pass"), told)
            self.assertNotIn("hunter", str(watching.events))

    def test_a_sentinel_that_only_falls_silent(self):
        with Council(down_after=60_000) as council:
            watching = self.listening(council)
            council.sentinels[1].freeze()
            lost = watching.until("events", subject=council.sentinels[1].address, to="NO_ANSWER")
            self.assertEqual(lost["from"], "yes")
            watching.until("answers", subject=council.sentinels[1].address)


if __name__ == "__main__":
    unittest.main()
