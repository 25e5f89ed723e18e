# SPDX-License-Identifier: MIT
"""A suite's results in two ways, compared test by test."""

import dataclasses

GOOD = ("pass", "expected failure")
# How often a test that differs is run alone, in both ways, before the difference is called new.
RERUNS = 3


@dataclasses.dataclass
class Result:
    outcome: str  # pass, skip, expected failure; fail, error, hang, crash, unexpected success
    seconds: float
    text: str = ""


def differences(plain, shim):
    """Names that passed, or were skipped, without the shim and not with it; missing ones too."""
    names = []
    for name, expected in plain.items():
        got = shim.get(name, Result("missing", 0))
        if expected.outcome in GOOD and got.outcome not in GOOD:
            names.append(name)
        elif expected.outcome == "skip" and got.outcome not in (*GOOD, "skip"):
            names.append(name)
    fixtures = [name for name, got in shim.items() if name not in plain and got.outcome not in GOOD]
    return names + fixtures


def seconds_in_both(plain, shim):
    """The time of the tests that passed both ways: no other can be compared."""
    both = [
        name
        for name in plain
        if plain[name].outcome in GOOD and name in shim and shim[name].outcome in GOOD
    ]
    return (
        sum(plain[name].seconds for name in both),
        sum(shim[name].seconds for name in both),
    )


def failures(results, name):
    """How many of these runs did it fail?"""
    return sum(run.get(name, Result("missing", 0)).outcome not in (*GOOD, "skip") for run in results)
