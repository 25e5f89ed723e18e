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


def is_worse(plain, shim):
    """Passed, or was skipped, without the shim and not with it? A test may skip itself, too."""
    if plain.outcome in GOOD:
        return shim.outcome not in GOOD
    return plain.outcome == "skip" and shim.outcome not in (*GOOD, "skip")


def differences(plain, shim):
    """The tests that came out worse or are missing, and fixtures that failed."""
    missing = Result("missing", 0)
    names = [name for name in plain if is_worse(plain[name], shim.get(name, missing))]
    return names + [name for name in shim if name not in plain and shim[name].outcome not in GOOD]


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


def failures(runs, name, expected):
    """How many of these runs came out worse than expected?"""
    missing = Result("missing", 0)
    return sum(is_worse(expected, run.get(name, missing)) for run in runs)
