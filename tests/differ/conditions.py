# SPDX-License-Identifier: MIT
"""What a program runs under: the link's misbehaviours and the shim's policies."""

RTT_MS = 20
# A program's own waits are at most three seconds; one that runs longer hangs.
PATIENCE = 16.0
LINKS = {
    "clean": [],
    "untried": [],
    "drop-syn-data": ["drop-syn-data on"],
    "drop-option": ["drop-option on"],
    "strip-option": ["strip-option on"],
    "strip-data": ["strip-data on"],
    "reset-syn-data": ["reset-syn-data on"],
    "lose-syn": ["lose-left 1"],
    "lose-syn-ack": ["lose-right 1"],
    "loss": ["loss 8"],
    "cut": ["cut on"],
}
# Where no SYN's data is known to have come through before. A path that resets such a SYN then must not
# show; that of a server which is known to take them looks like its death.
UNTRIED = ("untried", "reset-syn-data")
RESTORE = [
    "drop-syn-data off", "drop-option off", "strip-option off", "strip-data off",
    "reset-syn-data off", "loss 0", "lose-left 0", "lose-right 0",
    "spare-left 0", "restore",
]
POLICIES = {
    "any": 'client = { default = "on"; first_write = "any"; };\nserver = { default = "on"; };\n',
    "replay-safe": 'client = { default = "on"; first_write = "replay-safe"; };\n'
                   'server = { default = "on"; };\n',
    "shim": 'client = { default = "on"; first_write = "any"; defer = "shim"; };\n',
    "built-in": None,
    # Never drawn: it must differ in nothing, so what is found under it is a fault of the tester.
    "off": 'client = { default = "off"; };\n',
}
