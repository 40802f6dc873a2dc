"""Proofs and bundles of real cases, held against both offline verifiers; entries on behalf among them."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from deploy.verify.verify import check_bundle
from engine.access.directory import GrantRow
from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.commands import BasisKind, OnBehalf, OpenCase, Stated
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import CaseNotFound, InputRefused, NotFound
from engine.figures.report import figures
from engine.ledger.bundle import Bundle, bundle_bytes
from engine.ledger.notes import opened, parse_note
from engine.service.execute import Done
from engine.service.plain import AddGrant
from engine.service.proving import bundle_of, newest_note, prove_case
from runtime.signer.keeper import Keeper
from tests.oracle.recount import Recount
from tests.oracle.written import Rules
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import sealed
from web.app import create_site

PROJECT = Path(__file__).parents[2]
NOON = datetime(2026, 1, 20, 4, tzinfo=UTC)
ORIGIN = "banjie/works/2026"


@dataclass(frozen=True)
class Court:
    """A sealed house: a confidential grievance that the office entered for luo, and a proposal."""

    house: House
    keeper: Keeper
    grievance: CaseId
    proposal: CaseId

    def actor(self, login: str) -> Actor:
        return self.house.desk.queries.actor(ROOT, PersonId(login), self.house.clock.now())

    def bundle(self, login: str, *cases: CaseId) -> Bundle:
        desk = self.house.desk
        return bundle_of(
            desk,
            ROOT,
            cases,
            self.actor(login),
            desk.world(ROOT),
            now=self.house.clock.now(),
            tool="test",
            keys=lambda origin: [("log", self.keeper.key(origin))],
        )


@pytest.fixture
def court(any_database: str, tmp_path: Path) -> Iterator[Court]:
    keeper = Keeper(tmp_path / "signer")
    with open_house(any_database, NOON) as house:
        row = GrantRow(root=ROOT, person=PersonId("luo"), role="staff", unit=UnitId("works"))
        house.desk.office.write([AddGrant(row)])
        command = OpenCase(
            root=ROOT,
            actor=house.desk.queries.actor(ROOT, PersonId("shen"), NOON),
            key="entered",
            workflow="grievance",
            unit=UnitId("works"),
            form={
                "subject": "班组长克扣奖金",
                "channel": "visit",
                "confidentiality": "confidential",
                "content": "原文 CANARY-CONTENT",
                "petitioner_name": "CANARY-NAME",
            },
            stated=Stated(NOON - timedelta(days=1), "CANARY-BASIS"),
            on_behalf=OnBehalf(
                kind=BasisKind.VISIT, person=house.desk.queries.actor(ROOT, PersonId("luo"), NOON), scan="0b" * 32
            ),
        )
        done = house.desk.office.carry_out([command])[0]
        assert isinstance(done, Done), done
        proposal = house.filed()
        house.clock.set(NOON + timedelta(minutes=5))
        sealed(house, keeper)
        yield Court(house, keeper, done.outcome.case, proposal)
    keeper.close()


def in_node(data: bytes, keys: list[str], folder: Path) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the second verifier cannot run here")
    (folder / "bundle.zip").write_bytes(data)
    job = {"file": str(folder / "bundle.zip"), "keys": keys, "receipts": [], "anchors": {}}
    (folder / "jobs").write_text(json.dumps(job) + "\n")
    driver, verifier = PROJECT / "tests/support/verify_many.mjs", PROJECT / "deploy/verify/verify.mjs"
    ran = subprocess.run([node, driver, verifier, folder / "jobs"], capture_output=True, check=True)
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def test_both_offline_verifiers_find_nothing_wrong_with_a_bundle(court: Court, tmp_path: Path) -> None:
    data = bundle_bytes(court.bundle("shen", court.grievance, court.proposal))
    keys = [court.keeper.key(ORIGIN).text]
    assert check_bundle(data, keys=keys)["findings"] == []
    assert in_node(data, keys, tmp_path)["findings"] == []


def test_both_notice_an_entry_on_behalf_by_a_role_that_may_not(court: Court, tmp_path: Path) -> None:
    whole = court.bundle("shen", court.grievance)
    spoilt = whole.entries[0].body.replace(b'"kind":"visit"', b'"kind":"voice"')
    assert spoilt != whole.entries[0].body
    data = bundle_bytes(whole).replace(whole.entries[0].body, spoilt)
    keys = [court.keeper.key(ORIGIN).text]
    assert check_bundle(data, keys=keys)["findings"] != []
    assert in_node(data, keys, tmp_path)["findings"] != []


def test_figures_of_a_reader_can_be_counted_again_from_their_bundle_alone(court: Court) -> None:
    again = Recount(bundle_bytes(court.bundle("shen", court.grievance, court.proposal)), Rules(PROJECT / "workflows"))
    desk, now = court.house.desk, court.house.clock.now()
    seen = principals_of(court.actor("shen"))
    for workflow, measure in (("grievance", "entries_on_behalf"), ("proposal", "filing_rate")):
        report = figures(desk.reads, desk.world(ROOT), ROOT, workflow, now, principals=seen)
        (tally,) = (each.total for each in report.measures if each.name == measure)
        counted = again.count(workflow, measure, now)
        assert (counted.numerator, counted.denominator) == (tally.numerator, tally.denominator)
        assert counted.numerator == 1


def openings(bundle: Bundle) -> str:
    with zipfile.ZipFile(io.BytesIO(bundle_bytes(bundle))) as files:
        return "".join(files.read(name).decode("utf-8", "replace") for name in files.namelist())


def test_a_bundle_opens_what_its_reader_may_know_and_nothing_else(court: Court) -> None:
    office = openings(court.bundle("shen", court.grievance))
    assert "CANARY-CONTENT" in office
    assert "CANARY-NAME" not in office
    assert "CANARY-BASIS" not in office
    assert '"luo"' not in office
    own = openings(court.bundle("luo", court.grievance))
    for word in ("CANARY-CONTENT", "CANARY-NAME", "CANARY-BASIS"):
        assert word in own
    with pytest.raises(CaseNotFound):
        court.bundle("wen", court.grievance)


def test_every_entry_of_a_case_is_proved_under_a_checkpoint_that_the_signer_signed(court: Court) -> None:
    desk = court.house.desk
    found = prove_case(desk, ROOT, court.proposal, court.actor("shi"), desk.world(ROOT))
    assert [one.seq for one in found] == [1, 2, 3, 4]
    for one in found:
        assert one.proof is not None
        assert one.proof.proves(one.hash)
        assert opened(one.proof.checkpoint, [court.keeper.key(ORIGIN)]) != ()
    assert not any(one.proof is not None and one.proof.proves(bytes(32)) for one in found)


def test_what_waits_to_be_sealed_has_no_proof_and_stands_in_no_bundle(court: Court) -> None:
    court.house.fire("luo", court.grievance, "withdraw")
    desk = court.house.desk
    found = prove_case(desk, ROOT, court.grievance, court.actor("luo"), desk.world(ROOT))
    assert [one.proof is None for one in found] == [False, True]
    with pytest.raises(InputRefused, match="sealed"):
        court.bundle("luo", court.grievance)


def test_without_a_checkpoint_there_is_none_to_show(any_database: str) -> None:
    with open_house(any_database, NOON) as house, pytest.raises(NotFound):
        newest_note(house.desk.reads, ROOT)


def test_the_api_gives_the_checkpoint_proofs_and_a_bundle(court: Court) -> None:
    settings = ApiSettings(version="0.1.0", database="test", log_key=court.keeper.key)
    with TestClient(create_site(court.house.desk, settings)) as client:
        shi, wen = court.house.bearer("shi"), court.house.bearer("wen")
        note = client.get("/api/ledger/checkpoint", headers=shi)
        assert opened(parse_note(note.content), [court.keeper.key(ORIGIN)]) != ()
        told = client.get(f"/api/cases/{court.proposal}/proof", headers=shi).json()
        assert all(one["proof"].startswith("c2sp.org/tlog-proof@v1\n") for one in told["entries"])
        assert client.get(f"/api/cases/{court.grievance}/proof", headers=wen).status_code == 404
        assert client.get(f"/api/cases/{court.grievance}/bundle", headers=wen).status_code == 404
        got = client.get(f"/api/cases/{court.proposal}/bundle", headers=shi)
        assert got.headers["content-type"] == "application/zip"
        assert check_bundle(got.content, keys=[court.keeper.key(ORIGIN).text])["findings"] == []
        assert client.get("/api/ledger/checkpoint").status_code == 401
