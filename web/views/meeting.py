"""The review meeting as a page shows it: the case read out, its outcomes as forms, rows of the minutes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.rendering import number_of
from engine.access.directory import Surroundings
from engine.access.readers import principals_of
from engine.calendar.term import SHANGHAI
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.identity import CaseId
from engine.definition.model import MeetingPart
from engine.definition.wording import title_of
from engine.service.filing.cabinet import Cabinet
from engine.service.meeting import Decision, moves_open, ways_back
from engine.service.queries import CaseView
from web.forms.drafting import keeping_of, page_of
from web.forms.moves import Attempt, ErrorLink, error_links, has_long_text, message_of, source_of
from web.forms.widgets import Choices, FormMaker, Widget
from web.shell import Shell, Visit
from web.views.clocks import Standing, due_words, running_standing
from web.views.fields import FieldWriter, Shown, named
from web.views.files import file_links
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCase:
    """What is read out of one case."""

    id: str
    address: str
    number: str
    subject: str
    state: str
    phase: str
    facts: tuple[tuple[str, str], ...]
    texts: tuple[Shown, ...]
    people: tuple[tuple[str, str], ...]
    due: str | None
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeForm:
    """One outcome to record; ``digit`` is the key that opens it, ``votes`` stand before the other ``widgets``.

    ``begin`` is the title of the move that is made first, None where the review has begun.
    """

    digit: int
    move: str
    title: str
    key: str
    version: int
    begin: str | None
    votes: tuple[Widget, ...]
    widgets: tuple[Widget, ...]
    is_open: bool
    message: str | None = None
    source: str | None = None
    draft_of: str | None = None
    draft: str | None = None
    resume: str | None = None
    note: str | None = None
    errors: tuple[ErrorLink, ...] = ()

    @property
    def has_long_text(self) -> bool:
        """Whether there is enough to write that one may want to go on another time."""
        return has_long_text(self.widgets)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesRow:
    """One outcome in the minutes."""

    time: str
    number: str
    subject: str
    address: str
    outcome: str
    votes: str | None
    reasons: tuple[tuple[str, str], ...]


def reviewed_case(shell: Shell, visit: Visit, view: CaseView, part: MeetingPart) -> ReviewedCase:
    """Return what of a case is read out: the fields that the meeting names, as far as the reader may know them."""
    words, case, workflow, world = visit.words, view.case, view.definition.workflow, shell.world(visit)
    desk, root = shell.edge.desk, visit.known.root
    lines = desk.queries.timeline(root, case.id, visit.known.actor, world) if _has_files(view, part) else ()
    files = file_links(case.id, Cabinet(desk).held(root, view, lines), words) if lines else {}
    writer = FieldWriter(
        words=words, definition=view.definition, surroundings=world.surroundings, persons={}, cases={}, files=files
    )
    names = [name for name in part.shown if view.fields.get(name) not in (None, "", [])]
    category = workflow.category_field
    clocks = [clock for clock in case.clocks if clock.is_open]
    first = min(clocks, key=lambda clock: microseconds(clock.due_at), default=None)
    roles = dict.fromkeys(party.role for party in case.parties)
    nameless = words.t("party_nameless")
    return ReviewedCase(
        id=case.id,
        address=f"/cases/{case.id}",
        number=number_of(view) or words.t("no_number"),
        subject=str(view.fields.get(workflow.subject_field) or words.t("no_subject")),
        state=words.say(title_of(case.state, workflow.states)),
        phase=str(case.phase),
        facts=tuple(
            (shown.title, shown.text)
            for shown in (
                writer.shown(name, view.fields[name])
                for name in (category, part.narrowed_by)
                if name is not None and view.fields.get(name)
            )
        ),
        texts=tuple(writer.shown(name, view.fields[name]) for name in names),
        people=tuple(
            (
                words.say(title_of(role, workflow.roles)),
                words.listed(dict.fromkeys(view.people.get(person, nameless) for person in case.persons_in(role))),
            )
            for role in roles
        ),
        due=None if first is None else due_words(first.due_on, first.due_at, words),
        standing=None
        if first is None
        else running_standing(first.due_on, first.due_at, world.calendar_of(case.unit), visit.now, words),
    )


def outcome_forms(
    shell: Shell, visit: Visit, view: CaseView, part: MeetingPart, attempt: Attempt | None
) -> list[OutcomeForm]:
    """Return a form for each outcome that is open to the reader, or will be once the review has begun."""
    words, workflow = visit.words, view.definition.workflow
    world = shell.world(visit)
    begins, held = moves_open(view, part, part.outcomes, visit.known.actor, world.surroundings.tree)
    begin = workflow.transitions[part.begin or ""].title.text if begins else None
    maker = FormMaker(
        words=words,
        definition=view.definition,
        choices=Choices(surroundings=world.surroundings),
    )
    votes = () if part.votes is None else (part.votes.in_favour, part.votes.against, part.votes.abstained)
    keeping = keeping_of(shell, visit)
    forms = []
    for digit, name in enumerate(part.outcomes, start=1):
        move = workflow.transitions.get(name)
        is_tried = attempt is not None and attempt.transition == name
        if move is None or not (is_tried or name in held):
            continue
        tried, address = attempt if is_tried else None, f"/meeting/{view.case.id}/{name}"
        refusal = None if tried is None else tried.refusal
        widgets = maker.widgets(
            move.form, {} if tried is None else tried.values, () if tried is None else tried.problems
        )
        # Numbers that are issued in order are not typed here.
        asked = [widget for widget in widgets if widget.name not in workflow.number_fields]
        forms.append(
            OutcomeForm(
                digit=digit,
                move=name,
                title=words.say(move.title.text),
                key=secrets.token_urlsafe(16) if tried is None else tried.key,
                version=view.case.version,
                begin=None if begin is None else words.say(begin),
                votes=tuple(widget for widget in asked if widget.name in votes),
                widgets=tuple(widget for widget in asked if widget.name not in votes),
                is_open=is_tried,
                message=None if refusal is None else message_of(refusal, view.definition, words),
                source=None if refusal is None else source_of(refusal, words.language),
                draft_of=keeping.stamp(address),
                draft=None if is_tried else keeping.kept.get(address),
                resume=page_of(address, "open"),
                note=None if tried is None else tried.note,
                errors=() if refusal is None else error_links(asked, name, words),
            )
        )
    return forms


def undo_words(view: CaseView, part: MeetingPart, did: str, words: Words) -> tuple[str, str, str]:
    """Return what was recorded, the address of the case, and by which lawful move it can be taken back, if any."""
    workflow = view.definition.workflow
    number = number_of(view) or words.t("no_number")
    titles = [words.say(workflow.transitions[name].title.text) for name in ways_back(workflow, part, view.offered)]
    back = words.t("meeting_undo", titles=words.listed(titles)) if titles else words.t("meeting_no_undo")
    recorded = words.t("meeting_recorded", number=number, title=words.say(title_of(did, workflow.transitions)))
    return recorded, f"/cases/{view.case.id}", back


def minutes_rows(found: Sequence[Decision], part: MeetingPart, shell: Shell, visit: Visit) -> list[MinutesRow]:
    """Return the rows of the minutes; other cases are called by their numbers, as far as the reader may see them."""
    asker, reads = visit.known, shell.edge.desk.reads
    named_cases = {CaseId(case) for one in found for case in named(one.definition, one.fields, "case")}
    seen = reads.visible_cases(asker.root, sorted(named_cases), principals_of(asker.actor)) if named_cases else ()
    numbers = {case.id: next((line for line in _numbers(case, found) if line), case.id) for case in seen}
    titles: dict[str, str] = {case: numbers.get(case, visit.words.t("dash")) for case in named_cases}
    surroundings = shell.world(visit).surroundings
    return [_minutes_row(one, part, titles, surroundings, visit.words) for one in found]


def _numbers(case: Case, found: Iterable[Decision]) -> Iterator[str]:
    """Yield the numbers of a case, by the fields that hold them in the workflows of the decisions."""
    for name in dict.fromkeys(name for one in found for name in one.definition.workflow.number_fields):
        yield str(case.data.get(name) or "")


def _minutes_row(
    one: Decision, part: MeetingPart, titles: Mapping[str, str], surroundings: Surroundings, words: Words
) -> MinutesRow:
    workflow, votes = one.definition.workflow, part.votes
    writer = FieldWriter(
        words=words, definition=one.definition, surroundings=surroundings, persons={}, cases=titles, files={}
    )
    of_votes = () if votes is None else (votes.in_favour, votes.against, votes.abstained)
    counted = [one.fields.get(name) for name in of_votes]
    rest = [name for name in workflow.transitions[one.move].form if name in one.fields and name not in of_votes]
    shown = (writer.shown(name, one.fields[name]) for name in rest if name not in workflow.number_fields)
    return MinutesRow(
        time=f"{one.at.astimezone(SHANGHAI):%H:%M}",
        number=one.number or words.t("no_number"),
        subject=str(one.case.data.get(workflow.subject_field) or words.t("no_subject")),
        address=f"/cases/{one.case.id}",
        outcome=words.say(title_of(one.move, workflow.transitions)),
        votes=None
        if all(count is None for count in counted)
        else words.t("minutes_votes", **_in_order(counted, words)),
        reasons=tuple((line.title, line.text) for line in shown),
    )


def _in_order(counted: Sequence[object], words: Words) -> dict[str, object]:
    return {name: words.t("dash") if count is None else count for name, count in zip("abc", counted, strict=True)}


def _has_files(view: CaseView, part: MeetingPart) -> bool:
    fields = view.definition.workflow.fields
    names = (name for name in part.shown if name in fields and view.fields.get(name))
    return any("file" in str(fields[name].json_schema.get("items", "")) for name in names)
