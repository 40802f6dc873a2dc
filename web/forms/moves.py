"""The offered moves of a case as forms, with what was typed and what was refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid
from engine.service.queries import CaseView
from web.forms.people import PeopleTyped
from web.forms.widgets import FormMaker, Kind, Widget
from web.views.fields import format_of
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A move that was refused: what was typed under which key, and why it was refused; None for names looked up."""

    transition: str
    key: str
    values: Mapping[str, JsonValue]
    refusal: BanjieError | None
    people: PeopleTyped | None = None

    @property
    def problems(self) -> tuple[FieldProblem, ...]:
        """What was wrong with single fields."""
        return self.refusal.fields if isinstance(self.refusal, FormInvalid) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForm:
    """One move to make. ``key`` makes it happen once, ``version`` is that of the case the reader looks at."""

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

    @property
    def has_files(self) -> bool:
        """Whether the form has to be sent in parts."""
        return any(widget.kind is Kind.FILES for widget in self.widgets)


def move_forms(
    view: CaseView, maker: FormMaker, sources: Mapping[str, str], attempt: Attempt | None
) -> tuple[MoveForm, ...]:
    """Return a form for each move offered, in the definition's order; the one that was refused stands open."""
    words, workflow = maker.words, view.definition.workflow
    forms = []
    for name in view.offered:
        part = workflow.transitions[name]
        tried = attempt if attempt is not None and attempt.transition == name else None
        refusal = None if tried is None else tried.refusal
        forms.append(
            MoveForm(
                transition=name,
                title=words.say(part.title.text),
                address=f"/cases/{view.case.id}/{name}",
                key=secrets.token_urlsafe(16) if tried is None else tried.key,
                version=view.case.version,
                source=sources.get(name),
                widgets=maker.widgets(
                    part.form,
                    _standing(view, part.form) if tried is None else tried.values,
                    () if tried is None else tried.problems,
                ),
                message=None if refusal is None else message_of(refusal, view.definition, words),
                message_source=None if refusal is None else source_of(refusal, words.language),
                is_open=tried is not None,
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
