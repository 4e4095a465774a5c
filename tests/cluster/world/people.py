"""The people who look: service accounts of few rights, and the ways in which a kubeconfig says who one is."""
import base64
import json
from pathlib import Path

from .kubectl import kubectl
from .systems import FOLDER


def token_of(account: str, namespace: str) -> str:
    return kubectl("create", "token", account, "-n", namespace, "--duration", "1h").strip()


def with_token(account: str, namespace: str) -> Path:
    return written(f"{account}-token", {"token": token_of(account, namespace)}, namespace)


def with_plugin(account: str, namespace: str, token: str = None) -> Path:
    """A user whose credentials a program prints, as those of the big clouds are. It counts its runs in a file."""
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                  "status": {"token": token or token_of(account, namespace)}}
    plugin = FOLDER / f"{account}-plugin"
    plugin.write_text("#!/bin/sh\n"
                      f"echo \"$KUBERNETES_EXEC_INFO\" >>'{plugin}.runs'\n"
                      'test "$GREETING" = hello || { echo "the plugin was not given its environment" >&2; exit 1; }\n'
                      f"cat <<'CREDENTIAL'\n{json.dumps(credential)}\nCREDENTIAL\n")
    plugin.chmod(0o700)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": f"./{plugin.name}", "args": [],
                     "env": [{"name": "GREETING", "value": "hello"}], "interactiveMode": "Never"}}
    return written(f"{account}-exec", user, namespace)


def with_broken_plugin(namespace: str) -> Path:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login-program", "interactiveMode": "Never",
                     "installHint": "install it from the intranet"}}
    return written("broken-exec", user, namespace)


def plugin_runs(account: str) -> list:
    log = FOLDER / f"{account}-plugin.runs"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def with_certificate_files(namespace: str) -> Path:
    """The administrator again, his certificate in files beside the kubeconfig, named by relative paths."""
    config = administrator()
    user = config["users"][0]["user"]
    if "client-certificate-data" not in user:
        return None
    for name, key in (("admin.crt", "client-certificate-data"), ("admin.key", "client-key-data")):
        (FOLDER / name).write_bytes(base64.b64decode(user[key]))
        (FOLDER / name).chmod(0o600)
    return written("admin-files", {"client-certificate": "admin.crt", "client-key": "./admin.key"}, namespace)


def administrator() -> dict:
    """The given kubeconfig, reduced to its current context and with all data inside."""
    return json.loads(kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json"))


def in_namespace(namespace: str) -> Path:
    """The administrator, looking at this namespace without saying so."""
    return written(f"admin-{namespace}", administrator()["users"][0]["user"], namespace)


def written(name: str, user: dict, namespace: str) -> Path:
    return written_for(name, administrator()["clusters"][0]["cluster"], user, namespace)


def written_for(name: str, cluster: dict, user: dict, namespace: str) -> Path:
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "test",
              "clusters": [{"name": "test", "cluster": cluster}], "users": [{"name": name, "user": user}],
              "contexts": [{"name": "test", "context": {"cluster": "test", "user": name, "namespace": namespace}}]}
    path = FOLDER / f"{name}.kubeconfig"
    path.write_text(json.dumps(config))
    path.chmod(0o600)
    return path
