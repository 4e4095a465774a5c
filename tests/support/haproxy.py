"""A real HAProxy on loopback, with a configuration file of its own, ended by its process id."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from resp import Client
from servers import end_with_parent, eventually

PROGRAM = shutil.which("haproxy") or "/usr/sbin/haproxy"


def require_haproxy() -> None:
    if not os.access(PROGRAM, os.X_OK):
        raise unittest.SkipTest("haproxy is not installed")


def valid(text: str, **variables: str) -> tuple:
    """(whether HAProxy takes the configuration, what it says)."""
    with tempfile.TemporaryDirectory(prefix="redisctl-test-") as folder:
        file = Path(folder) / "haproxy.cfg"
        file.write_text(text)
        done = subprocess.run([PROGRAM, "-c", "-f", str(file)], env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, timeout=30)
    return done.returncode == 0, done.stdout + done.stderr


class Haproxy:
    """Runs while it is entered; `ports` are the ones that it has to listen on."""

    def __init__(self, text: str, *ports: int, **variables: str):
        self.text, self.ports, self.variables = text, ports, variables

    def __enter__(self) -> "Haproxy":
        self.folder = Path(tempfile.mkdtemp(prefix="redisctl-test-"))
        file = self.folder / "haproxy.cfg"
        file.write_text(self.text)
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "-db", "-f", str(file)], env={"PATH": os.environ["PATH"], **self.variables}, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent)
        try:
            for port in self.ports:
                eventually(f"HAProxy listens on {port}", lambda: self.listens(port), 10)
        except BaseException:
            self.__exit__()
            raise
        return self

    def listens(self, port: int) -> bool:
        assert self.process.poll() is None, f"HAProxy ended at once:\n{self.log()}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    def until_up(self, server: str, state: str = "UP") -> None:
        """Until its check of the server has said so: "redis_write/redis-0"."""
        said = ("succeeded", "1/1 UP") if state == "UP" else ("failed", "0/1 DOWN")
        eventually(f"{server} is {state}", lambda: self.process.poll() is None and any(f"server {server} {said[0]}" in line and said[1] in line for line in self.lines()), 10)

    def lines(self) -> list:
        return self.log().splitlines()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def __exit__(self, *_) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def connect(port: int, password: str = None) -> Client:
    client = Client(socket.create_connection(("127.0.0.1", port), timeout=5))
    if password:
        client.command("AUTH", password)
    return client


def writes_taken(port: int, count: int, password: str = None) -> int:
    """How many of so many writes are acknowledged, each over a connection of its own."""
    taken = 0
    for number in range(count):
        try:
            with connect(port, password) as client:
                taken += client.command("SET", f"written:{number}", "1") == b"OK"
        except Exception:  # noqa: BLE001: refused is refused, whatever it says
            pass
    return taken


def first_write(port: int, password: str = None, seconds: float = 10) -> float:
    """When the first write over a new connection is acknowledged, by time.monotonic()."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if writes_taken(port, 1, password):
            return time.monotonic()
        time.sleep(0.001)
    raise AssertionError(f"no write was taken on port {port} within {seconds} s")
