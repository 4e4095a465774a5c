"""The cluster as its administrator sees it: through kubectl and $KUBECONFIG, independent of the program under test."""
import json
import os
import shutil
import subprocess
import time

KUBECONFIG = os.environ["KUBECONFIG"]
# The cluster of the tests' own can do what a stranger's cannot be asked for: images of every version, 1,000 fake pods.
OWN = "REDISCTL_TEST_KUBECONFIG" not in os.environ


def kubectl(*arguments: str, text_in: str = None, check: bool = True) -> str:
    command = [shutil.which("kubectl") or "kubectl", "--kubeconfig", KUBECONFIG, *arguments]
    done = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def get(*arguments: str) -> dict:
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def pods(namespace: str) -> dict:
    return {pod["metadata"]["name"]: pod for pod in get("pods", "-n", namespace)["items"]}


def ready(pod: dict) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


def redis_cli(namespace: str, pod: str, *arguments: str, password: str = None) -> str:
    """One command of redis-cli inside the pod: the truth that the program's answers are compared with."""
    prefix = ["env", f"REDISCLI_AUTH={password}"] if password else []
    return kubectl("exec", "-n", namespace, pod, "-c", "redis", "--", *prefix, "redis-cli", *arguments).strip()


def eventually(what: str, condition, seconds: float = 60, every: float = 0.3):
    """The condition's value once it is true. Fails by naming what did not come true."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not after {seconds} s: {what}")
        time.sleep(every)
    return value
