"""The smallest client that a test needs: commands out, RESP2 replies in."""
import socket


class ReplyError(Exception):
    @property
    def word(self) -> str:
        return str(self).split(" ", 1)[0]


class Client:
    def __init__(self, connection: socket.socket):
        self.connection = connection
        self.reader = connection.makefile("rb")

    def command(self, *words):
        """The reply: bytes, int, None or a list of them; an error reply is raised."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self.reply()

    def reply(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise ReplyError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if int(rest) < 0 else self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self.reply() for _ in range(int(rest))]
        raise ConnectionError(f"no RESP: {line[:40]!r}")

    def close(self) -> None:
        self.reader.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
