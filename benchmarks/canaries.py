"""``make campaign``: hundreds of cases whose secret fields hold a word of their own, read by everybody in every way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.hunting import bug, caught
from benchmarks.report import Results

CASES: Final = 500
SEARCHED: Final = 40
FEW: Final = 12
"""Cases of a house with a bug in it: every level, with and without somebody complained about."""


@dataclass(slots=True)
class Read:
    """What was read in one house: where a secret was told to whom not, and where one was kept from whom it is for."""

    answers: int = 0
    messages: int = 0
    leaks: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)


def canaries(results: Results, folder: Path, _number: int) -> None:
    """Ask every address of API and pages as every role; render every message; look into tables and log lines."""
    read = hunted_in(folder / "canaries", CASES, searched=SEARCHED)
    results.add(
        f"{CASES} cases of all levels, {read.answers} answers to 11 roles, {read.messages} messages: secrets told to "
        "whom not", len(read.leaks), "", "0", met=not read.leaks, note="; ".join(sorted(read.leaks)[:3]),
    )  # fmt: skip
    results.add(
        f"{read.answers} answers: secrets not shown to whom they may be, and server errors",
        len(read.missing), "", "0", met=not read.missing, note="; ".join(sorted(read.missing)[:3]),
    )  # fmt: skip


def canary_bugs(results: Results, folder: Path, _number: int) -> None:
    """Put each bug of disclosure into a small house of its own; the hunt must see a secret told or missing."""
    found = {}
    for place, (name, (target, instead, viewer, is_found)) in enumerate(sorted(BUGS.items())):
        wrong = bug((target,), instead)
        of_writing = {"filling": wrong} if target in WHEN_WRITING else {"reading": wrong}
        house = folder / f"canaries-bug-{place}"
        read = hunted_in(house, FEW, searched=FEW, viewers=(viewer,), **of_writing)
        found[name] = any(is_found in told for told in read.leaks | read.missing)
    caught(results, "canary", found)


def hunted_in(
    folder: Path,
    count: int,
    *,
    searched: int,
    viewers: Sequence[str] = (),
    filling: AbstractContextManager[None] | None = None,
    reading: AbstractContextManager[None] | None = None,
) -> Read:
    """Fill a house with that many cases, seal it, and read all of it as everybody, or as some.

    ``filling`` and ``reading`` are blocks around the two parts, for bugs.
    """
    from runtime.signer.keeper import Keeper
    from tests.support.canaries import (
        NOON,
        VIEWERS,
        code_holders,
        crawl,
        kept_in_the_open,
        listening,
        messages,
        said_of_secrets,
        seed,
        told_outside,
    )
    from tests.support.house import client_of, open_house
    from tests.support.sealing import sealed

    folder.mkdir()
    url = f"sqlite:///{folder}/canaries.db"
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    with _closing(Keeper(folder / "signer")) as keeper, listening() as lines, open_house(url, NOON) as house:
        with filling or nullcontext():
            seeded = seed(house, count)
        with reading or nullcontext(), client_of(house) as client:
            # Only what is sealed is handed out as a bundle.
            sealed(house, keeper)
            found = crawl(house, client, seeded, viewers or VIEWERS, searched=searched)
            coming_back = code_holders(client, seeded)
            sent = messages(house)
        leaks = found.leaks | coming_back.leaks | told_outside(sent, seeded) | kept_in_the_open(url, seeded)
        leaks |= said_of_secrets(lines, seeded, allowed=frozenset())
    return Read(
        answers=found.answers + coming_back.answers,
        messages=len(sent),
        leaks=leaks,
        missing=found.missing | coming_back.missing | found.failures,
    )


@contextmanager
def _closing(keeper: Any) -> Iterator[Any]:
    try:
        yield keeper
    finally:
        keeper.close()


def _everything(_case: object, definition: Any, *_who: object) -> Any:
    from engine.access.disclosure import Disclosure

    return Disclosure(fields=frozenset(definition.workflow.fields))


def _nobody(*_cases: object) -> frozenset[str]:
    return frozenset()


def _no(*_asked: object) -> bool:
    return False


def _none(*_asked: object) -> None:
    return None


WHEN_WRITING: Final = frozenset({"engine.service.steps.recused_of", "engine.access.readers.accused_units"})
"""Who may read is worked out when a case changes."""
BUGS: Final[Mapping[str, tuple[str, Callable[..., object], str, str]]] = {
    # name: what is replaced, by what, as whom is read, and what the hunt must say then
    "every field is shown to whoever sees the case": (
        "engine.service.queries.disclosed", _everything, "auditor", "auditor reads content of internal"),
    "export ignores levels": ("engine.service.proving.disclosed", _everything, "auditor", "/cases/{case}/bundle"),
    "who filed is named in confidential cases": (
        "engine.access.disclosure.is_strict", _no, "office", "office reads petitioner_name of confidential"),
    "recused persons not excluded": (
        "engine.service.steps.recused_of", _nobody, "accused person", "accused person reads content of internal"),
    "units complained about not excluded": (
        "engine.access.readers.accused_units", _nobody, "accused unit head", "accused unit head reads subject"),
    "reader check left out of the list": (
        "engine.service.queries._principals", _none, "other", "other finds open by its subject"),
    "a message tells of confidential cases": (
        "notifications.phrasing.is_confidential", _no, "office", "a message to office holds subject of confidential"),
}  # fmt: skip
