"""What paper a workflow has: ``papers.yaml`` beside its definition, proved against it, and what units have instead.

``papers/<unit>.yaml``, by the code or the id of a unit, replaces parts of these papers for the cases of that unit and
of those below it, and may add papers; the nearest unit wins, part by part.

Papers are official Chinese: their titles are in both languages, because pages list them, their sentences in Chinese
alone. How a paper looks, and how it becomes a file, stands in ``documents``.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, JsonValue, RootModel, StringConstraints, ValidationError

from engine.definition.loader import load_yaml
from engine.definition.model import Workflow
from engine.definition.parts import Label, Part, Slug
from engine.definition.reading import Path as Place
from engine.definition.reading import Positions, meant
from engine.definition.shapes import shape_problems
from engine.errors import DefinitionError, Problem
from engine.text import Text

_LOG = logging.getLogger(__name__)
PAPERS_FILE: Final = "papers.yaml"
UNIT_PAPERS: Final = "papers"
"""The folder beside a definition in which units have files of their own."""
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
    roles that a form holds and a letter shows under its text; ``notes`` stand below them, numbered.
    """

    title: Label
    look: PaperLook
    after: tuple[Slug, ...] = ()
    number: Slug | None = None
    to: Sentence | None = None
    says: tuple[Sentence, ...] = ()
    rows: tuple[Slug, ...] = ()
    notes: tuple[Sentence, ...] = ()
    signed: Sentence | None = None


class Papers(RootModel[Annotated[dict[Slug, PaperPart], Field(min_length=1, max_length=PAPERS_MAX)]]):
    """All papers of a workflow by their keys, in the order in which pages list them."""


def load_papers(path: Path, below: Mapping[str, JsonValue] | None = None) -> tuple[Papers, Positions]:
    """Read the papers of a workflow, or those of a unit laid over what lies ``below`` them.

    Raises:
        DefinitionError: naming every key and value whose shape is wrong.
    """
    data, positions = load_yaml(path)
    whole = data if below is None else laid_over(below, data)
    try:
        return Papers.model_validate_json(json.dumps(whole), strict=True), positions
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise DefinitionError(shape_problems(errors, whole, _schema(), positions, str(path))) from error


def laid_over(below: Mapping[str, JsonValue], above: JsonValue) -> JsonValue:
    """Return papers with parts of them replaced: what a paper does not say anew stays as it is below.

    >>> laid_over({"reply": {"look": "letter", "to": "石"}}, {"reply": {"to": "翟"}})
    {'reply': {'look': 'letter', 'to': '翟'}}
    """
    if not isinstance(above, dict):
        return above
    papers = dict(below)
    for key, part in above.items():
        under = below.get(key)
        papers[key] = {**under, **part} if isinstance(under, dict) and isinstance(part, dict) else part
    return papers


def own_papers(folder: Path, workflow: str, units: Sequence[str] = ()) -> Mapping[str, PaperPart]:
    """Return the papers that a workflow brings along, as a unit has them; none where it has no file of them.

    ``units`` are the codes and ids of the unit and of those above it, the nearest first. A file of a unit that is
    wrong is left out, and the log says so.
    """
    beside = folder / workflow
    of_units = {path.stem: path for path in (beside / UNIT_PAPERS).glob("*.yaml")}
    # Only what is listed there is read: a code is typed by somebody, and might else lead anywhere.
    own = (of_units[unit] for unit in dict.fromkeys(reversed(units)) if unit in of_units)
    files = [path for path in (beside / PAPERS_FILE, *own) if path.is_file()]
    return _loaded(tuple((path, path.stat().st_mtime_ns) for path in files)).root if files else {}


def _place(problem: Problem) -> str:
    return f"{Path(problem.file).name}:{problem.line} {problem.code}"


@lru_cache(maxsize=256)
def _loaded(files: tuple[tuple[Path, int], ...]) -> Papers:
    (first, _changed), *others = files
    if first.name == PAPERS_FILE:
        papers = load_papers(first)[0]
    else:  # a workflow without papers, to which units add some
        papers, others = Papers.model_construct(root={}), list(files)
    for path, _changed_ns in others:
        try:
            papers = load_papers(path, _plain(papers))[0]
        except DefinitionError as error:  # one unit's slip is not to keep the cases of a house from being opened
            _LOG.warning("papers of a unit left out: %s", "; ".join(map(_place, error.problems)))
    return papers


def _plain(papers: Papers) -> dict[str, JsonValue]:
    """Return papers as plain data, that others can be laid over."""
    told: dict[str, JsonValue] = json.loads(papers.model_dump_json(exclude_unset=True))
    return told


@cache
def _schema() -> dict[str, Any]:  # JSON Schema is one of the doors where Any may stand
    return Papers.model_json_schema()


def paper_problems(path: Path, workflow: Workflow) -> list[Problem]:
    """Return what is wrong with the papers of a workflow or of a unit: names of moves, fields and roles that the
    workflow does not have."""
    try:
        below, own = _below(path), load_yaml(path)[0]
        papers, positions = load_papers(path, below)
    except DefinitionError as error:
        return list(error.problems)
    said = own if isinstance(own, dict) else {}
    return [
        _unknown(str(path), positions, place, name, known)
        for key, part in papers.root.items()
        if key in said
        for place, name, kind in _named(key, part)
        # What stands below is told of the file that says it.
        if name not in (known := _known(workflow, kind)) and _says(said[key], place)
    ]


def _below(path: Path) -> dict[str, JsonValue] | None:
    """Return what the papers of a unit are laid over; None for those of a workflow.

    A unit may change a paper that only a unit above it has added. Which unit that is stands in no file: whole papers of
    the other units are taken for what may lie below.
    """
    if path.absolute().parent.name != UNIT_PAPERS:
        return None
    of_workflow = path.absolute().parent.parent / PAPERS_FILE
    below = _plain(load_papers(of_workflow)[0]) if of_workflow.is_file() else {}
    added: dict[str, JsonValue] = {}
    for other in sorted(path.absolute().parent.glob("*.yaml")):
        if other.name != path.name:
            added.update(_whole_papers(other))
    return {**added, **below}


def _whole_papers(path: Path) -> Iterator[tuple[str, JsonValue]]:
    """Yield the papers of a file that are whole by themselves; what is wrong with the file is told where it is read."""
    with suppress(DefinitionError):
        said = load_yaml(path)[0]
        for key, part in said.items() if isinstance(said, dict) else ():
            with suppress(ValidationError):
                yield key, _plain(Papers.model_validate_json(json.dumps({key: part}), strict=True))[key]


def _says(own: JsonValue, place: Place) -> bool:
    """Tell whether a file itself says what stands at a place of one of its papers."""
    return isinstance(own, dict) and str(place[1]) in own


def _named(key: str, part: PaperPart) -> Iterator[tuple[Place, str, str]]:
    """Yield every name that a paper uses: where, the name, and of what it must be one."""
    for index, move in enumerate(part.after):
        yield (key, "after", index), move, "transitions"
    for index, row in enumerate(part.rows):
        yield (key, "rows", index), row, "rows"
    if part.number is not None:
        yield (key, "number"), part.number, "fields"
    for kind, sentences in (("says", part.says), ("notes", part.notes)):
        for index, sentence in enumerate(sentences):
            yield from (((key, kind, index), name, "words") for name in NAMED.findall(sentence))
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
