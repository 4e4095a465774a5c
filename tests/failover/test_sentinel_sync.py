"""`redisctl sentinel sync`: real Sentinels that drifted agree with the majority again."""
from changing import PASSWORD, Changing
from council import HURRY, NAME, Council, known, master
from servers import eventually, free_port

SETTINGS = {"quorum": "2", "down-after-milliseconds": "1000", "failover-timeout": "20000", "parallel-syncs": "1"}


class Syncing(Changing):
    def council(self, **how) -> Council:
        return self.enterContext(Council(**how))

    def sync(self, council: Council, *arguments, **how):
        env = {"REDISCLI_AUTH": council.password} if council.password else {}
        return self.change("sentinel sync", *council.flags(), *arguments, env=env, **how)

    def monitor(self, sentinel, port: int, name: str = NAME) -> None:
        sentinel.command("SENTINEL", "REMOVE", NAME)
        sentinel.command("SENTINEL", "MONITOR", name, "127.0.0.1", str(port), "1")

    def assert_in_step(self, council: Council) -> None:
        """Each as SENTINEL itself says it, and redisctl sees no difference."""
        for sentinel in council.sentinels:
            said = master(sentinel)
            self.assertEqual((said["port"], {name: said[name] for name in SETTINGS}), (str(council.master.port), SETTINGS))
        env = {"REDISCLI_AUTH": council.password} if council.password else {}

        def good() -> bool:
            return self.start("sentinel check", "--fail-on", "warning", *council.flags(), env=env).finish().code == 0

        eventually("nothing is left to tell", good)
        again = self.sync(council, "--yes", outcome="noop")
        self.assertFalse(again.result["changed"])
        self.assert_journals_closed()


class Settings(Syncing):
    def test_settings_that_drifted(self):
        council = self.council()
        odd = council.sentinels[1]
        odd.command("SENTINEL", "SET", NAME, "down-after-milliseconds", "30000", "parallel-syncs", "4", "quorum", "3", "failover-timeout", "5000")
        plan = self.plan("sentinel sync", *council.flags())
        step = plan["steps"][0]
        self.assertEqual(([each["id"] for each in plan["steps"]], step["action"]["commands"]),
                         ([f"set-{odd.address}"], [f"{odd.address}> SENTINEL SET {NAME} down-after-milliseconds 1000 failover-timeout 20000 parallel-syncs 1 quorum 2"]))
        self.assertEqual(step["undo"][0]["commands"], [f"{odd.address}> SENTINEL SET {NAME} down-after-milliseconds 30000 failover-timeout 5000 parallel-syncs 4 quorum 3"])
        self.assertEqual(master(odd)["quorum"], "3", "a dry run changes nothing")
        refused = self.sync(council, code=6, outcome="refused")
        self.assert_says(refused, "NOT_CONFIRMED", "there is no terminal", hint="--yes")
        change = self.sync(council, "--yes")
        self.assertEqual(change.result["achieved"], [f"{odd.address} has down-after-milliseconds 1000, failover-timeout 20000, parallel-syncs 1, quorum 2, "
                                                     "before it had down-after-milliseconds 30000, failover-timeout 5000, parallel-syncs 4, quorum 3"])
        self.assert_in_step(council)

    def test_no_majority_for_a_setting(self):
        council = self.council()
        for sentinel, value in zip(council.sentinels, ("1000", "2000", "3000")):
            sentinel.command("SENTINEL", "SET", NAME, "down-after-milliseconds", value)
        change = self.sync(council, "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: settings", cause="no majority for down-after-milliseconds")
        self.assertEqual([master(one)["down-after-milliseconds"] for one in council.sentinels], ["1000", "2000", "3000"])

    def test_one_that_refuses_takes_back_what_was_done(self):
        council = self.council(sentinels=5)
        odd = council.sentinels[:2]
        for one in odd:
            one.command("SENTINEL", "SET", NAME, "down-after-milliseconds", "7000")
        plan_order = [step["node"] for step in self.plan("sentinel sync", *council.flags())["steps"]]
        first, last = (next(one for one in odd if one.address == name) for name in plan_order)
        last.command("ACL", "SETUSER", "default", "-sentinel|set")
        change = self.sync(council, "--yes", code=8, outcome="rolled-back")
        self.assertEqual(change.steps("undone")[-1], f"set-{first.address}")
        self.assertEqual([master(one)["down-after-milliseconds"] for one in (first, last)], ["7000", "7000"])
        self.assertEqual(change.result["achieved"], [])
        self.assertIn("NOPERM", [error["code"] for error in change.result["errors"]])
        self.assert_journals_closed()


class Astray(Syncing):
    def test_a_dead_address_nothing_and_another_system(self):
        council, other = self.council(sentinels=7, password=PASSWORD, quorum=2), self.council(sentinels=0, replicas=1, quorum=1)
        dead, nothing, crossed = council.sentinels[:3]
        self.monitor(dead, free_port())
        nothing.command("SENTINEL", "REMOVE", NAME)
        self.monitor(crossed, other.master.port)
        eventually("it watches the other one", lambda: master(crossed)["flags"] == "master")
        env = {"REDISCLI_AUTH": PASSWORD}
        plan = self.plan("sentinel sync", *council.flags(), env=env)
        self.assertEqual([check["name"] for check in plan["checks"] if check["verdict"] != "ok"], [])
        lines = {step["node"]: step["action"]["commands"] for step in plan["steps"] if step["id"].startswith("monitor-")}
        self.assertEqual(set(lines), {one.address for one in (dead, nothing, crossed)})
        self.assertEqual(lines[nothing.address][0], f"{nothing.address}> SENTINEL MONITOR {NAME} 127.0.0.1 {council.master.port} 2")
        self.assertEqual(lines[crossed.address][:2], [f"{crossed.address}> SENTINEL REMOVE {NAME}", f"{crossed.address}> SENTINEL MONITOR {NAME} 127.0.0.1 {council.master.port} 2"])
        self.assertIn("auth-pass …", lines[dead.address][-1])

        self.assertTrue(any(f"the Sentinels of {other.master.address} may remember {crossed.address}" in note for note in plan["notes"]), plan["notes"])
        change = self.sync(council, "--yes")
        self.assertEqual(len(change.result["achieved"]), 3)
        for one in (dead, nothing, crossed):
            self.assertEqual(master(one)["flags"], "master", "it can log in")
            self.assertEqual({int(each["port"]) for each in known(one, "REPLICAS")}, {replica.port for replica in council.replicas})
        self.journals()
        self.assert_in_step(council)

    def test_the_other_systems_sentinel_is_left_alone(self):
        council, other = self.council(), self.council(sentinels=1, replicas=1, quorum=1)
        theirs, crossed = other.sentinels[0], council.sentinels[2]
        self.monitor(crossed, other.master.port)
        crossed.command("SENTINEL", "DEBUG", *HURRY)
        ports = lambda one: {each["port"] for each in known(one, "SENTINELS")}  # noqa: E731
        eventually("they know each other", lambda: str(crossed.port) in ports(theirs) and str(theirs.port) in ports(crossed))
        self.sync(council, "--yes")
        self.assertEqual(master(crossed)["port"], str(council.master.port))
        # It goes on greeting the one that it remembers; whose it is shows.
        eventually("it is learnt again", lambda: str(theirs.port) in ports(crossed))
        answer = self.start("sentinel", *council.flags()).finish()
        item = answer.document["items"][0]
        self.assertEqual({one["name"] for one in item["sentinels"]}, {one.address for one in council.sentinels})
        crossing = next(one for one in answer.document["findings"] if one["code"] == "SENTINEL_CROSSED")
        self.assertIn(f"a Sentinel of {other.master.address} at {theirs.address}", crossing["message"])
        self.sync(council, "--yes", outcome="noop")
        self.assertEqual(master(theirs)["port"], str(other.master.port))

    def test_another_name(self):
        council = self.council()
        self.monitor(council.sentinels[2], council.master.port, name="redis")
        council.sentinels[2].command("SENTINEL", "DEBUG", *HURRY)
        change = self.sync(council, "--master-name", NAME, "--yes")
        self.assertIn("before it watched redis at", change.result["achieved"][0])
        self.assertEqual([master(one)["name"] for one in council.sentinels], [NAME] * 3)
        self.assert_in_step(council)

    def test_scripts_that_would_be_lost(self):
        council = self.council(options=(f"sentinel notification-script {NAME} /bin/true",))
        # REMOVE takes the script away, and MONITOR does not bring it back: only the address changes here.
        odd = council.add(council.sentinel())
        council.sentinels.append(odd)
        council.wait_settled()
        self.monitor(odd, free_port())
        change = self.sync(council, "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: scripts-elsewhere", cause="the others have a notification-script")
        self.assertNotEqual(master(odd)["port"], str(council.master.port))
        self.sync(council, "--yes", "--override", "scripts-elsewhere")
        self.assertEqual(master(odd)["port"], str(council.master.port))

    def test_a_script_of_its_own(self):
        council = self.council()
        odd = council.add(council.sentinel(f"sentinel monitor redis 127.0.0.1 {council.master.port} 2", "sentinel notification-script redis /bin/true"))
        odd.command("SENTINEL", "REMOVE", NAME)
        council.sentinels.append(odd)
        change = self.sync(council, "--master-name", NAME, "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: scripts", cause="it has a notification-script")
        self.assertEqual(master(odd, "redis")["notification-script"], "/bin/true")
        answer = self.start("sentinel sync", *council.flags(), "--master-name", NAME, "--yes", "--override", "scripts").finish()
        self.assertEqual(answer.code, 2, answer)
        self.assertIn("check scripts cannot be overridden", answer.err)

    def test_commands_that_are_renamed(self):
        council = self.council(master_options=('rename-command SCRIPT ""',))
        self.monitor(council.sentinels[0], free_port())
        change = self.sync(council, "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: renamed-commands", cause="not known there: SCRIPT")
        self.sync(council, "--yes", "--override", "renamed-commands")
        self.assert_in_step(council)

    def test_fewer_than_half_watch_the_master(self):
        council = self.council()
        for one in council.sentinels[1:]:
            one.command("SENTINEL", "REMOVE", NAME)
        change = self.sync(council, "--yes", code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "refused by: majority", cause="1 of 3 that answer watch")
        self.sync(council, "--yes", "--override", "majority")
        self.assert_in_step(council)
