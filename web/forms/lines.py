"""Lines of rosters in a form, by what they are called: a name that was typed becomes the key of its line.

Only lines that the reader may see are offered, and only their names are looked up. Works without JavaScript: few lines
are suggested by the browser as one types, of many those that a name may mean are told when the form is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from engine.case.forms import Asked
from engine.case.identity import RootId
from engine.definition.compiled import Definition
from engine.errors import FieldProblem
from engine.service.roster_ports import NamedLine
from engine.text import Text
from web.forms.filled import PREFIX

SUGGESTED_MAX: Final = 200
"""So many lines are suggested as one types; of more, those that were typed and are not clear."""
NEAR_MAX: Final = 10
TYPED_MAX: Final = 1_000
_INDEX: Final = re.compile(r"\.[0-9]{1,4}\.")
_WITH_KEY: Final = re.compile(r"(.*?)\s*[(（]\s*([^()（）]+?)\s*[)）]")

Suggested = Mapping[str, Sequence[NamedLine]]
"""By field, or by column as ``table.column``: the lines to choose from."""


class LinesReads(Protocol):
    """The part of ``Reads`` that names lines."""

    def roster_named(
        self, root: RootId, principals: Sequence[str] | None, roster: str, *, called: str | None, limit: int
    ) -> Sequence[NamedLine]:
        """See ``engine.service.roster_ports``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The lines that somebody may see."""

    reads: LinesReads
    root: RootId
    principals: Sequence[str]

    def listed(self, roster: str) -> Sequence[NamedLine]:
        """Return the lines of a roster where they are few enough to be suggested; else none."""
        found = self.reads.roster_named(self.root, self.principals, roster, called=None, limit=SUGGESTED_MAX + 1)
        return found if len(found) <= SUGGESTED_MAX else ()

    def called(self, roster: str, text: str) -> Sequence[NamedLine]:
        """Return the lines that stand under this key or hold this in their name, in the order of their keys."""
        return self.reads.roster_named(self.root, self.principals, roster, called=text, limit=NEAR_MAX + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesTyped:
    """The form with keys in the place of names, what is not clear, and which lines that may mean."""

    posted: dict[str, list[str]]
    problems: tuple[FieldProblem, ...]
    near: Suggested


def rosters_named(definition: Definition) -> Mapping[str, str]:
    """Return the rosters by the fields and columns that name their lines."""
    return {reach.key: reach.roster for reach in definition.workflow.reaches.values()}


def suggested(definition: Definition, asked: Iterable[str], lines: Lines, near: Suggested) -> Suggested:
    """Return the lines that a form suggests; nothing is read where no field asks for one."""
    fields = set(asked)
    return {
        place: [*near.get(place, ()), *lines.listed(roster)]
        for place, roster in rosters_named(definition).items()
        if place.partition(".")[0] in fields
    }


def lines_typed(definition: Definition, asked: Asked, posted: Mapping[str, Sequence[str]], lines: Lines) -> LinesTyped:
    """Put keys in the place of the names that were typed into a form."""
    whole = {name: list(values) for name, values in posted.items()}
    problems: list[FieldProblem] = []
    near: dict[str, list[NamedLine]] = {}
    for control, place, roster in list(_controls(definition, asked, whole))[:TYPED_MAX]:
        typed = whole[control][0].strip()
        found = _meant(lines.called(roster, typed), typed) or _by_both(typed, lines, roster)
        if isinstance(found, str):
            whole[control] = [found]
        elif found:
            problems.append(FieldProblem(path=control.removeprefix(PREFIX), text=_unclear(typed, found)))
            near.setdefault(place, []).extend(found[:NEAR_MAX])
    return LinesTyped(posted=whole, problems=tuple(problems), near=near)


def _controls(
    definition: Definition, asked: Asked, posted: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield the controls in which something stands that names a line: with its field or column, and the roster."""
    rosters = rosters_named(definition)
    for control, values in posted.items():
        name = control.removeprefix(PREFIX)
        place = _INDEX.sub(".", name)
        is_asked = control.startswith(PREFIX) and place in rosters and place.partition(".")[0] in asked
        if is_asked and values and values[0].strip():
            yield control, place, rosters[place]


def _meant(found: Sequence[NamedLine], typed: str) -> str | Sequence[NamedLine]:
    """Return the key that was typed or meant, or the lines that may be meant; a key goes before any name."""
    if any(one.key == typed for one in found):
        return typed
    exact = [one for one in found if one.name == typed]
    if len(exact) == 1:
        return exact[0].key
    return exact or found


def _by_both(typed: str, lines: Lines, roster: str) -> str | Sequence[NamedLine]:
    """Return the key of a line that was typed as name and key, as the case page shows it."""
    parts = _WITH_KEY.fullmatch(typed)
    if parts is None:
        return ()
    return next((one.key for one in lines.called(roster, parts[2]) if one.key == parts[2]), ())


def _unclear(typed: str, found: Sequence[NamedLine]) -> Text:
    told = "、".join(f"{one.name}（{one.key}）" for one in found[:NEAR_MAX])
    told += "……" if len(found) > NEAR_MAX else ""
    return Text(
        f"“{typed}”不是名册中的编号，名称中含有它的有：{told}；请填编号或者完整名称",
        f"{typed!r} is no key of the roster; it stands in the names of {told}. Write the key or the whole name",
    )
