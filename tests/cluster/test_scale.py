"""1,000 pods on the real API server, played by KWOK, every port-forward leading to a real Redis."""
import subprocess
import unittest

from onenode.places import SOURCE
from world.kubectl import OWN
from world.program import Asking, measured

COUNT = 1000


def setUpModule():
    if not OWN:
        raise unittest.SkipTest("1,000 fake pods need the tests' own cluster")
    subprocess.run([SOURCE / "cluster", "scale", str(COUNT)], check=True)


class Scale(Asking):
    def test_none_is_lost_and_little_memory_is_used(self):
        answer = measured("replication-info", "-n", "scale", "--json", "--timeout", "30s")
        self.check(answer, 0, "ReplicationInfo")
        nodes = [n for instance in answer.document["items"] for n in instance["nodes"]]
        self.assertEqual(len(nodes), COUNT)
        self.assertEqual([n["name"] for n in nodes if n["error"]], [])
        self.assertEqual([n["name"] for n in nodes if not n["version"]], [])
        print(f"{COUNT} pods: {answer.seconds:.2f} s, {answer.memory_kb / 1024:.1f} MB")
        self.assertLess(answer.memory_kb, 64 * 1024, "KB")

    def test_order_is_natural(self):
        answer = self.ask("pods", "-n", "scale", "--no-headers")
        names = [word for line in answer.out.splitlines() for word in line.split()[:3] if word.startswith("redis-")]
        self.assertEqual(names[:11], [f"redis-{i}" for i in range(11)])
