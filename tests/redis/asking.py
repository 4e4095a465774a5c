"""What the tests of this layer share: a test that asks the program, and a small replication system."""
import functools
import json
import sys
import unittest
from pathlib import Path

from program import Answer, redisctl

sys.path.append(str(Path(__file__).resolve().parent.parent / "cluster"))
from world.schema import problems  # noqa: E402

PASSWORD = "pa55-of-the-test"


@functools.cache
def schema_of(kind: str) -> dict:
    answer = redisctl("schema", kind)
    assert answer.code == 0, answer
    return json.loads(answer.out)


class Asking(unittest.TestCase):
    """Every failure shows what was asked and what came back; no answer may ever show a password."""

    maxDiff = None

    def ask(self, *arguments, code: int = 0, **how) -> Answer:
        answer = redisctl(*arguments, **how)
        self.assertEqual(answer.code, code, answer)
        self.assertNotIn("pa55", answer.out + answer.err, f"a password was shown\n{answer}")
        return answer

    def document(self, command: str, kind: str, *arguments, code: int = 0, **how) -> dict:
        answer = self.ask(*command.split(), *arguments, "--json", code=code, **how)
        document = answer.document
        self.assertEqual((document["apiVersion"], document["kind"], document["context"]), ("redisctl/v1", kind, None), answer)
        self.assertEqual(problems(document, schema_of(kind)), [], f"{kind} does not fit its own schema\n{answer}")
        return document

    def only(self, things: list):
        self.assertEqual(len(things), 1, f"not exactly one: {json.dumps(things)[:3000]}")
        return things[0]

    def error(self, answer: Answer) -> dict:
        """The one error of a JSON answer; the sentence has an object and no final dot."""
        error = self.only(answer.document["errors"])
        self.assertFalse(error["message"].endswith("."), error)
        return error


def said(error: dict) -> str:
    """The whole of what an error says."""
    return " ".join(error[part] or "" for part in ("message", "cause", "hint"))


def by_name(things: list) -> dict:
    return {thing["name"]: thing for thing in things}


def codes(document: dict) -> set:
    return {(finding["code"], finding["severity"]) for finding in document["findings"]}
