"""Reads the text format of Prometheus (0.0.4) by its grammar, apart from who wrote it; refuses what it forbids."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)(?: -?\d+)?")
_KINDS = frozenset({"counter", "gauge", "histogram", "summary", "untyped"})
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


@dataclass(slots=True)
class Read:
    """A family: its kind, its help, and its samples by name and labels."""

    kind: str
    told: str = ""
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(default_factory=dict)


def read_exposition(text: str) -> dict[str, Read]:
    """Return the families of a text; raises ValueError for what a scraper would refuse."""
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    families: dict[str, Read] = {}
    helps: dict[str, str] = {}
    here = ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, told = line[7:].partition(" ")
            if name in helps:
                raise ValueError(f"{name} is told of twice")
            helps[name] = told
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            if name in families or kind not in _KINDS:
                raise ValueError(f"{name} has its type twice, or none that there is: {kind}")
            families[name], here = Read(kind, helps.get(name, "")), name
        elif line and not line.startswith("#"):
            _sample(line, here, families)
    for name, family in families.items():
        if family.kind == "histogram":
            _histogram(name, family)
    return families


def _sample(line: str, here: str, families: dict[str, Read]) -> None:
    found = _SAMPLE.fullmatch(line)
    if found is None:
        raise ValueError(f"no sample: {line!r}")
    name, labels, value = found[1], found[2] or "", found[3]
    family = families.get(here)
    endings = ("_bucket", "_sum", "_count") if family is not None and family.kind == "histogram" else ("",)
    if family is None or name not in {f"{here}{ending}" for ending in endings}:
        raise ValueError(f"{name} stands under {here or 'nothing'}")
    read, place = [], 0
    while place < len(labels):
        label = _LABEL.match(labels, place)
        if label is None:
            raise ValueError(f"no label: {labels[place:]!r}")
        read.append((label[1], re.sub(r"\\[\\\"n]", lambda m: _ESCAPED[m[0]], label[2])))
        place = label.end()
    key = name, tuple(sorted(read))
    if key in family.samples or len(dict(read)) < len(read):
        raise ValueError(f"twice: {line!r}")
    family.samples[key] = float(value.replace("+Inf", "inf"))


def _histogram(name: str, family: Read) -> None:
    buckets = [
        (float(dict(labels)["le"].replace("+Inf", "inf")), value)
        for (of, labels), value in family.samples.items()
        if of == f"{name}_bucket"
    ]
    counts = [value for _le, value in sorted(buckets)]
    total = family.samples[f"{name}_count", ()]
    if not buckets or max(buckets)[0] != float("inf") or counts != sorted(counts) or counts[-1] != total:
        raise ValueError(f"the buckets of {name} do not add up")
    if family.samples[f"{name}_sum", ()] < 0:
        raise ValueError(f"the sum of {name} is below nothing")
