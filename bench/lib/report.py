# SPDX-License-Identifier: MIT
"""A figure for people: rows of a table, and what became of its targets."""

from lib import figures


def cost(figure, samples, x, variant):
    """The median, half of its interval, and the ratio to the base."""
    found = samples.cost(figure, x, variant)
    if not found:
        return "-"
    half = (found.high - found.low) / 2
    text = figures.number(found.median)
    text += f" ± {figures.number(half)}" if half else ""
    ratio = samples.ratio(figure, x, variant) if variant != figure.base else None
    return f"{text} ({ratio.median:.3f})" if ratio else text


def rows(figure, samples):
    """A row for each place of the axis; where there is no axis, one for each variant."""
    places = samples.places(figure)
    if not figure.axis:
        head = ["", figure.unit]
        return [head, *([v, cost(figure, samples, places[0], v)] for v in figure.variants)]
    head = [figure.axis, *figure.variants]
    return [head, *([x, *(cost(figure, samples, x, v) for v in figure.variants)] for x in places)]


def by_target(figure, samples):
    """Each target with its verdicts, the worst one first."""
    found = figures.verdicts(figure, samples)
    order = (figures.MISSED, figures.ACCEPTED, figures.NEAR, figures.REACHED)
    for target in figure.targets:
        own = [one for one in found if one.target == target]
        if own:
            yield target, sorted(own, key=lambda one: (order.index(one.word), -one.found.median))


def quantity(target, value):
    digits = {"ratio": "{:.3f}", "growth": "{:.3f}"}.get(target.kind)
    return digits.format(value) if digits else figures.number(value)


def found(verdict):
    text = quantity(verdict.target, verdict.found.median)
    return f"{text} at {verdict.x}" if verdict.x else text


def verdict_words(verdict):
    """How far the target is, where it is not reached, and what is accepted meanwhile."""
    target = verdict.target
    if not target.accepted or verdict.word in (figures.REACHED, figures.NEAR):
        return verdict.word
    beyond = quantity(target, verdict.found.median - target.most)
    bound = quantity(target, target.accepted)
    return f"{verdict.word}: {beyond} beyond, up to {bound} is accepted: {target.why}"


def target_cells(figure, target, verdicts):
    """Variant, what was to be reached, what was (where it is worst), and the verdict."""
    worst = verdicts[0]
    words = target.words().format(base=figure.base)
    return [target.variant, words, found(worst), verdict_words(worst)]


def targets(figure, samples):
    for target, own in by_target(figure, samples):
        variant, words, text, word = target_cells(figure, target, own)
        many = f" (the worst of {len(own)})" if len(own) > 1 else ""
        yield f"{variant}: {words}: {text}{many}, {word}"
