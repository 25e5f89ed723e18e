# SPDX-License-Identifier: MIT
"""What differs and cannot be helped: expected.txt, with a reason for each."""

import fnmatch
import os

HERE = os.path.dirname(os.path.abspath(__file__))


class Expected:
    """Lines of SCENE:CALL:ERRNO KIND REASON..., where * and ? stand for others."""

    def __init__(self):
        self.lines = []
        path = os.environ.get("TFOSHIM_FAULTS_EXPECTED", os.path.join(HERE, "expected.txt"))
        with open(path, encoding="ascii") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    name, kinds, reason = line.split(maxsplit=2)
                    self.lines.append((name, kinds.split(","), reason.strip()))

    def reason(self, scene, fault, found):
        """Why all of that is expected; empty: it is not."""
        name = f"{scene.name}:{fault}"
        for pattern, kinds, reason in self.lines:
            if fnmatch.fnmatch(name, pattern) and all(one.kind in kinds for one in found):
                return reason
        return ""
