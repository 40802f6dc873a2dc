"""The ways to bring something forward, side by side: who knows the name, who reads the text, how to follow it.

All of it comes from the definitions: their levels of confidentiality, the posts that read, and up to which privacy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Bind, Privacy, Publish
from engine.service.families import effects_of
from web.words import Words

_ORDER = tuple(Privacy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to file: what it is called, where its form is, and what becomes known to whom."""

    title: str
    address: str
    start: str
    name: str
    text: str
    short: str
    follow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of case and the ways to file it."""

    title: str
    purpose: str
    table: str
    note: str | None
    ways: tuple[Way, ...]

    @property
    def has_short(self) -> bool:
        """Whether anybody reads a summary only."""
        return any(way.short for way in self.ways)


def kind_of(definition: Definition, words: Words) -> Kind:
    """Return a kind of case with its ways, the open ones first."""
    workflow = definition.workflow
    title = words.say(workflow.title.text)
    return Kind(
        title=title,
        purpose=words.say(workflow.purpose.text),
        table=words.t("filing_table", title=title),
        note=words.t("filing_published") if workflow.identity is None and _publishes(workflow) else None,
        ways=tuple(_ways(definition, words, title)),
    )


def _ways(definition: Definition, words: Words, title: str) -> Iterator[Way]:
    workflow, identity = definition.workflow, definition.workflow.identity
    address = f"/cases/new/{workflow.name}"
    whole = Privacy.INTERNAL if identity is None else Privacy.CONFIDENTIAL
    others = tuple(_named_later(workflow, words)) if identity is None else ()
    readers = words.listed([*_posts(definition, words, at_least=whole), *others])
    some = tuple(_posts(definition, words, at_least=Privacy.INTERNAL, below=whole))
    brief = words.listed(some) if some else ""
    # Where identity is not kept apart, everybody who sees the case sees who is concerned.
    known = words.listed([*_posts(definition, words, at_least=Privacy.PUBLIC), *others])
    login = words.t("filing_follow_login")
    code_list = None if identity is None else definition.list_of(identity.level)
    if identity is None or code_list is None:
        start = words.t("filing_start", title=title)
        yield Way(title=title, address=address, start=start, name=known, text=readers, short=brief, follow=login)
        return
    nameless = definition.anonymous_codes.get(identity.level, frozenset())
    strict = definition.strict_codes.get(identity.level, frozenset()) - nameless
    levels = {item.code: words.say(item.title.text) for item in code_list.items}
    named = [code for code in levels if code not in strict and code not in nameless]
    if named:
        first = _initial(definition, identity.level, named)
        yield Way(
            title=words.t("filing_named_level", levels=words.listed(levels[code] for code in named)),
            address=f"{address}?level={first}",
            start=words.t("filing_start_level", title=title, level=words.t("filing_named")),
            name=readers,
            text=readers,
            short=brief,
            follow=login,
        )
    for code in (code for code in levels if code in strict):
        yield Way(
            title=levels[code],
            address=f"{address}?level={code}",
            start=words.t("filing_start_level", title=title, level=levels[code]),
            name=words.t("filing_two_name"),
            text=readers,
            short=brief,
            follow=login,
        )
    for code in (code for code in levels if code in nameless):
        yield Way(
            title=levels[code],
            address="/anonymous",
            start=words.t("filing_start_nameless"),
            name=words.t("filing_nobody_name"),
            text=readers,
            short=brief,
            follow=words.t("filing_follow_code"),
        )


def _initial(definition: Definition, level: str, named: Sequence[str]) -> str:
    initial = definition.workflow.fields[level].initial
    return str(initial) if initial in named else named[0]


def _publishes(workflow: Workflow) -> bool:
    return any(isinstance(effect, Publish) for name in workflow.transitions for effect in effects_of(workflow, name))


def _named_later(workflow: Workflow, words: Words) -> Iterator[str]:
    """Yield the roles to which somebody else than who filed names a person, as a mediator."""
    own = workflow.opener_becomes
    roles = (
        effect.role
        for name, part in workflow.transitions.items()
        if own not in part.by
        for effect in effects_of(workflow, name)
        if isinstance(effect, Bind) and effect.who != "actor" and effect.those_in is None and effect.role != own
    )
    for role in dict.fromkeys(roles):
        yield words.say(workflow.roles[role].title.text)


def _posts(definition: Definition, words: Words, *, at_least: Privacy, below: Privacy | None = None) -> Iterator[str]:
    """Yield the posts that read up to a privacy; those that come to see a case later are among them."""
    for role in definition.workflow.roles.values():
        reads = _ORDER.index(role.reads)
        if role.bound != "grant" or not role.sees or reads < _ORDER.index(at_least):
            continue
        if below is None or reads < _ORDER.index(below):
            yield words.say(role.title.text)
