"""How fast `redisctl backup rdb` brings data through a port-forward, beside `kubectl exec … cat /data/dump.rdb`: `tests/cluster/run measure_backup`, PAIRS=7 MEGABYTES=512.

It judges nothing but that redisctl's data came whole: machines differ. `kubectl exec` at times loses the end of what it says, and exits with 0: that is counted. docs/measurements.md has what it printed.
"""
import os
import statistics
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from world import systems
from world.kubectl import KUBECONFIG, eventually, kubectl, pods, ready, redis_cli
from world.program import REDISCTL

PAIRS, MEGABYTES = int(os.environ.get("PAIRS", "7")), int(os.environ.get("MEGABYTES", "512"))
NAMESPACE = f"redisctl-measure-backup{systems.SUFFIX}"
POD = "large-0"

MANIFEST = """
apiVersion: v1
kind: Namespace
metadata: {{name: {namespace}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {pod}, namespace: {namespace}, labels: {{app.kubernetes.io/name: redis, app.kubernetes.io/instance: large}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: redis
    image: {IMAGE}
    imagePullPolicy: {PULL}
    command: [sh, -c]
    args: ['mkdir -p /data && exec redis-server --bind 0.0.0.0 --dir /data --save "" --rdbcompression no --repl-diskless-sync yes --repl-diskless-sync-delay 0 --enable-debug-command yes']
    ports: [{{name: redis, containerPort: 6379}}]
    resources: {{limits: {{memory: {limit}Mi}}}}
"""


class Backups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(kubectl, "delete", "namespace", NAMESPACE, "--wait=false", check=False)
        kubectl("apply", "-f", "-", text_in=MANIFEST.format(namespace=NAMESPACE, pod=POD, limit=3 * MEGABYTES + 256, **systems.image("redis:7.0")))
        eventually("the pod is ready", lambda: ready(pods(NAMESPACE)[POD]))
        # A value of DEBUG POPULATE is long and, without compression, so is its RDB.
        redis_cli(NAMESPACE, POD, "DEBUG", "POPULATE", str(MEGABYTES), "key", str(1 << 20))
        redis_cli(NAMESPACE, POD, "SAVE")
        print(f"{os.cpu_count()} cores, {os.uname().release}, load average {os.getloadavg()[0]:.1f}", flush=True)

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_one(self, which: int) -> tuple:
        """Seconds from fork to exit, bytes that came."""
        ours = [str(REDISCTL), "backup", "rdb", "-n", NAMESPACE, "--dir", str(self.folder)]
        theirs = ["kubectl", "exec", "-n", NAMESPACE, POD, "--", "cat", "/data/dump.rdb"]
        start = time.perf_counter()
        with open(self.folder / "theirs.rdb" if which else os.devnull, "wb") as out:
            done = subprocess.run(theirs if which else ours, env=dict(os.environ, KUBECONFIG=KUBECONFIG), stdout=out, stderr=subprocess.PIPE)
        took = time.perf_counter() - start
        self.assertEqual(done.returncode, 0, done.stderr)
        size = sum(file.stat().st_size for file in self.folder.glob("*.rdb"))
        for file in self.folder.iterdir():
            file.unlink()
        if which:
            self.cut += size < MEGABYTES << 20
        else:
            self.assertGreater(size, MEGABYTES << 20)
        return took, size

    def test_against_kubectl_exec_cat(self):
        self.cut = 0
        sizes = [self.run_one(which)[1] for which in (0, 1)]
        took = []
        for i in range(PAIRS):
            pair = [0.0, 0.0]
            for which in (0, 1) if i % 2 else (1, 0):
                pair[which] = self.run_one(which)[0]
            took.append(pair)
        ratios = [cat / mine for mine, cat in took]

        def told(which: int) -> str:
            seconds = statistics.median(pair[which] for pair in took)
            return f"{seconds:.2f} s, {sizes[which] / seconds / 1e6:.0f} MB/s"

        print(f"{sizes[0] / 1e6:.0f} MB: redisctl backup rdb through port-forward {told(0)}; kubectl exec … cat {told(1)}; "
              f"{statistics.median(ratios):.2f} of its speed (median of {PAIRS} pairs: {' '.join(f'{ratio:.2f}' for ratio in ratios)}); "
              f"of {PAIRS + 1} files of kubectl exec {self.cut} were cut", flush=True)


if __name__ == "__main__":
    unittest.main()
