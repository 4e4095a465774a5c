"""A fake cluster that remembers: a Redis chart's pods, Services, EndpointSlices and Leases before real servers on loopback. What is changed is seen
back, the EndpointSlices follow the Services' selectors and the pods' readiness, and everything misbehaves where it was told to.

    with Cluster([one, two, three]) as cluster:         # my-redis-0, -1, -2, each on a machine of its own
        cluster.on("PATCH", "/services/my-redis$", refused(500, "InternalError"))
        cluster.when("my-redis-0", FAILOVER, cut)       # its tunnels, the moment that these bytes came through
"""
import copy
import json
import re
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

from api_server import Answer, Fake, status
from tunnels import Tunnel, port_of

NAME = "my-redis"
SERVICES = [NAME, f"{NAME}-master"]
LABELS = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": NAME, "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "redis-0.4.0"}
POD_NAME = "statefulset.kubernetes.io/pod-name"
DRIFT = "redisctl.io/drift"
OPERATION = "redisctl.io/operation"
# The endpoints' controller takes its time.
FOLLOW_AFTER = 0.02
PATH = re.compile(r"^/apis?(?:/(?P<group>[a-z0-9.]+\.k8s\.io|apps|policy))?/v1(?:/namespaces/default)?/(?P<kind>[a-z]+)(?:/(?P<name>[^/]+))?(?P<rest>/.*)?$")
KINDS = {"pods": "Pod", "services": "Service", "endpointslices": "EndpointSlice", "leases": "Lease", "secrets": "Secret", "nodes": "Node",
         "statefulsets": "StatefulSet", "poddisruptionbudgets": "PodDisruptionBudget", "networkpolicies": "NetworkPolicy",
         "persistentvolumeclaims": "PersistentVolumeClaim", "persistentvolumes": "PersistentVolume", "volumesnapshots": "VolumeSnapshot",
         "volumesnapshotclasses": "VolumeSnapshotClass", "events": "Event"}


# What a request can be answered with instead, each a function of it that says whether it is done with it.

def refused(code: int, reason: str, *headers: tuple):
    def behaviour(request) -> bool:
        Fake.say(request, status(code, reason, "because a test says so")._replace(headers=dict(headers)))
        return True

    return behaviour


def broken(request) -> bool:
    """The connection ends, and nothing was done."""
    request.close_connection = True
    return True


def meanwhile(action):
    """Something happens first; then it is answered as ever."""

    def behaviour(request) -> bool:
        action()
        return False

    return behaviour


def passed(request) -> bool:
    return False


def patched(thing: dict, operations: list) -> dict:
    """RFC 6902. Raises LookupError where the API answers 422."""
    thing = copy.deepcopy(thing)
    for operation in operations:
        *above, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place = thing
        for part in above:
            place = place[part]
        if operation["op"] != "add" and last not in place:
            raise LookupError(operation["path"])
        if operation["op"] == "test" and place[last] != operation["value"]:
            raise LookupError(operation["path"])
        if operation["op"] == "remove":
            del place[last]
        elif operation["op"] != "test":
            place[last] = operation["value"]
    return thing


class Cluster(Fake):
    def __init__(self, servers: list, authority=None):
        super().__init__(authority)
        self.names = [f"{NAME}-{i}" for i in range(len(servers))]
        self.servers = dict(zip(self.names, servers))
        self.changed = threading.Condition(threading.RLock())
        self.version, self.objects, self.events = 0, {}, []
        self.rules, self.tunnels, self.triggers = [], [], []
        self.follow_after = FOLLOW_AFTER
        for i, server in enumerate(servers):
            self.store("nodes", {"metadata": {"name": f"machine-{i}"}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
            self.store("pods", self.pod_of(i, server))
        self.store("secrets", {"metadata": {"name": NAME}, "data": {"redis-password": "cGE1NS1vZi10aGUtdGVzdA=="}})
        self.store("statefulsets", {"metadata": {"name": NAME, "generation": 1}, "spec": {"replicas": len(servers), "updateStrategy": {"type": "RollingUpdate"}},
                                    "status": {"observedGeneration": 1, "updatedReplicas": len(servers), "currentRevision": "a", "updateRevision": "a"}})
        select = {key: LABELS[key] for key in ("app.kubernetes.io/name", "app.kubernetes.io/instance")}
        for name in SERVICES:
            self.store("services", self.service_of(name, {**select, POD_NAME: self.names[0]}))
        self.store("services", self.service_of(f"{NAME}-headless", select, clusterIP="None", publishNotReadyAddresses=True))
        self.reconcile()

    # What stands in it

    def pod_of(self, ordinal: int, server) -> dict:
        name = f"{NAME}-{ordinal}"
        env = [{"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": NAME, "key": "redis-password"}}}]
        redis = {"name": "redis", "image": "redis:7", "command": ["redis-server"], "env": env, "ports": [{"name": "redis", "containerPort": server.port}]}
        return {"metadata": {"name": name, "uid": f"uid-of-{name}", "labels": {**LABELS, POD_NAME: name},
                             "ownerReferences": [{"kind": "StatefulSet", "name": NAME, "controller": True}]},
                "spec": {"nodeName": f"machine-{ordinal}", "containers": [redis],
                         "initContainers": [{"name": "setup-replication", "image": "redis:7", "command": ["sh", "-c"]}]},
                "status": {"phase": "Running", "podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}],
                           "containerStatuses": [{"name": "redis", "ready": True, "restartCount": 0, "state": {"running": {}}}]}}

    @staticmethod
    def service_of(name: str, selector: dict, **spec) -> dict:
        return {"metadata": {"name": name, "labels": dict(LABELS)},
                "spec": {"clusterIP": "10.96.0.1", "selector": selector, "ports": [{"name": "redis", "port": 6379, "targetPort": "redis"}], **spec}}

    def store(self, kind: str, thing: dict) -> dict:
        with self.changed:
            self.version += 1
            thing["kind"] = KINDS[kind]
            thing["metadata"]["resourceVersion"] = str(self.version)
            if kind != "nodes":
                thing["metadata"]["namespace"] = "default"
            known = (kind, thing["metadata"]["name"]) in self.objects
            self.objects[kind, thing["metadata"]["name"]] = thing
            self.events.append((self.version, "MODIFIED" if known else "ADDED", copy.deepcopy(thing)))
            self.changed.notify_all()
        return thing

    def get(self, kind: str, name: str) -> dict:
        with self.changed:
            return copy.deepcopy(self.objects.get((kind, name)))

    def all(self, kind: str) -> list:
        with self.changed:
            return [copy.deepcopy(thing) for (each, _), thing in self.objects.items() if each == kind]

    def change(self, kind: str, name: str, action) -> None:
        """By another hand: action changes the object in place."""
        with self.changed:
            thing = self.get(kind, name)
            action(thing)
            self.store(kind, thing)
            self.reconcile()

    def reconcile(self) -> None:
        """What controllers do: EndpointSlices and the StatefulSet's status follow."""
        with self.changed:
            pods = self.all("pods")
            ready = {pod["metadata"]["name"]: pod["status"]["conditions"][0]["status"] == "True" for pod in pods}
            for workload in self.all("statefulsets"):
                if workload["status"].get("readyReplicas") != sum(ready.values()):
                    workload["status"]["readyReplicas"] = sum(ready.values())
                    self.store("statefulsets", workload)
            for service in self.all("services"):
                name, spec = service["metadata"]["name"], service["spec"]
                chosen = [pod for pod in pods if spec["selector"].items() <= pod["metadata"]["labels"].items()]
                endpoints = [{"addresses": [pod["status"]["podIP"]], "targetRef": {"kind": "Pod", "name": pod["metadata"]["name"]},
                              "conditions": {"ready": ready[pod["metadata"]["name"]] or spec.get("publishNotReadyAddresses", False)}} for pod in chosen]
                before = self.get("endpointslices", f"{name}-x7k2p")
                if before and before["endpoints"] == endpoints:
                    continue
                self.store("endpointslices", {"metadata": {"name": f"{name}-x7k2p", "labels": {"kubernetes.io/service-name": name}},
                                              "addressType": "IPv4", "endpoints": endpoints})
            self.changed.notify_all()

    def reconcile_later(self) -> None:
        timer = threading.Timer(self.follow_after, self.reconcile)
        timer.daemon = True
        timer.start()

    # What happens to it

    def machine_not_ready(self, pod: str, tunnels: bool = False) -> None:
        """Its kubelet reports no more: the node's controller says so, and takes its pods from the endpoints. The kubelet carries the port-forwards."""
        self.change("nodes", self.get("pods", pod)["spec"]["nodeName"], lambda node: node["status"]["conditions"][0].update(status="Unknown"))
        self.change("pods", pod, lambda thing: thing["status"]["conditions"][0].update(status="False"))
        if not tunnels:
            self.on("GET", f"/pods/{pod}/portforward", refused(500, "error dialing backend: no route to host"), for_ever=True)

    # What is true of it

    def leads_to(self) -> dict:
        return {name: [endpoint["targetRef"]["name"] for endpoint in self.get("endpointslices", f"{name}-x7k2p")["endpoints"]] for name in SERVICES}

    def drift(self) -> list:
        return [self.get("services", name)["metadata"].get("annotations", {}).get(DRIFT) for name in SERVICES]

    def lease(self, name: str = f"redisctl-{NAME}") -> dict:
        """Who holds it and what is noted on it."""
        found = self.get("leases", name)
        return {"holder": found["spec"].get("holderIdentity", ""), "note": found["metadata"].get("annotations", {}).get(OPERATION)} if found else None

    # What it is told to do

    def on(self, method: str, path: str, *behaviours, for_ever: bool = False) -> list:
        """To requests of this path and query (a regular expression), each once and in this order; the last one for ever. What is returned can be cleared."""
        left = list(behaviours)
        self.rules.append((method, re.compile(path), left, for_ever))
        return left

    def when(self, pod: str, words: bytes, action, passed_on: bool = True) -> None:
        """Once, as soon as these bytes come through to the pod, and are passed on or not: action(cluster, the tunnel that they came by)."""
        self.triggers.append((pod, words, action, passed_on))

    def cut(self, pod: str) -> None:
        for tunnel in [each for each in self.tunnels if each.pod == pod]:
            tunnel.cut()

    def verify(self) -> None:
        """Nobody asked for anything unknown, and what was to go wrong came up."""
        assert not self.unexpected, f"requests that nobody announced: {self.unexpected}"
        assert not self.triggers, f"these words never came through: {self.triggers}"

    # Answering

    def handle(self, request) -> None:
        url = urlsplit(request.path)
        with self.changed:
            self.asked.append((request.command, url.path, time.monotonic()))
        if self.required_token and request.headers.get("Authorization") != f"Bearer {self.required_token}":
            return self.say(request, status(401, "Unauthorized", "Unauthorized"))
        for method, path, behaviours, for_ever in self.rules:
            if behaviours and method == request.command and path.search(request.path):
                behaviour = behaviours[0] if for_ever and len(behaviours) == 1 else behaviours.pop(0)
                if behaviour(request):
                    return None
                break
        found = PATH.match(url.path)
        answer = None
        if found and found["rest"] == "/portforward":
            return self.carry(request, found["name"], port_of(url.query))
        if found and not found["rest"]:
            answer = self.answer(request, found["kind"], unquote(found["name"] or ""), parse_qs(url.query))
        if answer is None:
            self.unexpected.append(f"{request.command} {request.path}")
            answer = status(500, "InternalError", "nobody announced this request")
        if callable(answer):
            return answer(request)
        return self.say(request, answer)

    def answer(self, request, kind: str, name: str, query: dict):
        if kind == "selfsubjectaccessreviews":
            return Answer(201, {"kind": "SelfSubjectAccessReview", "spec": {}, "status": {"allowed": True}})
        if kind not in KINDS:
            return None
        with self.changed:
            if request.command == "GET":
                return self.one(kind, name) if name else self.list(kind, query)
            self.changes.append((request.command, urlsplit(request.path).path, json.loads(request.content)))
            return {"PATCH": self.patch, "PUT": self.put, "POST": self.post, "DELETE": self.delete}[request.command](kind, name, json.loads(request.content))

    def one(self, kind: str, name: str) -> Answer:
        found = self.get(kind, name)
        return Answer(200, found) if found else status(404, "NotFound", f'{kind} "{name}" not found')

    def list(self, kind: str, query: dict):
        key, _, value = query.get("labelSelector", ["="])[0].partition("=")
        things = [each for each in self.all(kind) if not key or each["metadata"].get("labels", {}).get(key) == value]
        if "watch" in query:
            return lambda request: self.watch(request, KINDS[kind], (key, value), int(query["resourceVersion"][0]), float(query["timeoutSeconds"][0]))
        return Answer(200, {"kind": f"{KINDS[kind]}List", "apiVersion": "v1", "metadata": {"resourceVersion": str(self.version)}, "items": things})

    def watch(self, request, kind: str, label: tuple, version: int, seconds: float) -> None:
        request.close_connection = True
        request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.changed:
                news = [each for each in self.events if each[0] > version]
                if not news:
                    self.changed.wait(0.1)
            for version, type_, thing in news:
                if thing["kind"] == kind and (not label[0] or thing["metadata"]["labels"].get(label[0]) == label[1]):
                    request.connection.sendall(json.dumps({"type": type_, "object": thing}).encode() + b"\n")

    def patch(self, kind: str, name: str, operations: list) -> Answer:
        try:
            new = self.store(kind, patched(self.get(kind, name), operations))
        except LookupError:
            return status(422, "Invalid", "the server rejected our request due to an error in our request")
        self.reconcile_later()
        return Answer(200, new)

    def put(self, kind: str, name: str, thing: dict) -> Answer:
        before = self.get(kind, name)
        if not before:
            return status(404, "NotFound", f'{kind} "{name}" not found')
        if thing["metadata"].get("resourceVersion") != before["metadata"]["resourceVersion"]:
            return status(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again")
        return Answer(200, self.store(kind, thing))

    def post(self, kind: str, name: str, thing: dict) -> Answer:
        if self.get(kind, thing["metadata"]["name"]):
            return status(409, "AlreadyExists", f'{kind} "{thing["metadata"]["name"]}" already exists')
        return Answer(201, self.store(kind, thing))

    def delete(self, kind: str, name: str, options: dict) -> Answer:
        before = self.get(kind, name)
        if not before:
            return status(404, "NotFound", f'{kind} "{name}" not found')
        if options.get("preconditions", {}).get("uid", before["metadata"].get("uid")) != before["metadata"].get("uid"):
            return status(409, "Conflict", "the UID in the precondition does not match the UID in record")
        with self.changed:
            del self.objects[kind, name]
        return Answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})

    def port_behind(self, pod: str, port: int) -> int:
        """On loopback, of the server that listens on this port of the pod."""
        return port

    def carry(self, request, pod: str, port: int) -> None:
        request.close_connection = True
        self.accept_upgrade(request)
        tunnel = Tunnel(self, pod, port, request.connection)
        self.tunnels.append(tunnel)
        try:
            tunnel.carry()
        finally:
            self.tunnels.remove(tunnel)
