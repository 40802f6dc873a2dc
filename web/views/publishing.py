"""What stands on the pages of publishing: what a version changes in words, and what was published here before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.access.directory import Person
from engine.case.codec import instant
from engine.case.identity import PersonId
from engine.definition.compare import differences
from engine.definition.model import Workflow
from engine.service.publications import PublicationRow
from engine.service.rules_door import ProposedRules
from web.views.diagrams import Diagram, workflow_diagram
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    """A version before it is published; ``changes`` is None where there is no version before it."""

    title: str
    version: int
    before: int | None
    changes: tuple[str, ...] | None
    diagram: Diagram | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationLine:
    """A version that was published here."""

    name: str
    version: int
    at: str
    by: str
    reason: str
    may_go: bool


def preview_view(proposed: ProposedRules, text: str, words: Words) -> PreviewView:
    """Return what a version would change."""
    part, before = proposed.part, proposed.before
    changes: tuple[str, ...] | None = None
    if isinstance(part, Workflow) and isinstance(before, Workflow):
        changes = tuple(words.say(one) for one in differences(before, part))
    return PreviewView(
        title=words.say(part.title.text),
        version=part.version,
        before=None if before is None else before.version,
        changes=changes,
        diagram=workflow_diagram(part, words) if isinstance(part, Workflow) else None,
        text=text,
    )


def publication_lines(
    rows: Sequence[PublicationRow], kind: str, people: Mapping[PersonId, Person], words: Words
) -> list[PublicationLine]:
    """Return what was published of one kind, the newest first."""
    newest: dict[str, int] = {row.name: row.version for row in rows if row.kind == kind}
    shown = sorted((row for row in rows if row.kind == kind), key=lambda row: row.published_at, reverse=True)
    return [
        PublicationLine(
            name=row.name,
            version=row.version,
            at=words.short_instant(instant(row.published_at)),
            by=_who(row, people, words),
            reason=row.reason,
            may_go=kind == "definition" and newest[row.name] == row.version,
        )
        for row in shown
    ]


def _who(row: PublicationRow, people: Mapping[PersonId, Person], words: Words) -> str:
    if row.by is None:
        return words.t("publish_machine")
    known = people.get(PersonId(row.by))
    return row.by if known is None else known.name
