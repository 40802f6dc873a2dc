"""The house is held against what the ledger was told of it: who holds which right, units, sessions, rules (P4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from engine.access.directory import Delegation, Deputation, GrantRow, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.plain import (
    AddDelegation,
    AddDeputation,
    AddGrant,
    AddPerson,
    KeepNotice,
    PlainWrite,
    RemoveDeputation,
    RemoveGrant,
)
from engine.service.verify_house import roots_missing, verify_house
from engine.text import Text
from runtime.rules import load_notice
from tests.support.builders import CALENDARS
from tests.support.command_line import command_line
from tests.support.house import ROOT, SESSION, House, open_house
from tests.support.keys import reopened
from tests.support.sealing import behind_its_back
from tests.support.storage import change, table

LAI = PersonId("lai")
GRANT = GrantRow(root=ROOT, person=LAI, role="handler", unit=UnitId("safety"), until_on=date(2026, 6, 30))
GIVEN_BACK = GrantRow(root=ROOT, person=LAI, role="supervisor", unit=UnitId("safety"), from_on=date(2026, 2, 1))
DEPUTATION = Deputation(root=ROOT, principal=LAI, deputy=PersonId("wen"), from_on=date(2026, 2, 1))
ENDED = Deputation(root=ROOT, principal=LAI, deputy=PersonId("luo"), from_on=date(2026, 3, 1))


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    """A house in which something was given, taken back and changed."""
    with open_house(any_database) as house:
        wang = Person(root=ROOT, id=PersonId("wang"), name="王建国", unit=UnitId("safety"))
        group = Delegation(
            root=ROOT, congress_session=SESSION, code="d1", title=Text("一团", "One"), members=(LAI, wang.id)
        )
        writes: list[PlainWrite] = [AddGrant(GRANT), AddGrant(GIVEN_BACK), RemoveGrant(GIVEN_BACK)]
        writes += [AddDeputation(DEPUTATION), AddDeputation(ENDED), RemoveDeputation(ENDED)]
        writes += [AddPerson(wang), AddDelegation(group)]
        writes.append(KeepNotice(2026, load_notice(CALENDARS / "2026.yaml").text))
        house.desk.office.write(writes)
        yield house


def said(house: House) -> list[str]:
    return [f"{one.rule} {one.text.en}" for one in verify_house(house.desk.reads, ROOT)]


def test_a_house_that_only_its_own_commands_have_changed_is_as_the_ledger_tells(house: House) -> None:
    assert said(house) == []
    assert roots_missing(house.desk.reads, house.desk.reads.roots) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "INSERT INTO granting (root, person, role, unit, from_on) VALUES ('works', 'lai', 'auditor', 'works', '')",
            "P4 the ledger was told of no grant lai auditor works",
        ),
        ("DELETE FROM granting WHERE person = 'zhai' AND role = 'delegate'", "P4 the ledger tells of the grant zhai"),
        (
            "UPDATE granting SET until_on = '2027-06-30' WHERE role = 'handler' AND person = 'lai'",
            "P4 the grant lai handler safety is not as the ledger tells",
        ),
        (
            "INSERT INTO granting (root, person, role, unit, from_on) "
            "VALUES ('works', 'lai', 'supervisor', 'safety', '2026-02-01')",
            "P4 the ledger was told of no grant lai supervisor safety 2026-02-01",
        ),
        ("UPDATE deputation SET deputy = 'jiao'", "P4 the ledger was told of no deputation lai jiao 2026-02-01"),
        ("UPDATE unit SET title_zh = '安全部' WHERE id = 'safety'", "P4 the unit safety is not as the ledger tells"),
        ("UPDATE unit SET parent = 'logistics' WHERE id = 'safety'", "P4 the unit safety is not as the ledger tells"),
        ("UPDATE person SET unit = 'works' WHERE id = 'wang'", "P4 the person wang is not as the ledger tells"),
        ("UPDATE person SET active = 0 WHERE id = 'wang'", "P4 the person wang is not as the ledger tells"),
        (
            "UPDATE congress_session SET closes_on = '2026-02-05'",
            "P4 the congress session s6m3 is not as the ledger tells",
        ),
        ("UPDATE congress_session SET term = 7", "P4 the congress session s6m3 is not as the ledger tells"),
        ("UPDATE delegation SET members = '[\"lai\"]'", "P4 the delegation s6m3 d1 is not as the ledger tells"),
        ("DELETE FROM calendar_notice", "P4 the ledger tells of the notice of days off 2026 1: gone"),
        ("UPDATE calendar_notice SET position = 2", "P4 the ledger was told of no notice of days off 2026 2"),
        (
            "UPDATE definition SET text = replace(text, '\"final\"', '\"active\"') WHERE name = 'proposal'",
            "P4 definition proposal 1: its text is not that of its hash",
        ),
        ("UPDATE list_version SET text = '{' WHERE name = 'reply-classes'", "P4 list_version reply-classes 1: its t"),
        ("DELETE FROM definition WHERE name = 'grievance'", "P4 the ledger tells of the definition or list "),
        ("UPDATE unit SET from_on = '20260101' WHERE id = 'safety'", "P4 table unit: the row 'works' 'safety' 'works'"),
        ("UPDATE delegation SET members = 'nobody'", "P4 table delegation: the row 'works' 's6m3' 'd1' cannot be read"),
    ],
)
def test_what_was_changed_without_the_house_is_named(
    house: House, any_database: str, statement: str, finding: str
) -> None:
    change(any_database, statement)
    assert any(one.startswith(finding) for one in said(house)), said(house)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person SET name = '王建军', login = NULL WHERE id = 'wang'",
        "UPDATE deputation SET note = '出差'",
        "UPDATE delegation SET title_zh = '第一团'",
        "UPDATE directory_epoch SET epoch = epoch + 1",
    ],
)
def test_what_stands_in_no_entry_is_the_named_gap(house: House, any_database: str, statement: str) -> None:
    change(any_database, statement)
    assert said(house) == []


@pytest.mark.parametrize(
    "statement", ["DELETE FROM directory_epoch", "UPDATE unit SET parent = 'safety' WHERE parent IS NULL"]
)
def test_an_organisation_that_is_none_any_more_is_missed_by_the_command(
    house: House, any_database: str, statement: str
) -> None:
    house.filed()
    change(any_database, statement)
    assert house.desk.reads.roots() == []
    (missing,) = roots_missing(house.desk.reads, house.desk.reads.roots)
    assert missing.text.zh == "数据库中有组织 'works' 的记录，组织目录中却没有它"


def test_an_organisation_that_is_founded_while_others_are_looked_for_is_not_missed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    founded = [ROOT]

    def founding() -> list[str]:
        founded.append(RootId("branch"))
        return [*founded]

    monkeypatch.setattr(house.desk.reads, "roots_kept", founding)
    assert roots_missing(house.desk.reads, lambda: [*founded]) == []


def test_the_command_line_tells_of_it(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house:
        house.filed()
    banjie = command_line(sqlite_database)
    banjie.must("verify")
    change(sqlite_database, "UPDATE granting SET unit = 'safety' WHERE person = 'lai'")
    told = banjie.run("verify", "--json")
    assert told.code == 1
    assert {one["rule"] for one in told.json["findings"]} == {"P4"}
    change(sqlite_database, "UPDATE granting SET unit = 'logistics' WHERE person = 'lai'")
    change(sqlite_database, "DELETE FROM directory_epoch")
    missing = banjie.run("verify", "--json")
    assert (missing.code, [one["rule"] for one in missing.json["findings"]]) == (1, ["P4"])


def test_a_ledger_that_was_not_told_from_its_first_entry_on_is_held_against_nothing(
    house: House, any_database: str
) -> None:
    """A database from before there were facts: that nothing tells of a grant does not show that it was forged."""
    change(any_database, "DELETE FROM granting WHERE person = 'zhai'")
    assert said(house) != []
    with behind_its_back(any_database) as alter:
        alter("DELETE FROM ledger_entry WHERE \"case\" LIKE 'system:%' AND seq = 1")
    assert said(house) == []


def test_a_definition_whose_text_was_changed_decides_nothing(any_database: str) -> None:
    with open_house(any_database) as house:
        house.filed()
    known = table(any_database, "SELECT hash FROM definition WHERE name = 'proposal'")[0][0]
    change(any_database, "UPDATE definition SET text = '{}' WHERE name <> 'proposal'")
    old = "INSERT INTO definition SELECT name, version, 'sha256:' || 'ab', text FROM definition WHERE name = 'proposal'"
    change(any_database, old)
    with reopened(any_database) as (opened, _house):
        rules = opened.desk.world(RootId(ROOT)).rules
        assert known in rules.kept_workflows, "the one of the folder stays"
        assert "sha256:ab" not in rules.kept_workflows
        assert set(rules.kept_workflows) == {
            row[0] for row in table(any_database, "SELECT hash FROM definition WHERE hash <> 'sha256:ab'")
        }
