"""The old master's machine or pod is not well (protocols.md 7.9, row 56), and two masters behind real Services: who lives is not taken for dead, who is not
Ready is not chosen, and the Services lead to the one master in the end."""
import json
import unittest

from cluster import POD_NAME, SERVICES
from servers import eventually
from switching import FIRST, SECOND, THIRD, Switching

AT_ONCE = 6
DEAD = ("--accept-data-loss", "--confirm", "my-redis")


class Machines(Switching):
    def setUp(self):
        """There is something to lose, and all have it."""
        super().setUp()
        for n in range(10):
            self.servers[0].command("SET", f"before:{n}", "1")
        for replica in self.servers[1:]:
            replica.wait_linked()

    def failover(self, *arguments):
        return self.begin("failover", "--settle", "50ms", *arguments)

    def refused(self, running, check: str, *words: str):
        change = self.finished(running, 6, "refused")
        error = change.result["errors"][0]
        self.assertEqual(error["code"], "CHECK_FAILED", change)
        self.assertIn(check, error["message"], change)
        for word in words:
            self.assertIn(word, error["cause"], change)
        self.cluster.verify()
        self.check_state(FIRST, change=change)
        return change

    def silent_for_a_while(self) -> None:
        """Nobody writes: the replicas hear the master every ten seconds only."""
        eventually("nothing was heard for some seconds", lambda: int(self.server(SECOND).info()["master_last_io_seconds_ago"]) >= 3)

    def kill(self) -> None:
        self.server(FIRST).stop()
        for pod in (SECOND, THIRD):
            eventually(f"{pod} noticed", lambda: self.server(pod).info()["master_link_status"] == "down")

    def promoted(self, running, master: str) -> None:
        change = self.finished(running)
        self.assertEqual((change.result["mode"], change.result["to"], change.result["lostBytes"]), ("emergency", master, None), change)
        self.assertTrue(change.result["lostReason"], "what is not known has its reason")
        self.cluster.verify()
        self.assertEqual(self.cluster.leads_to(), {name: [master] for name in SERVICES})
        self.assert_one_master([self.server(pod) for pod in (SECOND, THIRD)], self.server(master))
        self.assertEqual(self.cluster.lease(), {"holder": "", "note": None})

    def terminate(self, pod: str) -> None:
        self.cluster.change("pods", pod, lambda thing: (thing["metadata"].update(deletionTimestamp="2026-01-01T00:00:00Z", deletionGracePeriodSeconds=30),
                                                        thing["status"]["conditions"][0].update(status="False")))

    def unknown(self, pod: str) -> None:
        self.cluster.machine_not_ready(pod)
        self.cluster.change("pods", pod, lambda thing: thing["status"].update(phase="Unknown"))


class MachineIsNotReady(Machines):
    def test_the_master_that_is_written_to_lives(self):
        self.write()
        self.cluster.machine_not_ready(FIRST)
        self.refused(self.failover(), "witness-alive", f"{SECOND}: its link is up")

    def test_the_master_that_nobody_writes_to_lives(self):
        """A kubelet that is silent says nothing of the processes that it started."""
        self.cluster.machine_not_ready(FIRST)
        self.silent_for_a_while()
        self.refused(self.failover(*DEAD), "witness-")

    def test_the_master_is_dead(self):
        self.cluster.machine_not_ready(FIRST)
        self.kill()
        self.promoted(self.failover(*DEAD), SECOND)

    def test_it_answers_and_is_not_switched_in_the_middle_of_that(self):
        """Only the kubelet's reports are missing, port-forwards still work."""
        self.write()
        self.cluster.machine_not_ready(FIRST, tunnels=True)
        self.refused(self.failover("--promote", SECOND), "pod", f"pod of {FIRST}: Running, not Ready")

    def test_a_replica_there_is_not_chosen(self):
        self.cluster.machine_not_ready(SECOND, tunnels=True)
        answer = self.begin("failover", "--dry-run").finish()
        self.assertEqual(answer.code, 6, answer)
        self.assertIn("rollout: my-redis: 3 of 3 pods updated, 2 ready", answer.err)
        plan = json.loads(answer.out.splitlines()[0])
        self.assertEqual((plan["to"], [score["node"] for score in plan["candidates"]]), (THIRD, [THIRD, SECOND]), plan["candidates"])

    def test_a_replica_there_is_not_chosen_in_an_emergency(self):
        """Both have everything; the Services would lead to nobody."""
        self.cluster.machine_not_ready(SECOND, tunnels=True)
        self.kill()
        self.promoted(self.failover(*DEAD), THIRD)


class PodIsLeaving(Machines):
    def test_a_terminating_master_lives(self):
        self.write()
        self.terminate(FIRST)
        change = self.refused(self.failover(), "witness-alive")
        self.assertEqual(change.result["errors"][0]["hint"], "the master's pod is being deleted and still serves: wait until it is gone")

    def test_a_terminating_master_that_nobody_writes_to_lives(self):
        self.terminate(FIRST)
        self.silent_for_a_while()
        self.refused(self.failover(*DEAD), "witness-dead")

    def test_a_terminating_master_is_dead(self):
        self.terminate(FIRST)
        self.kill()
        self.promoted(self.failover(*DEAD), SECOND)

    def test_a_master_in_phase_unknown_lives(self):
        self.unknown(FIRST)
        self.silent_for_a_while()
        self.refused(self.failover(*DEAD), "witness-")

    def test_a_master_in_phase_unknown_is_dead(self):
        self.unknown(FIRST)
        self.kill()
        self.promoted(self.failover(*DEAD), SECOND)

    def test_a_terminating_replica_is_no_target(self):
        self.write()
        self.terminate(SECOND)
        self.refused(self.failover("--promote", THIRD), "terminating", SECOND)


class TwoMasters(Machines):
    def heal(self, *arguments):
        change = self.ended(self.begin("heal", "--apply", "--yes", *arguments), 0, "done", self.expected)
        self.assert_journals_closed()
        return change

    def second_master(self, pod: str) -> None:
        self.server(pod).command("REPLICAOF", "NO", "ONE")

    def lead_to(self, pod: str, *services: str) -> None:
        for name in services:
            self.cluster.change("services", name, lambda service: service["spec"]["selector"].update({POD_NAME: pod}))

    def test_the_services_lead_to_the_one_that_is_demoted(self):
        """A switch of Services by hand, half done: one leads to a master that nobody follows."""
        self.expected = FIRST
        self.second_master(SECOND)
        self.lead_to(SECOND, SERVICES[1])
        self.write()
        self.writer.stop(master=self.servers[0].address)
        self.writer = None
        self.heal("--keep", FIRST, "--confirm", "my-redis")

    def test_the_home_pod_came_back_after_a_switch(self):
        """Nobody guarded: the Services lead to the new master, the old one is a master again, and has nothing of its own."""
        self.done(self.switch())
        self.second_master(FIRST)
        self.expected = SECOND
        self.heal()
        self.assertEqual([bool(drift) for drift in self.cluster.drift()], [True, True], "it is still away from home")

    def test_the_master_is_at_home_again(self):
        """The chart's pod is kept: nobody is told any more that the master is away, or every later switch would be refused."""
        self.done(self.switch())
        self.second_master(FIRST)
        self.server(FIRST).command("SET", "written", "at home")
        self.expected = FIRST
        self.heal("--keep", FIRST, "--confirm", "my-redis")
        self.assertEqual(self.cluster.drift(), [None, None])
        self.done(self.switch())

    def test_the_master_is_away_from_home_by_a_heal(self):
        """Whom the chart does not make the master is said to be away, as after a switch."""
        self.second_master(SECOND)
        self.server(THIRD).command("REPLICAOF", "127.0.0.1", self.server(SECOND).port)
        self.server(SECOND).command("SET", "written", "away")
        self.expected = SECOND
        self.heal("--keep", SECOND, "--confirm", "my-redis")
        self.assertEqual([bool(drift) for drift in self.cluster.drift()], [True, True])


if __name__ == "__main__":
    unittest.main()
