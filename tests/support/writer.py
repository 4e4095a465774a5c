#!/usr/bin/env python3
"""A client that never stops writing, and says afterwards which of the acknowledged writes the final master does not have.

As a library:

    with Writer([one.address, two.address]) as writer:
        ...                                                     # a switch
        result = writer.stop(master=two.address)
    assert result.lost == 0 and result.longest_gap_ms < 30

As a program:  writer.py [--seconds S] [--rate N] [--writers N] [--kind K] [--size BYTES] [--pipeline N] [--timeout S] [--master HOST:PORT] HOST:PORT…
    Ends after the seconds, at Ctrl-C or SIGTERM, checks, prints one JSON object. A password is taken from REDISCLI_AUTH.

Each connection is a process of its own, so that what the test does meanwhile is not measured as an outage of Redis. It stays at its address and
goes to the next one when a write is refused (READONLY, NOREPLICAS, …) or the connection ends; one address alone, a Service's, is asked again.
Needs nothing but Python and this one file: `inside=["kubectl", "exec", "-i", POD, "--"]` writes from within a pod.
"""
import argparse
import collections
import dataclasses
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

# Every kind's write is acknowledged by the reply of its last command; what it left is what its check asks for.
KINDS = ("set", "transaction", "script", "function", "incr", "expiring", "publish", "queue", "stream")
# A gap shorter than this is not worth remembering; two writes a second apart at 2,000 writes/s are 0.5 ms.
NOTED_GAP_MS = 1.5
START_SECONDS = 10
LIBRARY = "#!lua name=redisctl_writer\nredis.register_function('redisctl_write', function(keys, args) return redis.call('SET', keys[1], args[1]) end)"
SCRIPT = "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])"


@dataclasses.dataclass
class Result:
    """What the writers saw. Times are of CLOCK_MONOTONIC, as time.monotonic() gives them in every process of the machine."""

    acked: int = 0
    lost: int = None  # acknowledged, and not on the final master; None when nothing could be checked: `why`
    why: str = None
    unknown: int = 0  # sent, and the connection ended before an answer
    longest_gap_ms: float = 0.0  # longest time between two acknowledged writes of one connection
    gap_at: float = None  # when that gap began
    gaps: list = dataclasses.field(default_factory=list)  # [began, ms] of every gap over NOTED_GAP_MS, by time
    late_ms: float = 0.0  # how late the machine let a writer run, at most: that much of a gap may be the machine's own
    errors: dict = dataclasses.field(default_factory=dict)  # first word of the refusal, or the exception's name → how often
    lost_writes: list = dataclasses.field(default_factory=list)  # the first few of them

    def gap_between(self, since: float, until: float) -> float:
        """The longest gap, in ms, that touches this time; what is shorter than NOTED_GAP_MS counts as 0."""
        return max((ms for began, ms in self.gaps if began <= until and began + ms / 1000 >= since), default=0.0)

    @staticmethod
    def of(parts: list) -> "Result":
        worst = max(parts, key=lambda part: part.longest_gap_ms)
        checked = [part.lost for part in parts if part.lost is not None]
        errors = sum((collections.Counter(part.errors) for part in parts), collections.Counter())
        return Result(acked=sum(part.acked for part in parts), lost=sum(checked) if len(checked) == len(parts) else None,
                      why=next((part.why for part in parts if part.why), None), unknown=sum(part.unknown for part in parts),
                      longest_gap_ms=worst.longest_gap_ms, gap_at=worst.gap_at, gaps=sorted(gap for part in parts for gap in part.gaps),
                      late_ms=max(part.late_ms for part in parts), errors=dict(errors), lost_writes=[n for part in parts for n in part.lost_writes][:20])


class Writer:
    """Starts when entered: each of its connections has written once by then. stop() ends the writing, checks, and gives the Result."""

    def __init__(self, addresses: list, *, writers: int = 1, kind: str = "set", rate: float = 2000, size: int = 0, pipeline: int = 1, timeout: float = 2.0,
                 password: str = None, inside: list = ()):
        """rate: bursts a second of each writer; a burst is `pipeline` writes of `size` bytes. timeout: how long it waits for an answer, in seconds."""
        assert kind in KINDS, f"{kind} is none of {', '.join(KINDS)}"
        self.options = {"addresses": list(addresses), "kind": kind, "rate": rate, "size": size, "pipeline": pipeline, "timeout": timeout, "password": password}
        self.inside, self.count, self.children = list(inside), writers, []

    def __enter__(self) -> "Writer":
        with open(__file__, encoding="utf-8") as file:
            source = file.read()
        for _ in range(self.count):
            # The end of its standard input ends a child, so none outlives a test run that is killed.
            child = subprocess.Popen([*self.inside, "python3" if self.inside else sys.executable, "-c", source, "child"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, text=True)
            self.children.append(child)
            # By a pipe, because of the password.
            self.tell(child, {**self.options, "name": uuid.uuid4().hex[:8]})
        try:
            for child in self.children:
                self.hear(child)
        except BaseException:
            self.__exit__()
            raise
        return self

    def stop(self, master: str = None) -> Result:
        """Checks on this master; without one, on the only one of the addresses that says it is one."""
        for child in self.children:
            self.tell(child, {"check": master})
        parts = [Result(**self.hear(child)) for child in self.children]
        self.__exit__()
        return Result.of(parts)

    def tell(self, child: subprocess.Popen, what: dict) -> None:
        child.stdin.write(json.dumps(what) + "\n")
        child.stdin.flush()

    def hear(self, child: subprocess.Popen) -> dict:
        line = child.stdout.readline()
        if not line:
            raise AssertionError(f"a writer ended with {child.wait()}; it writes to {', '.join(self.options['addresses'])}")
        return json.loads(line)

    def __exit__(self, *_) -> None:
        for child in self.children:
            child.kill()
            child.wait()
            child.stdin.close()
            child.stdout.close()
        self.children = []


class Refused(Exception):
    """An error reply; the first word of it."""


class Link:
    """One connection, RESP2."""

    def __init__(self, address: str, password: str, timeout: float):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")
        if password:
            self.call("AUTH", password)

    def call(self, *words):
        self.socket.sendall(encoded(words))
        return self.reply()

    def burst(self, commands: list):
        """All of them in one write; the reply of each, an error as a Refused among them."""
        self.socket.sendall(b"".join(encoded(words) for words in commands))
        for _ in commands:
            try:
                yield self.reply()
            except Refused as refused:
                yield refused

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Refused(rest.split(b" ")[0].decode())
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.reply() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest

    def close(self) -> None:
        self.reader.close()
        self.socket.close()


def encoded(words) -> bytes:
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Child:
    """One connection that writes until its standard input says to check."""

    def __init__(self, addresses: list, kind: str, rate: float, size: int, pipeline: int, timeout: float, password: str, name: str):
        self.addresses, self.kind, self.rate, self.size, self.pipeline, self.timeout, self.password = addresses, kind, rate, size, pipeline, timeout, password
        self.key = f"writer:{name}"
        self.used, self.told = 0, False
        self.acked, self.unknown, self.counted, self.repeated = [], 0, 0, []
        self.errors, self.gaps, self.late = collections.Counter(), [], 0.0
        self.last = self.worst = None
        self.popped, self.broken_waits, self.ended = [], 0, threading.Event()
        self.waiter = threading.Thread(target=self.wait_for_elements, daemon=True)

    # What one write is

    def value(self, n: int) -> bytes:
        return (b"%d;" % n).ljust(self.size, b"x")

    def commands(self, n: int) -> list:
        key, value = f"{self.key}:{n}", self.value(n)
        if self.kind == "set":
            return [("SET", key, value)]
        if self.kind == "transaction":
            return [("MULTI",), ("SET", key, value), ("INCR", self.key), ("EXEC",)]
        if self.kind == "script":
            return [("EVAL", SCRIPT, 2, key, self.key, value)]
        if self.kind == "function":
            return [("FCALL", "redisctl_write", 1, key, value)]
        if self.kind == "incr":
            return [("INCR", self.key)]
        if self.kind == "expiring":
            # The first of them expires while we write, so that the master has deletions of its own to replicate.
            return [("SET", f"{self.key}:short:{n % 100}", n, "PX", 30), ("SET", key, value, "EX", 600)]
        if self.kind == "publish":
            return [("PUBLISH", self.key, value)]
        if self.kind == "queue":
            return [("RPUSH", self.key, n)]
        return [("XADD", self.key, "*", "n", n)]

    def acknowledge(self, n: int, reply) -> None:
        self.acked.append(n)
        count = {"transaction": lambda: reply[1], "script": lambda: reply, "incr": lambda: reply}.get(self.kind)
        if count:
            # An increment that is answered with a number that was given before: the one before is gone.
            if (number := count()) <= self.counted:
                self.repeated.append(n)
            self.counted = max(self.counted, number)

    # Writing

    def run(self) -> None:
        # One that never rests would keep everybody else from the machine.
        if self.rate * self.pipeline <= 5000:
            calm()
        link, at, refused_in_a_row = None, 0, 0
        due = began = time.monotonic()
        while not select.select([sys.stdin], [], [], 0)[0]:
            try:
                if link is None:
                    link = self.connect(self.addresses[at % len(self.addresses)])
                self.write(link)
                refused_in_a_row = 0
            except (Refused, OSError) as error:
                self.errors[str(error) if isinstance(error, Refused) else type(error).__name__] += 1
                if link:
                    link.close()
                link, at, refused_in_a_row = None, at + 1, refused_in_a_row + 1
                if refused_in_a_row % len(self.addresses) == 0:
                    time.sleep(0.001)
                due = time.monotonic()
                if not self.told and due > began + START_SECONDS:
                    sys.exit(f"nothing takes a write: {dict(self.errors)}")
                continue
            if not self.told:
                self.told = True
                print("{}", flush=True)
                if self.kind in ("queue", "stream"):
                    self.waiter.start()
            due = max(due + 1 / self.rate, time.monotonic())
            self.rest(due)
        if link:
            link.close()

    def connect(self, address: str) -> Link:
        link = Link(address, self.password, self.timeout)
        if self.kind == "function" and not self.acked:
            link.call("FUNCTION", "LOAD", "REPLACE", LIBRARY)
        return link

    def write(self, link: Link) -> None:
        """One burst; raises the first refusal. No number is used twice."""
        numbers = range(self.used + 1, self.used + 1 + self.pipeline)
        self.used = numbers[-1]
        each = [self.commands(number) for number in numbers]
        replies = link.burst([command for commands in each for command in commands])
        answered, refused = 0, None
        try:
            for number, commands in zip(numbers, each):
                mine = [next(replies) for _ in commands]
                answered += 1
                error = next((reply for reply in mine if isinstance(reply, Refused)), None)
                if error is None and mine[-1] is not None:
                    self.note(time.monotonic())
                    self.acknowledge(number, mine[-1])
                refused = refused or error
        except OSError:
            self.unknown += self.pipeline - answered
            raise
        if refused:
            raise refused

    def note(self, now: float) -> None:
        if self.last is not None:
            ms = 1000 * (now - self.last)
            if ms > NOTED_GAP_MS:
                self.gaps.append([self.last, round(ms, 3)])
            if self.worst is None or ms > self.worst[1]:
                self.worst = [self.last, ms]
        self.last = now

    def rest(self, due: float) -> None:
        left = due - time.monotonic()
        if left > 0:
            time.sleep(left)
            self.late = max(self.late, time.monotonic() - due)

    # The other side of a queue or a stream: a client that is blocked most of the time

    def wait_for_elements(self) -> None:
        link, at, seen = None, 0, "0"
        while not self.ended.is_set():
            try:
                if link is None:
                    link = Link(self.addresses[at % len(self.addresses)], self.password, self.timeout)
                if self.kind == "queue":
                    if found := link.call("BLPOP", self.key, self.timeout / 2):
                        self.popped.append(int(found[1]))
                elif found := link.call("XREAD", "BLOCK", int(500 * self.timeout), "STREAMS", self.key, seen):
                    seen = found[0][1][-1][0]
            except (Refused, OSError) as error:
                # It may have been given an element that it did not get to see.
                self.broken_waits += isinstance(error, OSError)
                self.errors["waiting: " + (str(error) if isinstance(error, Refused) else type(error).__name__)] += 1
                link, at = None, at + 1
                time.sleep(0.001)

    # Checking

    def checked(self, master: str) -> tuple:
        """(acknowledged writes that are not there or None, why None)."""
        self.ended.set()
        if self.waiter.is_alive():
            self.waiter.join()
        if self.kind == "publish":
            return None, "what is published is kept nowhere"
        try:
            link = Link(master, self.password, 10) if master else self.only_master()
            return self.lost(link), None
        except (Refused, OSError, LookupError) as error:
            return None, f"{type(error).__name__}: {error}"

    def only_master(self) -> Link:
        masters = []
        for address in self.addresses:
            try:
                link = Link(address, self.password, 10)
                if link.call("ROLE")[0] == b"master":
                    masters.append(link)
            except (Refused, OSError):
                pass
        if len(masters) != 1:
            raise LookupError(f"{len(masters)} of {', '.join(self.addresses)} say that they are the master")
        return masters[0]

    def lost(self, link: Link) -> list:
        if self.kind == "incr":
            return self.repeated + self.acked[len(self.acked) - max(0, self.counted - int(link.call("GET", self.key) or 0)):]
        if self.kind == "stream":
            there = {int(fields[1]) for _, fields in link.call("XRANGE", self.key, "-", "+")}
            return [n for n in self.acked if n not in there]
        if self.kind == "queue":
            left = [int(n) for n in link.call("LRANGE", self.key, 0, -1)]
            times = collections.Counter(self.popped + left)
            missing = [n for n in self.acked if n not in times]
            # An element that comes back after it was taken is a lost pop.
            return missing[self.broken_waits:] + [n for n, count in times.items() if count > 1]
        gone = []
        for begin in range(0, len(self.acked), 500):
            part = self.acked[begin:begin + 500]
            asked = [("GETRANGE", f"{self.key}:{n}", 0, 31) for n in part] + [("STRLEN", f"{self.key}:{n}") for n in part]
            replies = list(link.burst(asked))
            for n, begins, length in zip(part, replies, replies[len(part):]):
                if begins != self.value(n)[:32] or length != len(self.value(n)):
                    gone.append(n)
        return gone + [n for n in self.repeated if n not in gone]

    def result(self, master: str) -> dict:
        lost, why = self.checked(master)
        return dataclasses.asdict(Result(len(self.acked), None if lost is None else len(lost), why, self.unknown, round(self.worst[1], 3) if self.worst else 0.0,
                                         self.worst and self.worst[0], self.gaps, round(1000 * self.late, 3), dict(self.errors), (lost or [])[:20]))


def calm() -> None:
    """As little of the machine's own unrest in the gaps as it lets us: woken at once when something comes, and on time."""
    import ctypes
    import gc
    gc.disable()
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except (OSError, AttributeError):
        pass
    pr_set_timerslack = 29
    ctypes.CDLL(None).prctl(pr_set_timerslack, 1)


def child() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    writing = Child(**json.loads(sys.stdin.readline()))
    writing.run()
    if line := sys.stdin.readline():
        print(json.dumps(writing.result(json.loads(line)["check"])), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="+")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--writers", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, default="set")
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--pipeline", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=2)
    parser.add_argument("--master", help="where the acknowledged writes are looked for; else the only one of the addresses that says it is the master")
    given = parser.parse_args()
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with Writer(given.address, writers=given.writers, kind=given.kind, rate=given.rate, size=given.size, pipeline=given.pipeline, timeout=given.timeout,
                password=os.environ.get("REDISCLI_AUTH")) as writer:
        ended.wait(given.seconds)
        result = writer.stop(given.master)
    document = dataclasses.asdict(result)
    del document["gaps"]
    print(json.dumps(document))
    return 0 if result.lost == 0 else 1


if __name__ == "__main__":
    sys.exit(child() if sys.argv[1:] == ["child"] else main())
