# SPDX-License-Identifier: MIT
"""Where sources are fetched to and built, once."""

import os
import pathlib


def work_directory():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    chosen = os.environ.get("TFOSHIM_SUITES_DIR") or pathlib.Path(cache) / "tfoshim-suites"
    return pathlib.Path(chosen).absolute()


def of(name):
    return work_directory() / name
