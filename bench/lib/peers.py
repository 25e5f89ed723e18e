# SPDX-License-Identifier: MIT
"""Other libraries that are preloaded to change what calls on sockets or files do."""

import pathlib
import sysconfig
import time

from lib import machine

HERE = pathlib.Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu")
LIBRARIES = {
    "torsocks": HERE / "torsocks/libtorsocks.so",
    "proxychains4": HERE / "libproxychains.so.4",
    "socket_wrapper": HERE / "libsocket_wrapper.so",
    "eatmydata": HERE / "libeatmydata.so",
}
NAMES = tuple(LIBRARIES)
RULES = ("rules-10", "rules-10000")


def rules(count):
    prefixes = (f"10.{n // 256}.{n % 256}.0/24" for n in range(count))
    rows = (f'{{ address = "{prefix}"; fastopen = "off"; }}' for prefix in prefixes)
    return 'client = { default = "on"; rules = (' + ",\n".join(rows) + "); };\n"


def keep_rules():
    """One process compiles a policy, and what follows has it so: of a file that is old enough."""
    for variant in RULES:
        environment(variant)
    time.sleep(2.5)
    for variant in RULES:
        machine.output(["/bin/true"], environment(variant))


def environment(variant):
    """Of plain, off, shim, rules-N, and of the peers. A peer that is missing is an error."""
    if variant == "plain":
        return machine.environment()
    if variant in LIBRARIES:
        if not LIBRARIES[variant].exists():
            raise SystemExit(f"bench: there is no {LIBRARIES[variant]}: ./dev bench installs it")
        directory = str(machine.work("socket_wrapper"))
        others = {"SOCKET_WRAPPER_DIR": directory, "PROXYCHAINS_QUIET_MODE": "1"}
        return machine.environment(LIBRARIES[variant], **others)
    config = ""
    if variant in RULES:
        config = machine.policy(variant, rules(int(variant.partition("-")[2])))
    more = {"TFOSHIM_DISABLE": "1"} if variant == "off" else {}
    return machine.environment(machine.SHIM, config, **more)
