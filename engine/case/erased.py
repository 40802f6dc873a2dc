"""What a case is once private values were erased: nothing of them is left, and whoever was erased goes by a number."""

from __future__ import annotations

from engine.case.case import Case
from engine.case.events import Event
from engine.case.identity import PersonId

FIELDS = "fields/"
PEOPLE = "people/P"


def nobody(number: int) -> PersonId:
    """Return what stands for the n-th person of a case once that person's identity was erased."""
    return PersonId(f"erased:P{number}")


def fields_in(paths: frozenset[str]) -> frozenset[str]:
    """Return the names of the fields among the paths."""
    return frozenset(path.removeprefix(FIELDS) for path in paths if path.startswith(FIELDS))


def people_in(paths: frozenset[str]) -> frozenset[int]:
    """Return the numbers of the people among the paths."""
    numbers = (path.removeprefix(PEOPLE) for path in paths if path.startswith(PEOPLE))
    return frozenset(int(number) for number in numbers if number.isdecimal())


def without_erased(case: Case, event: Event) -> Case:
    """Return the case without the values that the event erased; an erased person is no party any more."""
    assert event.erasure is not None, "the schema has shown that an erasure says what it erased"
    names, numbers = fields_in(event.erasure.paths), people_in(event.erasure.paths)
    gone = {person for number, person in enumerate(case.people, start=1) if number in numbers}
    return case._replace(
        data={name: value for name, value in case.data.items() if name not in names},
        sealed=case.sealed - names,
        people=tuple(nobody(n) if n in numbers else person for n, person in enumerate(case.people, start=1)),
        parties=tuple(party for party in case.parties if party.person not in gone),
    )
