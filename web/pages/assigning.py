"""Assigning a case with the units beside it that handled the same kind before; who decides is the one who assigns."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import JsonValue
from starlette.requests import Request
from starlette.responses import Response

from api.rendering import number_of
from engine.case.identity import CaseId, UnitId
from engine.service.queries import CaseView
from engine.service.suggesting import LOOKED_AT_MAX, Suggestion, assignment_of, suggestions
from web.forms.drafting import stamp_for
from web.forms.widgets import Choices, FormMaker, Widget
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.fields import FieldWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedUnit:
    """A unit that handled this kind before, in words; ``address`` chooses it for the form."""

    title: str
    facts: tuple[str, ...]
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignForm:
    """One move that assigns, with the units suggested for it."""

    move: str
    title: str
    address: str
    key: str
    draft_of: str
    version: int
    widgets: tuple[Widget, ...]
    suggested: tuple[SuggestedUnit, ...]


def assigning_pages(shell: Shell) -> Pages:
    """Return the address at which somebody assigns; the form is sent to that of the case."""
    router = Pages()

    @router.get("/assign/{case_id}")
    def assign(request: Request, case_id: str) -> Response:
        visit = shell.visit(request)
        world, words, asker = shell.world(visit), visit.words, visit.known
        view = shell.edge.desk.queries.case(asker.root, CaseId(case_id), asker.actor, world)
        workflow = view.definition.workflow
        writer = FieldWriter(
            words=words, definition=view.definition, surroundings=world.surroundings, persons={}, cases={}, files={}
        )
        category = workflow.category_field
        texts = [name for name in workflow.opening if view.fields.get(name) and _is_long(view, name)]
        return shell.page(
            visit,
            "assign.html",
            section="cases",
            number=number_of(view) or words.t("no_number"),
            subject=str(view.fields.get(workflow.subject_field) or words.t("no_subject")),
            category=None
            if category is None or view.fields.get(category) is None
            else writer.shown(category, view.fields[category]).text,
            texts=[writer.shown(name, view.fields[name]) for name in texts],
            case_address=f"/cases/{case_id}",
            forms=list(_forms(shell, visit, view)),
            looked_at=LOOKED_AT_MAX,
        )

    return router


def _forms(shell: Shell, visit: Visit, view: CaseView) -> Iterator[AssignForm]:
    workflow, asker, words = view.definition.workflow, visit.known, visit.words
    surroundings = shell.world(visit).surroundings
    chosen = visit.request.query_params.get("unit", "")
    maker = FormMaker(words=words, definition=view.definition, choices=Choices(surroundings=surroundings))
    for name in view.offered:
        effect = assignment_of(workflow, name)
        if effect is None:
            continue
        part = workflow.transitions[name]
        found = suggestions(shell.edge.desk, asker.root, asker.actor, view.case, workflow, name)
        known = chosen if chosen in surroundings.units else ""
        values: dict[str, JsonValue] = {effect.lead: known} if known and effect.lead else {}
        yield AssignForm(
            move=name,
            title=words.say(part.title.text),
            address=f"/cases/{view.case.id}/{name}",
            key=secrets.token_urlsafe(16),
            draft_of=stamp_for(shell, visit, f"/cases/{view.case.id}/{name}"),
            version=view.case.version,
            widgets=maker.widgets(part.form, values),
            suggested=tuple(
                SuggestedUnit(
                    title=words.say(surroundings.units[one.unit].title),
                    facts=tuple(_facts(one, visit)),
                    address=f"/assign/{view.case.id}?{urlencode({'unit': one.unit})}#form-{name}",
                    is_chosen=one.unit == UnitId(known),
                )
                for one in found
            ),
        )


def _facts(one: Suggestion, visit: Visit) -> Iterator[str]:
    words = visit.words
    yield words.t("assign_handled", n=one.handled)
    if one.in_time:
        yield words.t("assign_in_time", n=one.in_time)
    if one.late:
        yield words.t("assign_late", n=one.late)
    if one.passed_on:
        yield words.t("assign_passed_on", n=one.passed_on)
    yield words.t("assign_newest", on=words.day(one.newest_at))


def _is_long(view: CaseView, name: str) -> bool:
    """Return whether a field of the opening is a text that says what the case is about."""
    schema = view.definition.workflow.fields[name].json_schema
    longest = schema.get("maxLength")
    return schema.get("type") == "string" and isinstance(longest, int) and longest > 1_000
