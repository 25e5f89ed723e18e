#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: ladder.py ROUND_TRIP_MS TITLE CLIENT SERVER [TITLE CLIENT SERVER]...

Draws connections side by side as time-sequence diagrams, as SVG on standard output. CLIENT and SERVER are
files with what `packets` (tests/lib/capture.bash) prints of a connection at its two ends.
"""

import math
import sys
import xml.sax.saxutils

PANEL, TOP, BOTTOM, CLIENT_X, SERVER_X, SCALE = 350, 64, 40, 50, 300, 2.6
PLAIN, DATA, GAIN = "#555555", "#0072b2", "#d55e00"


def read(path, offset):
    packets = []
    with open(path, encoding="ascii") as lines:
        for line in lines:
            fields = line.split()
            packet = dict(field.split("=", 1) for field in fields if "=" in field)
            packet.update(way=fields[2], flags=fields[3].split(","), bytes=int(packet["len"]))
            packet["ms"] = float(packet["ms"]) + offset
            packets.append(packet)
    return packets


def both_ends(client, server):
    """Pairs of what left and when it arrived. The link keeps the order, so the nth packet of a direction at
    one end is the nth at the other."""
    arrows = []
    for way, left, arrived in (("client->server", client, server), ("server->client", server, client)):
        leaving, arriving = ([p for p in end if p["way"] == way] for end in (left, arrived))
        arrows += [(p, p["ms"], q["ms"]) for p, q in zip(leaving, arriving)]
    arrows.sort(key=lambda arrow: arrow[1])
    answers = [i for i, (p, _, _) in enumerate(arrows) if p["way"] == "server->client" and p["bytes"]]
    return arrows[: answers[-1] + 1]


def groups(arrows):
    """What an end sends before it hears from the other one again: this has one label."""
    found = {}
    for packet, left, arrived in arrows:
        heard = sum(1 for p, _, at in arrows if p["way"] != packet["way"] and at < left)
        found.setdefault((packet["way"], heard), []).append((packet, left, arrived))
    return found.values()


def label(group):
    packets = [arrow[0] for arrow in group]
    words, size = [], sum(p["bytes"] for p in packets)
    if "SYN" in packets[0]["flags"]:
        words.append("-".join(packets[0]["flags"]))
        if packets[0]["option"].startswith("cookie"):
            words.append("cookie")
    if size:
        words.append(f"{'request' if packets[0]['way'].startswith('client') else 'answer'} ({size} bytes)")
    return " + ".join(words or ["ACK"])


def text(x, y, words, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{xml.sax.saxutils.escape(words)}</text>'


def line(x1, y1, x2, y2, colour, more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def height_of(ms):
    return TOP + ms * SCALE


def draw_group(group):
    away = group[0][0]["way"] == "client->server"
    start, end = (CLIENT_X, SERVER_X) if away else (SERVER_X, CLIENT_X)
    for packet, left, arrived in group:
        colour = DATA if packet["bytes"] else PLAIN
        yield line(start, height_of(left), end, height_of(arrived), colour,
                   f'stroke-width="1.5" marker-end="url(#{colour[1:]})"')
    _, left, arrived = group[0]
    slope = math.degrees(math.atan2(height_of(arrived) - height_of(left), SERVER_X - CLIENT_X))
    x, y = (CLIENT_X + SERVER_X) / 2, (height_of(left) + height_of(arrived)) / 2 - 6
    angle = slope if away else -slope
    colour = DATA if any(p["bytes"] for p, _, _ in group) else PLAIN
    yield text(x, y, label(group), f'text-anchor="middle" fill="{colour}" '
               f'transform="rotate({angle:.1f} {x:.1f} {y:.1f})"')


def draw_panel(title, arrows, end):
    for x, name in ((CLIENT_X, "client"), (SERVER_X, "server")):
        yield line(x, TOP - 8, x, height_of(end) + 12, PLAIN)
        yield text(x, TOP - 14, name, 'text-anchor="middle"')
    yield text((CLIENT_X + SERVER_X) / 2, 24, title, 'text-anchor="middle" font-weight="bold"')
    for ms in range(0, int(end) + 1, 25):
        yield line(CLIENT_X - 4, height_of(ms), CLIENT_X, height_of(ms), PLAIN)
        yield text(CLIENT_X - 8, height_of(ms) + 4, f"{ms} ms", 'text-anchor="end" font-size="10"')
    for group in groups(arrows):
        yield from draw_group(group)


def draw(round_trip, shown):
    panels = []
    for title, client, server in shown:
        arrows = both_ends(read(client, 0), read(server, round_trip / 2))
        panels.append((title, arrows, max(arrived for p, _, arrived in arrows if p["way"] == "server->client")))
    end = max(panel[2] for panel in panels)
    width, height = PANEL * len(panels), height_of(end) + BOTTOM
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" width="{width}" '
           f'font-family="sans-serif" font-size="12" fill="#222222">')
    yield "<title>Packets of a request with and without TCP Fast Open</title>"
    yield "<desc>Made by ./dev demo --write; do not edit.</desc>"
    for colour in (PLAIN, DATA):
        yield (f'<marker id="{colour[1:]}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
               f'orient="auto"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>')
    yield f'<rect width="{width}" height="{height:.0f}" fill="#ffffff"/>'
    for i, (title, arrows, done) in enumerate(panels):
        yield f'<g transform="translate({i * PANEL} 0)">'
        yield from draw_panel(title, arrows, end)
        yield line(CLIENT_X, height_of(done), SERVER_X, height_of(done), GAIN, 'stroke-dasharray="4 3"')
        yield text(SERVER_X, height_of(done) + 16, f"answer complete after {done:.0f} ms",
                   f'text-anchor="end" fill="{GAIN}"')
        yield "</g>"
    yield "</svg>"


def main():
    if len(sys.argv) < 5 or len(sys.argv) % 3 != 2:
        sys.exit(__doc__)
    rest = sys.argv[2:]
    print("\n".join(draw(float(sys.argv[1]), list(zip(rest[::3], rest[1::3], rest[2::3])))))


if __name__ == "__main__":
    main()
