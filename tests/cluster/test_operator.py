"""The Spotahome operator, v1.2.4, the real one: recognised, switched in peace there and back, an emergency that it and its Sentinels sit out, two masters that make
it stand still, a Sentinel that is gone and still known. It heals every 30 s; afterwards it has nothing to change."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import NamedTuple

from onenode.places import LOG, SOURCE
from world import looking, systems
from world.charts import Switching
from world.kubectl import OWN, eventually, kubectl, pods, ready
from world.program import redisctl
from world.switching import Client, ReplyError, Switched, change_of

NAME = "cache"
PASSWORD = "pa55-of-the-cache"
MEMBERS = [f"rfr-{NAME}-{i}" for i in range(3)]
ROLE = "redisfailovers-role"
RECONCILED = 35  # seconds: the operator looks every 30
OPERATED = systems.System("operated", 6, own_only=True, parts=[("spotahome.yaml", {"NAME": NAME, "PASSWORD": PASSWORD, **systems.image("redis:7.0")})])

BOOTSTRAPPED = systems.System("bootstrapped", 2, own_only=True, parts=[
    ("spotahome-bootstrap.yaml", {"NAME": "copy", "PASSWORD": PASSWORD, "OUTSIDE": "10.242.77.77", **systems.image("redis:7.0")})])


def setUpModule():
    if not OWN:
        raise unittest.SkipTest("the operator is started beside the tests' own cluster only")
    # It runs already when the module is tried once more.
    if f"namespace/{OPERATED.namespace}" not in kubectl("get", "namespaces", "-o", "name"):
        subprocess.run([SOURCE / "cluster", "operator"], check=True)
        for name in (OPERATED.namespace, BOOTSTRAPPED.namespace, f"{BOOTSTRAPPED.namespace}-outside"):
            kubectl("create", "namespace", name)
    for system in (OPERATED, BOOTSTRAPPED):
        kubectl("apply", "-f", "-", text_in=systems.rendered(system, *system.parts[0]))
    eventually("the operator's pods are ready", lambda: sum(map(ready, pods(OPERATED.namespace).values())) == OPERATED.pods, 180)


def operator_log() -> str:
    return (LOG / "operator.log").read_text(errors="replace")


class Seen(NamedTuple):
    roles: dict
    labels: dict
    said: dict  # SENTINEL MASTER of each Sentinel that answers
    named: set  # whom they call the master


class Operated(Switching):
    def setUp(self):
        super().setUp()
        self.redis = Switched(OPERATED, NAME, PASSWORD)
        self.redis.names = MEMBERS
        eventually("all its pods are ready", lambda: sum(map(ready, pods(OPERATED.namespace).values())) == OPERATED.pods, 120, 1)
        try:
            eventually("all is calm", self.calm, 60, 1)
        except AssertionError:
            self.put_right()
        looking.steady(self.redis)
        self.master = next(name for name, role in self.redis.roles().items() if role == "master")

    def put_right(self) -> None:
        """What a test that failed left behind shall not fail those behind it. The operator does the rest when there is one master."""
        self.redis.give_back()
        master = next((name for name, role in self.redis.roles().items() if role == "master"), MEMBERS[0])
        self.redis.ask(master, "REPLICAOF", "NO", "ONE")
        for name in MEMBERS:
            if name != master:
                self.redis.ask(name, "REPLICAOF", self.redis.ip(master), 6379)
        eventually("all is calm", self.calm, 120, 1)

    # The truth, from one list of the pods: kubectl costs more than all that is asked behind it.

    def seen(self) -> "Seen":
        found = {name: pod for name, pod in pods(self.redis.namespace).items() if not pod["metadata"].get("deletionTimestamp")}
        labels = {name: found[name]["metadata"]["labels"].get(ROLE) for name in MEMBERS if name in found}
        by_address = {pod["status"].get("podIP"): name for name, pod in found.items()}
        said = {}
        for name, pod in found.items():
            if name.startswith(f"rfs-{NAME}-"):
                with contextlib.suppress(OSError, ReplyError, KeyError), Client(socket.create_connection((pod["status"]["podIP"], 26379), 5)) as client:
                    flat = [word.decode() for word in client.command("SENTINEL", "MASTER", "mymaster")]
                    said[name] = dict(zip(flat[::2], flat[1::2]))
        named = {by_address.get(view["ip"], view["ip"]) for view in said.values()}
        return Seen(self.redis.roles(), labels, said, named)

    def reported_roles(self) -> set:
        """What the replicas said of themselves when the Sentinels last asked."""
        roles = set()
        for name, pod in pods(self.redis.namespace).items():
            if name.startswith(f"rfs-{NAME}-") and not pod["metadata"].get("deletionTimestamp"):
                with Client(socket.create_connection((pod["status"]["podIP"], 26379), 5)) as client:
                    roles |= {dict(zip(flat[::2], flat[1::2]))[b"role-reported"].decode() for flat in client.command("SENTINEL", "REPLICAS", "mymaster")}
        return roles

    def sentinels(self) -> list:
        return sorted(self.seen().said)

    def labelled(self, master: str) -> dict:
        return {name: "master" if name == master else "slave" for name in MEMBERS}

    def is_calm(self) -> bool:
        seen = self.seen()
        masters = [name for name, role in seen.roles.items() if role == "master"]
        if len(masters) != 1 or seen.roles != self.redis.settled(masters[0]) or seen.labels != self.labelled(masters[0]) or seen.named != set(masters):
            return False
        return len(seen.said) == 3 and all((view["num-slaves"], view["num-other-sentinels"], view["flags"]) == ("2", "2", "master") for view in seen.said.values())

    def calm(self) -> bool:
        """For three seconds: it RESETs Sentinels one after the other."""
        for _ in range(3):
            if not self.is_calm():
                return False
            time.sleep(1)
        return True

    def assert_no_fight(self, master: str, seconds: float = RECONCILED) -> None:
        """Nobody is of another mind, the operator's next look included; and it had nothing to correct."""
        began = len(operator_log())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen = self.seen()
            self.assertEqual((seen.roles, seen.labels, seen.named), (self.redis.settled(master), self.labelled(master), {master}))
            time.sleep(2)
        self.assertNotRegex(operator_log()[began:], "Slave not associated|not monitoring the correct|more than one master|No master")

    def status(self, code: int) -> dict:
        return self.only(self.document("status", "Status", "-n", self.redis.namespace, code=code)["items"])

    def codes(self, code: int) -> set:
        return {finding["code"] for finding in self.document("status", "Status", "-n", self.redis.namespace, code=code)["findings"]}

    def change(self, command: str, *arguments, **how):
        return self.redis.change(command, *arguments, XDG_STATE_HOME=self.state, **how)

    # The tests

    def test_it_is_recognised(self):
        item = self.status(0)
        self.assertEqual((item["system"], item["health"], item["master"]), ("spotahome", "healthy", self.master), item)
        self.assertEqual({witness["says"] for witness in item["witnesses"]}, {self.master}, item)
        self.assertEqual({witness["source"] for witness in item["witnesses"]}, {"role", "sentinel", "label"}, item)

    def test_every_command_that_looks(self):
        replicas = [name for name in MEMBERS if name != self.master]
        with self.redis.writer_direct(self.master, rate=200) as writer:
            looking.check_healthy(self, looking.Healthy(
                self.redis.namespace, NAME, "spotahome", self.master, replicas, sentinels=3, services={f"rfs-{NAME}": "sentinel"}, password=PASSWORD,
                findings=[("OPERATOR_UNKNOWN", "")], doctor=looking.conditions(self.redis.namespace, MEMBERS)))
            self.assertEqual(writer.stop(f"{self.redis.ip(self.master)}:6379").lost, 0)

    def test_nobody_is_led_home(self):
        self.check_no_home(self.redis, "spotahome")

    def test_restored_with_an_aof_and_without(self):
        """No role changes and no pod restarts, so there is nothing that it or its Sentinels could undo."""
        target = ["-n", self.redis.namespace, "--instance", NAME]
        before = self.redis.roles(), {name: pod["metadata"]["uid"] for name, pod in pods(self.redis.namespace).items()}
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.redis.ask(self.master, "FLUSHALL")
        self.addCleanup(self.redis.ask, self.master, "FLUSHALL")
        for aof in ("no", "yes"):
            with self.subTest(aof=aof):
                for name in MEMBERS:
                    self.redis.ask(name, "CONFIG", "SET", "appendonly", aof)
                    self.addCleanup(self.redis.ask, name, "CONFIG", "SET", "appendonly", "no")
                for i in range(50):
                    self.redis.ask(self.master, "SET", f"key:{i}", aof)
                self.assertEqual(self.redis.ask(self.master, "WAIT", 2, 5000), 2)
                saved = self.only(self.document("backup rdb", "Backup", *target, "--dir", folder)["items"])
                self.redis.ask(self.master, "FLUSHALL")
                self.redis.ask(self.master, "SET", "since", 1)
                done = change_of(redisctl("restore", "rdb", saved["id"], "--dir", folder, *target, "--replace-all", "--confirm", NAME, "--json", XDG_STATE_HOME=self.state))
                self.check_result(done, 0, "done", True)
                self.assertEqual({(self.redis.ask(name, "DBSIZE"), self.redis.ask(name, "GET", "key:49")) for name in MEMBERS}, {(50, aof.encode())})
        time.sleep(RECONCILED)
        self.assertEqual((self.redis.roles(), {name: pod["metadata"]["uid"] for name, pod in pods(self.redis.namespace).items()}), before)
        self.assertEqual({self.redis.ask(name, "DBSIZE") for name in MEMBERS}, {50})

    def test_its_pods_are_not_upgraded_behind_its_back(self):
        uids = {name: pod["metadata"]["uid"] for name, pod in pods(self.redis.namespace).items()}
        refused = self.change("upgrade", "run", "--image", "docker.io/local/redis:8.0")
        self.check_result(refused, 6, "refused", False)
        self.assertIn("RedisFailover", json.dumps(refused.result["errors"]))
        self.assertEqual({name: pod["metadata"]["uid"] for name, pod in pods(self.redis.namespace).items()}, uids)

    def test_there_and_back(self):
        with self.redis.writer_direct(*MEMBERS) as writer:
            for target, engine in (next(name for name in MEMBERS if name != self.master), "sentinel"), (self.master, "sentinel-ahead"):
                origin = next(name for name, role in self.redis.roles().items() if role == "master")
                done = self.change("failover", "--promote", target, *(["--engine", engine] if engine != "sentinel" else []))
                self.check_lossless(done, origin, target)
                self.assertEqual((done.result["engine"], self.redis.roles(), self.seen().labels), (engine, self.redis.settled(target), self.labelled(target)), done)
                self.assert_no_fight(target)
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 1000), (0, True), written)
        self.assertEqual({self.redis.ask(pod, "CONFIG", "GET", "replica-priority")[1] for pod in MEMBERS}, {b"100"})
        self.status(0)

    def test_row_46_it_reconciles_during_the_switch(self):
        """Each change of its RedisFailover makes it look at once: it looks again and again while the master is moved, and undoes nothing."""
        target, ended, looks = next(name for name in MEMBERS if name != self.master), threading.Event(), []

        def touch() -> None:
            while not ended.is_set():
                kubectl("annotate", "redisfailover", NAME, "-n", self.redis.namespace, "--overwrite", f"touched={len(looks)}")
                looks.append(time.monotonic())
                ended.wait(0.2)

        toucher = threading.Thread(target=touch, daemon=True)
        with self.redis.writer_direct(*MEMBERS) as writer:
            toucher.start()
            eventually("it is touched", lambda: len(looks) > 3, 20)
            began = time.monotonic()
            done = self.change("failover", "--promote", target)
            during = [moment for moment in looks if began < moment < time.monotonic()]
            ended.set()
            toucher.join(10)
            self.check_lossless(done, self.master, target)
            self.assertGreater(len(during), 2, done)
            eventually("all is calm", self.calm, 60, 1)
            self.assertEqual((self.redis.roles(), self.seen().labels), (self.redis.settled(target), self.labelled(target)))
            written = writer.stop(f"{self.redis.ip(target)}:6379")
        self.assertEqual((written.lost, written.acked > 500), (0, True), written)

    def test_the_masters_container_is_killed(self):
        """Left alone nobody is the master for half a minute: it comes back as a replica of 127.0.0.1, and the Sentinels see it alive."""
        with self.redis.writer_direct(*MEMBERS, rate=500) as writer:
            time.sleep(1)
            old = self.redis.process(self.master)
            os.kill(int(old), signal.SIGKILL)
            killed = time.monotonic()

            def restarted() -> bool:
                with contextlib.suppress(Exception):
                    return self.redis.ask(self.master, "ROLE")[0] == b"slave"
                return False

            eventually("its container is back", restarted, 60, 0.05)
            began = time.monotonic()
            masters = [name for name, role in self.redis.roles().items() if role == "master"]
            # On a busy machine its container takes longer than the Sentinels' five seconds: then they have replaced it.
            new = masters[0] if masters else self.promoted()
            took = time.monotonic() - began
            print(f"\nthe container was back after {began - killed:.1f} s; {'the Sentinels were first' if masters else f'failover took {took:.1f} s in all'}")
            if masters:
                eventually("the operator has set its labels", self.calm, 60, 1)
            eventually("all follow it", lambda: self.redis.roles() == self.redis.settled(new), 30)
            eventually("it is healthy", lambda: self.document_code() == 0, 60, 1)
            self.assert_no_fight(new)
            written = writer.stop(f"{self.redis.ip(new)}:6379")
        self.assertGreater(written.acked, 500)
        self.assertLessEqual(written.lost, 20, written)

    def promoted(self) -> str:
        """By redisctl, where nobody is the master."""
        self.assertIn("NO_MASTER", self.codes(1))
        done = self.change("failover", "--accept-data-loss", "--confirm", NAME)
        self.check_result(done, 0, "done", True)
        self.assertEqual((done.result["mode"], done.result["engine"], done.result["from"], done.result["lostBytes"]), ("emergency", "sentinel", self.master, None), done)
        # The kubelet may not have said yet that the container runs again; then it is not asked.
        self.assertRegex(done.result["lostReason"], "the old master (was restarted|cannot be read)", done)
        return done.result["to"]

    def document_code(self) -> int:
        return redisctl("status", "-n", self.redis.namespace).code

    def test_it_is_frozen_by_two_masters(self):
        """Somebody promotes one by hand, as often as the Sentinels demote it. The operator says so in its log and does nothing. It is found, named, and repaired at
        once, what was written there saved; then the operator goes on."""
        began = len(operator_log())
        other = next(name for name in MEMBERS if name != self.master)

        def stands_still() -> bool:
            if self.redis.ask(other, "ROLE")[0] != b"master":
                self.redis.ask(other, "REPLICAOF", "NO", "ONE")
            return "more than one master" in operator_log()[began:].lower()

        eventually("the operator saw two masters", stands_still, 90, 0.2)
        looking.told(self, self.redis)
        # The Sentinels saw it too, and would demote it sooner now: once more, when all have seen that it is a replica again.
        eventually("all is calm", self.calm, 120, 1)
        eventually("they have seen it as a replica", lambda: self.reported_roles() == {"slave"}, 30, 0.5)
        self.redis.ask(other, "REPLICAOF", "NO", "ONE")
        self.redis.ask(other, "SET", "mine", "1")
        self.assertLessEqual({"SPLIT_BRAIN", "OPERATOR_STANDS_STILL"}, self.codes(1))
        refused = self.change("failover")
        self.check_result(refused, 6, "refused", False)
        self.assertEqual((refused.result["errors"][0]["code"], refused.result["errors"][0]["hint"]), ("NO_MASTER", "redisctl heal"), refused)
        healed = self.change("heal", "--apply", "--keep", self.master, "--confirm", NAME)
        self.check_result(healed, 0, "done", True)
        self.assertEqual(healed.result["to"], self.master, healed)
        self.assertRegex(healed.result["lostReason"], f"1 write that only {other} had, saved in ", healed)
        eventually("all follow it", lambda: self.redis.roles() == self.redis.settled(self.master), 30)
        self.assertEqual(self.redis.ask(self.master, "GET", "mine"), None)
        eventually("all is calm", self.calm, 60, 1)
        self.assert_no_fight(self.master)
        self.status(0)

    def test_a_sentinel_that_is_gone_is_still_known(self):
        gone = self.sentinels()[0]
        kubectl("delete", "pod", gone, "-n", self.redis.namespace, "--wait=false")
        eventually("the others know one too many", lambda: "SENTINEL_GHOSTS" in {finding["code"] for finding in self.any_status()["findings"]}, 60, 0.5)
        eventually("the operator made them forget", self.calm, 120, 1)
        self.status(0)

    def any_status(self) -> dict:
        return redisctl("status", "--json", "-n", self.redis.namespace).document


class Bootstrapped(Switching):
    """No node is the master, and that is right: the operator keeps them replicas of the one outside."""

    def setUp(self):
        super().setUp()
        eventually("its pods are ready", lambda: sum(map(ready, pods(BOOTSTRAPPED.namespace).values())) == BOOTSTRAPPED.pods, 120, 1)

    def test_it_is_healthy(self):
        document = self.document("status", "Status", "-n", BOOTSTRAPPED.namespace, code=0)
        item = self.only(document["items"])
        self.assertEqual((item["system"], item["master"]), ("spotahome-bootstrap", "10.242.77.77:6379"), item)
        self.assertIn("RedisFailover copy has bootstrapNode 10.242.77.77:6379", item["evidence"])
        self.assertEqual([finding["code"] for finding in document["findings"] if finding["severity"] != "info"], [], document)

    def test_every_command_that_looks(self):
        """Whoever asks for a master is told the one outside; what cannot be known of it is null, and nobody calls its absence here a fault."""
        names, outside, look = ["rfr-copy-0", "rfr-copy-1"], "10.242.77.77:6379", ["-n", BOOTSTRAPPED.namespace]
        said = {command: self.document(command, kind, *look) for command, kind in looking.KINDS.items()}
        self.assertEqual({command: (len(document["items"]), document["errors"]) for command, document in said.items()}, dict.fromkeys(said, (1, [])))
        item = {command: document["items"][0] for command, document in said.items()}
        self.assertEqual((item["replication-info"]["master"], item["master-info"]["master"], item["master-info"]["agreed"], item["replica-lag"]["master"]),
                         (outside, outside, True, outside))
        self.assertEqual({(node["name"], node["role"], node["masterNode"], node["masterHost"], node["linkStatus"], node["lagBytes"]) for node in item["replication-info"]["nodes"]},
                         {(name, "replica", None, "10.242.77.77", "up", None) for name in names})
        self.assertEqual({(each["name"], each["lagBytes"], each["withinLimits"]) for each in item["replica-lag"]["replicas"]}, {(name, None, None) for name in names})
        self.assertEqual({command: [finding["message"] for finding in document["findings"]] for command, document in said.items() if document["findings"]},
                         {"uri": [f"the master is {outside}, no node of this instance: how clients are led there is not known"]})
        doctor = self.document("doctor", "Doctor", *look)
        self.assertEqual(sorted((finding["code"], finding["node"] or "") for finding in doctor["findings"]), sorted([("OPERATOR_UNKNOWN", ""), *looking.conditions(BOOTSTRAPPED.namespace, names)]), doctor)
        self.document("wait", "Wait", *look, "--for", "healthy", "--timeout", "5s")

    def test_nobody_is_promoted(self):
        redis = Switched(BOOTSTRAPPED, "copy", PASSWORD)
        roles = redis.roles()
        for command in ("failover", "switchover"):
            refused = redis.change(command, XDG_STATE_HOME=self.state)
            self.check_result(refused, 6, "refused", False)
            self.assertEqual((refused.result["errors"][0]["code"], refused.result["errors"][0]["message"]),
                             ("BOOTSTRAP", "copy is in bootstrap mode: its master is outside"), refused)
        healed = redis.change("heal", "--apply", XDG_STATE_HOME=self.state)
        self.check_result(healed, 0, "noop", False)
        refused = redis.change("return-home", XDG_STATE_HOME=self.state)
        self.check_result(refused, 6, "refused", False)
        self.assertEqual(refused.result["errors"][0]["code"], "BOOTSTRAP", refused)
        self.assertEqual(redis.roles(), roles)


class Seeing(Switching):
    """What is known of the operator itself."""

    def codes(self) -> set:
        return {finding["code"] for finding in redisctl("status", "--json", "-n", OPERATED.namespace).document["findings"]}

    def test_it_runs_outside(self):
        self.assertIn("OPERATOR_UNKNOWN", self.codes())

    def test_its_deployment_is_not_ready(self):
        """One that is called so, and has no pod: nobody heals."""
        labels = {"app.kubernetes.io/name": "redis-operator"}
        pod = {"containers": [{"name": "operator", "image": "docker.io/local/none:1", "imagePullPolicy": "Never"}], "nodeSelector": {"nowhere": "true"}}
        deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "redis-operator", "namespace": "default", "labels": labels},
                      "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}}
        kubectl("apply", "-f", "-", text_in=json.dumps(deployment))
        self.addCleanup(kubectl, "delete", "deployment", "redis-operator", "-n", "default", "--wait=false")
        eventually("it is found", lambda: "OPERATOR_NOT_READY" in self.codes(), 20, 1)
