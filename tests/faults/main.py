# SPDX-License-Identifier: MIT
"""Usage: faults [--coarse] [SCENE[:CALL[:ERRNO]]]...

Runs the programs of tests/faults/scenes plain, and under the library while system calls that it makes
fail: each call of each kind once, and all of a kind for good, with each errno of its manual page. The
program must see what it sees without the library. Names choose scenes, calls and errnos, with * and ?;
CALL#3 is its third call, CALL#3+ that and all that follow. --coarse takes a few of all.

TFOSHIM_FAULTS_LANES says how many programs run at a time (8), TFOSHIM_FAULTS_EXPECTED where the differences
are that are expected (tests/faults/expected.txt).

Exit status: 0 where nothing differs but what is expected to, 1 where something does.
"""

import multiprocessing
import os
import pickle
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(os.path.dirname(HERE), "differ"))

# pylint: disable=wrong-import-position
from choosing import Choice, coarse, faults_of
from expected import Expected
from judging import Judge
from lane_of_faults import FaultyLane
from main_of_differ import in_processes, settings, story
from scenes import all_scenes
from telling import tell_counts

LANES = 8


class Work:
    """What all lanes share."""

    def __init__(self, directory, jobs):
        self.directory = directory
        self.jobs = jobs
        self.next = multiprocessing.Value("i", 0)

    def take(self):
        """The next scene and fault; None: there is no more."""
        with self.next.get_lock():
            at = self.next.value
            self.next.value += 1
        return self.jobs[at] if at < len(self.jobs) else None


def record(build, library, directory, scenes):
    """The calls of each scene, with how often each is made."""
    path = os.path.join(directory, "calls")

    def work(_):
        lane = FaultyLane("recorder", build, library, directory)
        judge = Judge(lane)
        calls = {}
        for scene in scenes:
            run = judge.run(scene, None)
            calls[scene.name] = lane.plan.calls()
            found, _ = judge.differences(scene, None)
            if found:
                sys.exit(describe(scene, None, found))
        with open(path, "wb") as file:
            pickle.dump(calls, file)
        lane.close()
        return 0

    if in_processes(1, work) != [0]:
        sys.exit("faults: cannot run the scenes")
    with open(path, "rb") as file:
        return pickle.load(file)


def describe(scene, fault, found):
    """What differs, and how to see it again."""
    lines = [f"DIFFERENCE {scene.name}:{fault or ''} {one.kind}: {one.detail}" for one in found]
    lines += ["  plain:", story(scene.case, found[0].plain), "  shim:",
              story(scene.case, found[0].shim)]
    return "\n".join(lines)


def run_lane(index, build, library, work, expected):
    """Takes jobs until there are none; leaves what became of them in a file."""
    lane = FaultyLane(str(index), build, library, work.directory)
    judge = Judge(lane)
    told = []
    while job := work.take():
        scene, fault = job
        found, hits = judge.differences(scene, fault)
        reason = expected.reason(scene, fault, found)
        told.append((scene.name, fault, hits, bool(found), reason))
        if found and not reason:
            os.write(1, (describe(scene, fault, found) + "\n").encode())
    lane.close()
    with open(os.path.join(work.directory, f"told-{index}"), "wb") as file:
        pickle.dump(told, file)
    return 0


def run(choice):
    """All that is chosen."""
    build, library = settings()
    lanes = int(os.environ.get("TFOSHIM_FAULTS_LANES", str(LANES)))
    scenes = [scene for scene in all_scenes() if choice.wants_scene(scene.name)]
    with tempfile.TemporaryDirectory(dir="/run") as directory:
        calls = record(build, library, directory, scenes)
        jobs = [(scene, fault) for scene in scenes for fault in faults_of(scene.name, calls[scene.name])
                if choice.wants(scene.name, fault)]
        if choice.coarse:
            jobs = coarse(jobs)
        print(f"faults: {len(scenes)} scenes, {len(jobs)} cases", flush=True)
        work, expected = Work(directory, jobs), Expected()
        statuses = in_processes(
            lanes, lambda index: run_lane(index, build, library, work, expected))
        told = []
        for index in range(lanes):
            with open(os.path.join(directory, f"told-{index}"), "rb") as file:
                told += pickle.load(file)
    return tell_counts(told) or max(statuses)


if __name__ == "__main__":
    if set(sys.argv[1:]) & {"-h", "--help"}:
        print(__doc__)
        sys.exit(0)
    sys.exit(run(Choice(sys.argv[1:])))
