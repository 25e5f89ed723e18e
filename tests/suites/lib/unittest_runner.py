# SPDX-License-Identifier: MIT
"""usage: unittest_runner.py MODULE RESULTS SECONDS (--only | --skip) FILE EXCLUDED

Runs the tests of a module and writes a JSON line to RESULTS when one begins and when it ends. A test
that takes longer than SECONDS ends the process: the last line tells which. FILE lists tests by name;
those with EXCLUDED in their name are never run.
"""

import faulthandler
import importlib
import json
import sys
import time
import unittest

# Everything but the Internet, which is not there, and what takes gigabytes or a screen.
RESOURCES = ["cpu", "decimal", "subprocess", "tzdata", "walltime"]
# Asks for the network and uses nothing but localhost.
LOCAL = ["test.test_socketserver"]


class Recorder(unittest.TestResult):
    """Writes what becomes of each test, as it happens: a hang or a crash leaves the rest."""

    def __init__(self, path, limit):
        super().__init__()
        self.out = open(path, "a", encoding="utf-8")
        self.limit = limit
        self.began = self.outcome = None

    def write(self, **line):
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def startTest(self, test):
        super().startTest(test)
        faulthandler.dump_traceback_later(self.limit, exit=True, file=sys.__stderr__)
        self.write(begin=test.id())
        self.began = time.monotonic()
        self.outcome = ("pass", "")

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        result, text = self.outcome
        seconds = round(time.monotonic() - self.began, 4)
        self.write(end=test.id(), result=result, seconds=seconds, text=text)
        self.began = None
        super().stopTest(test)

    def record(self, test, result, text):
        if self.began is None:  # a fixture of a class or module
            self.write(begin=test.id())
            self.write(end=test.id(), result=result, seconds=0, text=text)
        elif self.outcome[0] not in ("fail", "error"):
            self.outcome = (result, text)

    def addError(self, test, err):
        self.record(test, "error", self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self.record(test, "fail", self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            text = f"{subtest.id()}\n{self._exc_info_to_string(err, test)}"
            result = "fail" if issubclass(err[0], test.failureException) else "error"
            self.record(test, result, text)

    def addSkip(self, test, reason):
        self.record(test, "skip", reason)

    def addExpectedFailure(self, test, err):
        self.record(test, "expected failure", "")

    def addUnexpectedSuccess(self, test):
        self.record(test, "unexpected success", "")


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def names_in(path):
    with open(path, encoding="utf-8") as file:
        return set(file.read().splitlines())


def main():
    module_name, results, limit, how, file, excluded = sys.argv[1:]
    support = importlib.import_module("test.support")
    support.use_resources = RESOURCES + (["network"] if module_name in LOCAL else [])
    support.verbose = 0
    recorder = Recorder(results, float(limit))
    try:
        module = importlib.import_module(module_name)
    except unittest.SkipTest:  # the whole of it is for another system
        recorder.write(finished=0)
        return
    tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(module)))
    names = names_in(file)
    tests = [test for test in tests if (test.id() in names) == (how == "--only")]
    tests = [test for test in tests if excluded not in test.id()]
    unittest.TestSuite(tests).run(recorder)
    recorder.write(finished=len(tests))


if __name__ == "__main__":
    main()
