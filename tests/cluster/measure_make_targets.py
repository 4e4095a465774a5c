"""How long a make target takes beside its successor, in the real cluster: `tests/cluster/run measure_make_targets`, ROUNDS=5 of each.

The old one asks the first pod, or loops over all of them where it does so in make/ops/redis.mk; ours asks all three nodes every time. It judges nothing: docs/measurements.md
has what it printed.
"""
import os
import statistics
import time
import unittest

from world.charts import PODS
from world.make_targets import TARGET, Away, make, make_each

ROUNDS = int(os.environ.get("ROUNDS", "5"))
# Target: the words of its redis-cli, and where it runs; the successor.
ONE, ALL = PODS[:1], PODS
TARGETS = {
    "redis-ping": (["ping"], ONE, ["ping"]),
    "redis-info": (["info"], ONE, ["info"]),
    "redis-memory": (["info", "memory"], ONE, ["memory"]),
    "redis-stats": (["info", "stats"], ONE, ["stats"]),
    "redis-clients": (["client", "list"], ONE, ["clients"]),
    "redis-slowlog": (["slowlog", "get", "10"], ONE, ["slowlog"]),
    "redis-config": (["config", "get", "*"], ONE, ["config", "get"]),
    "redis-dbsize": (["dbsize"], ONE, ["dbsize"]),
    "redis-version": (["info", "server"], ONE, ["version"]),
    "redis-keys": (["keys", "*"], ONE, ["keys"]),
    "redis-replication-info": (["info", "replication"], ALL, ["replication-info"]),
    "redis-replica-lag": (["info", "replication"], PODS[1:], ["replica-lag"]),
    "redis-check-replication": (["info", "replication"], ALL, ["status"]),
    "redis-role": (["role"], ONE, ["role"]),
}


def seconds(action) -> float:
    since = time.monotonic()
    action()
    return time.monotonic() - since


class Targets(Away):
    def test_each_beside_its_successor(self):
        self.fill(100)
        print(f"{os.cpu_count()} cores, {os.uname().release}, {ROUNDS} rounds; medians", flush=True)
        for target, (words, pods, command) in TARGETS.items():
            old, new = [], []
            for _ in range(ROUNDS):
                old.append(seconds(lambda: [self.assertEqual(done.returncode, 0, done) for done in make_each(pods, *words)]))
                # status exits 1 here: the master is not at home.
                new.append(seconds(lambda: self.ask(*command, *TARGET, code=1 if command == ["status"] else 0)))
            ratio = statistics.median(theirs / ours for theirs, ours in zip(old, new))
            print(f"{target:24} {len(pods)} of 3 pods {statistics.median(old) * 1000:6.0f} ms   {' '.join(command):18} 3 nodes {statistics.median(new) * 1000:6.0f} ms   {ratio:5.1f} times as fast", flush=True)


if __name__ == "__main__":
    unittest.main()
