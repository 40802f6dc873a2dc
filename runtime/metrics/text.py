"""The text format of Prometheus: families of samples as lines, and a histogram to count in.

Written here (ADR 0033): what is told is mostly read when it is asked for, so of a library only the writing of lines
would be left.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Labels = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number; ``suffix`` is what its name has behind that of its family (``_bucket``)."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The samples of one name. ``told`` is one sentence of English for whoever reads the numbers."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    told: str
    samples: Sequence[Sample]


class Histogram:
    """Counts values by upper bounds; safe to use from many threads."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        """Count one value; a bound is part of what stands under it."""
        with self._lock:
            self._counts[bisect_left(self._bounds, value)] += 1
            self._sum += value

    def samples(self) -> Sequence[Sample]:
        """Return the counts up to each bound, the sum and the count of all, as they stand at one moment."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        found, upto = [], 0
        for bound, count in zip((*(_number(one) for one in self._bounds), "+Inf"), counts, strict=True):
            upto += count
            found.append(Sample(value=upto, labels=(("le", bound),), suffix="_bucket"))
        return [*found, Sample(value=total, suffix="_sum"), Sample(value=upto, suffix="_count")]


def exposed(families: Iterable[Family]) -> str:
    r"""Return families as text.

    >>> print(exposed([Family(name="up", kind="gauge", told="Up.", samples=[Sample(value=1, labels=[("a", 'x"y')])])]))
    # HELP up Up.
    # TYPE up gauge
    up{a="x\"y"} 1
    <BLANKLINE>
    """
    lines: list[str] = []
    for family in families:
        lines += [f"# HELP {family.name} {_one_line(family.told)}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}" for one in family.samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return (
        "{"
        + ",".join(f'{name}="{_one_line(value).replace(chr(34), chr(92) + chr(34))}"' for name, value in labels)
        + "}"
    )


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
