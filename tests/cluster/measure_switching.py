"""What a switch through port-forward costs those who write meanwhile, in the real cluster: `tests/cluster/run measure_switching`, SWITCHES=22 of each kind; under Sentinels with ENGINES="sentinel sentinel-ahead".

It judges nothing but losses: machines differ. docs/measurements.md has what it printed.
"""
import contextlib
import os
import statistics
import time
import unittest

import test_operator
from world import charts, systems, watched
from world.charts import PODS
from world.kubectl import eventually, pods
from world.switching import Switched, state_folder

from aware import Aware

SWITCHES = int(os.environ.get("SWITCHES", "22"))
ENGINES = os.environ.get("ENGINES", "sentinel sentinel-ahead").split()


class Switches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.redis = charts.my_redis()
        cls.redis.reset("my-redis-0")
        print(f"{os.cpu_count()} cores, {os.uname().release}", flush=True)

    def measure(self, title: str, writer, *arguments) -> None:
        redis, state, spans, outages = self.redis, state_folder("measure"), [], []
        with writer:
            for i in range(SWITCHES):
                command, target = (["return-home"], "my-redis-0") if i % 2 else (["failover", "--promote", "my-redis-1"], "my-redis-1")
                time.sleep(0.3)
                since = time.monotonic()
                done = redis.change(*command, *arguments, XDG_STATE_HOME=state)
                self.assertEqual((done.code, done.result["lostBytes"]), (0, 0), done)
                outages += [known for known in [done.result["writeOutageMs"]] if known is not None]
                eventually("linked", lambda: redis.roles() == redis.settled(target))
                time.sleep(0.2)
                spans.append((since, time.monotonic()))
            if SWITCHES % 2:
                redis.change("return-home", XDG_STATE_HOME=state)
            result = writer.stop(f"{redis.ip('my-redis-0')}:6379")
        self.tell(title, result, spans, outages)

    def tell(self, title: str, result, spans: list, outages: list) -> None:
        gaps = [result.gap_between(*span) for span in spans]
        told = f"p50 {statistics.median(outages):.0f} ms, max {max(outages)} ms" if outages else "unknown"
        said = ", ".join(f"{count} {word}" for word, count in sorted(result.errors.items()))
        print(f"{title}: {len(spans)} switches, lost {result.lost} of {result.acked}; gap p50 {statistics.median(gaps):.1f} ms, max {max(gaps):.1f} ms; "
              f"redisctl said {told}; the machine's own lateness at most {result.late_ms:.1f} ms; "
              f"{result.unknown} writes unknown; {said or 'no errors'}\n  gaps: {' '.join(f'{gap:.1f}' for gap in gaps)}", flush=True)
        self.assertEqual(result.lost, 0)

    def test_1_writers_at_the_pods(self):
        self.measure("redisctl failover through port-forward, writer at the pods", self.redis.writer_direct(*PODS))

    def test_2_writers_at_the_pods_with_a_fence(self):
        self.measure("the same with --engine fenced", self.redis.writer_direct(*PODS), "--engine", "fenced")

    def test_3_writers_through_the_service(self):
        self.measure("redisctl failover through port-forward, writer through the Service", self.redis.writer_inside("my-redis-2", "my-redis"))

    def test_4_bitnami_with_sentinels(self):
        redis = Switched(systems.need(systems.ISMASTER), "bee", systems.PASSWORD)
        self.measure_watched("Bitnami's shape", redis, redis.names, None)

    def test_5_hand_written_manifests_with_sentinels(self):
        redis = Switched(systems.need(systems.WATCHED), "redis")
        self.measure_watched("hand-written manifests", redis, watched.MEMBERS, "redis-sentinel-")

    def test_6_the_operator(self):
        test_operator.setUpModule()
        redis = Switched(test_operator.OPERATED, test_operator.NAME, test_operator.PASSWORD)
        self.measure_watched("the Spotahome operator", redis, test_operator.MEMBERS, f"rfs-{test_operator.NAME}-")

    def measure_watched(self, title: str, redis: Switched, nodes: list, sentinels: str) -> None:
        """Each engine under a writer that tries the pods, and, where the Sentinels say addresses and no names, one that asks them (the pods whose names begin so)."""
        redis.names = nodes
        asked = sentinels and [f"{pod['status']['podIP']}:26379" for name, pod in pods(redis.namespace).items() if name.startswith(sentinels)]
        for engine in ENGINES:
            spans, outages = [], []
            with contextlib.ExitStack() as stack:
                writer = stack.enter_context(redis.writer_direct(*nodes))
                aware = stack.enter_context(Aware(asked, "mymaster", redis.password)) if asked else None
                for _ in range(SWITCHES):
                    origin = eventually("one master", lambda: next((name for name, role in redis.roles().items() if role == "master"), None))
                    target = nodes[(nodes.index(origin) + 1) % len(nodes)]
                    time.sleep(0.5)
                    since = time.monotonic()
                    done = redis.change("failover", "--promote", target, "--engine", engine, XDG_STATE_HOME=state_folder("measure"))
                    self.assertEqual((done.code, done.result["lostBytes"]), (0, 0), done)
                    outages += [known for known in [done.result["writeOutageMs"]] if known is not None]
                    eventually("linked", lambda: redis.roles() == redis.settled(target))
                    time.sleep(0.2)
                    spans.append((since, time.monotonic()))
                result = writer.stop(f"{redis.ip(target)}:6379")
                if aware:
                    aware.stop()
            self.tell(f"{title}: redisctl failover --engine {engine} through port-forward, writer at the pods", result, spans, outages)
            if aware:
                gaps = [aware.longest_ms(*span) for span in spans]
                print(f"  who asks the Sentinels: gap p50 {statistics.median(gaps):.1f} ms, max {max(gaps):.1f} ms", flush=True)
