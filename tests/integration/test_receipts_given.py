"""Receipts on every surface: given with each answer, the same on a repeat, checked by anybody, never for strangers."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.case.identity import CaseId
from engine.ledger.receipts import Receipt, parse_receipt
from engine.ledger.streams import stream_of
from engine.service.verify import verify
from runtime.receipt_key import RECEIPTS_KEY, ReceiptKey, announce
from runtime.settings import Settings
from tests.support.house import PROPOSAL, ROOT, SESSION, House, open_house
from web.app import create_site

OWN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Counter:
    """A house that gives receipts."""

    house: House
    client: TestClient
    key: ReceiptKey
    folder: Path


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    url = f"sqlite:///{tmp_path / 'banjie.db'}"
    key = ReceiptKey(Settings(database_url=url))
    with open_house(url) as house:
        settings = ApiSettings(version="0.1.0", database="test", receipts=key)
        site = create_site(house.desk, settings)
        with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
            yield Counter(house, client, key, tmp_path)


def opened(counter: Counter, key: str = "one") -> dict[str, str]:
    body = {"workflow": "proposal", "unit": "works", "congress_session": SESSION, "form": dict(PROPOSAL)}
    headers = {**counter.house.bearer("shi"), "Idempotency-Key": key}
    told: dict[str, str] = counter.client.post("/api/cases", json=body, headers=headers).json()
    return told


def checked(counter: Counter, pasted: str) -> str:
    return counter.client.post("/receipts", data={"receipt": pasted}, headers=OWN).text


def test_an_answer_carries_the_receipt_of_its_entry_and_a_repeat_the_same(counter: Counter) -> None:
    first, again = opened(counter), opened(counter)
    signed = parse_receipt(first["receipt"])
    assert signed.signed_by([counter.key.key])
    assert signed.receipt == Receipt(ledger=ROOT, case=first["case"], seq=1, hash=bytes.fromhex(first["hash"]))
    assert first["receipt_short"] == signed.receipt.short
    assert again["receipt"] == first["receipt"]


def test_anybody_checks_a_receipt_in_either_form_and_learns_nothing_of_the_case(counter: Counter) -> None:
    text = opened(counter)["receipt"]
    for pasted in (text, parse_receipt(text).compact, text.replace("\n", "\r\n")):
        page = checked(counter, pasted)
        assert "回执真实，账册中的记录与回执一致" in page
        assert str(PROPOSAL["subject"]) not in page


def test_a_forged_and_a_broken_receipt_are_told_apart(counter: Counter, tmp_path: Path) -> None:
    told = opened(counter)
    other = ReceiptKey(Settings(database_url=f"sqlite:///{tmp_path / 'elsewhere' / 'x.db'}"))
    forged = other.receipt(ROOT, told["case"], 1, bytes.fromhex(told["hash"]))
    assert "签名不成立：这不是本系统出具的回执" in checked(counter, forged.text)
    broken = checked(counter, told["receipt"][:150])
    assert 'role="alert"' in broken
    assert "回执真实" not in broken
    assert "不是回执" in checked(counter, "x" * 10_000)


def test_a_receipt_for_what_the_ledger_does_not_hold_is_an_alarm(counter: Counter) -> None:
    told = opened(counter)
    gone = counter.key.receipt(ROOT, told["case"], 2, bytes.fromhex(told["hash"]))
    altered = counter.key.receipt(ROOT, told["case"], 1, bytes(32))
    for one in (gone, altered):
        alarm = "回执真实，但账册中没有这条记录，或记录已被改动。请立即联系审计人员，并保存好回执。"
        assert alarm in checked(counter, one.text)
    waiting = checked(counter, counter.key.deposit(ROOT, bytes(32)).text)
    assert "回执真实：匿名提交已收到，将在下一个四小时整点登记。" in waiting


def test_the_page_of_a_receipt_shows_a_code_from_our_own_address(counter: Counter) -> None:
    case = CaseId(opened(counter)["case"])
    counter.client.cookies.set("banjie", counter.house.token("shi"))
    page = counter.client.get(f"/cases/{case}/receipt/1")
    assert page.status_code == 200
    assert f'src="/cases/{case}/receipt/1/code.png"' in page.text
    image = counter.client.get(f"/cases/{case}/receipt/1/code.png")
    assert image.content.startswith(b"\x89PNG\r\n")
    kept = counter.client.get(f"/cases/{case}/receipt/1/receipt.txt")
    assert parse_receipt(kept.text).signed_by([counter.key.key])
    assert counter.client.get(f"/cases/{case}/receipt/9").status_code == 404
    counter.client.cookies.set("banjie", counter.house.token("jiao"))
    for ending in ("", "/code.png", "/receipt.txt"):
        assert counter.client.get(f"/cases/{case}/receipt/1{ending}").status_code == 404


def test_the_key_is_the_owners_alone_and_announced_in_the_ledger(counter: Counter) -> None:
    announce(counter.house.desk, counter.key)
    mode = stat.S_IMODE((counter.folder / RECEIPTS_KEY).stat().st_mode)
    assert mode == 0o600
    again = ReceiptKey(Settings(database_url=f"sqlite:///{counter.folder / 'banjie.db'}"))
    assert again.key == counter.key.key
    desk = counter.house.desk
    assert verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings == ()
    streams = desk.reads.entries(ROOT, CaseId(stream_of(counter.house.clock.now(), 0)))
    assert sum(counter.key.key.text.encode() in entry.body for entry in streams) == 1
