"""Kubernetes objects as the API gives them, with only what redisctl reads."""

LABELS = {"app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "cache"}


def pod(name: str, phase: str = "Running", ready: bool = True, secret: str = "", labels: dict = None, port: int = 6379) -> dict:
    env = [{"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": secret, "key": "redis-password"}}}] if secret else []
    return {"metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "labels": labels or LABELS,
                         "ownerReferences": [{"kind": "StatefulSet", "name": name.rsplit("-", 1)[0], "controller": True}]},
            "spec": {"nodeName": "n1", "containers": [{"name": "redis", "image": "redis:7", "ports": [{"name": "redis", "containerPort": port}], "env": env}]},
            "status": {"phase": phase, "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
                       "containerStatuses": [{"name": "redis", "ready": ready, "restartCount": 0, "state": {"running": {}}}]}}
