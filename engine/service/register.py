"""The public register (公开登记册): what was published with consent, and of it what everybody may read.

Who reads it is nobody in particular, so everything here is asked as the principal ``REGISTER`` and never as a person:
what was not published does not exist, whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from engine.access.readers import REGISTER
from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.case.search_words import search_texts
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Privacy, Publish
from engine.errors import CaseNotFound
from engine.service.ports import CaseFilter, Reads
from engine.service.word_lists import page_with_words
from engine.service.world import World

_OPEN = (Privacy.PUBLIC, Privacy.INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published case: ``texts`` are what consent covers beside the public ``fields``, in the definition's order."""

    case: Case
    definition: Definition
    texts: Mapping[str, JsonValue]
    fields: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPage:
    """A page of the register, the newest first; ``next`` is the key of the page after it, None on the last.

    ``is_cut``: it may be short of what there is, and going on finds it (``Page``).
    """

    cases: Sequence[Published]
    next: str | None
    is_cut: bool = False


def published_by(workflow: Workflow) -> bool:
    """Return whether some move of a workflow publishes its cases."""
    return any(
        isinstance(effect, Publish)
        for part in workflow.transitions.values()
        for effects in (part.effects, *(way.effects for way in part.alternatives))
        for effect in effects
    )


def register_page(
    reads: Reads, root: RootId, world: World, where: CaseFilter, *, after: str | None = None, limit: int = 50
) -> RegisterPage:
    """Return a page of the register; raises InputRefused where ``after`` is no key of a page, or a text no words."""
    if where.text is None:
        page = reads.list_cases(root, [REGISTER], where, after=after, limit=limit)
    else:
        page = page_with_words(reads, root, [REGISTER], where, world, _printed, after=after, limit=limit)
    found = {case.id: case for case in reads.cases(root, [line.id for line in page.lines])} if page.lines else {}
    cases = [_published(found[line.id], world) for line in page.lines if line.id in found]
    return RegisterPage(cases=cases, next=page.next, is_cut=page.is_cut)


def published_case(reads: Reads, root: RootId, case_id: CaseId, world: World) -> Published:
    """Return one published case; raises CaseNotFound for any other."""
    case = reads.case(root, case_id, [REGISTER])
    if case is None:
        raise CaseNotFound
    return _published(case, world)


def _printed(case: Case, definition: Definition) -> Mapping[str, str]:
    """Return the texts by which a published case may be found: what else is said of it, nobody learns by a search."""
    published = _covered(case, definition)
    printed = published.texts.keys() | published.fields.keys()
    return {name: text for name, text in search_texts(case, definition).items() if name in printed}


def _published(case: Case, world: World) -> Published:
    return _covered(case, world.rules.pinned(case.pins.definition, case.pins.lists))


def _covered(case: Case, definition: Definition) -> Published:
    parts = definition.workflow.fields
    covered = {
        name
        for part in definition.workflow.transitions.values()
        for effect in part.effects
        if isinstance(effect, Publish)
        for name in effect.fields
        if parts[name].privacy in _OPEN
    }
    known = [name for name in parts if case.data.get(name) not in (None, "", [])]
    opening = definition.workflow.opening
    # What was set to something at first and never said by anybody says nothing to readers either.
    said = [name for name in known if name in opening or case.data[name] != parts[name].initial]
    return Published(
        case=case,
        definition=definition,
        texts={name: case.data[name] for name in known if name in covered},
        fields={
            name: case.data[name] for name in said if parts[name].privacy is Privacy.PUBLIC and name not in covered
        },
    )
