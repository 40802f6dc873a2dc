"""Bundles of real cases beside real files, and beside a hold that an erasure got round: both offline verifiers agree
with the one online."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.verify.verify import check_bundle
from engine.access.directory import GrantRow
from engine.case import erasing
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import GuardRefused
from engine.ledger.bundle import bundle_bytes
from engine.service.execute import Done
from engine.service.plain import AddGrant
from engine.service.proving import bundle_of
from engine.service.verify import verify
from runtime.signer.keeper import Keeper
from tests.support.hostile_files import photograph
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import erased
from tests.support.offline import both, codes
from tests.support.sealing import sealed

NOON = datetime(2026, 1, 20, 4, tzinfo=UTC)
PHOTO = photograph()
PATH = "fields/attachments"


@dataclass(frozen=True)
class Court:
    """A house with a signer, and a proposal with a photograph; "luo" may hold it, and let it go again."""

    house: House
    keeper: Keeper
    case: CaseId
    file: str

    def bundle(self) -> bytes:
        """Seal what waits and return the bundle of the case for the union office."""
        self.house.clock.set(self.house.clock.now() + timedelta(minutes=5))
        sealed(self.house, self.keeper)
        desk, now = self.house.desk, self.house.clock.now()
        made = bundle_of(
            desk, ROOT, [self.case], desk.queries.actor(ROOT, PersonId("shen"), now), desk.world(ROOT), now=now,
            tool="test", keys=lambda origin: [("log", self.keeper.key(origin))],
        )  # fmt: skip
        return bundle_bytes(made)

    def online(self) -> set[str]:
        """Return the rules that the verification of the database finds broken."""
        desk = self.house.desk
        found = verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings
        return {str(one.rule) for one in found}


@pytest.fixture
def court(any_database: str, tmp_path: Path) -> Iterator[Court]:
    keeper = Keeper(tmp_path / "signer")
    with open_house(any_database, NOON) as house, client_of(house) as client:
        roles = ("supervisor", "auditor")
        grants = [GrantRow(root=ROOT, person=PersonId("luo"), role=role, unit=UnitId("works")) for role in roles]
        house.desk.office.write([AddGrant(grant) for grant in grants])
        headers = {**house.bearer("shi"), "Idempotency-Key": "one"}
        sent = client.post("/api/uploads", headers=headers, files={"file": ("食堂.jpg", PHOTO)})
        file = str(sent.json()["id"])
        yield Court(house, keeper, house.filed("shi", {"attachments": [file]}), file)
    keeper.close()


def test_a_file_handed_over_is_the_one_that_was_filed_or_is_found_out(court: Court, tmp_path: Path) -> None:
    files = tmp_path / "given"
    files.mkdir()
    (files / "食堂.jpg").write_bytes(PHOTO)
    report = both(court.bundle(), tmp_path, files)
    assert codes(report) == []
    assert report["bundle"]["files"] == 1

    (files / "食堂.jpg").write_bytes(PHOTO[:-1] + bytes([PHOTO[-1] ^ 1]))
    report = both(court.bundle(), tmp_path, files)
    assert sorted(codes(report)) == ["file_missing", "file_stray"]
    (missing,) = [one["where"] for one in report["findings"] if one["code"] == "file_missing"]
    assert missing == f"entries/000001.jcs#{court.file}"


def test_the_hash_of_a_file_is_that_of_what_its_uploader_sent(court: Court, tmp_path: Path) -> None:
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert codes(check_bundle(court.bundle(), files=[("a name of its own", digest)])) == []


def test_an_erasure_that_got_round_a_hold_is_found_online_and_by_both_offline(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = court.house
    house.fire("shi", court.case, "withdraw")
    house.fire("luo", court.case, "place_hold", {"hold_reason": "审计"})
    assert isinstance(erased(house, court.case, PATH), GuardRefused)
    assert codes(both(court.bundle(), tmp_path)) == []
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_demand_free", lambda *_args: None)
        assert isinstance(erased(house, court.case, PATH, by="shen", approver="zhai"), Done)
    assert court.online() >= {"C3"}
    report = both(court.bundle(), tmp_path)
    assert codes(report) == ["erased_while_held"]
    assert report["bundle"]["files"] == 0


def test_an_erasure_after_the_hold_was_lifted_is_lawful_for_all(court: Court, tmp_path: Path) -> None:
    house = court.house
    house.fire("shi", court.case, "withdraw")
    house.fire("luo", court.case, "place_hold", {"hold_reason": "审计"})
    house.fire("luo", court.case, "lift_hold", {"hold_reason": "审计结束"})
    assert isinstance(erased(house, court.case, PATH), Done)
    assert "C3" not in court.online()
    assert codes(both(court.bundle(), tmp_path)) == []


def test_an_erasure_before_the_end_is_found_online_and_by_both_offline(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "why_it_stays", lambda *_args: None)
        assert isinstance(erased(court.house, court.case, PATH), Done)
    assert court.online() >= {"C3"}
    assert codes(both(court.bundle(), tmp_path)) == ["erased_too_early"]
