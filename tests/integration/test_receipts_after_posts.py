"""After a step on a page its receipt is at hand, also for somebody who lost sight of the case by that very step; bulk
answers of the API give one for each entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.case.identity import CaseId
from engine.ledger.receipts import Deposit, Receipt, parse_receipt
from runtime.jobs.handlers import release_all
from runtime.receipt_key import ReceiptKey
from runtime.settings import Settings
from tests.integration.test_confidential import NOON, Office, opened
from tests.support.house import PROPOSAL, ROOT, SESSION, House, open_house
from web.app import create_site

OWN = {"Sec-Fetch-Site": "same-origin"}
FORM = {f"f.{name}": str(value) for name, value in PROPOSAL.items()}


@dataclass(frozen=True)
class Counter:
    """A house that gives receipts, visited as one person after the other."""

    house: House
    client: TestClient
    key: ReceiptKey

    def come(self, login: str) -> None:
        self.client.cookies.set("banjie", self.house.token(login))

    def post(self, address: str, **data: str) -> str:
        """Send a form and return where it leads."""
        answer = self.client.post(address, data=data, headers=OWN)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def kept(self, page: str, case: str) -> Receipt:
        """Fetch the receipt that a page links to and return what it says; it must be genuine."""
        address = re.search(rf'href="(/cases/{case}/receipt/\d+)"[^>]*>请保存本次办理的回执', page)
        assert address is not None
        return self.genuine(self.client.get(f"{address[1]}/receipt.txt").text)

    def genuine(self, text: str) -> Receipt:
        signed = parse_receipt(text)
        assert signed.signed_by([self.key.key])
        assert isinstance(signed.receipt, Receipt)
        return signed.receipt

    def entry(self, case: str, seq: int) -> bytes:
        """Return the hash that stands in the ledger."""
        return next(row.hash for row in self.house.desk.reads.entries(ROOT, CaseId(case)) if row.seq == seq)


def site_of(house: House, key: ReceiptKey) -> TestClient:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", receipts=key))
    return TestClient(site, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    url = f"sqlite:///{tmp_path / 'banjie.db'}"
    key = ReceiptKey(Settings(database_url=url))
    with open_house(url) as house, site_of(house, key) as client:
        yield Counter(house, client, key)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Office, Counter]]:
    url = f"sqlite:///{tmp_path / 'banjie.db'}"
    key = ReceiptKey(Settings(database_url=url))
    with opened(url) as made, site_of(made.house, key) as client:
        yield made, Counter(made.house, client, key)


def test_a_new_case_and_a_move_lead_to_the_receipt_of_their_entry(counter: Counter) -> None:
    counter.come("shi")
    more = {"key": "k1", "unit": "works", "session": SESSION, "f.proposer_type": "delegation"}
    there = counter.post("/cases/new/proposal", **FORM, **more)
    case = there.partition("?")[0].removeprefix("/cases/")
    first = counter.kept(counter.client.get(there).text, case)
    assert first == Receipt(ledger=ROOT, case=case, seq=1, hash=counter.entry(case, 1))
    there = counter.post(f"/cases/{case}/submit", key="k2", version="1")
    moved = counter.kept(counter.client.get(there).text, case)
    assert (moved.seq, moved.hash) == (2, counter.entry(case, 2))


@pytest.mark.parametrize("seq", ["", "x", "²", "-1", "9" * 16, "1;/../..", "%22%3E"])
def test_an_address_that_names_no_entry_shows_no_receipt(counter: Counter, seq: str) -> None:
    case = counter.house.open("shi")
    counter.come("shi")
    page = counter.client.get(f"/cases/{case}?done=open&seq={seq}")
    assert page.status_code == 200
    assert "请保存本次办理的回执" not in page.text


def test_who_loses_sight_of_a_case_by_a_step_is_given_its_receipt_at_once(office: tuple[Office, Counter]) -> None:
    made, counter = office
    case = made.filed(confidentiality="internal")
    counter.come("shen")
    data = {"key": "k", "f.recused_people": "shen", "f.recusal_reason": "与反映人有亲属关系"}
    answer = counter.client.post(f"/cases/{case}/recuse", data=data, headers=OWN)
    assert answer.status_code == 200, answer.text
    assert "已办理完毕，本件不再由您查看" in answer.text
    assert not made.sees("shen", case)
    text = re.search(r'<pre class="receipt-text">(.*?)</pre>', answer.text, re.DOTALL)
    assert text is not None
    receipt = counter.genuine(text[1])
    assert (receipt.case, receipt.hash) == (case, counter.entry(case, receipt.seq))
    assert "<svg" in answer.text
    assert "班组长克扣奖金" not in answer.text
    assert counter.client.get(f"/cases/{case}/receipt/{receipt.seq}").status_code == 404


def test_the_slip_of_an_entry_on_behalf_bears_the_receipt(office: tuple[Office, Counter]) -> None:
    made, counter = office
    assert made.house.clock.now() == NOON
    counter.come("shen")
    basis = {
        "kind": "paper",
        "basis": "提案表第012号",
        "occurred_at": "2026-03-01",
        "person": "石磊生",
        "scan": "AB" * 32,
    }
    data = {f"on_behalf.{name}": value for name, value in basis.items()}
    there = counter.post("/cases/new/proposal/on-behalf", key="k", unit="works", session=SESSION, **data, **FORM)
    case, seq = re.fullmatch(r"/cases/(\w+)/slip/(\d+)\?done=1", there).groups()  # type: ignore[union-attr]  # it matches
    page = counter.client.get(there).text
    assert f'src="/cases/{case}/receipt/{seq}/code.png"' in page
    receipt = counter.kept(page, case)
    assert (receipt.seq, receipt.hash) == (int(seq), counter.entry(case, int(seq)))


def test_a_bulk_answer_gives_the_receipt_of_every_entry_and_none_for_a_refusal(counter: Counter) -> None:
    cases = [counter.house.open("shi", {"proposer_type": "delegation", "subject": f"提案{n}"}) for n in range(3)]
    asked = [{"case": case, "transition": "submit"} for case in cases] + [{"case": cases[0], "transition": "close"}]
    headers = {**counter.house.bearer("shi"), "Idempotency-Key": "many"}
    results = counter.client.post("/api/transitions", json={"transitions": asked}, headers=headers).json()["results"]
    assert [one["status"] for one in results] == [200, 200, 200, 409]
    for case, one in zip(cases, results, strict=False):
        receipt = counter.genuine(one["receipt"])
        assert receipt == Receipt(ledger=ROOT, case=case, seq=one["seq"], hash=counter.entry(case, one["seq"]))
        assert one["receipt_short"] == receipt.short
    assert "receipt" not in results[3]


NOTE = {"reminder_note": "请于三日内办理。"}


def test_acting_on_a_selection_gives_the_receipt_of_each_entry_by_api_and_page(counter: Counter) -> None:
    house = counter.house
    cases = [house.filed(form={"subject": f"关于照明的提案第{n}件"}) for n in range(2)]
    body = {"measure": "remind", "form": NOTE, "cases": cases}

    def ask(key: str, **more: object) -> dict[str, Any]:
        headers = {**house.bearer("zhai"), "Idempotency-Key": key}
        answer = counter.client.post("/api/overdue/measures", json={**body, **more}, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    taken = ask("b", confirmed=ask("a")["confirm"])["results"]
    for case, one in zip(cases, taken, strict=True):
        receipt = counter.genuine(one["receipt"])
        assert receipt == Receipt(ledger=ROOT, case=case, seq=one["seq"], hash=counter.entry(case, one["seq"]))

    counter.come("zhai")
    versions = {f"version.{one['case']}": str(one["expected_version"]) for one in ask("c")["confirm"]}
    data = {"measure": "remind", "key": "k", "confirmed": "1", "case": cases, "f.reminder_note": "再催。", **versions}
    page = counter.client.post("/overdue/act", data=data, headers=OWN).text
    for case in cases:
        seq = len(house.desk.reads.entries(ROOT, case))
        assert f'href="/cases/{case}/receipt/{seq}"' in page
        text = counter.client.get(f"/cases/{case}/receipt/{seq}/receipt.txt").text
        assert counter.genuine(text).hash == counter.entry(case, seq)


def test_somebody_anonymous_is_given_a_receipt_for_filing_and_for_every_move(office: tuple[Office, Counter]) -> None:
    made, counter = office
    form = {"subject": "班组长克扣奖金", "content": "三月份少发二百"}

    def send(address: str, key: str, **body: object) -> dict[str, Any]:
        headers = {**OWN, "Idempotency-Key": key}
        answer = counter.client.post(f"/api/anonymous{address}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def command(text: str) -> bytes:
        signed = parse_receipt(text)
        assert signed.signed_by([counter.key.key])
        assert isinstance(signed.receipt, Deposit)
        return signed.receipt.command

    filed = send("", "a-1", workflow="grievance", form=form)
    assert command(filed["receipt"]).hex() == filed["command_hash"]
    made.house.clock.set(NOON + timedelta(hours=4))
    assert release_all(made.house.desk).done == 1
    code = filed["code"]
    moved = send("/transitions", "a-2", code=code, transition="write_message", form={"message": "是夜班的事"})
    assert command(moved["receipt"]).hex() == moved["command_hash"]
    data = {"code": code, "move": "write_message", "key": "a-3", "f.message": "还有早班"}
    page = counter.client.post("/anonymous/act", data=data, headers=OWN).text
    shown = re.search(r'<pre class="receipt-text">(.*?)</pre>', page, re.DOTALL)
    assert shown is not None
    made.house.clock.set(NOON + timedelta(hours=8))
    assert release_all(made.house.desk).done == 2
    reads = made.house.desk.reads
    (case,) = reads.all_case_ids(ROOT)
    first, *others = (json.loads(row.body)["command"] for row in reads.entries(ROOT, case))
    # What is released together stands in no order that would tell which came first.
    assert (first, set(others)) == (filed["command_hash"], {moved["command_hash"], command(shown[1]).hex()})
