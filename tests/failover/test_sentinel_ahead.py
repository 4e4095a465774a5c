"""Engine sentinel-ahead: FAILOVER behind the Sentinels' backs, and their own word to each of them right after it (protocols.md 4, 7.9 rows 36-45)."""
import os
import signal
import time
from pathlib import Path

import dying
from aware import KEY, Aware
from changing import PASSWORD, is_master
from servers import eventually
from versions import INSTALLED
from watched import NAME, Watched, Watching

AT_ONCE = 2
# What changes a server, as it is sent.
CHANGING = ("FAILOVER\r\n$2\r\nTO", "__sentinel__:hello", "$9\r\nREPLICAOF", "CLIENT\r\n$4\r\nKILL", "CONFIG\r\n$7\r\nREWRITE")
# What a Sentinel says of a master that a switch may not change.
KEPT = ("quorum", "down-after-milliseconds", "failover-timeout", "parallel-syncs", "num-slaves", "num-other-sentinels", "client-reconfig-script", "flags")


class Ahead(Watched):
    def ahead(self, nodes: list, *arguments, **how):
        return self.change("failover", "--engine", "sentinel-ahead", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes, **how)

    def begun(self, nodes: list, step: str, *arguments):
        """Stopped when the intent of this step is on disk and nothing of it is done."""
        return self.start("failover", "--engine", "sentinel-ahead", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes,
                          env=dying.at_intent(step)).until_stopped()

    def handed_over(self, nodes: list, *arguments, env: dict = None, **how):
        """Stopped when the replica is promoted, and no Sentinel has heard of it: the servers need nobody any more when the first GETACK has left, and the write behind it that the new master takes."""
        running = self.start("failover", "--engine", "sentinel-ahead", "--promote", nodes[1].address, *arguments, "--yes", nodes=nodes,
                             env={**(env or {}), **dying.at_send(":after\r\n")}, **how).until_stopped()
        eventually("it is promoted", lambda: is_master(nodes[1]))
        return running

    def living(self) -> list:
        return [sentinel for sentinel in self.sentinels if sentinel.process.poll() is None]

    def quorum(self) -> list:
        return [sentinel.command("SENTINEL", "CKQUORUM", NAME)[:2] for sentinel in self.living()]

    def epochs(self) -> set:
        return {self.said(sentinel)["config-epoch"] for sentinel in self.living()}

    def assert_peace(self, nodes: list, master, seconds: float) -> None:
        """Nobody promotes, demotes or names anybody else."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertEqual([node for node in nodes if is_master(node)], [master])
            self.assert_sentinels_name(master)
            time.sleep(0.5)

    def guardians(self, running) -> list:
        return [int(pid) for pid in Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()]


class Planned(Ahead):
    def sentinel(self, nodes: list, quorum: int, version: str = INSTALLED) -> Watching:
        """With every setting that a master can have in a Sentinel, those that nobody can read among them."""
        self.script = self.state / "script"
        self.script.write_text(f'#!/bin/sh\necho "$@" >> {self.state}/said\n')
        self.script.chmod(0o755)
        options = [f"sentinel {name} {NAME} {value}" for name, value in
                   (("down-after-milliseconds", 5000), ("failover-timeout", 61000), ("parallel-syncs", 3), ("client-reconfig-script", self.script),
                    ("master-reboot-down-after-period", 4000), ("auth-pass", PASSWORD))]
        sentinel = self.enterContext(Watching(*options, monitors={NAME: nodes[0]}, quorum=quorum))
        sentinel.command("SENTINEL", "DEBUG", "info-period", 500, "publish-period", 500)
        return sentinel

    def settings_of_sentinels(self) -> list:
        unreadable = ("auth-pass", "master-reboot-down-after-period")
        files = [[line for line in (sentinel.folder / "server.conf").read_text().splitlines() if any(word in line for word in unreadable)] for sentinel in self.sentinels]
        said = [{name: self.said(sentinel).get(name) for name in KEPT} for sentinel in self.sentinels]
        self.assertTrue(all(len(lines) == 2 for lines in files), files)
        return [files, said]

    def test_nothing_is_lost_nobody_waits_and_the_sentinels_keep_their_settings(self):
        nodes = self.system(f"masterauth {PASSWORD}", password=PASSWORD)
        before, epoch = self.settings_of_sentinels(), int(self.epochs().pop())
        subscriber = self.enterContext(self.sentinels[2].client())
        subscriber.command("SUBSCRIBE", "+switch-master")
        writer = self.writing(nodes)
        aware = self.enterContext(Aware([sentinel.address for sentinel in self.sentinels], NAME, PASSWORD))
        change = self.ahead(nodes)
        self.assertEqual(self.quorum(), [b"OK"] * 3, "the quorum was not whole at once")
        self.assertEqual((change.result["engine"], change.result["from"], change.result["to"], change.result["lostBytes"]),
                         ("sentinel-ahead", nodes[0].address, nodes[1].address, 0), change)
        self.assertEqual((change.result["proof"]["nothingLost"], change.result["warnings"]), (True, []), change)
        self.assert_sentinels_name(nodes[1])
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assertEqual(self.epochs(), {str(epoch + 1)})
        # Who listens, and the scripts, hear of it as of any failover.
        self.assertEqual(subscriber.reply()[2], f"{NAME} 127.0.0.1 {nodes[0].port} 127.0.0.1 {nodes[1].port}".encode())
        eventually("the scripts were run", lambda: (self.state / "said").read_text().count(f"{NAME} observer start 127.0.0.1 {nodes[0].port} 127.0.0.1 {nodes[1].port}") == 3)
        aware.stop()
        print(f"a client that asks Sentinels: longest gap {aware.longest_ms():.1f} ms; redisctl's own {change.result['writeOutageMs']} ms", flush=True)
        # A Sentinel's own failover takes more than a second for such a client.
        self.assertLess(aware.longest_ms(), 700, change)
        self.assertGreaterEqual(int(nodes[1].command("GET", KEY)), aware.acked)
        # Sentinels that had been passed by would fight from down-after and two INFOs on.
        self.assert_peace(nodes, nodes[1], 40)
        self.assertEqual(self.settings_of_sentinels(), before)
        self.assert_nothing_lost(writer, nodes[1])
        # They are as able as before.
        self.sentinels[0].command("SENTINEL", "FAILOVER", NAME)
        eventually("a Sentinel's own failover", lambda: not is_master(nodes[1]) and {self.said(one)["port"] for one in self.sentinels} <= {str(nodes[0].port), str(nodes[2].port)}, 30)

    def test_the_plan_tells_all(self):
        nodes = self.system(f"masterauth {PASSWORD}", replicas=1, password=PASSWORD)
        plan = self.plan("failover", "--engine", "sentinel-ahead", nodes=nodes)
        self.assertEqual([step["id"] for step in plan["steps"]],
                         ["probe", "sentinels-listen", "verify", "hand-over", "tell-sentinels", "move-clients", "old-follows", "write", "sentinels-agree", "persist"])
        lines, at_once = (next(step for step in plan["steps"] if step["id"] == name)["action"]["commands"] for name in ("tell-sentinels", "hand-over"))
        self.assertLess(set(lines), set(at_once), "it is said in the moment of the promotion")
        self.assertEqual(len(lines), 3)
        for line, sentinel in zip(lines, self.sentinels):
            self.assertRegex(line, f"^{sentinel.address}> PUBLISH __sentinel__:hello 127.0.0.1,[0-9]+,[0-9a-f]{{40}},1,{NAME},127.0.0.1,{nodes[1].port},1$")
        self.assertIn("should redisctl be killed behind hand-over, its guardian, a process of its own, finishes the switch; without that the Sentinels would promote "
                      "somebody 25 s later", plan["notes"])
        self.assertEqual(self.epochs(), {"0"}, "a dry run changed something")


class Versions(Ahead):
    def test_the_same_word_in_redis_8_and_valkey(self):
        for version in ("8.0", "valkey-8.1"):
            with self.subTest(version=version):
                self.sentinel_versions = (version,)
                nodes = self.system(version=version)
                writer = self.writing(nodes)
                change = self.ahead(nodes)
                self.assertEqual((change.result["engine"], change.result["lostBytes"]), ("sentinel-ahead", 0), change)
                self.assertEqual(self.quorum(), [b"OK"] * 3)
                self.assertEqual(self.epochs(), {"1"})
                self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
                self.assert_peace(nodes, nodes[1], 8)
                self.assert_nothing_lost(writer, nodes[1])


class Refused(Ahead):
    def refused(self, nodes: list, check: str, cause: str) -> None:
        epochs = self.epochs()
        change = self.ahead(nodes, code=6, outcome="refused")
        self.assertIn(check, change.result["errors"][0]["message"], change)
        self.assertRegex(str(change.result["errors"]), cause, change)
        self.assertEqual([is_master(node) for node in nodes], [True, False, False])
        self.assertEqual(self.epochs(), epochs)
        self.assert_sentinels_name(nodes[0])

    def test_a_dead_sentinel(self):
        nodes = self.system()
        self.sentinels[2].stop()
        self.refused(nodes, "sentinel-agreement", "refused|not reached|connect")

    def test_a_frozen_sentinel(self):
        nodes = self.system()
        self.sentinels[2].freeze()
        change = self.ahead(nodes, code=6, outcome="refused")
        self.assertIn("sentinel-agreement", change.result["errors"][0]["message"], change)
        os.kill(self.sentinels[2].process.pid, signal.SIGCONT)
        self.assert_untouched(nodes)
        self.assert_sentinels_name(nodes[0])
        self.assertEqual(self.epochs(), {"0"})

    def test_a_ghost(self):
        """One that the others know and that we were not told of: it would hold on to the old master."""
        nodes = self.system()
        ghost = self.sentinels.pop()
        self.refused(nodes, "sentinel-peers", f"knows {ghost.address}, which was not asked")

    def test_one_sentinel_alone(self):
        nodes = self.system(sentinels=1, quorum=1)
        self.refused(nodes, "sentinel-peers", "there is one alone: nobody can tell it")

    def test_row_38_tilt(self):
        nodes = self.system()
        self.tilt(self.sentinels[0])
        self.refused(nodes, "sentinel-calm", "is in tilt")

    def test_row_42_they_disagree(self):
        nodes = self.system()
        self.mislead(self.sentinels[2], nodes[1])
        change = self.ahead(nodes, code=6, outcome="refused")
        self.assertRegex(str(change.result["errors"]), f"names 127.0.0.1:{nodes[1].port}", change)
        self.assert_untouched(nodes)

    def test_one_that_does_not_take_our_word(self):
        """What we may say there is tried before anything is changed."""
        nodes = self.system()
        self.sentinels[1].command("ACL", "SETUSER", "default", "-publish")
        writer = self.writing(nodes)
        change = self.ahead(nodes, code=None)
        self.assertRegex(str(change.result["errors"]), "NOPERM|permit", change)
        self.assertEqual((change.result["outcome"], change.result["to"]), ("rolled-back", nodes[1].address), change)
        self.assert_untouched(nodes)
        self.assertEqual(self.epochs(), {"0"})
        self.assert_nothing_lost(writer, nodes[0])

    def test_without_sentinels(self):
        nodes = self.system(sentinels=0)
        change = self.ahead(nodes, code=6, outcome="refused")
        self.assert_says(change, "CHECK_FAILED", "the switch is refused by: sentinels", "none that can be asked watches it", "leave --engine out, or name one")
        self.assert_untouched(nodes)


class Faults(Ahead):
    def test_row_16_the_target_hangs(self):
        """The hand-over is given up, and the Sentinels have heard nothing."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.begun(nodes, "hand-over", "--handover-timeout", "500ms")
        nodes[1].freeze()
        change = self.finished(running.go_on(), code=8, outcome="rolled-back")
        os.kill(nodes[1].process.pid, signal.SIGCONT)
        self.assertRegex(str(change.result["errors"]), "gave up the hand-over|hung and was taken back", change)
        self.assert_sentinels_name(nodes[0])
        self.assertEqual(self.epochs(), {"0"})
        self.assert_one_master(nodes, nodes[0], seconds=10)
        self.assert_nothing_lost(writer, nodes[0])

    def test_row_17_the_target_dies_before(self):
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.begun(nodes, "hand-over", "--handover-timeout", "500ms")
        nodes[1].stop()
        change = self.read(running.go_on().finish())
        self.assertEqual(change.result["outcome"], "rolled-back", change)
        self.assert_sentinels_name(nodes[0])
        self.assertEqual(self.epochs(), {"0"})
        self.assert_one_master([nodes[0], nodes[2]], nodes[0])
        self.assert_nothing_lost(writer, nodes[0])

    def test_a_sentinel_dies_between_the_hand_over_and_the_word(self):
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.handed_over(nodes)
        self.sentinels[0].stop()
        change = self.finished(running.go_on())
        self.assertEqual(change.result["lostBytes"], 0, change)
        self.assertRegex(str(change.result["warnings"]), f"sentinels-agree: .*{self.sentinels[0].address}", change)
        self.assert_sentinels_name(nodes[1])
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_peace(nodes, nodes[1], 8)
        self.assert_nothing_lost(writer, nodes[1])

    def test_one_that_slept_hears_it_from_the_others(self):
        """It has the lower epoch, so it is not the one that is believed."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.handed_over(nodes)
        self.sentinels[0].freeze()
        change = self.finished(running.go_on())
        self.assertEqual(change.result["lostBytes"], 0, change)
        asleep = self.sentinels[0]
        os.kill(asleep.process.pid, signal.SIGCONT)
        eventually("it names the new master", lambda: self.said(asleep)["port"] == str(nodes[1].port), 10)
        self.assert_peace(nodes, nodes[1], 8)
        self.assert_nothing_lost(writer, nodes[1])

    def test_killed_after_each_record(self):
        self.assertGreaterEqual(self.each_death(dying.each_fsync()), 4)

    def test_killed_after_each_command(self):
        """Among them: when one of the Sentinels is told, and then two."""
        self.assertGreaterEqual(self.each_death(dying.each_send(*CHANGING)), 6)

    def each_death(self, moments) -> int:
        """Behind the intent of the hand-over its guardian finishes it, and nobody types anything; before that it is resumed. How often it was the guardian."""
        nodes = self.system()
        guarded = 0
        for moment in moments:
            with self.subTest(moment=str(moment)):
                self.forget_journals()
                writer = self.writing(nodes, writers=1)
                change = self.ahead(nodes, env=moment.env, code=None)
                if moment.survived(change.code):
                    self.assertEqual(change.code, 0, change)
                    break
                records = next(iter(self.journals().values()), [])
                master = nodes[1]
                if any((record["record"], record.get("step")) == ("intent", "hand-over") for record in records):
                    guarded += 1
                    eventually("its guardian has finished it", self.ended, 30)
                    end = next(iter(self.journals().values()))[-1]["result"]
                    self.assertEqual((end["outcome"], end["lostBytes"]), ("done", 0), end)
                elif records:
                    time.sleep(0.3)
                    self.assertFalse(is_master(nodes[1]), "the guardian began what had not begun")
                    resumed = self.change("resume", "--yes")
                    self.assertEqual(resumed.result["lostBytes"], 0, resumed)
                else:
                    master = nodes[0]
                self.assert_one_master(nodes, master)
                eventually("the Sentinels name it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(master.port)})
                self.assert_nothing_lost(writer, master)
                nodes = [master, *(node for node in nodes if node is not master)]
                for sentinel in self.sentinels:
                    self.await_seen(sentinel, nodes, 3)
        self.assert_peace(nodes, next(node for node in nodes if is_master(node)), 8)
        return guarded

    def ended(self) -> bool:
        return any(record["record"] == "end" for records in self.journals().values() for record in records)

    def forget_journals(self) -> None:
        for path in (self.state / "redisctl" / "ops").glob("*.jsonl"):
            path.unlink()

    def test_killed_with_its_guardian_and_resumed(self):
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.handed_over(nodes)
        guardians = self.guardians(running)
        self.assertEqual(len(guardians), 1)
        for pid in (*guardians, running.process.pid):
            os.kill(pid, signal.SIGKILL)
        running.finish()
        self.assertTrue(is_master(nodes[1]))
        self.assert_sentinels_name(nodes[0])
        change = self.change("resume", "--yes")
        self.assertEqual((change.result["to"], change.result["lostBytes"]), (nodes[1].address, 0), change)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        self.assert_sentinels_name(nodes[1])
        self.assert_peace(nodes, nodes[1], 8)
        self.assert_nothing_lost(writer, nodes[1])

    def test_the_guardian_has_the_password_that_came_from_stdin(self):
        nodes = self.system(f"masterauth {PASSWORD}", replicas=1, password=PASSWORD)
        running = self.handed_over(nodes, "--password-stdin", input=PASSWORD, env={"REDISCLI_AUTH": ""})
        guardian, = self.guardians(running)
        shown = Path(f"/proc/{guardian}/cmdline").read_bytes() + Path(f"/proc/{guardian}/environ").read_bytes()
        self.assertNotIn(PASSWORD.encode(), shown)
        open_files = {link.name: os.readlink(link) for link in Path(f"/proc/{guardian}/fd").iterdir()}
        self.assertEqual({name: target for name, target in open_files.items() if target != "/dev/null"}.keys(), {"3"}, open_files)
        running.send(signal.SIGKILL)
        running.finish()
        eventually("its guardian has finished it", self.ended, 30)
        self.assert_one_master([nodes[1], nodes[0]], nodes[1])
        self.assert_sentinels_name(nodes[1])

    def test_a_guardian_that_was_not_needed_is_gone(self):
        nodes = self.system()
        running = self.handed_over(nodes)
        guardian, = self.guardians(running)
        self.finished(running.go_on())
        self.assertFalse(Path(f"/proc/{guardian}").exists(), "it lives")

    def test_left_in_the_middle_by_ctrl_c(self):
        """The second one leaves; what is left of the switch is the guardian's."""
        nodes = self.system()
        writer = self.writing(nodes)
        running = self.handed_over(nodes)
        for sentinel in self.sentinels[:2]:
            sentinel.freeze()
        running.go_on()
        for _ in range(2):
            time.sleep(0.3)
            running.send(signal.SIGINT)
        change = self.read(running.finish())
        self.assertEqual((change.result["outcome"], change.result["to"]), ("incomplete", nodes[1].address), change)
        self.assertIn("its guardian goes on with it: redisctl history", change.answer.err)
        for sentinel in self.sentinels[:2]:
            os.kill(sentinel.process.pid, signal.SIGCONT)
        eventually("its guardian has finished it", self.ended, 30)
        self.assert_one_master([nodes[1], nodes[0], nodes[2]], nodes[1])
        eventually("the Sentinels name it", lambda: {self.said(sentinel)["port"] for sentinel in self.sentinels} == {str(nodes[1].port)}, 10)
        self.assert_nothing_lost(writer, nodes[1])
