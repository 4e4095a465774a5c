"""The tests inside the cluster's network: all modules, or those named. What failed is tried again, in the same cluster.

The modules share one cluster, and all of them together take half an hour: a hiccup of the machine shall not cost all of it again. Each failure stays in the log,
in a line where it happened and in full at the end of its round.
At the end it says which took the longest: this suite is most of what a whole run takes. It ends within LIMIT: where each test waits in vain for what one has broken,
the rest is not waited for, and counts as failed.
"""
import re
import sys
import time
import unittest
from pathlib import Path

SHOWN = 25
PART = 300
TRIED_AGAIN = 2
LIMIT = 50 * 60
BEGAN = time.monotonic()


class Timed(unittest.TextTestResult):
    """Knows how long each test took, what it set up and waited for included."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.seconds = {}

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)
        if time.monotonic() - BEGAN > LIMIT:
            self.stop()

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(err)

    def addError(self, test, err):
        super().addError(test, err)
        self.say(err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self.say(err)

    def say(self, err) -> None:
        """What differs stands first, what the program under test said of it last."""
        text = " ".join(f"{err[0].__name__}: {err[1]}".split())
        self.stream.writeln(f"  because: {text if len(text) < 2 * PART else f'{text[:PART]} … {text[-PART:]}'}")

    def stopTest(self, test):
        super().stopTest(test)
        self.seconds[test.id()] = time.monotonic() - self.began


def run(suite: unittest.TestSuite) -> unittest.TestResult:
    wanted = suite.countTestCases()  # before it runs: a suite forgets what it has run
    result = unittest.TextTestRunner(verbosity=2, resultclass=Timed).run(suite)
    left = wanted - result.testsRun
    if result.shouldStop and left:
        print(f"\nthe {LIMIT // 60} minutes are over: {left} tests were not run", file=sys.stderr, flush=True)
        sys.exit(1)
    slowest = sorted(result.seconds.items(), key=lambda one: -one[1])[:SHOWN]
    print(f"\nthe slowest of {result.testsRun}, in seconds:", *(f"{seconds:7.1f}  {name}" for name, seconds in slowest), sep="\n", file=sys.stderr, flush=True)
    return result


def name_of(test) -> str:
    """As it can be loaded again: a test, or the class or module whose own set-up failed."""
    test = getattr(test, "test_case", test)
    if isinstance(test, unittest.TestCase):
        return test.id()
    # "setUpClass (test_tls.Tls)", "setUpModule (test_tls)"
    return re.fullmatch(r"\w+ \((.+)\)", test.id()).group(1)


def main(names: list) -> int:
    loader = unittest.defaultTestLoader
    result = run(loader.loadTestsFromNames(names) if names else loader.discover(str(Path(__file__).parent)))
    for _ in range(TRIED_AGAIN):
        if result.wasSuccessful():
            break
        again = sorted({name_of(test) for test, _ in [*result.failures, *result.errors]})
        # A module that cannot be imported stands under a class of unittest's own.
        if any(name.startswith("unittest.") for name in again):
            break
        print(f"\ntried again: {', '.join(again)}\n", file=sys.stderr, flush=True)
        result = run(loader.loadTestsFromNames(again))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
