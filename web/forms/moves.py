"""The offered moves of a case as forms, with what was typed, what was refused and what changed meanwhile."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid, StaleCase
from engine.service.queries import CaseView
from web.forms.people import PeopleTyped
from web.forms.widgets import FormMaker, Kind, Widget
from web.views.changes import Changes
from web.views.fields import format_of
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A move that was refused: what was typed under which key, and why it was refused; None for names looked up.

    ``seen`` is the version that was looked at. ``note`` is said above what was kept and is typed again by itself.
    """

    transition: str
    key: str
    values: Mapping[str, JsonValue]
    refusal: BanjieError | None
    people: PeopleTyped | None = None
    seen: int | None = None
    note: str | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLink:
    """One thing that is wrong: ``anchor`` is the control where it is put right, None where it is none of the form."""

    anchor: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """One move to make. ``key`` makes it happen once, ``version`` is that of the case the reader looks at.

    ``draft_of`` says whose form it is, where what is typed may be kept; ``draft`` when that was done last, and
    ``resume`` where it is taken up again. ``changes`` are those since the version that somebody had looked at.
    """

    transition: str
    title: str
    address: str
    key: str
    version: int
    source: str | None
    widgets: tuple[Widget, ...]
    message: str | None = None
    message_source: str | None = None
    is_open: bool = field(default=False)
    draft_of: str | None = None
    draft: str | None = None
    resume: str | None = None
    note: str | None = None
    changes: Changes | None = None
    errors: tuple[ErrorLink, ...] = ()

    @property
    def has_files(self) -> bool:
        """Whether the form has to be sent in parts."""
        return any(widget.kind is Kind.FILES for widget in self.widgets)

    @property
    def has_long_text(self) -> bool:
        """Whether there is enough to write that one may want to go on another time."""
        return has_long_text(self.widgets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What keeps the forms of somebody who is logged in: their stamps, and when a draft of them was kept last."""

    stamp: Callable[[str], str]
    kept: Mapping[str, str] = field(default_factory=dict)


def has_long_text(widgets: Iterable[Widget]) -> bool:
    """Return whether a form asks for a text of several lines."""
    return any(widget.kind in (Kind.AREA, Kind.LINES) for widget in widgets)


def error_links(
    widgets: Iterable[Widget], form: str, words: Words, others: Iterable[str] = ()
) -> tuple[ErrorLink, ...]:
    """Return what stands on top of a refused form: a way to each field that is wrong, and what else there is to say."""
    wrong = (
        ErrorLink(
            anchor=f"{form}-{widget.name}",
            text=widget.error if widget.title in widget.error else f"{widget.title}{words.t('colon')}{widget.error}",
        )
        for widget in widgets
        if widget.error
    )
    return (*wrong, *(ErrorLink(anchor=None, text=text) for text in others))


def move_forms(
    view: CaseView,
    maker: FormMaker,
    sources: Mapping[str, str],
    attempt: Attempt | None,
    *,
    keeping: Keeping | None = None,
    changes: Changes | None = None,
) -> tuple[MoveForm, ...]:
    """Return a form for each move offered, in the definition's order; the one that was refused stands open.

    ``changes`` are those of the case since the one that was refused was shown.
    """
    words, workflow = maker.words, view.definition.workflow
    forms = []
    for name in view.offered:
        part = workflow.transitions[name]
        tried = attempt if attempt is not None and attempt.transition == name else None
        refusal = None if tried is None else tried.refusal
        address = f"/cases/{view.case.id}/{name}"
        widgets = maker.widgets(
            part.form,
            _standing(view, part.form) if tried is None else tried.values,
            () if tried is None else tried.problems,
        )
        kept = None if keeping is None or tried is not None else keeping.kept.get(address)
        forms.append(
            MoveForm(
                transition=name,
                title=words.say(part.title.text),
                address=address,
                key=secrets.token_urlsafe(16) if tried is None else tried.key,
                version=view.case.version,
                source=sources.get(name),
                widgets=widgets,
                message=None if refusal is None else _said(refusal, changes, view.definition, words),
                message_source=None if refusal is None else source_of(refusal, words.language),
                is_open=tried is not None,
                draft_of=None if keeping is None or not widgets else keeping.stamp(address),
                draft=kept,
                resume=None if kept is None else f"/cases/{view.case.id}?draft=open&move={name}",
                note=None if tried is None else tried.note,
                changes=None if tried is None else changes,
                errors=() if refusal is None else error_links(widgets, name, words, _elsewhere(tried, widgets, words)),
            )
        )
    return tuple(forms)


def message_of(refusal: BanjieError, definition: Definition, words: Words) -> str:
    """Return what a refusal says; wrong fields are named by their titles."""
    if not isinstance(refusal, FormInvalid):
        return words.say(refusal.text)
    fields = definition.workflow.fields
    names = dict.fromkeys(problem.path.partition(".")[0] for problem in refusal.fields)
    titles = (words.say(fields[name].title.text) if name in fields else name for name in names)
    return words.t("form_wrong", fields=words.listed(titles))


def _elsewhere(attempt: Attempt | None, widgets: Sequence[Widget], words: Words) -> list[str]:
    """Return what is wrong with fields that the form does not show."""
    shown = {widget.name for widget in widgets}
    problems = () if attempt is None else attempt.problems
    return [words.say(one.text) for one in problems if one.path.partition(".")[0] not in shown]


def _said(refusal: BanjieError, changes: Changes | None, definition: Definition, words: Words) -> str:
    """Return what a refusal says; where what changed stands below it, nobody has to look at the case anew for that."""
    if isinstance(refusal, StaleCase) and changes is not None:
        return words.t("changed_message")
    return message_of(refusal, definition, words)


def source_of(refusal: BanjieError, language: str) -> str | None:
    """Return document and article that a refusal stands on, None where it names none."""
    source = refusal.details.get("source")
    return str(source[language]) if isinstance(source, dict) else None


def _standing(view: CaseView, asked: Iterable[str]) -> dict[str, JsonValue]:
    """Return what a form begins with: the proposer's own text when it is revised, and the case merged into.

    Nothing else: an answer of last time, sent again unread, would be taken for a new one.
    """
    workflow = view.definition.workflow
    return {
        name: view.fields[name]
        for name in asked
        if name in view.fields and (name in workflow.opening or format_of(workflow.fields[name]) == "case")
    }
