# SPDX-License-Identifier: MIT
"""The differ's own main.py, under a name that is not this one's."""

import importlib.util
import os

_PATH = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "differ", "main.py")
_SPEC = importlib.util.spec_from_file_location("differ_main", _PATH)
_MAIN = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MAIN)
settings, story, in_processes = _MAIN.settings, _MAIN.story, _MAIN.in_processes
