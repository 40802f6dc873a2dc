"""The public register in the words of GeoReport v2 (Open311), for programs: nothing that its pages do not print.

What the register leaves open the form leaves open: no place, no coordinates, and nobody's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.parts import Milestone, Phase, Privacy, Publish
from engine.service.register import Published, published_by
from engine.service.world import World
from web.views.fields import Shown
from web.views.lines import shown_workflows
from web.views.progress import FIVE
from web.views.register import register_case
from web.words import Words

Json: TypeAlias = dict[str, JsonValue]
_READABLE: Final = (Privacy.PUBLIC, Privacy.INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One kind of published case: a workflow, or a category of it where the register prints categories."""

    workflow: str
    category: str | None
    name: str
    group: str

    @property
    def code(self) -> str:
        """The code by which a client asks for it, ``proposal.welfare``."""
        return self.workflow if self.category is None else f"{self.workflow}.{self.category}"


def services(world: World, words: Words) -> tuple[Service, ...]:
    """Return what may be published here: each workflow whole, and after it its categories."""
    found: list[Service] = []
    for workflow in shown_workflows(world.rules):
        if not published_by(workflow):
            continue
        group = words.say(workflow.title.text)
        found.append(Service(workflow=workflow.name, category=None, name=group, group=group))
        definition = world.rules.for_new(workflow.name, None)
        field = workflow.category_field
        code_list = None if field is None or not _is_printed(field, definition) else definition.list_of(field)
        for item in () if code_list is None else code_list.items:
            name = f"{group} · {words.say(item.title.text)}"
            found.append(Service(workflow=workflow.name, category=item.code, name=name, group=group))
    return tuple(found)


def service_json(service: Service) -> Json:
    """Return a line of ``services.json``."""
    return {
        "service_code": service.code,
        "service_name": service.name,
        "description": service.name,
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": service.group,
    }


def request_json(published: Published, world: World, words: Words) -> Json:
    """Return a published case as a service request.

    ``requested_datetime`` and ``updated_datetime`` are the beginning of a day: the register prints days.
    """
    case, workflow = published.case, published.definition.workflow
    shown = register_case(published, world, words)
    known: Mapping[str, JsonValue] = {**published.fields, **published.texts}
    category = None if workflow.category_field is None else known.get(workflow.category_field)
    reached = [case.milestones[each] for each in FIVE if shown.steps and each in case.milestones]
    group = words.say(workflow.title.text)
    return {
        "service_request_id": case.id,
        "status": status_word(case),
        "status_notes": shown.state,
        "service_name": group if category is None else f"{group} · {shown.row.category}",
        "service_code": workflow.name if category is None else f"{workflow.name}.{category}",
        "description": shown.row.subject,
        "agency_responsible": shown.row.unit,
        "requested_datetime": _day(case.opened_at),
        "updated_datetime": _day(max([case.opened_at, *reached])),
        "expected_datetime": None,
        "address": None,
        "lat": None,
        "long": None,
        "media_url": None,
        "extended_attributes": {
            "number": shown.row.number,
            "congress_session": shown.row.session,
            "milestones": [{"title": step.title, "on": step.on} for step in shown.steps if step.on is not None],
            "fields": _fields_json((*shown.texts, *shown.more)),
        },
    }


def status_word(case: Case) -> str:
    """Return how the form says where a case stands: ``closed`` from its closing (结案) on, else ``open``."""
    return "closed" if case.phase is Phase.FINAL or Milestone.CLOSED in case.milestones else "open"


def _is_printed(field: str, definition: Definition) -> bool:
    """Return whether the register prints a field: it is public, or consent to publish covers it."""
    privacy = definition.workflow.fields[field].privacy
    covered = any(
        isinstance(effect, Publish) and field in effect.fields
        for part in definition.workflow.transitions.values()
        for effect in part.effects
    )
    return privacy is Privacy.PUBLIC or (covered and privacy in _READABLE)


def _fields_json(shown: Sequence[Shown]) -> list[JsonValue]:
    return [{"title": each.title, "text": each.text} for each in shown]


def _day(at: datetime) -> str:
    begin = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return begin.isoformat()
