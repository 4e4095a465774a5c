"""redisctl watch at work, and what it has told so far."""
from following import Following


class Watching(Following):
    def __init__(self, *arguments: str):
        super().__init__("watch", "--interval", "50ms", *arguments, form=())

    @property
    def events(self) -> list:
        return self.lines

    def until(self, event: str, **fields) -> dict:
        return super().until(event=event, **fields)

    def interrupted(self) -> int:
        return self.ended()
