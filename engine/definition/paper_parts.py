"""What paper a workflow has: ``papers.yaml`` beside its definition, proved against it.

Papers are official Chinese: their titles are in both languages, because pages list them, their sentences in Chinese
alone. How a paper looks, and how it becomes a file, stands in ``documents``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, RootModel, StringConstraints, ValidationError

from engine.definition.loader import load_yaml
from engine.definition.model import Workflow
from engine.definition.parts import Label, Part, Slug
from engine.definition.reading import Path as Place
from engine.definition.reading import Positions, meant
from engine.definition.shapes import shape_problems
from engine.errors import DefinitionError, Problem
from engine.text import Text

PAPERS_FILE: Final = "papers.yaml"
PAPERS_MAX: Final = 30
BESIDE_FIELDS: Final = frozenset({"unit", "session", "lead_unit"})
"""What sentences may name beside fields and roles: the case's unit, its congress session, the unit that handles it."""
NAMED: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PaperLook(StrEnum):
    """FORM: a ruled table of fields. LETTER: addressed to somebody, with paragraphs, a signature and a date."""

    FORM = "form"
    LETTER = "letter"


class PaperPart(Part):
    """One paper. A sentence that names something which the case does not hold, or its reader may not see, is left out.

    ``after``: it can be made once one of these moves was made, and bears the day of the newest of them and what was
    said then; without, as soon as the case is there. ``rows`` are the fields and
    roles that a form holds and a letter shows under its text.
    """

    title: Label
    look: PaperLook
    after: tuple[Slug, ...] = ()
    number: Slug | None = None
    to: Sentence | None = None
    says: tuple[Sentence, ...] = ()
    rows: tuple[Slug, ...] = ()
    signed: Sentence | None = None


class Papers(RootModel[Annotated[dict[Slug, PaperPart], Field(min_length=1, max_length=PAPERS_MAX)]]):
    """All papers of a workflow by their keys, in the order in which pages list them."""


def load_papers(path: Path) -> tuple[Papers, Positions]:
    """Read the papers of a workflow; raises DefinitionError naming every key and value whose shape is wrong."""
    data, positions = load_yaml(path)
    try:
        return Papers.model_validate_json(json.dumps(data), strict=True), positions
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise DefinitionError(shape_problems(errors, data, _schema(), positions, str(path))) from error


def own_papers(folder: Path, workflow: str) -> Mapping[str, PaperPart]:
    """Return the papers that a workflow brings along, none where it has no file of them."""
    path = folder / workflow / PAPERS_FILE
    return _loaded(path, path.stat().st_mtime_ns).root if path.is_file() else {}


@lru_cache(maxsize=64)
def _loaded(path: Path, _changed_ns: int) -> Papers:
    return load_papers(path)[0]


@cache
def _schema() -> dict[str, Any]:  # JSON Schema is one of the doors where Any may stand
    return Papers.model_json_schema()


def paper_problems(path: Path, workflow: Workflow) -> list[Problem]:
    """Return what is wrong with the papers of a workflow: names of moves, fields and roles that it does not have."""
    try:
        papers, positions = load_papers(path)
    except DefinitionError as error:
        return list(error.problems)
    return [
        _unknown(str(path), positions, place, name, known)
        for key, part in papers.root.items()
        for place, name, kind in _named(key, part)
        if name not in (known := _known(workflow, kind))
    ]


def _named(key: str, part: PaperPart) -> Iterator[tuple[Place, str, str]]:
    """Yield every name that a paper uses: where, the name, and of what it must be one."""
    for index, move in enumerate(part.after):
        yield (key, "after", index), move, "transitions"
    for index, row in enumerate(part.rows):
        yield (key, "rows", index), row, "rows"
    if part.number is not None:
        yield (key, "number"), part.number, "fields"
    for index, sentence in enumerate(part.says):
        yield from (((key, "says", index), name, "words") for name in NAMED.findall(sentence))
    for place, said in (("to", part.to), ("signed", part.signed)):
        yield from (((key, place), name, "words") for name in NAMED.findall(said or ""))


def _known(workflow: Workflow, kind: str) -> frozenset[str]:
    match kind:
        case "transitions":
            return frozenset(workflow.transitions)
        case "fields":
            return frozenset(workflow.fields)
        case "rows":
            return frozenset(workflow.fields) | frozenset(workflow.roles)
        case _:
            return frozenset(workflow.fields) | frozenset(workflow.roles) | BESIDE_FIELDS


def _unknown(file: str, positions: Positions, place: Place, name: str, known: frozenset[str]) -> Problem:
    line, column = positions.at(place)
    return Problem(
        file=file,
        line=line,
        column=column,
        code="paper_names_unknown",
        text=Text(f"文书中的“{name}”不在流程中", f"The paper names '{name}', which the workflow does not have"),
        remedy=meant(name, known),
    )
