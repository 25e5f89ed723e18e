# SPDX-License-Identifier: MIT
"""Whether a program sees that a call of the library's fails."""

from compare import PLAIN_RUNS, bound, differences
from conditions import PATIENCE

AT_FIRST = 2
AGAIN = 2


class Judge:
    """Of one lane; it keeps what plain runs of each scene gave."""

    def __init__(self, lane):
        self.lane = lane
        self.known = {}

    def plains(self, scene):
        """Runs without the shim."""
        self.lane.guests = scene.guests
        runs = self.known.setdefault(scene.name, [])
        while len(runs) < AT_FIRST:
            runs.append(self.lane.plain(scene.case))
        return runs

    def run(self, scene, fault):
        """One under the shim; what takes much longer than it may hangs."""
        patience = min(PATIENCE, bound(scene.case, self.plains(scene)) + 2)
        return self.lane.faulty(scene, fault, patience)

    @staticmethod
    def compare(scene, plains, run):
        """Guests come when they come."""
        found = differences(scene.case, plains, run)
        return [one for one in found if one.kind != "time" or not scene.guests]

    def differences(self, scene, fault):
        """What differs each time, and in how many calls the fault was seen."""
        plains = self.plains(scene)
        run = self.run(scene, fault)
        hits = self.lane.plan.hits()
        found = self.compare(scene, plains, run)
        while found and len(plains) < PLAIN_RUNS:
            plains.append(self.lane.plain(scene.case))
            found = self.compare(scene, plains, run)
        for _ in range(AGAIN if found else 0):
            run = self.run(scene, fault)
            kinds = {one.kind for one in found}
            found = [one for one in self.compare(scene, plains, run) if one.kind in kinds]
            if not found:
                break
        return found, hits
