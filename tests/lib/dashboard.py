# SPDX-License-Identifier: MIT
"""dashboard.py DASHBOARD FIGURES: does a Grafana dashboard fit what "tfoshim stat --prometheus" has printed?

Prints a test for promtool: each expression of the dashboard, asked of these figures growing for an hour,
has an answer. What does not fit is said, and the status is 1.
"""
import json
import re
import sys

METRIC = re.compile(r"\btfoshim_[a-z_]+\b")
COLUMNS = 24
# What Grafana puts in for its variables.
VARIABLES = {"$instance": ".*", "$__range": "1h", "$__rate_interval": "5m"}


def read_figures(name):
    """The metrics, the labels, and each sample's series."""
    metrics, labels, series = set(), {"instance"}, []
    for line in open(name):
        if line.startswith("# TYPE "):
            metrics.add(line.split()[2])
        elif not line.startswith("#"):
            sample, _ = line.rsplit(" ", 1)
            labels.update(re.findall(r'[{,]([a-z_]+)="', sample))
            series.append(sample.replace("{", '{instance="a",', 1))
    return metrics, labels, series


def check_layout(panels):
    """Every panel has a place of its own."""
    taken = {}
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= COLUMNS, f"{panel['title']}: found it beyond the right edge"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                assert other == panel["title"], f"found {panel['title']} over {other}"
    numbers = [panel["id"] for panel in panels]
    assert len(set(numbers)) == len(numbers), f"found a panel's number twice: {numbers}"


def expressions(panels):
    for panel in panels:
        if panel["type"] == "row":
            continue
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert letters and len(set(letters)) == len(letters), f"{panel['title']}: found {letters}"
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], panel["title"]
            yield target["expr"], target.get("legendFormat", "")


def check_expression(text, legend, labels):
    for match in METRIC.finditer(text):
        selector = text[match.end():]
        assert selector.startswith('{instance=~"$instance"'), f"found {text}, expected the machine's variable"
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", text) for label in group.split(", ")}
    assert grouped <= labels, f"found {text}, expected labels of {sorted(labels)}"
    wanted = set(re.findall(r"{{(\w+)}}", legend))
    assert wanted <= grouped, f"found {legend} for {text}"


def fill(text):
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    assert "$" not in text, f"found an unknown variable in {text}"
    return text


def main():
    dashboard = json.load(open(sys.argv[1]))
    metrics, labels, series = read_figures(sys.argv[2])
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert set(variables) == {"datasource", "instance"}, f"found the variables {sorted(variables)}"
    check_layout(dashboard["panels"])
    asked = list(expressions(dashboard["panels"]))
    for text, legend in asked:
        check_expression(text, legend, labels)
    used = set(METRIC.findall(" ".join(text for text, _ in asked)))
    used_by_variable = set(METRIC.findall(variables["instance"]["query"]["query"]))
    assert used | used_by_variable <= metrics, f"there is no metric {sorted((used | used_by_variable) - metrics)}"
    assert metrics <= used, f"no panel shows {sorted(metrics - used)}"
    json.dump({
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": one, "values": "0+1x60"} for one in series],
            "promql_expr_test": [{
                "expr": f"count({fill(text)}) > bool 0", "eval_time": "1h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            } for text, _ in asked],
        }],
    }, sys.stdout)


main()
