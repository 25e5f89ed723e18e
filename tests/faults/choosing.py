# SPDX-License-Identifier: MIT
"""Which faults there are, and which of them are run."""

import fnmatch

from errnos import PASSING, SANDBOX, errnos_of
from plan import Fault

# Of a call that is made so often the last ones are as those before.
MOST = 16


# What start-up does it does in every program.
STARTING = ("blocking", "first-contact")


def faults_of(name, calls):
    """Every call of a scene, once and for good, with every errno; and from then on, as it is for a program
    that enters a sandbox."""
    faults = []
    for call, count in sorted(calls.items()):
        if call.phase == 0 and name not in STARTING:
            continue
        for errno in errnos_of(call.system_call()):
            for which in range(0 if errno not in PASSING else 1, min(count, MOST) + 1):
                faults.append(Fault(call, which, errno))
                if which > 1 and errno in SANDBOX:
                    faults.append(Fault(call, which, errno, onward=True))
    return faults


def coarse(jobs):
    """Each call in the first scene that makes it: for good, as a sandbox refuses it, and once."""
    seen, chosen = set(), []
    for scene, fault in jobs:
        kind = fault.call, fault.which
        if (kind[1] == 0 and fault.errno == "EPERM" or
                kind[1] == 1 and fault.errno not in SANDBOX) and kind not in seen:
            seen.add(kind)
            chosen.append((scene, fault))
    return chosen


class Choice:
    """What the command's arguments name; nothing named: all."""

    def __init__(self, arguments):
        self.coarse = "--coarse" in arguments
        self.named = [(text.split(":") + ["*", "*"])[:3] for text in arguments
                      if text != "--coarse"] or [["*", "*", "*"]]

    def wants_scene(self, name):
        """Any fault of it?"""
        return any(fnmatch.fnmatch(name, scene) for scene, _, _ in self.named)

    def wants(self, name, fault):
        """This one?"""
        call, errno = str(fault).split(":")
        return any(fnmatch.fnmatch(name, words[0]) and fnmatch.fnmatch(call, words[1]) and
                   fnmatch.fnmatch(errno, words[2]) for words in self.named)
