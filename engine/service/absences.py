"""Being away with a substitute until a date: what somebody types becomes a deputation, and ends by itself or earlier.

While it lasts the substitute is told what the absent person is told, marked so, and holds the absent person's grants.
What somebody does as a party of a case (proposer, petitioner) is theirs alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, Protocol

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId
from engine.errors import FieldProblem, FormInvalid, InputRefused, NotFound
from engine.service.calling import CallingReads, person_called
from engine.service.plain import AddDeputation, PlainWrite, RemoveDeputation
from engine.text import Text

ABSENCE_DAYS_MAX: Final = 366
NOTE_CHARACTERS_MAX: Final = 200
SINCE_EVER: Final = "ever"
"""Names a deputation without a first day, which only imports and tools make."""

Standing = Literal["now", "coming", "over"]


class AbsenceReads(CallingReads, Protocol):
    """The part of ``Reads`` that absences ask."""

    def deputations(self, root: RootId, person: PersonId) -> Sequence[Deputation]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """What somebody says of an absence, as typed: days as ``2026-09-15`` (no first day means today), both included;
    ``substitute`` is a login name, or a name that only one person has."""

    until_on: str
    substitute: str
    from_on: str = ""
    note: str = ""


class AbsenceLine(NamedTuple):
    """An absence as a list shows it. ``key`` names it among those of one person."""

    deputation: Deputation
    standing: Standing
    principal: str
    deputy: str

    @property
    def key(self) -> str:
        return key_of(self.deputation)


class Absences(NamedTuple):
    """One's own absences, the newest first, and those of others that one stands in for, now or soon."""

    own: tuple[AbsenceLine, ...]
    for_others: tuple[AbsenceLine, ...]


def absences(reads: AbsenceReads, root: RootId, person: PersonId, today: date) -> Absences:
    """Return the absences that concern somebody."""
    found = reads.deputations(root, person)
    people = reads.persons(root, sorted({one for each in found for one in (each.principal, each.deputy)}))
    names = {known: somebody.name for known, somebody in people.items()}
    lines = [
        AbsenceLine(
            each,
            standing(each, today),
            names.get(each.principal, each.principal),
            names.get(each.deputy, each.deputy),
        )
        for each in found
    ]
    return Absences(
        own=tuple(line for line in reversed(lines) if line.deputation.principal == person),
        for_others=tuple(line for line in lines if line.deputation.deputy == person and line.standing != "over"),
    )


def absence_of(reads: AbsenceReads, root: RootId, person: PersonId, away: Away, today: date) -> Deputation:
    """Return the deputation that somebody asks for; raises FormInvalid, which names every field that is wrong."""
    begins, ends = _day(away.from_on) or (None if away.from_on.strip() else today), _day(away.until_on)
    substitute = _substitute(reads, root, away.substitute.strip())
    problems = [*_wrong_days(away, begins, ends, today)]
    if len(note := " ".join(away.note.split())) > NOTE_CHARACTERS_MAX:
        problems.append(_problem("note", f"不超过{NOTE_CHARACTERS_MAX}字", f"At most {NOTE_CHARACTERS_MAX} characters"))
    if isinstance(substitute, FieldProblem):
        problems.append(substitute)
    elif substitute.id == person:
        problems.append(_problem("substitute", "不能由本人代理本人", "Nobody is their own substitute"))
    elif begins is not None and ends is not None:
        problems += _overlaps(reads, root, person, substitute, begins, ends)
    if problems or isinstance(substitute, FieldProblem):
        raise FormInvalid(sorted(problems, key=lambda problem: _FIELDS.index(problem.path)))
    return Deputation(
        root=root, principal=person, deputy=substitute.id, from_on=begins, until_on=ends, note=note or None
    )


def taken_back(reads: AbsenceReads, root: RootId, person: PersonId, key: str, today: date) -> list[PlainWrite]:
    """Return the writes that end somebody's own absence at once; days that have passed stay on record.

    Raises:
        NotFound: the person has no such absence.
        InputRefused: it is over.
    """
    found = [one for one in reads.deputations(root, person) if one.principal == person and key_of(one) == key]
    if not found:
        raise NotFound(Text("没有这项外出登记", "There is no such absence"))
    running = [one for one in found if standing(one, today) != "over"]
    if not running:
        raise InputRefused(Text("这项外出登记已经结束", "This absence is over"))
    return [
        AddDeputation(replace(one, until_on=today - timedelta(days=1)))
        if one.from_on is None or one.from_on < today
        else RemoveDeputation(one)
        for one in running
    ]


def key_of(deputation: Deputation) -> str:
    """Return what an absence is called among those of one person: its first day."""
    return SINCE_EVER if deputation.from_on is None else deputation.from_on.isoformat()


def standing(deputation: Deputation, today: date) -> Standing:
    """Return whether it holds today, will hold, or is over; both its days belong to it."""
    if deputation.until_on is not None and deputation.until_on < today:
        return "over"
    return "coming" if deputation.from_on is not None and deputation.from_on > today else "now"


_FIELDS: Final = ("from_on", "until_on", "substitute", "note")


def _day(text: str) -> date | None:
    text = text.strip()
    try:
        return date.fromisoformat(text) if len(text) == len("2026-09-15") and text.isascii() else None
    except ValueError:
        return None


def _wrong_days(away: Away, begins: date | None, ends: date | None, today: date) -> Iterator[FieldProblem]:
    wrong = ("应为日期，例如 2026-09-15", "This is no day; one looks like 2026-09-15")
    if begins is None:
        yield _problem("from_on", *wrong)
    elif begins < today:
        yield _problem("from_on", "不能早于今天", "It cannot begin before today")
    elif (begins - today).days > ABSENCE_DAYS_MAX:
        yield _problem(
            "from_on", f"最早可提前{ABSENCE_DAYS_MAX}天登记", f"It can be entered {ABSENCE_DAYS_MAX} days ahead"
        )
    if ends is None:
        required = ("请填写截止日期", "Say until when")
        yield _problem("until_on", *(wrong if away.until_on.strip() else required))
    elif begins is not None and ends < begins:
        yield _problem("until_on", "截止日期不能早于开始日期", "It cannot end before it begins")
    elif begins is not None and (ends - begins).days >= ABSENCE_DAYS_MAX:
        yield _problem("until_on", f"一次最长{ABSENCE_DAYS_MAX}天", f"It lasts {ABSENCE_DAYS_MAX} days at most")


def _substitute(reads: AbsenceReads, root: RootId, called: str) -> Person | FieldProblem:
    if not called:
        return _problem("substitute", "请填写代理人", "Name a substitute")
    return person_called(reads, root, called, "substitute")


def _overlaps(
    reads: AbsenceReads, root: RootId, person: PersonId, substitute: Person, begins: date, ends: date
) -> Iterator[FieldProblem]:
    def clashes(one: Deputation) -> bool:
        return (one.from_on is None or one.from_on <= ends) and (one.until_on is None or one.until_on >= begins)

    def same(one: Deputation) -> bool:
        """What is said twice is no clash: a request may be repeated."""
        return (one.deputy, one.from_on, one.until_on) == (substitute.id, begins, ends)

    own = [one for one in reads.deputations(root, person) if one.principal == person and not same(one)]
    if any(clashes(one) for one in own):
        yield _problem(
            "from_on", "与已登记的外出时间重叠，请先撤回原登记", "It overlaps another absence; take that one back first"
        )
    if any(one.principal == substitute.id and clashes(one) for one in reads.deputations(root, substitute.id)):
        yield _problem(
            "substitute",
            f"{substitute.name}在此期间也已委托他人代理，请另选代理人",
            f"{substitute.name} is away then too; choose somebody else",
        )


def _problem(path: str, zh: str, en: str) -> FieldProblem:
    return FieldProblem(path=path, text=Text(zh, en))
