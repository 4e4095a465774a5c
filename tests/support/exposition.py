"""Prometheus' text format 0.0.4, read as strictly as it is defined: https://prometheus.io/docs/instrumenting/exposition_formats/"""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})\{{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\}} (-?[0-9.e+-]+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')


def parse(text: str) -> dict:
    """name → list of (labels, value). Raises AssertionError where a rule is broken: help, then type, then samples, each family once, no sample twice."""
    assert text.endswith("\n"), "the last line has no end"
    families, types, current, seen = {}, {}, None, set()
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("# HELP "):
            current = line.split(" ", 3)[2]
            assert re.fullmatch(NAME, current) and current not in families, line
            assert len(line.split(" ", 3)) == 4, f"no help: {line}"
            kind = next(lines).split(" ")
            assert kind[:3] == ["#", "TYPE", current] and kind[3] in ("gauge", "counter"), kind
            assert (kind[3] == "counter") == current.endswith("_total"), f"{current} is a {kind[3]}"
            types[current], families[current] = kind[3], []
            continue
        found = SAMPLE.fullmatch(line)
        assert found, f"no sample: {line!r}"
        assert found[1] == current, f"{found[1]} stands in {current}"
        labels = dict(LABEL.findall(found[2]))
        assert (current, tuple(sorted(labels.items()))) not in seen, f"twice: {line}"
        seen.add((current, tuple(sorted(labels.items()))))
        families[current].append((labels, float(found[3])))
    for name, samples in families.items():
        assert samples, f"{name} has no samples"
        assert len({tuple(labels) for labels, _ in samples}) == 1, f"{name} has different labels"
    return families
