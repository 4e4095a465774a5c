"""Runs the tests of a layer. A module that says AT_ONCE = N mostly waits: N of its tests run at a time, each in a process of its own."""
import concurrent.futures
import subprocess
import sys
import time
import unittest

SKIPPED = 125


class Timed(unittest.TextTestResult):
    """The suite has minutes, not hours: it says where they go."""

    def startTest(self, test) -> None:
        self.since = time.monotonic()
        super().startTest(test)

    def stopTest(self, test) -> None:
        super().stopTest(test)
        self.stream.writeln(f"    {time.monotonic() - self.since:.1f} s")


def tests_of(suite) -> list:
    return [test for each in suite for test in (tests_of(each) if isinstance(each, unittest.TestSuite) else [each])]


def run(suite) -> int:
    """0, 1, or SKIPPED where something that every test of a module needs cannot be had here."""
    result = unittest.TextTestRunner(verbosity=2, resultclass=Timed).run(suite)
    if not result.wasSuccessful():
        return 1
    for reason in sorted({reason for _, reason in result.skipped}):
        print(f"run: skipped: {reason}", file=sys.stderr)
    # A module whose set-up is skipped ran no test at all.
    whole_module = any(str(test).startswith("setUpModule") for test, _ in result.skipped)
    return SKIPPED if whole_module else 0


def run_at_once(tests: list, count: int) -> int:
    """The worst of their exit codes. Each one's output comes out whole."""

    def run_one(test) -> int:
        done = subprocess.run([sys.executable, sys.argv[0], test.id()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(done.stdout, file=sys.stderr, end="", flush=True)
        return done.returncode

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        codes = list(pool.map(run_one, tests))
    return 1 if any(code not in (0, SKIPPED) for code in codes) else max(codes, default=0)


def run_modules(names: list, folder: str) -> int:
    """Those named, or all of the folder."""
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(folder)
    count = max((getattr(sys.modules.get(name), "AT_ONCE", 1) for name in names), default=1)
    return run_at_once(tests_of(suite), count) if count > 1 else run(suite)
