"""What witnesses added goes out with bundles and pages: verified offline, and shown on the page of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from deploy.verify.verify import check_bundle
from engine.case.identity import CaseId
from engine.ledger.notes import opened, parse_note
from engine.service.sealing_witnesses import ask_witness
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import Registry
from runtime.jobs.sealing import with_sealing
from runtime.jobs.witnessing import with_witnesses
from runtime.jobs.worker import Worker
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import newest, sealed
from tests.support.witnesses import NAME, DirectWitness, a_witness
from web.app import create_site

ORIGIN = "banjie/works/2026"


@dataclass(frozen=True)
class Site:
    """A sealed and cosigned house with its site."""

    house: House
    case: CaseId
    keeper: Keeper
    witness: DirectWitness
    worker: Worker
    client: TestClient

    def get(self, path: str) -> bytes:
        answer = self.client.get(path, headers=self.house.bearer("shen"))
        assert answer.status_code == 200, answer.text
        return answer.content

    def page(self) -> str:
        self.client.cookies.set("banjie", self.house.token("shen"))
        return self.client.get("/ledger").text


@pytest.fixture
def site(sqlite_database: str, tmp_path: Path) -> Iterator[Site]:
    with open_house(sqlite_database) as house:
        keeper = Keeper(tmp_path / "signer")
        kept = a_witness(tmp_path / "w", [keeper.key(ORIGIN)], now=lambda: house.clock.now().timestamp())
        witness, case = DirectWitness(kept), house.filed()
        sealed(house, keeper)
        ask_witness(house.desk.office, house.desk.reads, ROOT, witness)
        jobs = LeasedJobs.open(sqlite_database, house.clock)
        registry = with_sealing(Registry(handlers={}, intervals={}), house.desk, keeper, "banjie")
        worker = Worker(jobs, with_witnesses(registry, house.desk, jobs, [witness]), house.clock)
        settings = ApiSettings(version="0.1.0", database="test", log_key=keeper.key, witnesses=(witness.key,))
        with TestClient(create_site(house.desk, settings, jobs), raise_server_exceptions=False) as client:
            yield Site(house, case, keeper, witness, worker, client)
        jobs.close()
        kept.close()
        keeper.close()


def test_the_bundle_of_a_case_carries_the_cosignature_that_an_auditor_demands(site: Site) -> None:
    data = site.get(f"/api/cases/{site.case}/bundle")
    keys, key = [site.keeper.key(ORIGIN).text], site.witness.key.text
    report = check_bundle(data, keys=keys, witnesses=[key])
    assert report["findings"] == []
    assert {(one["role"], one["key"]) for one in report["keys"]} >= {("log", keys[0]), ("witness", key)}
    other = site.keeper.key("another").text
    assert check_bundle(data, keys=[other])["findings"] != []


def test_the_newest_checkpoint_goes_out_with_its_cosignature(site: Site) -> None:
    for path in ("/api/ledger/checkpoint", f"/ledger/checkpoints/{newest(site.house).n}"):
        site.client.cookies.set("banjie", site.house.token("shen"))
        note = parse_note(site.get(path))
        assert site.witness.key in opened(note, [site.keeper.key(ORIGIN), site.witness.key]), path


def test_the_page_of_the_ledger_shows_how_far_each_witness_has_come_and_why_no_further(site: Site) -> None:
    page = site.page()
    assert "见证主机" in page
    assert f"至第 {newest(site.house).n} 号检查点" in page
    assert "最新检查点已联署" in page
    site.witness.is_away = True
    site.house.clock.set(site.house.clock.now() + timedelta(minutes=1))
    site.house.open("shi")
    site.worker.run_due()
    page = site.page()
    assert f"至第 {newest(site.house).n - 1} 号检查点" in page or "至第 1 号检查点" in page
    assert "连接不上，稍后自动再试" in page
    assert f"第 {newest(site.house).n} 号起尚未联署" in page or "第 2 号起尚未联署" in page
    assert 'class="standing late"' not in page, "an outage of a minute is no alarm"
    site.witness.is_away = False
    site.house.clock.set(site.house.clock.now() + timedelta(hours=1))
    site.worker.run_due()
    assert "最新检查点已联署" in site.page()


def test_without_witnesses_the_page_has_no_such_list(site: Site) -> None:
    bare = create_site(site.house.desk, ApiSettings(version="0.1.0", database="test"))
    with TestClient(bare, raise_server_exceptions=False) as client:
        client.cookies.set("banjie", site.house.token("shen"))
        page = client.get("/ledger").text
    assert "账册与检查点" in page
    assert "见证主机</h3>" not in page
    assert NAME in page, "who has cosigned stands beside the checkpoint"
