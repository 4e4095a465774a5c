"""The cluster's own certificates and its kubeconfig. Made anew with every `up`, gone with `down`."""
import base64
import json
import subprocess
from pathlib import Path

from .places import API, FIRST_SERVICE_IP, KUBECONFIG, NODE, NODE_IP, PKI

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
SERVER_NAMES = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]


def make() -> None:
    PKI.mkdir(parents=True, exist_ok=True)
    PKI.chmod(0o700)
    authority(PKI, "cluster-ca")
    names = ",".join([f"DNS:{n}" for n in SERVER_NAMES] + [f"IP:{ip}" for ip in ("127.0.0.1", NODE_IP, FIRST_SERVICE_IP)])
    certificate(PKI, "apiserver", "/CN=kube-apiserver", f"extendedKeyUsage=serverAuth\nsubjectAltName={names}")
    certificate(PKI, "kubelet", f"/CN={NODE}/O=system:nodes", f"extendedKeyUsage=serverAuth\nsubjectAltName=DNS:{NODE},IP:{NODE_IP}")
    certificate(PKI, "admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")
    # In the older of the two forms (not genpkey's): the API server takes the public half from it too.
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", PKI / "sa.key")
    # JSON is YAML: everything that reads kubeconfigs reads it.
    KUBECONFIG.touch(mode=0o600)
    KUBECONFIG.write_text(json.dumps(kubeconfig(), indent=1))


def kubeconfig() -> dict:
    def data(name: str) -> str:
        return base64.b64encode((PKI / name).read_bytes()).decode()

    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": API, "certificate-authority-data": data("ca.crt")}}],
        "users": [{"name": "admin", "user": {"client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key")}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin", "namespace": "default"}}],
    }


def authority(folder: Path, name: str) -> None:
    openssl("req", "-x509", *CURVE, "-days", "365", "-subj", f"/CN={name}", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")


def certificate(folder: Path, name: str, subject: str, extensions: str, days: int = 365) -> None:
    """A key and a certificate signed by the authority in the same folder."""
    request, extension_file = folder / f"{name}.csr", folder / f"{name}.ext"
    extension_file.write_text(extensions + "\n")
    openssl("req", *CURVE, "-subj", subject, "-keyout", folder / f"{name}.key", "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial",
            "-days", str(days), "-extfile", extension_file, "-out", folder / f"{name}.crt")
    request.unlink()
    extension_file.unlink()


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
