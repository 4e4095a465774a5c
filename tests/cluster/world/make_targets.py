"""What the targets of make/ops/redis.mk do, written out, with the password that they never found; and the state in which they are compared with their successors."""
import subprocess
import time

from . import systems
from .charts import Chart
from .kubectl import KUBECONFIG

TARGET = ["-n", systems.SWITCHED.namespace, "--instance", "my-redis"]


def words_of(*words, pod: str = "my-redis-0", password: str = systems.PASSWORD) -> list:
    """What nearly every target comes to: redis-cli in the first pod of the list."""
    return ["kubectl", "--kubeconfig", KUBECONFIG, "exec", "-n", systems.SWITCHED.namespace, pod, "--", "redis-cli", "-a", password, "--no-auth-warning", *words]


def make(*words, timeout: float = 60, **how) -> subprocess.CompletedProcess:
    return subprocess.run(words_of(*words, **how), capture_output=True, text=True, timeout=timeout)


def make_each(pods: list, *words) -> list:
    return [make(*words, pod=pod) for pod in pods]


def took(action) -> float:
    """The fastest of three: the machine may be busy."""
    times = []
    for _ in range(3):
        since = time.monotonic()
        action()
        times.append(time.monotonic() - since)
    return min(times)


class Away(Chart):
    """The master has moved to my-redis-1, as it does: from here on the names say nothing."""

    def setUp(self):
        super().setUp()
        done = self.change("failover", "--promote", "my-redis-1")
        self.assertEqual(done.code, 0, done)
        self.redis.ask("my-redis-1", "FLUSHALL")  # the probes of the switch too: they live for ten minutes

    def fill(self, count: int, prefix: str = "key") -> None:
        for i in range(count):
            self.redis.ask("my-redis-1", "SET", f"{prefix}:{i}", "x" * 10)
        self.assertEqual(self.redis.ask("my-redis-1", "WAIT", 2, 3000), 2)

    def nodes(self, command: str, kind: str, *arguments) -> dict:
        return self.by_name(self.only(self.document(command, kind, *TARGET, *arguments)["items"])["nodes"])
