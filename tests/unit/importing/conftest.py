"""The shipped rules and one small organisation, for planning lives without any database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.access.directory import Person, Surroundings, Unit
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.definition.rulebook import Rulebook
from engine.service.importing.cells import Value
from engine.service.importing.lives import Planner
from engine.service.importing.map_checks import child_workflows
from engine.service.importing.maps import RegisterMap, load_register_map
from engine.service.importing.readings import Names, bind
from engine.service.importing.sheets import Line
from engine.service.importing.tables import Row, Table
from engine.text import Text
from tests.support.proved_rules import load_once

WORKFLOWS = Path(__file__).parents[3] / "workflows"
ROOT = RootId("jituan")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)

MakePlanner = Callable[..., Planner]


def unit(id_: str, zh: str, parent: str | None = "jituan") -> Unit:
    above = None if parent is None else UnitId(parent)
    return Unit(root=ROOT, id=UnitId(id_), parent=above, code=id_.upper(), title=Text(zh, id_.title()))


def person(id_: str, name: str) -> Person:
    return Person(root=ROOT, id=PersonId(id_), name=name, login=f"login-{id_}")


SURROUNDINGS = Surroundings(
    root=ROOT,
    epoch=1,
    units={
        found.id: found
        for found in (unit("jituan", "集团", None), unit("houqin", "后勤服务中心"), unit("caiwu", "财务部"))
    },
    sessions={},
)
PERSONS = (person("p1", "王小明"), person("p2", "李红"), person("p3", "李红"))


@pytest.fixture(scope="session")
def rules() -> Rulebook:
    return load_once(WORKFLOWS).rulebook()


@pytest.fixture(scope="session")
def proposal_map() -> RegisterMap:
    return load_register_map(WORKFLOWS / "proposal" / "import.yaml").part


@pytest.fixture
def planner(rules: Rulebook, proposal_map: RegisterMap) -> MakePlanner:
    """Make a planner for a table with these headings."""

    def make(
        *headings: str,
        map_: RegisterMap = proposal_map,
        allow_undated: bool = False,
        session: str | None = "6-3",
        now: datetime = NOW,
    ) -> Planner:
        definition = rules.for_new(map_.workflow)
        table = a_table(headings)
        names = Names(surroundings=SURROUNDINGS, definition=definition, persons=PERSONS)
        return Planner(
            reading=bind(map_, table, names),
            definition=definition,
            children=tuple(rules.newest(name) for name in child_workflows(definition)),
            unit=UnitId("jituan"),
            congress_session=None if session is None else SessionId(session),
            headings=table.headings,
            allow_undated=allow_undated,
            now=now,
        )

    return make


def a_table(headings: tuple[str, ...]) -> Table:
    return Table(path=Path("register.xlsx"), hash="0" * 64, headings=headings, _lines=_no_lines)


@contextmanager
def _no_lines() -> Iterator[Iterator[Line]]:
    yield iter(())


def row_of(number: int, cells: Mapping[str, Value]) -> Row:
    return Row(number, dict(cells))
