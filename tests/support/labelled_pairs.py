"""The labelled pairs of proposals and grievances, and how a threshold judges them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from engine.case.likeness import Features, features, likeness

FILE: Final = Path(__file__).parents[1] / "data" / "similar_pairs.tsv"


class LabelledPair(NamedTuple):
    """Two texts and what somebody who read both says of them: similar, same_topic or unrelated."""

    label: str
    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a threshold makes of pairs: shown and similar, shown and not, similar and not shown."""

    right: int
    wrong: int
    missed: int
    unrelated_shown: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@cache
def labelled_pairs() -> tuple[LabelledPair, ...]:
    """Return the pairs in the order of the file; those with an even place choose a threshold, the others judge it."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return tuple(LabelledPair(*line.split("\t")) for line in lines if line and not line.startswith("#"))


def judged(pairs: Sequence[LabelledPair], threshold: float) -> Judged:
    """Return how a threshold judges pairs."""
    shown = [pair for pair in pairs if likeness(matter(pair.one), matter(pair.other)).score >= threshold]
    right = sum(pair.label == "similar" for pair in shown)
    return Judged(
        right=right,
        wrong=len(shown) - right,
        missed=sum(pair.label == "similar" for pair in pairs) - right,
        unrelated_shown=sum(pair.label == "unrelated" for pair in shown),
    )


@cache
def matter(text: str) -> Features:
    """Return what a labelled text is compared by: its subject stands before the first semicolon."""
    subject, _sign, rest = text.partition("；")
    return features(subject, rest)
