# SPDX-License-Identifier: MIT
"""Usage: differ [SECONDS | FILE...]

Runs programs plain and under the shim and says where they differ: those of the files, or, for so
many seconds (120 unless given), programs made at random. TFOSHIM_DIFFER_LIBRARY names another
library than build/libtfoshim.so, or several with colons; TFOSHIM_DIFFER_SEED draws as another
run did, as far as timing allows; TFOSHIM_DIFFER_LANES says how many programs run at a time (12, of
files 8); TFOSHIM_DIFFER_FINDS where finds are kept (build/differ); TFOSHIM_DIFFER_POLICY the one
policy to draw, under "off" nothing can differ; TFOSHIM_DIFFER_LINK the one link.

Exit status: 0 where nothing differs, 1 where something does.
"""

import os
import sys
import tempfile
import traceback

from case import Case, steps
from judge import Hopeless, judge
from lane import Lane


def settings():
    """Where things are."""
    build = os.environ.get("TFOSHIM_BUILD", os.path.abspath("build"))
    library = os.environ.get("TFOSHIM_DIFFER_LIBRARY", f"{build}/libtfoshim.so")
    parts = [f"{build}/tests/differ/{name}" for name in ("interpret", "server")]
    for path in library.split(":") + parts:
        if not os.access(path, os.X_OK):
            sys.exit(f"differ: {path} is missing: build the project")
    return build, ":".join(os.path.abspath(path) for path in library.split(":"))


def story(case, run):
    """A run, line by line."""
    lines = [f"    exit {run.status} after {run.elapsed * 1000:.0f} ms"]
    for label, trace in sorted(steps(run).items()):
        for step in trace:
            lines.append(f"    {label:12} {case.lines()[step.line]:40} {step.said}"
                         f"  ({step.micros / 1000:.1f} ms)")
    return "\n".join(lines + [f"    server       {line}" for line in run.served])


def describe(case, found):
    """What differs, and how to see it again."""
    lines = [f"DIFFERENCE {one.kind}: {one.detail}" for one in found]
    lines += [case.text(), "  plain:", story(case, found[0].plain), "  shim:",
              story(case, found[0].shim)]
    return "\n".join(lines)


def run_file(lane, path):
    """Runs a kept case again; whether it differs."""
    with open(path, encoding="ascii") as file:
        case = Case.parse(file.read())
    try:
        found = judge(lane, case)
    except Hopeless:
        sys.exit(f"differ: {path}: the program hangs without the shim, or may wait for too long")
    text = f"{path}: {'differs' if found else 'the same'}\n"
    if found:
        text += describe(case, found) + "\n"
    # In one piece: other lanes print too.
    os.write(1, text.encode())
    return bool(found)


def run_files(paths):
    """All of them, some at a time."""
    build, library = settings()
    lanes = min(len(paths), int(os.environ.get("TFOSHIM_DIFFER_LANES", "8")))
    with tempfile.TemporaryDirectory(dir="/run") as directory:
        def work(index):
            lane = Lane(str(index), build, library, directory)
            differ = [run_file(lane, path) for path in paths[index::lanes]]
            lane.close()
            return 1 if any(differ) else 0
        statuses = in_processes(lanes, work)
    return max(statuses)


def in_processes(count, work):
    """Calls it with 0, 1 and so on, each in a process of its own; returns the exit statuses."""
    children = []
    for index in range(count):
        pid = os.fork()
        if pid == 0:
            status = 2
            try:
                status = work(index)
            except SystemExit as reason:
                print(reason, file=sys.stderr)
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        children.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]


def main(arguments):
    """See above."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    if arguments and not arguments[0].isdigit():
        return run_files(arguments)
    # Hypothesis takes its time to load.
    from hunt import hunt  # pylint: disable=import-outside-toplevel
    return hunt(int(arguments[0]) if arguments else 120, *settings())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
