"""A redisctl that follows something, and the lines of JSON that it has said so far."""
import json
import signal
import subprocess
import threading

from program import REDISCTL, environment
from servers import eventually


class Following:
    def __init__(self, *words, form: tuple = ("--json",)):
        """`form`: for what tells in lines of JSON by itself when nobody reads it."""
        self.process = subprocess.Popen([str(REDISCTL), *map(str, words), *form], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=environment())
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(map(json.loads, self.process.stdout)), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def until(self, **fields) -> dict:
        def found():
            assert self.process.poll() is None, self.process.stderr.read()
            return next((each for each in list(self.lines) if fields.items() <= each.items()), None)

        return eventually(f"{fields} among {self.lines}", found)

    def ended(self, signal_number: int = signal.SIGINT) -> int:
        self.process.send_signal(signal_number)
        code = self.process.wait(20)
        self.reader.join()
        return code
