"""Who is meant by a name: of many namesakes no more are read than can be told apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pytest

from engine.access.directory import Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import FieldProblem
from engine.service.account_ports import Account
from engine.service.calling import people_called, person_called

ROOT = RootId("works")


@dataclass(frozen=True, slots=True)
class Reads:
    """People of a house, and how many of them one question may return."""

    people: Sequence[Person]

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]:
        return {one.id: one for one in self.people if one.id in persons}

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        found = [
            one for one in self.people if one.active and one.name in names and (units is None or one.unit in units)
        ]
        return found[:limit]

    def account(self, login: str) -> Account | None:
        found = next((one for one in self.people if one.login == login), None)
        return None if found is None else Account(found.root, found.id, login, found.name, None)


def person(id_: str, name: str = "张伟", *, unit: str = "plant", login: str | None = None, root: str = ROOT) -> Person:
    return Person(root=RootId(root), id=PersonId(id_), name=name, unit=UnitId(unit), login=login)


@pytest.mark.parametrize(
    ("namesakes", "said"), [(20, "有20人叫“张伟”，请填写登录名"), (21, "叫“张伟”的超过20人，请填写登录名")]
)
def test_namesakes_are_counted_up_to_twenty(namesakes: int, said: str) -> None:
    found = person_called(Reads([person(f"p{n}") for n in range(namesakes)]), ROOT, "张伟", "person")
    assert isinstance(found, FieldProblem)
    assert (found.path, found.text.zh) == ("person", said)


def test_a_name_a_login_and_an_id_are_looked_up_each_and_everybody_is_found_once() -> None:
    same = person("zw", "zw", login="zw")
    reads = Reads([same, person("other", "zw", unit="canteen"), person("x", "李", login="li")])
    assert [one.id for one in people_called(reads, ROOT, "zw")] == ["zw", "other"]
    assert [one.id for one in people_called(reads, ROOT, "zw", [UnitId("canteen")])] == ["other"]
    assert [one.id for one in people_called(reads, ROOT, "li")] == ["x"]
    assert [one.id for one in people_called(reads, ROOT, "li", [UnitId("canteen")])] == []
    assert [one.id for one in people_called(reads, ROOT, "x")] == ["x"]


def test_the_login_of_another_organisation_means_nobody_here() -> None:
    reads = Reads([person("x", "李", login="li", root="elsewhere"), person("y", "李", login="ly")])
    assert [one.id for one in people_called(reads, ROOT, "li")] == []
