# SPDX-License-Identifier: MIT
"""Runs a case plain and under the shim until it is certain whether they differ."""

import dataclasses

from compare import APART, PLAIN_RUNS, SHIM_RUNS, bound, differences
from conditions import PATIENCE


# A program that may itself wait for longer, where its server is gone, is not looked at.
OWN_WAITS = 8


class Hopeless(Exception):
    """There is nothing to compare with: the plain program hangs, say."""


def judge(lane, case, thorough=True, wanted=None):
    """The differences, of which every one was seen each time; none where plain runs give it too.

    The first is the one that matters, for others may follow from it. Where it is not wanted, only
    those do that stand apart.
    """
    if case.is_loose() and case.timeouts() > OWN_WAITS:
        raise Hopeless("it may wait for too long")
    plains = [lane.plain(case)]
    if plains[0].status == "hangs" or plains[0].status == 2:
        raise Hopeless(case.program)
    run = under_shim(lane, case, plains)
    found = worthy(case, differences(case, plains, run), wanted)
    if not found:
        return []
    # Cheap first: most false alarms are over after one more plain run.
    for _ in range(PLAIN_RUNS - 1 if thorough else 1):
        plains.append(lane.plain(case))
        found = worthy(case, differences(case, plains, run), wanted)
        if not found:
            return []
    if thorough:
        plains += on_a_short_link(lane, case)
        plains += where_a_syn_is_lost(lane, case)
        plains += where_another_is_lost(lane, case)
    for _ in range(SHIM_RUNS if thorough else 1):
        run = under_shim(lane, case, plains)
        seen = {one.signature(case) for one in found}
        again = worthy(case, differences(case, plains, run), wanted)
        found = [one for one in again if one.signature(case) in seen]
        if not found:
            return []
    return found


def worthy(case, found, wanted):
    """The differences from the first that is wanted on."""
    if wanted is None or not found or wanted(found[0].signature(case)):
        return found
    return [one for one in found if one.kind in APART and wanted(one.signature(case))]


def under_shim(lane, case, plains):
    """What takes so much longer than it may hangs."""
    if case.is_loose():
        return lane.shim(case, PATIENCE + min(case.timeouts(), OWN_WAITS))
    return lane.shim(case, min(PATIENCE, bound(case, plains) + 0.8))


def where_a_syn_is_lost(lane, case):
    """On a path that takes no Fast Open the first SYN is lost, which is what may happen to plain ones."""
    runs = []
    if case.link in ("drop-option", "drop-syn-data"):
        for _ in range(2):
            runs.append(lane.plain(dataclasses.replace(case, link="lose-syn")))
    return runs


def where_another_is_lost(lane, case):
    """Of several connections the plain run loses the SYN that is first to leave; the shim's may be another."""
    runs = []
    if case.link == "lose-syn":
        for spared in range(1, 7):
            lane.set_link(case.link)
            lane.tell_link(f"spare-left {spared}")
            runs.append(lane.execute(case.program, None))
    return runs


def on_a_short_link(lane, case):
    """A round trip less is what the shim is for: what a plain program sees without any is right."""
    runs = []
    lane.set_link(case.link)
    lane.tell_link("rtt 0")
    for _ in range(2):
        runs.append(lane.plain(case))
    lane.tell_link("rtt 20")
    return runs
