"""`redisctl sentinel` and `sentinel check` against real Sentinels: what each says, what is compared, and whether they could fail over."""
import os
import signal
import time

from asking import Asking, by_name, codes
from council import NAME, Council, known, master
from servers import eventually, free_port


class Viewing(Asking):
    def view(self, council: Council, *arguments, command: str = "sentinel", code: int = 0) -> dict:
        """The one item, with the document's findings."""
        document = self.document(command, "SentinelView", *(arguments or council.flags()), code=code)
        item = self.only(document["items"])
        item["findings"] = document["findings"]
        return item

    def check(self, council: Council, *arguments, code: int = 0) -> dict:
        return self.view(council, *arguments, command="sentinel check", code=code)

    def finding(self, item: dict, code: str) -> dict:
        return self.only([finding for finding in item["findings"] if finding["code"] == code])

    def monitor(self, sentinel, address: str, name: str = NAME, quorum: int = 2) -> None:
        host, port = address.rsplit(":", 1)
        sentinel.command("SENTINEL", "REMOVE", NAME)
        sentinel.command("SENTINEL", "MONITOR", name, host, port, str(quorum))
        sentinel.command("SENTINEL", "SET", name, "down-after-milliseconds", "1000", "failover-timeout", "20000")


class Healthy(Viewing):
    @classmethod
    def setUpClass(cls):
        cls.council = cls.enterClassContext(Council())

    def test_one_sentinel_leads_to_the_others(self):
        item = self.view(self.council, *self.council.flags(self.council.sentinels[1]))
        self.assertEqual(set(by_name(item["sentinels"])), {one.address for one in self.council.sentinels})
        self.assertEqual((item["master"], item["canFailOver"], item["obstacles"]), (self.council.master.address, True, []))
        self.assertEqual(item["findings"], [])

    def test_each_says_what_it_knows(self):
        for one in self.view(self.council)["sentinels"]:
            sentinel = next(s for s in self.council.sentinels if s.address == one["name"])
            self.assertEqual(one["id"], sentinel.command("SENTINEL", "MYID").decode())
            self.assertEqual((one["masterName"], one["master"], one["onMaster"], one["tilt"]), (NAME, self.council.master.address, True, False))
            self.assertEqual((one["quorum"], one["downAfterMs"], one["failoverTimeoutMs"], one["parallelSyncs"]), (2, 1000, 20000, 1))
            self.assertEqual((one["voters"], one["votes"], one["votesNeeded"]), (3, 3, 2))
            self.assertEqual(one["checkQuorum"], {"ok": True, "message": sentinel.command("SENTINEL", "CKQUORUM", NAME).decode()})
            self.assertEqual({s["id"] for s in one["sentinels"]}, {s["runid"] for s in known(sentinel, "SENTINELS")})
            self.assertEqual({(r["node"], r["standing"], r["linkStatus"], r["priority"]) for r in one["replicas"]},
                             {(replica.address, "here", "up", 100) for replica in self.council.replicas})
            self.assertEqual(one["error"], None)

    def test_people_get_tables(self):
        first = self.council.sentinels[0].address
        masters = self.ask("sentinel", *self.council.flags()).out
        self.assertIn("a failover could happen", masters)
        self.assertRegex(masters, rf"(?m)^{first} +{self.council.master.address} +\d+ +2 +3 of 3, 2 needed +2 replicas, 3 Sentinels +1s +20s +1 +ok$")
        self.assertEqual(masters, self.ask("sentinel", "masters", *self.council.flags()).out)
        replicas = self.ask("sentinel", "replicas", *self.council.flags()).out
        self.assertRegex(replicas, rf"(?m)^{self.council.replicas[0].address} +{self.council.replicas[0].address} +heard +heard +heard$")
        sentinels = self.ask("sentinel", "sentinels", *self.council.flags()).out
        self.assertRegex(sentinels, rf"(?m)^{first} +{first} +itself +heard +heard$")
        self.assertRegex(self.ask("sentinel", "check", *self.council.flags()).out, r"(?m) yes +ok +OK 3 usable Sentinels")
        self.assertEqual(sorted(self.ask("sentinel", "-o", "name", *self.council.flags()).out.split()), sorted(s.address for s in self.council.sentinels))

    def test_check_is_good(self):
        self.assertEqual(self.check(self.council)["canFailOver"], True)
        self.ask("sentinel", "check", "--fail-on", "warning", *self.council.flags())

    def test_a_wrong_word_gets_the_right_one(self):
        for word, meant in {"mastres": "masters", "chekc": "check"}.items():
            answer = self.ask("sentinel", word, *self.council.flags(), code=2)
            self.assertIn(f"sentinel does not take '{word}'; did you mean '{meant}'?", answer.err)
            self.assertIn(f"redisctl sentinel {meant}", answer.err)

    def test_a_system_without_sentinels(self):
        answer = self.ask("sentinel", "--host", self.council.replicas[0].address, "--json", code=3)
        self.assertIn("there is no Sentinel here", self.error(answer)["message"])
        self.assertEqual(self.error(answer)["hint"], "--sentinel HOST:26379")

    def test_a_node_that_is_no_sentinel(self):
        answer = self.ask("sentinel", "--sentinel", self.council.master.address, "--json", code=4)
        self.assertEqual(self.error(answer)["code"], "NOT_A_SENTINEL")


class Gone(Viewing):
    def test_ghosts_are_named_with_their_age_and_take_the_last_spare_vote(self):
        with Council(sentinels=5, quorum=2) as council:
            first, dead = council.sentinels[0], council.sentinels[3:]
            for one in dead:
                one.stop()
            eventually("they are seen down", lambda: all("s_down" in s["flags"] for s in known(first, "SENTINELS") if s["port"] in [str(d.port) for d in dead]))
            item = self.view(council, *council.flags(first))
            self.assertEqual(set(by_name(item["sentinels"])), {one.address for one in council.sentinels[:3]}, "who is gone is no node")
            remembered = {one["address"]: one for one in item["sentinels"][0]["sentinels"]}
            for one in dead:
                ghost = remembered[one.address]
                self.assertEqual((ghost["standing"], ghost["heard"], ghost["node"]), ("ghost", False, None))
                self.assertGreaterEqual(ghost["silentMs"], 1000)
            ghosts = self.finding(item, "SENTINEL_GHOSTS")
            self.assertEqual(ghosts["severity"], "warning")
            for one in dead:
                self.assertRegex(ghosts["message"], rf"Sentinel {one.address}, silent for \d+ s")
            self.assertIn("redisctl sentinel reset", ghosts["hint"])
            self.assertEqual([(s["voters"], s["votes"], s["votesNeeded"]) for s in item["sentinels"]], [(5, 3, 3)] * 3)
            self.check(council, *council.flags(first))
            self.ask("sentinel", "check", "--fail-on", "warning", *council.flags(first), code=1)
            self.assertRegex(self.ask("sentinel", "sentinels", *council.flags(first)).out, rf"(?m)^- +{dead[0].address} +ghost \d+ s")

            # Quorum 2 is met by the two that are left, and yet nobody can be elected.
            council.sentinels[2].stop()
            eventually("it is seen down", lambda: sum("s_down" in s["flags"] for s in known(first, "SENTINELS")) == 3)
            item = self.check(council, *council.flags(first), code=1)
            self.assertEqual(item["canFailOver"], False)
            self.assertIn("2 of 5 Sentinels can vote, and 3 must", self.only(item["obstacles"]))
            self.assertEqual(self.finding(item, "SENTINEL_CANNOT_FAIL_OVER")["severity"], "critical")
            self.assertEqual(self.finding(item, "SENTINEL_NO_QUORUM")["severity"], "critical")
            self.assertIn("NOQUORUM", item["sentinels"][0]["checkQuorum"]["message"])
            self.assertIn("a failover could not happen: 2 of 5 Sentinels can vote", self.ask("sentinel", "check", *council.flags(first), code=1).out)
            self.ask("sentinel", *council.flags(first))

    def test_a_ghost_replica_and_no_candidate(self):
        with Council(replicas=1) as council:
            council.replicas[0].stop()
            eventually("it is seen down", lambda: "s_down" in known(council.sentinels[0], "REPLICAS")[0]["flags"])
            item = self.check(council, code=1)
            self.assertIn("no replica can be promoted", self.only(item["obstacles"]))
            self.assertIn(f"replica {council.replicas[0].address}, silent for", self.finding(item, "SENTINEL_GHOSTS")["message"])

    def test_replicas_that_must_not_be_promoted(self):
        with Council() as council:
            for replica in council.replicas:
                replica.command("CONFIG", "SET", "replica-priority", "0")
            eventually("the Sentinels have read it", lambda: all(r["slave-priority"] == "0" for s in council.sentinels for r in known(s, "REPLICAS")))
            item = self.check(council, code=1)
            self.assertIn(f"{council.replicas[0].address} has priority 0", self.only(item["obstacles"]))

    def test_sentinels_that_are_named_and_dead(self):
        with Council() as council:
            council.sentinels[2].stop()
            document = self.document("sentinel", "SentinelView", *council.flags(), code=7)
            self.assertEqual(self.only(document["errors"])["node"], council.sentinels[2].address)
            document = self.document("sentinel check", "SentinelView", *council.flags(), code=1)
            self.assertIn(("NODE_UNREACHABLE", "critical"), codes(document))
            self.assertEqual(self.only(document["items"])["canFailOver"], True, "two of three can")
            for sentinel in council.sentinels:
                sentinel.stop()
            document = self.document("sentinel check", "SentinelView", *council.flags(), code=4)
            self.assertEqual(self.only(document["items"])["canFailOver"], None)


class Astray(Viewing):
    def test_settings_that_drifted(self):
        with Council() as council:
            odd = council.sentinels[1]
            odd.command("SENTINEL", "SET", NAME, "down-after-milliseconds", "30000", "parallel-syncs", "2", "quorum", "3")
            item = self.check(council)
            drift = {f["message"].split(" differs: ")[0]: f for f in item["findings"] if f["code"] == "SENTINEL_DRIFT"}
            self.assertEqual(set(drift), {"down-after-milliseconds", "parallel-syncs", "quorum"})
            self.assertIn(f"30000 on {odd.address}", drift["down-after-milliseconds"]["message"])
            self.assertIn("1000 on ", drift["down-after-milliseconds"]["message"])
            self.assertIn("redisctl sentinel sync", drift["quorum"]["hint"])
            self.assertEqual(by_name(item["sentinels"])[odd.address]["votesNeeded"], 3)

    def test_a_sentinel_that_watches_another_system(self):
        with Council() as council, Council(sentinels=1, replicas=1, quorum=1) as other:
            odd = council.sentinels[2]
            self.monitor(odd, other.master.address)
            eventually("it watches the other one", lambda: master(odd)["flags"] == "master")
            item = self.check(council, code=1)
            self.assertEqual(item["master"], council.master.address, "what most of them say, and it is a master")
            crossed = self.finding(item, "SENTINEL_CROSSED")
            self.assertEqual((crossed["severity"], crossed["node"]), ("critical", odd.address))
            self.assertIn(f"watches {other.master.address}, a master with a history of its own, not {council.master.address}", crossed["message"])
            self.assertIn(f"{other.master.address} on {odd.address}", self.finding(item, "SENTINEL_DISAGREEMENT")["message"])
            sentinels = by_name(item["sentinels"])
            self.assertEqual(set(sentinels), {one.address for one in council.sentinels}, "the other system's Sentinels are not ours")
            self.assertEqual([sentinels[s.address]["onMaster"] for s in council.sentinels], [True, True, False])
            self.assertEqual(item["canFailOver"], True, "the other two can")

    def test_a_sentinel_that_names_a_dead_address(self):
        with Council() as council:
            odd, dead = council.sentinels[0], f"127.0.0.1:{free_port()}"
            self.monitor(odd, dead)
            item = self.check(council, code=1)
            finding = self.finding(item, "SENTINEL_DEAD_ADDRESS")
            self.assertEqual((finding["severity"], finding["node"]), ("critical", odd.address))
            self.assertIn(f"names {dead} as the master, and nobody answers there", finding["message"])
            self.assertEqual((item["master"], item["canFailOver"]), (council.master.address, True))

    def test_a_sentinel_that_watches_nothing(self):
        with Council() as council:
            council.sentinels[1].command("SENTINEL", "REMOVE", NAME)
            item = self.check(council)
            self.assertEqual(self.finding(item, "SENTINEL_WATCHES_NOTHING")["node"], council.sentinels[1].address)
            one = by_name(item["sentinels"])[council.sentinels[1].address]
            self.assertEqual((one["masterName"], one["quorum"], one["votes"], one["replicas"]), (None, None, None, []))
            self.assertIn("watches another master", self.ask("sentinel", *council.flags()).out)

    def test_another_name_for_the_same_master(self):
        with Council() as council:
            self.monitor(council.sentinels[1], council.master.address, name="redis")
            drift = self.finding(self.view(council, "--master-name", NAME, *council.flags()), "SENTINEL_DRIFT")
            self.assertIn(f"redis on {council.sentinels[1].address}", drift["message"])

    def test_a_copied_configuration(self):
        id = "sentinel myid " + "ab" * 20
        with Council(sentinels=1, quorum=1) as council:
            for _ in range(2):
                council.sentinels.append(council.add(council.sentinel(id)))
            finding = self.finding(self.check(council, code=1), "SENTINEL_SAME_ID")
            for one in council.sentinels[1:]:
                self.assertIn(one.address, finding["message"])

    def test_tilt(self):
        with Council() as council:
            frozen = council.sentinels[:2]
            for one in frozen:
                os.kill(one.process.pid, signal.SIGSTOP)
            # The timer that was late by more than 2 s says so.
            eventually("they stood still", lambda: all("s_down" in s["flags"] for s in known(council.sentinels[2], "SENTINELS")))
            time.sleep(1.5)
            for one in frozen:
                os.kill(one.process.pid, signal.SIGCONT)
            eventually("they are in TILT mode", lambda: all(b"sentinel_tilt:1" in one.command("INFO", "sentinel") for one in frozen))
            eventually("they are heard again", lambda: not any("s_down" in s["flags"] for s in known(council.sentinels[2], "SENTINELS")))
            item = self.check(council, code=1)
            self.assertEqual([by_name(item["sentinels"])[s.address]["tilt"] for s in council.sentinels], [True, True, False])
            self.assertEqual(sum(f["code"] == "SENTINEL_TILT" for f in item["findings"]), 2)
            self.assertEqual(item["canFailOver"], False)
            self.assertIn("is in TILT mode", self.only(item["obstacles"]))

    def test_a_failover_that_runs(self):
        with Council() as council:
            council.sentinels[0].command("SENTINEL", "FAILOVER", NAME)
            eventually("it is over", lambda: master(council.sentinels[0])["port"] != str(council.master.port))
            eventually("all agree", lambda: self.view(council)["findings"] == [] and len({s["master"] for s in self.view(council)["sentinels"]}) == 1)
            item = self.check(council)
            self.assertIn(item["master"], [replica.address for replica in council.replicas])
            self.assertEqual({s["epoch"] for s in item["sentinels"]}, {1})

    def test_a_server_behind_a_password(self):
        with Council(password="pa55-of-redis") as council:
            document = self.document("sentinel check", "SentinelView", *council.flags(), env={"REDISCLI_AUTH": "pa55-of-redis"})
            self.assertEqual(self.only(document["items"])["canFailOver"], True)
