# SPDX-License-Identifier: MIT
"""What came out, for people: docs/reliability.md."""

import collections

from lib import networks, plan

HEAD = f"""# Transfers over networks that go wrong

Made by `./dev networks --write`; do not edit.

On each network three kinds of clients make the same transfers at the same time: *plain* ones;
the same program and server under the *shim*; and *native*, a client and a server that use Fast
Open themselves, by `sendto(MSG_FASTOPEN)` or `TCP_FASTOPEN_CONNECT`. The shim is on for every
destination, with `first_write = "any"`, and for every listener. Messages have 1 byte to 1 MB; the
server answers with the same number of bytes, at most 1,400. Half of the clients use IPv4, half
IPv6; half block, and half wait by `poll()` or `epoll_wait()`. A round trip takes {networks.RTT_MS}
ms unless stated otherwise. Each transfer ends in one of these ways:

- *close*: write the message, close;
- *half-close*: `shutdown(SHUT_WR)`, then read the answer to its end;
- *read*: first read the answer to its end, then close;
- *linger*: `SO_LINGER` of 5 seconds, close;
- *reset*: `SO_LINGER` of 0 seconds, close; *read-reset*: the same after the answer has been read;
- *exit*: a child connects, writes and exits;
- *greeted*: the server speaks first; then as *half-close*.

A cell with three numbers shows plain / shim / native; a single number stands for three equal ones.

- *wrong*: bytes that differ from what the other side sent;
- *lost*: messages that the calls of the client accepted, and that the server did not get
  completely;
- *doubled*: messages that the server got more often than they were sent;
- *errors*: transfers in which a call of the client failed, or that never ended;
- *resets*: servers that had the whole message and then read an error instead of EOF, except in the
  two ways in which the client resets on purpose;
- *mean*, *95th*: milliseconds from `socket()` to the end of `close()`, and the 95th percentile of
  the same, without the first {plan.CONTACTS} connections of each client to a port;
- *small*, *large*: the time of the shim relative to plain, with its standard error, of the same
  transfers: those of at most {plan.SMALL:,} bytes, and those of more.

A row fails if a byte is wrong; if the shim has lost or doubled messages, errors or resets that
plain has not; or if the shim is slower than plain by more than 5 % and by three standard errors.
If plain has such faults as well on that network, the row fails only if the shim has so many more
that this would happen by chance in fewer than one of 2,000 rows. A row that fails because of time,
or on a network with random faults (marked ~), must fail in a second run, too.
"""

NAMES = ("wrong", "lost", "doubled", "errors", "resets")
COLUMNS = ("transfers", *NAMES, "mean ms", "95th ms", "small", "large", "fails")


def table(head, rows):
    rule = ["---", *["---:"] * (len(head) - 2), "---"]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [head, rule, *rows])


def three(row, name):
    values = [getattr(figures, name) for figures in row.figures.values()]
    texts = [f"{value:.0f}" for value in values]
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def against(one):
    return f"{one.value * 100 - 100:+.1f} ± {one.spread * 100:.1f} %" if one else ""


def cells(row, faults):
    return [
        *[three(row, name) for name in ("transfers", *NAMES, "mean", "late")],
        against(row.ratios["small"]),
        against(row.ratios["large"]),
        ", ".join(faults),
    ]


def mark(network):
    return f"{network.name} ~" if network.chance else network.name


def sums(reports):
    rows = []
    for report in reports:
        # A row says which way; here, that there is one.
        faults = list(dict.fromkeys(fault for _, fault in report.faults))
        first, *rest = cells(report.sum, faults)
        rows.append([mark(report.network), first, three(report.sum, "syn_data"), *rest])
    return table(("network", "transfers", "data in SYN", *COLUMNS[1:]), rows)


def reasons(report):
    """What failed, by kind."""
    lines = []
    for kind in plan.KINDS:
        said = collections.Counter()
        for way in plan.WAYS:
            for reason, count in report.errors[kind, way].items():
                said[f"{way}: {reason}"] += count
        if said:
            texts = [f"{text} ({count})" for text, count in sorted(said.items())]
            lines.append(f"- {kind}: {', '.join(texts)}")
    return ["Errors:\n\n" + "\n".join(lines)] if lines else []


def section(report):
    network = report.network
    words = network.words[0].upper() + network.words[1:]
    if network.largest < networks.MEGABYTE:
        words += f". No message has more than {network.largest:,} bytes"
    rows = [[row.way, *cells(row, row.faults)] for row in report.rows]
    parts = [f"## {network.name}", f"{words}.", table(("way", *COLUMNS), rows), *reasons(report)]
    return "\n\n".join(parts) + "\n"


def in_order(reports):
    order = list(networks.BY_NAME)
    return sorted(reports, key=lambda report: order.index(report.network.name))


def show(reports):
    for report in in_order(reports):
        print(section(report))
    print(sums(in_order(reports)))
    faults = [(one.network.name, *fault) for one in in_order(reports) for fault in one.faults]
    for name, way, fault in faults:
        print(f"FAILS {name}, {way}: {fault}")
    print(f"{len(faults)} faults")


def write(reports, path):
    reports = in_order(reports)
    parts = [HEAD, "## All ways together\n", sums(reports) + "\n", *map(section, reports)]
    path.write_text("\n".join(parts), encoding="utf-8")
