"""Every change of the house and of its rules stands in the ledger, once, with who made it, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

from engine.access.directory import Deputation, GrantRow, Person
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.plain import (
    AddDeputation,
    AddGrant,
    AddPerson,
    AddUnit,
    KeepNotice,
    PlainWrite,
    RemoveDeputation,
    RemoveGrant,
)
from engine.service.verify import verify
from tests.support.house import ROOT, House, open_house

LAI = PersonId("lai")
GRANT = GrantRow(
    root=ROOT, person=LAI, role="handler", unit=UnitId("safety"), from_on=date(2026, 2, 1), until_on=date(2026, 6, 30)
)
DEPUTATION = Deputation(root=ROOT, principal=LAI, deputy=PersonId("wen"), from_on=date(2026, 2, 1), note="出差")


def told(house: House) -> list[dict[str, Any]]:
    """Return every entry of the streams of the house, in order."""
    chains = [chain for chain in house.desk.reads.kept_ids(ROOT) if chain.startswith("system:")]
    return [json.loads(entry.body) for chain in chains for entry in house.desk.reads.entries(ROOT, CaseId(chain))]


def told_by(house: House, *writes: PlainWrite) -> list[dict[str, Any]]:
    """Carry writes out and return what the ledger was told by that."""
    before = len(told(house))
    house.desk.office.write(writes)
    return told(house)[before:]


def test_a_grant_and_its_end_are_told_with_who_gave_it(any_database: str) -> None:
    with open_house(any_database) as house:
        shen = PersonId("shen")
        (given,) = told_by(house, AddGrant(GRANT, by=shen))
        (ended,) = told_by(house, RemoveGrant(GRANT, by=shen))
        assert (given["type"], given["by"], given["actor"]) == ("granted", "shen", "person")
        assert given["granted"] == {
            "person": "lai",
            "role": "handler",
            "unit": "safety",
            "from_on": "2026-02-01",
            "until_on": "2026-06-30",
        }
        assert (ended["type"], ended["by"]) == ("grant_ended", "shen")
        assert ended["grant_ended"]["from_on"] == "2026-02-01"
        found = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
        assert found.findings == ()


def test_what_changes_nothing_is_not_told(any_database: str) -> None:
    with open_house(any_database) as house:
        assert len(told_by(house, AddGrant(GRANT), AddGrant(GRANT))) == 1
        assert told_by(house, RemoveGrant(replace(GRANT, role="unit_head", unit=UnitId("works")))) == []
        assert told_by(house, AddUnit(house.desk.reads.surroundings(ROOT).units[UnitId("safety")])) == []
        assert told_by(house, AddPerson(house.desk.reads.persons(ROOT, [LAI])[LAI])) == []


def test_a_deputation_is_told_without_the_note_that_somebody_typed(any_database: str) -> None:
    with open_house(any_database) as house:
        (given,) = told_by(house, AddDeputation(DEPUTATION, by=LAI))
        (ended,) = told_by(house, RemoveDeputation(DEPUTATION, by=LAI))
        assert given["deputed"] == {"principal": "lai", "deputy": "wen", "from_on": "2026-02-01"}
        assert ended["deputation_ended"] == given["deputed"]


def test_a_person_is_told_of_without_name_and_login(any_database: str) -> None:
    with open_house(any_database) as house:
        wang = Person(root=ROOT, id=PersonId("p-17"), name="王建国", login="wangjg", unit=UnitId("safety"))
        (added,) = told_by(house, AddPerson(wang))
        (left,) = told_by(house, AddPerson(replace(wang, active=False)))
        assert added["person_kept"] == {"person": "p-17", "unit": "safety", "active": 1}
        assert left["person_kept"]["active"] == 0
        assert "王建国" not in str(told(house))
        assert "wangjg" not in str(told(house))


def test_a_ledger_begins_with_the_rules_it_was_founded_under(any_database: str) -> None:
    with open_house(any_database) as house:
        kept = [entry["rules_kept"] for entry in told(house) if entry["type"] == "rules_kept"]
        known = {
            ("definition", name, content_hash.removeprefix("sha256:"))
            for name, _v, content_hash, _t in house.desk.reads.definitions()
        }
        known |= {
            ("list", name, content_hash.removeprefix("sha256:"))
            for name, _v, content_hash, _t in house.desk.reads.code_lists()
        }
        assert {(one["kind"], one["name"], one["hash"]) for one in kept} == known
        assert len(kept) == len(known)


def test_a_notice_of_days_off_is_told_once_however_often_it_is_kept(any_database: str) -> None:
    with open_house(any_database) as house:
        (days,) = told_by(house, KeepNotice(2031, '{"a": 1}'), KeepNotice(2031, '{"a": 1}'))
        # printf '{"a": 1}' | sha256sum
        assert days["days_kept"] == {
            "year": 2031,
            "hash": "f9d86028c6e0d64e225186f96acb69338b2c59764df79162107f5c4bb34d1310",
        }
