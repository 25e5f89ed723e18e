# SPDX-License-Identifier: MIT
"""Plots by gnuplot, as SVG: a line for each variant, with the interval of each median."""

import subprocess

from lib import figures

COLOURS = ("#444444", "#0072b2", "#d55e00", "#009e73", "#cc79a7")
SCRIPT = """set terminal svg size 640,400 dynamic background "#ffffff" font "sans-serif,12"
set output "{path}"
set title "{title}" noenhanced
set xlabel "{axis}" noenhanced
set ylabel "{unit}" noenhanced
set key top left noenhanced
set grid
set yrange [0:*]
{scale}
"""


def block(figure, samples, variant):
    lines = []
    for x in samples.places(figure):
        found = samples.cost(figure, x, variant)
        if found:
            lines.append(f"{x} {found.median:.6g} {found.low:.6g} {found.high:.6g}")
    return "\n".join(lines)


def script(figure, samples, path):
    shown = [v for v in figure.variants if block(figure, samples, v)]
    text = SCRIPT.format(
        path=path,
        title=figure.title,
        axis=figure.axis,
        unit=figure.unit,
        scale="set logscale x" if figure.plot == "log" else "",
    )
    lines = []
    for index, variant in enumerate(shown):
        text += f"$v{index} <<END\n{block(figure, samples, variant)}\nEND\n"
        colour = f'lc rgb "{COLOURS[index % len(COLOURS)]}"'
        lines.append(f'$v{index} with yerrorlines pt 7 ps 0.5 lw 1.5 {colour} title "{variant}"')
    return f"{text}plot {', '.join(lines)}\n"


def can_be_plotted(figure, samples):
    places = samples.places(figure)
    return bool(figure.plot) and all(isinstance(figures.place(x), float) for x in places)


def plot(figure, samples, path):
    text = script(figure, samples, path)
    subprocess.run(["gnuplot", "-"], input=text, text=True, check=True)
