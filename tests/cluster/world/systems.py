"""The Redis systems that the tests look at: set up all at once with the first need, waited for one by one."""
import atexit
import json
import os
import re
import secrets
import shutil
import tempfile
import unittest
from dataclasses import dataclass, field
from pathlib import Path

from onenode import keys
from onenode.places import ROOT, SOURCE

from .kubectl import OWN, eventually, kubectl, pods, ready

# On a cluster that others use too the names must not meet theirs; on our own, plain ones read better in a failure.
SUFFIX = "" if OWN else "-" + secrets.token_hex(3)
STRANGERS_IMAGE = os.environ.get("REDISCTL_TEST_IMAGE", "docker.io/library/redis:7")


def image(name: str) -> dict:
    return {"IMAGE": f"docker.io/local/{name}", "PULL": "Never"} if OWN else {"IMAGE": STRANGERS_IMAGE, "PULL": "IfNotPresent"}


@dataclass
class System:
    """A namespace with what stands in it."""
    name: str
    pods: int  # that are ready when the system is
    parts: list = field(default_factory=list)  # (manifest, its words)
    own_only: bool = False

    @property
    def namespace(self) -> str:
        return f"redisctl-{self.name}{SUFFIX}"


def sb(release: str, fullname: str, replicas: int, password: str) -> tuple:
    return "sb-replica.yaml", {"RELEASE": release, "FULLNAME": fullname, "REPLICAS": replicas, "PASSWORD": password, **image("redis:7.0")}


def plain(name: str, image_name: str, replicas: int) -> tuple:
    kind = "valkey" if image_name.startswith("valkey") else "redis"
    return "plain-replication.yaml", {"NAME": name, "REPLICAS": replicas, "SERVER": f"{kind}-server", "CLIENT": f"{kind}-cli", **image(image_name)}


def alone(release: str, chart: str, replicas: int = 1) -> tuple:
    """Without replication. Bitnami's has a component and a governing Service of its own; sb-helm-charts' StatefulSet, Service and pods are called alike."""
    fullname = f"{release}-redis"
    words = {"RELEASE": release, "FULLNAME": fullname, "CHART": chart, "REPLICAS": replicas, "PASSWORD": PASSWORD, **image("redis:7.0")}
    if chart.startswith("redis-0."):
        return "alone.yaml", dict(words, SERVICE=fullname, GOVERNING=fullname, COMPONENT="")
    return "alone.yaml", dict(words, SERVICE=f"{fullname}-master", GOVERNING=f"{fullname}-headless", COMPONENT=", app.kubernetes.io/component: master")


def bitnami_sentinel(release: str) -> dict:
    return {"RELEASE": release, "FULLNAME": f"{release}-redis", "PASSWORD": PASSWORD, **image("redis:7.0")}


PASSWORD = "pa55-of-my-redis"
CACHE_PASSWORD, QUEUE_PASSWORD = "pa55-of-cache", "pa55-of-queue"
TLS_PASSWORD = "pa55-behind-tls"

SB = System("sb", 3, [sb("my-redis", "my-redis", 3, PASSWORD), ("accounts.yaml", {})])
TROUBLE = System("trouble", 3, [sb("troubled-redis", "troubled-redis", 3, PASSWORD)])
TWO = System("two", 5, [
    sb("cache", "cache-redis", 2, CACHE_PASSWORD),
    sb("queue-redis", "queue-redis", 2, QUEUE_PASSWORD),
    ("bystanders.yaml", {"RELEASE": "cache", "FULLNAME": "cache-redis", **image("redis:7.0"), "EXPORTER_IMAGE": image("pause:1")["IMAGE"]}),
])
VERSIONS = System("versions", 7, own_only=True, parts=[
    plain("redis-6-0", "redis:6.0", 2), plain("redis-8-0", "redis:8.0", 2), plain("valkey-8-1", "valkey:8.1", 2), plain("single", "redis:7.0", 1)])
TLS = System("tls", 2, [("bitnami-tls.yaml", {"RELEASE": "secure", "FULLNAME": "secure-redis", "PASSWORD": TLS_PASSWORD, **image("redis:7.0")})])
SENTINEL = System("sentinel", 6, [("sentinel.yaml", image("redis:7.0"))])
# Their masters are moved, their pods restarted: what they look like is their tests' own business.
SWITCHED = System("switched", 3, own_only=True, parts=[sb("my-redis", "my-redis", 3, PASSWORD), ("switchers.yaml", {})])
BITNAMI = System("bitnami", 3, own_only=True, parts=[("bitnami-replication.yaml", {"RELEASE": "shop", "FULLNAME": "shop-redis", "PASSWORD": PASSWORD, **image("redis:7.0")})])
ISMASTER = System("ismaster", 3, own_only=True, parts=[("bitnami-sentinel.yaml", bitnami_sentinel("bee")), ("bitnami-ismaster.yaml", bitnami_sentinel("bee"))])
NODES = System("nodes", 3, own_only=True, parts=[("bitnami-sentinel.yaml", bitnami_sentinel("ant"))])
ALONE = System("alone", 4, [alone("shop", "redis-17.15.2"), alone("cache", "redis-0.4.0"), alone("scaled", "redis-0.4.0", 2)])
LABELLED = System("labelled", 3, own_only=True, parts=[("labelled.yaml", {"NAME": "db", **image("redis:7.0")})])
WATCHED = System("watched", 6, own_only=True, parts=[("sentinel.yaml", image("redis:7.0"))])
PARTS = System("parts", 2, own_only=True, parts=[("cluster-mode.yaml", {"NAME": "parts", **image("redis:7.0")})])
SHELL = System("shell", 2, [("shell.yaml", image("redis:7.0"))])
EMPTY = System("empty", 0)
ALL = [system for system in (SB, TROUBLE, TWO, VERSIONS, TLS, SENTINEL, SWITCHED, BITNAMI, ISMASTER, NODES, ALONE, LABELLED, WATCHED, PARTS, SHELL, EMPTY) if OWN or not system.own_only]

FOLDER = Path(tempfile.mkdtemp(prefix="redisctl-tests."))  # what is made at test time: certificates, kubeconfigs
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

_state = {"set up": False, "patience": 180}


def need(system: System) -> System:
    """Waits until the system is as its tests expect it."""
    if system not in ALL:
        raise unittest.SkipTest("needs images of several Redis versions, or the pods' own network: only the tests' own cluster has them")
    set_up_all()
    # They started together: when one was waited for in vain, the others need no such patience.
    patience, _state["patience"] = _state["patience"], 10
    eventually(f"{system.pods} pods ready in {system.namespace}", lambda: sum(map(ready, pods(system.namespace).values())) == system.pods, patience)
    _state["patience"] = patience
    return system


def set_up_all() -> None:
    """Everything in two requests: the systems start beside each other while the first tests wait for theirs."""
    if _state["set up"]:
        return
    _state["set up"] = True
    if not OWN:
        atexit.register(take_down_all)
    kubectl("apply", "-f", "-", text_in=items([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": s.namespace}} for s in ALL]))
    for system in (each for each in ALL if each in (SB, SWITCHED, SHELL)):
        kubectl("apply", "-n", system.namespace, "-f", str(ROOT / "docs" / "rbac.yaml"))
    documents = [certificates_secret()] + [rendered(system, *part) for system in ALL for part in system.parts]
    kubectl("apply", "-f", "-", text_in="\n---\n".join(documents))


def take_down_all() -> None:
    kubectl("delete", "namespace", "--wait=false", "--ignore-not-found", *[s.namespace for s in ALL], check=False)


def items(objects: list) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def rendered(system: System, manifest: str, words: dict) -> str:
    known = dict(words, NAMESPACE=system.namespace)
    return re.sub(r"@([A-Z_]+)@", lambda word: str(known[word[1]]), (SOURCE / "manifests" / manifest).read_text())


def certificates_secret() -> str:
    """The authority, the server's certificate (in a Secret, as the chart has it), a client's, and one nobody knows."""
    keys.authority(FOLDER, "redis-ca")
    service = f"secure-redis-headless.{TLS.namespace}.svc"
    names = [f"*.{service}", f"*.{service}.cluster.local"]
    keys.certificate(FOLDER, "tls", "/CN=secure-redis", "extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=" + ",".join(f"DNS:{n}" for n in names))
    keys.certificate(FOLDER, "client", "/CN=on-call", "extendedKeyUsage=clientAuth")
    stranger = FOLDER / "stranger"
    stranger.mkdir()
    keys.authority(stranger, "redis-ca")  # of the same name, and not the same
    keys.certificate(stranger, "client", "/CN=on-call", "extendedKeyUsage=clientAuth")
    data = {name: (FOLDER / name).read_text() for name in ("ca.crt", "tls.crt", "tls.key")}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "secure-redis-crt", "namespace": TLS.namespace}, "stringData": data})
