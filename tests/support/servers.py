"""Real servers for the tests: redis-server, Sentinel and Valkey processes on free loopback ports, each with a temporary folder of its own.

Everything is a context manager and is stopped again by its process id, also when the test run itself is killed.

    with Server() as master, Server(replica_of=master) as replica:
        master.command("SET", "a", "b")
"""
import ctypes
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from resp import Client, ReplyError
from versions import INSTALLED, environment, program

START_SECONDS = 30


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what: str, condition, seconds: float = 20, every: float = 0.02):
    """The first true answer of condition(); polls, because servers have no other way to say that they are ready."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(every)
    return answer


def end_with_parent() -> None:
    """A server does not outlive a test run that is killed. PR_SET_PDEATHSIG of prctl(2)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Server:
    """A Redis or Valkey process. `options` are lines of its configuration; passwords are in that file, never in argv."""

    sentinel = False

    def __init__(self, *options: str, version: str = INSTALLED, password: str = None, replica_of: "Server" = None, tls: "Authority" = None,
                 dump: bytes = None, wait: bool = True):
        self.program, self.password, self.tls, self.master, self.wait = program(version), password, tls, replica_of, wait
        self.options = list(options)
        self.dump = dump
        self.process = self.folder = self.port = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def configuration(self) -> list:
        lines = ["bind 127.0.0.1", f"dir {self.folder}", *([f"tls-port {self.port}", "port 0", *self.tls.lines()] if self.tls else [f"port {self.port}"])]
        if self.password:
            lines.append(f"requirepass {self.password}")
        if not self.sentinel:
            lines += ['save ""', "repl-diskless-sync-delay 0"]
        if self.master:
            lines += [f"replicaof 127.0.0.1 {self.master.port}", *(["tls-replication yes"] if self.tls else [])]
            lines += [f"masterauth {self.master.password}"] if self.master.password else []
        return lines + self.options

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="redisctl-test-"))
        try:
            for _ in range(5):
                self.port = free_port()
                if self.start():
                    return self
            raise AssertionError(f"the server found no free port:\n{self.log()}")
        except BaseException:
            self.__exit__()
            raise

    def start(self) -> bool:
        """False when another process took the port in between."""
        if self.dump is not None:
            (self.folder / "dump.rdb").write_bytes(self.dump)
        file = self.folder / "server.conf"
        file.write_text("\n".join(self.configuration()) + "\n")
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([*self.program, str(file), *(["--sentinel"] if self.sentinel else [])], cwd=self.folder, env=environment(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent)
        end = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None:
                if "Address already in use" in self.log():
                    return False
                raise AssertionError(f"the server ended at once:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"the server does not answer:\n{self.log()}")
            time.sleep(0.01)
        return True

    def answers(self) -> bool:
        try:
            with self.client(authenticate=False) as client:
                client.command("PING")
        except ReplyError as reply:
            # NOAUTH and MASTERDOWN are answers; while it loads it is only ready for those who want to see just that.
            return not (self.wait and reply.word == "LOADING")
        except OSError:
            return False
        return True

    def client(self, authenticate: bool = True) -> Client:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        client = Client(self.tls.client_context().wrap_socket(raw, server_hostname="localhost") if self.tls else raw)
        if authenticate and self.password:
            client.command("AUTH", self.password)
        return client

    def command(self, *words):
        with self.client() as client:
            return client.command(*words)

    def info(self, section: str = "replication") -> dict:
        lines = self.command("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def wait_linked(self) -> "Server":
        """Until the replica follows and its master has heard an acknowledgement of all that it wrote."""

        def caught_up() -> bool:
            mine, theirs = self.info(), self.master.info()
            lines = [value for key, value in theirs.items() if key.startswith("slave") and f"port={self.port},state=online" in value]
            return mine["master_link_status"] == "up" and bool(lines) and f"offset={theirs['master_repl_offset']}," in lines[0]

        eventually("the replica is linked", caught_up)
        return self

    def freeze(self) -> None:
        """It still takes connections, by the kernel's hand, and answers nothing. stop() ends it all the same."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sentinel(Server):
    sentinel = True

    def __init__(self, *options: str, monitors: dict, quorum: int = 1, **how):
        """monitors: the name of a master → its Server."""
        super().__init__(*options, **how)
        self.monitors, self.quorum = monitors, quorum

    def configuration(self) -> list:
        lines = super().configuration()
        for name, master in self.monitors.items():
            lines.append(f"sentinel monitor {name} 127.0.0.1 {master.port} {self.quorum}")
            lines += [f"sentinel auth-pass {name} {master.password}"] if master.password else []
        return lines

    def wait_found(self, name: str, replicas: int) -> "Sentinel":
        def found() -> bool:
            flat = self.command("SENTINEL", "MASTER", name)
            fields = dict(zip(flat[::2], flat[1::2]))
            return fields[b"num-slaves"] == str(replicas).encode()

        eventually(f"the Sentinel knows {replicas} replicas of {name}", found)
        return self


class Authority:
    """A certificate authority in a temporary folder: ca.crt, server.crt for localhost and 127.0.0.1, client.crt; expired.crt that ended
    yesterday; and other.crt of nobody we trust."""

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="redisctl-test-"))
        self.make_ca("ca")
        self.make_ca("other")
        self.make("server", "subjectAltName=DNS:localhost,DNS:redis.test,IP:127.0.0.1")
        self.make("client", "extendedKeyUsage=clientAuth")
        self.make("expired", "subjectAltName=DNS:localhost,IP:127.0.0.1", days=-1)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)

    def openssl(self, *words) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def key(self, name: str) -> list:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={name}"]

    def make_ca(self, name: str) -> None:
        self.openssl("req", "-x509", *self.key(name), "-out", f"{name}.crt", "-days", "2")

    def make(self, name: str, extension: str, days: int = 2) -> None:
        (self.folder / "extension").write_text(extension + "\n")
        self.openssl("req", "-new", *self.key(name), "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.crt", "-days", str(days),
                     "-extfile", "extension")

    def lines(self) -> list:
        return [f"tls-cert-file {self['server.crt']}", f"tls-key-file {self['server.key']}", f"tls-ca-cert-file {self['ca.crt']}", "tls-auth-clients yes"]

    def client_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self["ca.crt"])
        context.load_cert_chain(self["client.crt"], self["client.key"])
        return context


class Speaker:
    """A peer that is no Redis: says `says` to everyone who speaks to it, then hangs up, or holds the line."""

    def __init__(self, says: bytes, hang_up: bool = True):
        self.says, self.hang_up = says, hang_up

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open, self.heard = [], b""
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            try:
                self.heard += connection.recv(65536)
                connection.sendall(self.says)
            except OSError:
                pass
            if self.hang_up:
                connection.close()
            else:
                self.open.append(connection)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for each in [self.listener, *self.open]:
            each.close()
