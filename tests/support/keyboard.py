"""A program on a terminal of its own, typed to key by key as a person does, and what it shows."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

CONTROL = re.compile(rb"\x1b(?:\[[0-9;?>=]*[A-Za-z]|\][^\x07]*\x07|[()][0-9A-Za-z]|[=>78])|\r|\x07|\x0f")


class Keyboard:
    """with Keyboard(["bash", "--norc", "-i"], env) as shell: shell.type("redisctl repl\\t"); shell.wait_for("replica")"""

    def __init__(self, words: list, env: dict, columns: int = 200):
        self.words, self.env, self.columns, self.shown = [str(word) for word in words], env, columns, ""

    def __enter__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 50, self.columns, 0, 0))
            os.execvpe(self.words[0], self.words, self.env)
        return self

    def __exit__(self, *_):
        os.close(self.fd)
        if self.pid is None:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)

    def end(self) -> int:
        """Its exit code, when it has ended by itself: it does not answer any more after this."""
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def type(self, keys: str) -> None:
        """What was shown before is forgotten."""
        self.shown = ""
        os.write(self.fd, keys.encode())

    def wait_for(self, *texts: str, seconds: float = 60) -> str:
        """Until they are shown, one behind the other; all that was shown since the last keys, without what only moves the cursor or colours."""
        text, end = "…".join(texts), time.monotonic() + seconds
        pattern = re.compile(".*?".join(map(re.escape, texts)), re.DOTALL)
        while not pattern.search(self.shown):
            left = end - time.monotonic()
            if left <= 0 or (select.select([self.fd], [], [], left)[0] and not self.read()):
                raise AssertionError(f"not shown within {seconds} s: {text!r}; but this:\n{self.shown}")
        return self.shown

    def read(self) -> bool:
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # EIO: the program is gone
            return False
        self.shown += CONTROL.sub(b"", data).decode(errors="replace")
        return bool(data)
