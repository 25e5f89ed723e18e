# SPDX-License-Identifier: MIT
"""Which tests concern which source file: the one table of it."""

import fnmatch
import pathlib

# The first pattern that matches a file says its tests; files of tomorrow fall to the later, wider ones.
# Names of .bats files in tests/; those that are not there are passed over. In which order they run
# is measured, not written: the fastest first, and what kills.
CLIENT = ("hooks", "client", "closing", "corners", "waiting", "fallback", "isolation", "programs",
          "cookies", "log")
CONCERNS = (
    ("src/memory/run_figures.*", ("memory", "stat", "log")),
    ("src/memory/known_cookies.*", ("keys", "memory", "cookies", "stat")),
    ("src/memory/visit.*", ("stat", "doctor-process")),
    ("src/memory/*",
     ("memory", "policy", "stat", "cookies", "fallback", "client", "log", "users", "keys")),
    ("src/kernel/cookie_keys.*", ("keys",)),
    ("src/kernel/private_file.*", ("keys", "users")),
    ("src/kernel/listening.*", ("client", "server", "waiting", "isolation")),
    ("src/kernel/interface.*", ("selection",)),
    ("src/kernel/cgroup.*", ("selection", "policy-cache")),
    ("src/kernel/cookie.*", ("cookies", "client", "fallback", "stat")),
    ("src/kernel/metrics_request.*", ("cookies", "client", "fallback", "stat")),
    ("src/kernel/metrics.*", ("cookies", "explain", "probe", "stat")),
    ("src/kernel/proc.*", ("doctor", "doctor-process", "explain", "stat", "keys")),
    ("src/kernel/*",
     ("kernel", "client", "closing", "fallback", "server", "guard", "cookies", "isolation", "stat")),
    ("src/shim/checked.*", ("hardening", "musl")),
    ("src/shim/log.*", ("log", "log-sinks", "isolation", "client", "fallback")),
    ("src/shim/sink.*", ("log", "log-sinks", "isolation")),
    ("src/shim/quiet_write.*", ("log", "log-sinks", "isolation")),
    ("src/shim/policy_by_program.*", ("musl",)),
    ("src/shim/policy_cache.*", ("policy-cache", "selection")),
    ("src/shim/listener_key.*", ("keys", "server")),
    ("src/shim/guard.*", ("guard", "server", "handed-over")),
    ("src/shim/handed.*", ("handed-over", "server", "ring", "guard")),
    ("src/shim/environment.*", ("handed-over", "isolation")),
    ("src/shim/listen*", ("server", "guard", "keys", "ring", "handed-over", "isolation", "log")),
    ("src/shim/ring.*", ("ring", "server")),
    ("src/shim/hooks/io_uring.*", ("ring", "hooks")),
    ("src/shim/hooks/listen.*", ("server", "keys", "isolation", "log")),
    ("src/shim/hooks/aio.*", ("unsafe", "hooks", "ring", "waiting")),
    ("src/shim/hooks/user.*", ("users", "hooks")),
    ("src/shim/hooks/resolve.*", ("hooks", "programs", "names", "waiting", "isolation")),
    ("src/policy/idn.*", ("policy", "names")),
    ("src/policy/names.*", ("policy", "programs", "names")),
    ("src/shim/hooks/*", CLIENT + ("server", "guard")),
    ("src/shim/*", CLIENT + ("server", "memory", "stat", "guard", "unsafe")),
    ("*", CLIENT + ("server", "memory", "policy", "stat", "guard")),
)
CASES, DIFFER = "the differ's cases", "differ"
DIFFER_SECONDS = 120


def tests_of(tree: pathlib.Path, source: str) -> list[str]:
    """The names of the tests that concern a file of the tree, and the differ's."""
    names = next(names for pattern, names in CONCERNS if fnmatch.fnmatch(source, pattern))
    found = [name for name in names if (tree / "tests" / f"{name}.bats").exists()]
    if (tree / "tests/differ/main.py").exists():
        found += [CASES, DIFFER]
    return found


def command_of(tree: pathlib.Path, name: str) -> list[str]:
    """What runs a test; it fails, or tells in TAP what failed."""
    if name not in (CASES, DIFFER):
        return ["bats", "--formatter", "tap", f"tests/{name}.bats"]
    cases = sorted(str(path.relative_to(tree)) for path in (tree / "tests/differ/cases").glob("*"))
    return ["/usr/bin/python3", "-B", "tests/differ/main.py",
            *(cases if name == CASES else [str(DIFFER_SECONDS)])]
