"""A system seen by every command that looks or judges. What they say is compared with what the servers themselves say: nothing that is true is left out, and
nobody is accused of what is not."""
import json
import subprocess
from dataclasses import dataclass, field

from .kubectl import eventually, pods
from .program import Asking, redisctl
from .switching import Switched

KINDS = {
    "replication-info": "ReplicationInfo", "master-info": "MasterInfo", "replica-lag": "ReplicaLag", "role": "Role", "ping": "Ping", "pods": "PodList",
    "info": "Info", "version": "Version", "uri": "ClientSettings",
}
LAG = 1 << 20


@dataclass
class Healthy:
    """What is expected of a system that has nothing wrong with it."""

    namespace: str
    instance: str
    system: str
    master: str
    replicas: list
    sentinels: int = 0
    services: dict = field(default_factory=dict)  # name → type
    findings: list = field(default_factory=list)  # of status: (code, node)
    doctor: list = field(default_factory=list)  # what doctor adds to that: (code, node)
    flags: list = field(default_factory=list)
    password: str = None
    reachable: bool = True  # the addresses that uri prints, from here

    @property
    def look(self) -> list:
        return ["-n", self.namespace, "--instance", self.instance, *self.flags]


def conditions(namespace: str, names: list) -> list:
    """What doctor says of pods without a volume, and of what other tests did to their containers."""
    found = pods(namespace)
    restarted = [name for name, pod in found.items() for each in pod["status"].get("containerStatuses", []) if each["restartCount"]]
    return [*(("DATA_WITHOUT_VOLUME", name) for name in names), *(("CONTAINER_RESTARTED", name) for name in restarted)]


def check_healthy(test: Asking, healthy: Healthy) -> None:
    # What other tests did to it before is none of its faults: full copies, writes that a replica refused.
    test.ask("exec", "--all", *healthy.look, "--", "CONFIG", "RESETSTAT")
    check_documents(test, healthy)
    check_verdicts(test, healthy)
    check_waiting(test, healthy)
    if healthy.reachable:
        check_addresses(test, healthy)


def check_documents(test: Asking, healthy: Healthy) -> None:
    nodes = {healthy.master: "master", **{name: "replica" for name in healthy.replicas}}
    for command, kind in KINDS.items():
        with test.subTest(command=command):
            document = test.document(command, kind, *healthy.look)
            test.only(document["items"])
            test.assertEqual(document["errors"], [])
    replication = test.only(test.document("replication-info", "ReplicationInfo", *healthy.look)["items"])
    test.assertEqual((replication["system"], replication["health"], replication["master"]), (healthy.system, "healthy", healthy.master))
    test.assertEqual({node["name"]: node["role"] for node in replication["nodes"]}, nodes)
    test.assertEqual({node["name"]: (node["masterNode"], node["linkStatus"]) for node in replication["nodes"] if node["name"] != healthy.master},
                     {name: (healthy.master, "up") for name in healthy.replicas})
    test.assertEqual({witness["says"] for witness in replication["witnesses"]}, {healthy.master}, replication["witnesses"])
    test.assertEqual(len(replication["sentinels"]), healthy.sentinels)
    lag = test.only(test.document("replica-lag", "ReplicaLag", *healthy.look, "--max-bytes", str(LAG), "--max-seconds", "30s")["items"])
    test.assertEqual(([each["name"] for each in lag["replicas"]], {each["withinLimits"] for each in lag["replicas"]} - {True}), (healthy.replicas, set()), lag)


def check_verdicts(test: Asking, healthy: Healthy) -> None:
    """Exactly these findings. A Sentinel on a machine that stood still for two seconds is in TILT mode for 30 more, and rightly says so."""
    for command, kind, expected in (("status", "Status", healthy.findings), ("doctor", "Doctor", [*healthy.findings, *healthy.doctor])):
        found = eventually(f"{command} says nothing of this machine's stalls", lambda c=command, k=kind: calm(test, healthy, c, k), 90, 2)
        test.assertEqual(sorted((one["code"], one["node"] or "") for one in found["findings"]), sorted(expected), found)
        test.assertEqual(found["errors"], [])
    services = test.only(test.document("services", "Services", *healthy.look)["items"])
    test.assertEqual({one["name"]: (one["type"], one["verdict"]) for one in services["services"]},
                     {name: (kind, None if kind == "headless" else "ok") for name, kind in healthy.services.items()})
    if healthy.sentinels:
        view = test.only(test.document("sentinel check", "SentinelView", *healthy.look)["items"])
        test.assertEqual((view["canFailOver"], view["obstacles"], view["master"], len(view["sentinels"])), (True, [], healthy.master, healthy.sentinels), view)
        test.assertEqual({(each["master"], each["voters"], each["votes"]) for each in view["sentinels"]}, {(healthy.master, healthy.sentinels, healthy.sentinels)}, view)
    else:
        test.assertIn("there is no Sentinel here", test.ask("sentinel", *healthy.look, code=3).err)


def calm(test: Asking, healthy: Healthy, command: str, kind: str) -> dict:
    answer = redisctl(command, *healthy.look, "--json")
    if any(finding["code"] == "SENTINEL_TILT" for finding in answer.document["findings"]):
        return None
    test.check(answer, 1 if any(finding["severity"] == "critical" for finding in answer.document["findings"]) else 0, kind)
    return answer.document


def check_waiting(test: Asking, healthy: Healthy) -> None:
    """`wait` is content at once, says what is missing of what does not come, and `watch` sees nothing happen."""
    conditions = ["healthy", f"master={healthy.master}", *([f"replicas={len(healthy.replicas)}", f"lag<={LAG}"] if healthy.replicas else [])]
    met = test.only(test.document("wait", "Wait", *healthy.look, *[word for each in conditions for word in ("--for", each)])["items"])
    test.assertEqual([(each["condition"], each["met"]) for each in met["conditions"]], [(each, True) for each in conditions], met)
    missing = f"replicas={len(healthy.replicas) + 1}"
    unmet = test.only(test.document("wait", "Wait", *healthy.look, "--for", missing, "--timeout", "1s", code=4)["items"])
    test.assertEqual([(each["condition"], each["met"]) for each in unmet["conditions"]], [(missing, False)], unmet)
    watched = [json.loads(line) for line in test.ask("watch", *healthy.look, "--duration", "2s", "--interval", "300ms", "--json").out.splitlines()]
    for event in watched:
        test.check_document(event, "WatchEvent")
    # That it hears the Sentinels and Kubernetes is said too, and that an operator repeats the Sentinels' settings every 30 s.
    changes = [event for event in watched if event["event"] != "events" and event["channel"] != "+set"]
    test.assertEqual([(event["event"], event["to"]) for event in changes], [("begin", f"healthy, master {healthy.master}")])


def check_addresses(test: Asking, healthy: Healthy) -> None:
    """What `uri` prints leads to the master: a name and a port that answer, and whoever is behind them says that it is the one."""
    settings = test.only(test.document("uri", "ClientSettings", *healthy.look)["items"])
    if settings["way"] == "sentinel":
        test.assertTrue(settings["sentinels"], settings)
        for address in settings["sentinels"]:
            password = healthy.password if settings["sentinelPasswordVariable"] else None
            test.assertEqual(run_id(*cli(address, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", settings["masterName"], password=password).split(), healthy),
                             run_id_of(test, healthy), settings)
    else:
        host, _, port = settings["writes"].rpartition(":")
        test.assertEqual(run_id(host, port, healthy), run_id_of(test, healthy), settings)


def cli(address: str, *words: str, password: str = None) -> str:
    host, _, port = address.rpartition(":")
    host += ".cluster.local" if host.endswith(".svc") else ""  # as the search list of a pod would
    environment = {"REDISCLI_AUTH": password} if password else {}
    done = subprocess.run(["redis-cli", "-h", host, "-p", port, *words], capture_output=True, text=True, timeout=20, env={"PATH": "/usr/bin:/bin", **environment})
    assert done.returncode == 0, done
    return done.stdout


def run_id(host: str, port: str, healthy: Healthy) -> str:
    lines = cli(f"{host}:{port}", "INFO", "server", password=healthy.password).splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("run_id:"))


def run_id_of(test: Asking, healthy: Healthy) -> str:
    return test.only(test.document("master-info", "MasterInfo", *healthy.look)["items"])["node"]["runId"]


def steady(redis: Switched) -> None:
    """No Sentinel is in TILT mode: a machine that stood still is no reason for a refusal that a test is about."""

    def calm() -> bool:
        found = redisctl("sentinel", "-n", redis.namespace, "--instance", redis.instance, "--json", *redis.flags).document["findings"]
        return all(finding["code"] != "SENTINEL_TILT" for finding in found)

    eventually("no Sentinel is in TILT mode", calm, 120, 2)


def connected(redis: Switched) -> None:
    """Each Sentinel hears every node: after a switch it makes its connections anew, and refuses to promote whom it does not hear."""

    def hears_all() -> bool:
        seen = redisctl("sentinel", "replicas", "-n", redis.namespace, "--instance", redis.instance, "--json", *redis.flags).document["items"]
        return all(replica["heard"] for item in seen for sentinel in item["sentinels"] for replica in sentinel["replicas"])

    eventually("the Sentinels hear all nodes", hears_all, 60, 1)


def told(test: Asking, redis: Switched) -> dict:
    """One look of `status` between two of our own: where those say the same, so must it. The item; healthy too when only this machine's stalls are told of."""
    before = redis.roles()
    answer = redisctl("status", "-n", redis.namespace, "--instance", redis.instance, "--json", *redis.flags)
    after = redis.roles()
    test.assertIn(answer.code, (0, 1), answer)
    test.check_document(answer.document, "Status")
    item = test.only(answer.document["items"])
    test.assertEqual(answer.code == 1, item["health"] == "critical", answer)
    if item["health"] == "degraded" and {finding["code"] for finding in answer.document["findings"] if finding["severity"] == "warning"} == {"SENTINEL_TILT"}:
        item["health"] = "healthy"
    if before != after:
        return item
    seen = {node["name"]: node for node in item["nodes"]}
    for name, role in before.items():
        if role is None:
            # A pod that is being made anew may not be listed at all.
            test.assertEqual(seen.get(name, {"role": "unknown"})["role"], "unknown", answer)
        elif name in seen and seen[name]["role"] != "unknown":
            test.assertEqual(seen[name]["role"], "master" if role == "master" else "replica", answer)
            if role != "master":
                test.assertEqual(seen[name]["linkStatus"], "down" if role.endswith("?") else "up", answer)
    masters = [name for name, role in before.items() if role == "master"]
    if len(masters) != 1:
        test.assertEqual((item["master"], item["health"]), (None, "critical"), f"the servers say {before}\n{answer}")
    else:
        # A pod that is being deleted is no node any more; whom the others follow is known by its address.
        test.assertIn(item["master"], (masters[0], f"{redis.ip(masters[0])}:6379", None), answer)
    return item


def told_until(test: Asking, redis: Switched, what: str, condition, seconds: float = 60) -> list:
    """Looks again and again, each one true, until the condition of a look holds: (health, master) of all of them."""
    seen = []

    def look() -> bool:
        item = told(test, redis)
        if not seen or seen[-1] != (item["health"], item["master"]):
            seen.append((item["health"], item["master"]))
        return condition(item)

    try:
        eventually(what, look, seconds, 0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}; seen were {seen}") from None
    return seen
