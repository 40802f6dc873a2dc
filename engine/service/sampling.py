"""A random sample for an inspection that anybody can draw again: the cases in the order of SHA-256(seed, case id).

The hash is taken of the seed, a line feed and the id of the case, in UTF-8; the smallest ones are drawn. The hash of
the population (all ids in their order, a line feed behind each) shows later from what was drawn.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.case.identity import CaseId
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

POPULATION_MAX: Final = 50_000
SIZE_MAX: Final = 500
_SEED: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was drawn: the cases in the order of drawing, from how many, and the hash of those."""

    seed: str
    drawn: tuple[CaseId, ...]
    population: int
    digest: str


def draw_sample(population: Iterable[CaseId], seed: str, size: int) -> Sample:
    """Return the sample of a population; all of it, in the order of drawing, where it is no larger.

    >>> draw_sample([CaseId("a"), CaseId("b"), CaseId("c")], "2026", 2).drawn
    ('b', 'a')
    """
    ids = sorted(set(population))
    digest = hashlib.sha256("".join(f"{case}\n" for case in ids).encode()).hexdigest()
    drawn = sorted(ids, key=lambda case: (_rank(seed, case), case))[:size]
    return Sample(seed=seed, drawn=tuple(drawn), population=len(ids), digest=digest)


def demand_drawable(seed: str, size: str) -> int:
    """Return the size of a sample as a number; raises FormInvalid for everything that is wrong with it and the seed."""
    problems: list[FieldProblem] = []
    if _SEED.fullmatch(seed) is None:
        problems.append(
            FieldProblem(
                path="seed",
                text=Text(
                    "种子请用 1 到 64 个字母、数字或“-”；留空则由系统抽取",
                    "A seed has 1 to 64 letters, digits or hyphens; leave it empty to have one drawn",
                ),
            )
        )
    number = int(size) if size.isascii() and size.isdigit() and len(size) < 6 else 0
    if not 1 <= number <= SIZE_MAX:
        text = Text(f"抽样件数请填 1 到 {SIZE_MAX}", f"Draw 1 to {SIZE_MAX} cases")
        problems.append(FieldProblem(path="size", text=text))
    if problems:
        raise FormInvalid(problems)
    return number


def too_many(population: Sequence[CaseId]) -> bool:
    """Say whether there are more cases than can be drawn from at once."""
    return len(population) > POPULATION_MAX


def _rank(seed: str, case: CaseId) -> bytes:
    return hashlib.sha256(f"{seed}\n{case}".encode()).digest()
