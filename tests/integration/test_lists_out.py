"""Lists taken along as files: each that is offered as one is a sheet with a filter, in which a text stays a text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant, AddPerson, PlainWrite
from tests.support.accounts import browser
from tests.support.house import ROOT, House, facts_of, open_house

NAME = '=HYPERLINK("http://x.example.cn")'
LISTS = {
    # the page, who looks at it, and the lists that it offers
    "/cases": ("shen", {"/cases/export"}),
    "/overdue": ("shen", {"/overdue/export"}),
    "/board": ("zhai", {"/board/export"}),
    "/supervise": ("shen", {"/supervise/units", "/supervise/persons"}),
    "/accounts": ("shen", {"/accounts"}),
    "/grants": ("guard", {"/grants"}),
    "/audit": ("checker", {"/audit"}),
    "/figures/proposal": ("shen", {"/figures/proposal/measures", "/figures/proposal/funnel"}),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house:
        house.fire("zhai", house.filed(), "assign", {"lead": "logistics"})
        writes: list[PlainWrite] = []
        for login, role, unit in (
            ("guard", "security_administrator", "works"),
            ("checker", "auditor", "works"),
            ("odd", "handler", "logistics"),
        ):
            name = NAME if login == "odd" else login
            person = Person(root=ROOT, id=PersonId(login), name=name, login=login, unit=UnitId(unit))
            grant = GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(unit))
            writes += [AddPerson(person), AddGrant(grant)]
        house.desk.office.write(writes)
        house.clock.set(house.clock.now() + timedelta(days=60))
        yield house


def offered(client: TestClient, address: str, own: dict[str, str]) -> set[str]:
    """Return the addresses of the files that a page offers."""
    answer = client.get(address, headers=own)
    assert answer.status_code == 200, address
    return {found.replace("&amp;", "&") for found in re.findall(r'href="([^"]+\.(?:csv|xlsx)[^"]*)"', answer.text)}


@pytest.mark.parametrize("address_of", LISTS)
def test_a_list_is_had_as_a_sheet_and_as_text(house: House, address_of: str) -> None:
    login, lists = LISTS[address_of]
    with browser(house) as client:
        own = house.browser(login)
        addresses = offered(client, address_of, own)
        for path in lists:
            for kind in ("csv", "xlsx"):
                (address,) = {one for one in addresses if one.split("?")[0] == f"{path}.{kind}"}
                answer = client.get(address, headers=own)
                assert answer.status_code == 200, address
                assert answer.headers["content-disposition"].endswith(f'.{kind}"'), address
                if kind == "xlsx":
                    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
                    assert sheet is not None
                    assert sheet.freeze_panes == "A2"
                    assert sheet.auto_filter.ref is not None
                    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
                    titles = [str(cell.value) for cell in sheet[1]]
                else:
                    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
                    assert not any(
                        cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in rows for cell in row
                    )
            assert all(titles)


def test_numbers_are_numbers_and_a_name_that_looks_like_a_formula_is_a_name(house: House) -> None:
    shen, guard = house.browser("shen"), house.browser("guard")
    with browser(house) as client:
        units = client.get("/supervise/units.xlsx", headers=shen)
        sheet = openpyxl.load_workbook(io.BytesIO(units.content)).active
        assert sheet is not None
        rows = {str(row[0].value): row for row in sheet.iter_rows(min_row=2)}
        # Given on 20 January 2026 and to be acknowledged in ten days: late on 21 March.
        assert (rows["后勤服务中心"][1].value, rows["后勤服务中心"][1].data_type) == (1, "n")
        grants = client.get("/grants.csv", headers=guard).content.decode("utf-8-sig")
        assert next(row[0] for row in csv.reader(io.StringIO(grants)) if row[1] == "odd") == f"'{NAME}"
        narrowed = client.get("/grants.csv?text=checker", headers=guard).content.decode("utf-8-sig")
        assert [row[1] for row in csv.reader(io.StringIO(narrowed))][1:] == ["checker"]
        persons = client.get("/supervise/persons.csv", headers=shen).content.decode("utf-8-sig")
        assert {"温其玉", f"'{NAME}"} <= {row[0] for row in csv.reader(io.StringIO(persons))}
        assert client.get("/supervise/colours.csv", headers=shen).status_code == 404
        assert "没有这种导出格式" in client.get("/accounts.pdf", headers=shen).text
    assert {fact["what"] for fact in facts_of(house, "exported")} >= {"supervise units", "grants", "supervise persons"}


def test_who_may_not_see_a_list_takes_none_along(house: House) -> None:
    with browser(house) as client:
        for path in ("/accounts.csv", "/grants.xlsx"):
            assert client.get(path, headers=house.browser("luo")).status_code == 403, path
