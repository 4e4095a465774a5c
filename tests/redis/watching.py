"""redisctl watch at work, and what it has told so far."""
import json
import signal
import subprocess
import threading

from program import REDISCTL, environment
from servers import eventually


class Watching:
    """redisctl watch at work; its events so far."""

    def __init__(self, *arguments: str):
        self.process = subprocess.Popen([str(REDISCTL), "watch", "--interval", "50ms", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment())
        self.events = []
        self.reader = threading.Thread(target=lambda: self.events.extend(map(json.loads, self.process.stdout)), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def until(self, event: str, **fields) -> dict:
        def found():
            assert self.process.poll() is None, self.process.stderr.read()
            return next((each for each in list(self.events) if each["event"] == event and fields.items() <= each.items()), None)

        return eventually(f"{event} {fields}", found, 10)

    def interrupted(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(5)
        self.reader.join()
        return code
