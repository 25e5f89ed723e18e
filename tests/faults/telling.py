# SPDX-License-Identifier: MIT
"""What was done, in figures."""

import collections


def tell_counts(told):
    """Prints them; 1 where a difference was not expected, or nothing was run."""
    reached = [one for one in told if one[2]]
    calls = {fault.call for _, fault, _, _, _ in reached}
    errnos = {(fault.call, fault.errno) for _, fault, _, _, _ in reached}
    wrong = [one for one in told if one[3] and not one[4]]
    expected = collections.Counter(one[4] for one in told if one[3] and one[4])
    for reason, count in expected.items():
        print(f"expected: {count} cases: {reason}")
    print(f"{len({call.system_call() for call in calls})} system calls in {len(calls)} forms, "
          f"{len(errnos)} errnos, {len(reached)} cases, {len(wrong)} differences"
          f" ({sum(expected.values())} expected, {len(told) - len(reached)} cases not reached)")
    return 1 if wrong or not reached else 0
