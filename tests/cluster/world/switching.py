"""A Redis system while its master is moved: what the servers and the API say of it themselves, writers from inside a pod, redisctl as it changes."""
import contextlib
import json
import os
import re
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from onenode.places import ROOT

from . import schema
from .kubectl import eventually, get, kubectl, pods, ready
from .program import Answer, redisctl, schema_of, start
from .systems import FOLDER, System

sys.path.append(str(ROOT / "tests" / "support"))
from resp import Client, ReplyError  # noqa: E402
from writer import Writer  # noqa: E402

DRIFT = "redisctl.io/drift"
OPERATION = "redisctl.io/operation"
POD_NAME = "statefulset.kubernetes.io/pod-name"


class Change(NamedTuple):
    """What one run said: its events and its result."""

    answer: Answer
    events: list
    result: dict

    @property
    def code(self) -> int:
        return self.answer.code

    def __str__(self) -> str:
        return str(self.answer)


def change_of(answer: Answer) -> Change:
    """Every document that was printed fits its schema; the last one is the result."""
    documents = [json.loads(line) for line in answer.out.splitlines()]
    assert documents, f"nothing was said\n{answer}"
    for document in documents:
        found = schema.problems(document, schema_of(document["kind"]))
        assert not found, f"{document['kind']} does not fit its own schema: {found}\n{answer}"
    return Change(answer, documents[:-1], documents[-1])


class Running:
    """redisctl while it changes something, or guards: its events are waited for as they come."""

    def __init__(self, process):
        self.process, self.since, self.out, self.err = process, time.monotonic(), [], []
        self.readers = [threading.Thread(target=lambda p=pipe, l=lines: l.extend(p), daemon=True)
                        for pipe, lines in ((process.stdout, self.out), (process.stderr, self.err))]
        for reader in self.readers:
            reader.start()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.end()

    def until(self, step: str, status: str, node: str = None, seconds: float = 30) -> dict:
        """The first such event."""

        def event():
            for each in map(json.loads, list(self.out)):
                if (each.get("step"), each.get("status")) == (step, status) and node in (None, each["node"]):
                    return each
            assert self.process.poll() is None, f"ended without {status} of {step}\n{''.join(self.out + self.err)}"
            return None

        return eventually(f"{status} of {step} {node or ''}\n{''.join(self.out + self.err)}", event, seconds, 0.01)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = 60) -> Answer:
        self.process.wait(seconds)
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return Answer(" ".join(map(str, self.process.args)), self.process.returncode, "".join(self.out), "".join(self.err), time.monotonic() - self.since)


class Switched:
    """One system of a test's own, asked directly: its pods' addresses are reachable in the cluster's network."""

    def __init__(self, system: System, instance: str, password: str = None, home: dict = None):
        """`home`: of each Service that follows the master, the selector that it was set up with."""
        self.system, self.instance, self.password, self.home = system, instance, password, home or {}
        self.namespace, self.names = system.namespace, sorted(pods(system.namespace))
        self.addresses = {}
        self.flags = []  # that redisctl needs besides

    # Changing

    def change(self, command: str, *arguments, kubeconfig=None, timeout: float = 150, **extra) -> Change:
        answer = redisctl(*self.words(command), *arguments, kubeconfig=kubeconfig, timeout=timeout, **extra)
        return change_of(answer)

    def begin(self, command: str, *arguments, kubeconfig=None, **extra) -> "Running":
        return Running(start(*self.words(command), *arguments, kubeconfig=kubeconfig, **extra))

    def words(self, command: str) -> list:
        # How late this machine lets a server answer is no matter of these tests.
        late = ["--override", "latency"] if command in ("failover", "return-home") else []
        return [command, "-n", self.namespace, "--instance", self.instance, "--json", "--yes", *late, *self.flags]

    # The truth

    def ip(self, pod: str) -> str:
        """Remembered until it is deleted: asking for it takes longer than most of what is asked there."""
        if pod not in self.addresses:
            found = pods(self.namespace)[pod]
            if found["metadata"].get("deletionTimestamp") or found["status"]["phase"] != "Running":
                raise OSError(f"{pod} is not there")
            self.addresses[pod] = found["status"]["podIP"]
        return self.addresses[pod]

    @contextlib.contextmanager
    def client(self, pod: str):
        try:
            connection = socket.create_connection((self.ip(pod), 6379), 5)
        except OSError:
            self.addresses.pop(pod, None)  # another pod may have its name by now
            raise
        with Client(connection) as client:
            if self.password:
                client.command("AUTH", self.password)
            yield client

    def ask(self, pod: str, *words):
        with self.client(pod) as client:
            return client.command(*words)

    def field(self, pod: str, section: str, name: str) -> str:
        found = re.search(rf"^{name}:(.*?)\r?$", self.ask(pod, "INFO", section).decode(), re.MULTILINE)
        return found[1] if found else None

    def roles(self) -> dict:
        """Of each pod that answers: "master", or whom it follows; with a "?" while the link is not up."""
        roles = {}
        for name in self.names:
            try:
                reply = self.ask(name, "ROLE")
            except (OSError, ReplyError, KeyError):
                roles[name] = None
                continue
            if reply[0] == b"master":
                roles[name] = "master"
            else:
                host = reply[1].decode()
                known = {address: pod for pod, address in self.addresses.items()}
                roles[name] = known.get(host, host.split(".")[0]) + ("" if reply[3] == b"connected" else "?")
        return roles

    def settled(self, master: str) -> dict:
        """One master, everybody else linked to it."""
        return {name: "master" if name == master else master for name in self.names}

    def service(self, name: str) -> dict:
        return get("service", name, "-n", self.namespace)

    def selectors(self, *names) -> dict:
        return {name: self.service(name)["spec"]["selector"] for name in names}

    def drift(self, name: str) -> str:
        return self.service(name)["metadata"].get("annotations", {}).get(DRIFT)

    def leads_to(self, service: str) -> list:
        slices = get("endpointslices", "-n", self.namespace, "-l", f"kubernetes.io/service-name={service}")["items"]
        return sorted(endpoint["targetRef"]["name"] for each in slices for endpoint in each["endpoints"] or [] if endpoint["conditions"].get("ready"))

    def lease(self) -> dict:
        """Who holds it and what is noted on it; None when there is none."""
        text = kubectl("get", "lease", f"redisctl-{self.instance}", "-n", self.namespace, "-o", "json", "--ignore-not-found")
        if not text.strip():
            return None
        lease = json.loads(text)
        return {"holder": lease["spec"].get("holderIdentity"), "note": lease["metadata"].get("annotations", {}).get(OPERATION)}

    # Writing

    def writer_inside(self, pod: str, service: str, **options) -> Writer:
        """Goes through the Service, as an application in that pod would: from its network namespace."""
        address = f"{self.service(service)['spec']['clusterIP']}:6379"
        return Writer([address], password=self.password, inside=["nsenter", f"--net=/proc/{self.process(pod)}/ns/net", "--"], timeout=3, **options)

    def writer_direct(self, *names, **options) -> Writer:
        return Writer([f"{self.ip(name)}:6379" for name in names], password=self.password, timeout=3, **options)

    def process(self, pod: str) -> str:
        """The id of the pod's server, as this machine counts. A Sentinel beside it is the same program, and says so in its title."""
        uid = pods(self.namespace)[pod]["metadata"]["uid"]
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if (entry.name.isdigit() and uid in (entry / "cgroup").read_text() and (entry / "comm").read_text().strip().endswith("-server")
                        and "sentinel" not in (entry / "cmdline").read_text()):
                    return entry.name
        raise AssertionError(f"no server process of pod {pod}")

    def freeze(self, pod: str):
        """Its connections stay, and nobody answers. Gives what thaws it, as often as that is called."""
        process = int(self.process(pod))
        os.kill(process, signal.SIGSTOP)

        def thaw() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)

        return thaw

    # Restarting

    def kill(self, pod: str) -> None:
        """Its server, with SIGKILL; its container is made anew, maybe before anybody has noticed."""
        process = self.process(pod)
        os.kill(int(process), signal.SIGKILL)
        eventually(f"the process of {pod} is gone", lambda: not os.path.exists(f"/proc/{process}"), 10, 0.01)

    def delete(self, pod: str, *arguments) -> None:
        kubectl("delete", "pod", pod, "-n", self.namespace, "--wait=false", *arguments)
        self.addresses.pop(pod, None)

    def restart(self, pod: str) -> None:
        """As a drain or a rollout does it; back and answering when this returns."""
        uid = pods(self.namespace)[pod]["metadata"]["uid"]
        self.delete(pod)

        def back():
            try:
                return pods(self.namespace)[pod]["metadata"]["uid"] != uid and self.ask(pod, "ROLE")
            except (OSError, ReplyError, KeyError):
                return False

        eventually(f"{pod} is back", back, 60, 0.05)

    def fresh(self, master: str) -> None:
        """As newly installed: no container was ever restarted, and the servers have counted nothing yet."""
        found = pods(self.namespace)
        for name in self.names:
            if any(status["restartCount"] for status in found[name]["status"].get("containerStatuses", [])):
                self.restart(name)
        self.reset(master)
        for name in self.names:
            self.ask(name, "CONFIG", "RESETSTAT")

    def give_back(self) -> None:
        """By hand what a run that the test gave up on had borrowed: its fence and its lock."""
        for name in self.names:
            self.ask(name, "CONFIG", "SET", "min-replicas-to-write", "0")
        kubectl("delete", "lease", "-n", self.namespace, f"redisctl-{self.instance}", "--ignore-not-found")

    def delete_pod(self, pod: str) -> None:
        """Until another one of its name is ready. What is left of the old one may still answer at its address for a moment."""
        uid = get("pod", pod, "-n", self.namespace)["metadata"]["uid"]
        kubectl("delete", "pod", pod, "-n", self.namespace)

        def another() -> bool:
            found = pods(self.namespace).get(pod)
            return bool(found) and found["metadata"]["uid"] != uid and ready(found)

        eventually(f"another {pod} is ready", another, 60)
        self.addresses.pop(pod, None)

    def reset(self, master: str) -> None:
        """By hand, whatever was left behind: this pod is the empty master, the others follow it, the Services select as at home."""
        eventually(f"all pods of {self.namespace} answer", lambda: list(map(bool, self.roles().values())) == [True] * self.system.pods, 90)
        self.ask(master, "REPLICAOF", "NO", "ONE")
        for name in self.names:
            self.ask(name, "CONFIG", "SET", "min-replicas-to-write", "0")
            if name != master:
                self.ask(name, "REPLICAOF", self.ip(master), 6379)
        self.ask(master, "FLUSHALL")
        for name, selector in self.home.items():
            if self.selectors(name)[name] != selector or self.drift(name):
                whole = [{"op": "replace", "path": "/spec/selector", "value": selector}]
                kubectl("patch", "service", name, "-n", self.namespace, "--type=json", "-p", json.dumps(whole))
                kubectl("annotate", "service", name, "-n", self.namespace, f"{DRIFT}-")
        kubectl("delete", "lease", "-n", self.namespace, f"redisctl-{self.instance}", f"redisctl-guard-{self.instance}", "--ignore-not-found")
        eventually(f"all follow {master}", lambda: self.roles() == self.settled(master), 30)
        eventually(f"all pods of {self.namespace} are ready", lambda: sum(map(ready, pods(self.namespace).values())) == self.system.pods, 90)


def state_folder(name: str) -> str:
    """A state folder of its own: journals of one test are not found by another."""
    path = FOLDER / f"state-{name}-{time.monotonic_ns()}"
    os.makedirs(path)
    return str(path)
