"""A way to a server that is slow, or is cut once: what travels to it is counted."""
import socket
import threading
import time


class Throttle:
    """Listens on a port of its own. `rate`: bytes a second to the server. `cut_after`: when so many bytes have gone there, all lines are cut, once."""

    def __init__(self, server, rate: int = None, cut_after: int = None):
        self.server, self.rate, self.cut_after = server, rate, cut_after
        self.sent, self.cuts, self.lines, self.lock = 0, 0, [], threading.Lock()

    def __enter__(self) -> "Throttle":
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server.port))
            except OSError:
                return
            with self.lock:
                self.lines.append((client, server))
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, sink, counted: bool) -> None:
        try:
            while data := source.recv(16384):
                if counted and self.rate and len(data) > 4096:
                    time.sleep(len(data) / self.rate)
                sink.sendall(data)
                if counted:
                    self.sent += len(data)
                    if self.cut_after and self.sent > self.cut_after and not self.cuts:
                        self.cut()
        except OSError:
            pass
        self.close(source, sink)

    def cut(self) -> None:
        self.cuts += 1
        with self.lock:
            lines, self.lines = self.lines, []
        for line in lines:
            self.close(*line)

    @staticmethod
    def close(*sockets) -> None:
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def __exit__(self, *_) -> None:
        self.close(self.listener)
        self.cut()
