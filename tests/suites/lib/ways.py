# SPDX-License-Identifier: MIT
"""The ways in which a suite is run: without the shim, and with every destination forced on."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TFOSHIM_BUILD") or ROOT / "build").absolute()

PLAIN = "plain"
SHIPPED = "as shipped"
OPEN = "gate open"

# Suites listen on new ports all the time: as shipped, most first connects to them are true ones.
CLIENT = {
    SHIPPED: 'default = "on"; first_write = "any"; min_rtt = 0;',
    OPEN: 'default = "on"; first_write = "any"; first_contact = "defer"; min_rtt = 0;',
}
CONFIG = """# SPDX-License-Identifier: MIT
client = {{ {client} }};
server = {{ default = "on"; }};
log = {{ level = "debug"; to = "{log}"; }};
"""


def write_config(way, path, log):
    path.write_text(CONFIG.format(client=CLIENT[way], log=log), encoding="utf-8")


def environment(way, directory):
    """What puts a program under the shim; its configuration and log are in `directory`."""
    if way == PLAIN:
        return {}
    config = directory / "tfoshim.conf"
    write_config(way, config, directory / "tfoshim.log")
    return {"LD_PRELOAD": str(BUILD / "libtfoshim.so"), "TFOSHIM_CONFIG": str(config)}


def is_understood(way, directory):
    """Does this build know the configuration of this way?"""
    config = directory / "understood.conf"
    write_config(way, config, directory / "tfoshim.log")
    check = subprocess.run([BUILD / "tfoshim", "check", config], capture_output=True, check=False)
    return check.returncode == 0


def shim_ways(directory):
    return [way for way in (SHIPPED, OPEN) if is_understood(way, directory)]
