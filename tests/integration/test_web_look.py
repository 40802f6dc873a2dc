"""The frame of the pages over HTTP: the navigation, how pages look, what travels compressed; the list and its files."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import openpyxl
import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.staff_roles import StaffRoles, load_staff_roles
from engine.service.logins import AccountRules
from tests.support.house import PEOPLE, House, client_of, facts_of, open_house
from web.app import create_site
from web.sections import SECTIONS, Section, sections_of

OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('look') / 'banjie.db'}") as house:
        begun = house.clock.now()
        for n, subject in enumerate(("=HYPERLINK(1)", "关于食堂的提案", "关于班车的提案")):
            house.clock.set(begun + timedelta(minutes=n))
            case = house.filed(form={"subject": subject})
            if n == 1:
                house.fire("zhai", case, "assign", {"lead": "logistics"})
        yield house


@contextmanager
def visitor(house: House, login: str, *, https: bool = False) -> Iterator[TestClient]:
    # The roles of staff as they are, but nobody is held up for a second factor.
    roles = {name: role.model_copy(update={"second_factor": False}) for name, role in load_staff_roles().roles.items()}
    accounts = AccountRules(staff=StaffRoles(roles))
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", accounts=accounts, https=https))
    with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
        name = "__Host-banjie" if https else "banjie"
        client.cookies.set(name, house.token(login))
        yield client


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with visitor(house, "zhai") as client:
        yield client


def links(page: str) -> list[str]:
    """Return where the navigation leads, in its order."""
    (nav,) = re.findall(r"<nav\b.*?</nav>", page, re.DOTALL)
    return list(dict.fromkeys(re.findall(r'href="([^"]+)"', nav)))


# ---------------------------------------------------------------------------------------------------------- navigation


@pytest.mark.parametrize("login", PEOPLE)
def test_whatever_the_navigation_offers_somebody_may_open(house: House, login: str) -> None:
    with visitor(house, login) as client:
        offered = links(client.get("/").text)
        assert offered[0] == "/"
        for address in offered:
            answer = client.get(address)
            assert answer.status_code in (200, 303), f"{login} is offered {address}: {answer.status_code}"
            assert not answer.headers.get("location", "").startswith("/login")


def test_every_part_of_the_navigation_is_offered_to_somebody_or_has_no_page(house: House) -> None:
    site = create_site(house.desk, ApiSettings(version="0", database="test"))
    there = {section.address for section in sections_of(site.routes)}
    offered = set()
    for login in PEOPLE:
        with visitor(house, login) as client:
            offered |= set(links(client.get("/").text))
    # Nobody of this house guards grants; jobs are not looked at in this process.
    alone = {"/grants", "/jobs"}
    assert there - offered <= alone
    assert offered <= there


def test_a_worker_is_offered_little_and_the_secretariat_more(house: House) -> None:
    with visitor(house, "luo") as client:
        few = links(client.get("/").text)
    with visitor(house, "shen") as client:
        many = links(client.get("/").text)
    assert {"/", "/notices", "/cases", "/overdue", "/figures", "/workflows"} <= set(few)
    # Who has an office begins with what waits there, and reaches what is their own by their name.
    assert set(few) - {"/me/cases"} < set(many)
    assert {"/ledger", "/accounts"} <= set(many) - set(few)


def test_a_part_without_a_page_is_not_offered() -> None:
    assert sections_of([]) == ()


def test_the_page_one_is_on_is_marked(zhai: TestClient) -> None:
    page = zhai.get("/cases").text
    marked = re.findall(r'<a href="([^"]+)" aria-current="page">', page)
    # Once in the wide navigation, once in the menu of the phone.
    assert marked == ["/cases", "/cases"]


def test_no_two_parts_share_a_name_or_an_address() -> None:
    def once(of: str) -> bool:
        return len({getattr(section, of) for section in SECTIONS}) == len(SECTIONS)

    assert once("name")
    assert once("address")
    assert all(isinstance(section, Section) for section in SECTIONS)


# --------------------------------------------------------------------------------------------------------------- looks


def test_light_or_dark_and_large_print_are_chosen_and_kept(zhai: TestClient) -> None:
    assert "data-theme" not in zhai.get("/cases").text
    answer = zhai.post("/appearance", data={"theme": "dark", "back": "/cases?q=1"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?q=1")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("theme=dark", "httponly", "samesite=lax", "path=/"))
    zhai.post("/appearance", data={"print": "large", "back": "/"}, headers=OWN)
    page = zhai.get("/cases").text
    assert '<html lang="zh-CN" data-theme="dark" data-print="large">' in page
    assert '<meta name="color-scheme" content="dark">' in page
    assert re.search(r'value="dark" aria-pressed="true"', page)
    assert re.search(r'value="light" aria-pressed="false"', page)


def test_no_login_is_needed_to_read_in_large_print(house: House) -> None:
    with client_of(house) as client:
        client.post("/appearance", data={"print": "large", "back": "/login"}, headers=OWN)
        assert 'data-print="large"' in client.get("/login").text


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "\\evil"])
def test_a_choice_of_looks_leads_nowhere_else(zhai: TestClient, back: str) -> None:
    answer = zhai.post("/appearance", data={"theme": "loud", "back": back}, headers=OWN)
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_another_site_chooses_no_looks_for_anybody(zhai: TestClient) -> None:
    answer = zhai.post("/appearance", data={"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_the_entrance_for_strangers_offers_no_looks(house: House) -> None:
    with client_of(house) as client:
        assert 'action="/appearance"' in client.get("/login").text
        assert 'action="/appearance"' not in client.get("/anonymous").text


# ------------------------------------------------------------------------------------------- what is sent, and how long


def test_static_files_are_kept_under_a_mark_that_changes_with_them(zhai: TestClient) -> None:
    address = re.search(r'href="(/static/site\.css\?v=[0-9a-f]{12})"', zhai.get("/").text)
    assert address is not None
    kept = zhai.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (kept.headers["content-encoding"], kept.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = zhai.get("/static/site.css?v=000000000000", headers={"Accept-Encoding": "identity"})
    assert (plain.headers["cache-control"], plain.text) == ("no-store", kept.text)
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/static/none.css", "/static/", "/static/../shell.py", "/static/%2e%2e/shell.py"])
def test_nothing_but_the_static_files_is_static(zhai: TestClient, path: str) -> None:
    assert zhai.get(path).status_code == 404


def test_a_static_file_is_only_read(zhai: TestClient) -> None:
    assert zhai.post("/static/site.css", headers=OWN).status_code == 404


@pytest.mark.parametrize(
    ("https", "site", "packed"),
    [
        (True, "same-origin", True),
        (True, "none", True),
        (True, "cross-site", False),
        (True, "same-site", False),
        (True, None, False),
        (False, None, True),
        (False, "cross-site", False),
    ],
)
def test_a_page_that_another_site_may_have_asked_for_is_not_compressed(
    house: House, https: bool, site: str | None, packed: bool
) -> None:
    with visitor(house, "zhai", https=https) as client:
        headers = {"Accept-Encoding": "gzip", **({} if site is None else {"Sec-Fetch-Site": site})}
        answer = client.get("/cases", headers=headers)
        assert ("content-encoding" in answer.headers) is packed
        assert "<h1>事项</h1>" in answer.text


def test_a_compressed_page_is_the_page(zhai: TestClient) -> None:
    with zhai.stream("GET", "/workflows/proposal", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert int(answer.headers["content-length"]) == len(raw)
    assert "职代会提案" in gzip.decompress(raw).decode("utf-8")


@pytest.mark.parametrize("asked", ["identity", "gzip;q=0", ""])
def test_who_reads_no_gzip_gets_none(zhai: TestClient, asked: str) -> None:
    assert "content-encoding" not in zhai.get("/cases", headers={"Accept-Encoding": asked}).headers


def test_strangers_and_programs_get_nothing_compressed(house: House, zhai: TestClient) -> None:
    asked = {"Accept-Encoding": "gzip"}
    assert "content-encoding" not in zhai.get("/anonymous", headers=asked).headers
    assert "content-encoding" not in zhai.get("/api/cases", headers={**asked, **house.bearer("zhai")}).headers


# ------------------------------------------------------------------------------------------------------------- the list


def subjects(page: str) -> list[str]:
    return re.findall(r'<td class="subject"[^>]*><a [^>]*>([^<]*)</a>', page)


def test_the_list_stands_in_the_order_asked_for(zhai: TestClient) -> None:
    newest = ["关于班车的提案", "关于食堂的提案", "=HYPERLINK(1)"]
    assert subjects(zhai.get("/cases").text) == newest
    assert subjects(zhai.get("/cases?workflow=proposal&order=number").text) == newest[::-1]
    due = zhai.get("/cases?order=due").text
    assert "只列出有期限在走的事项" in due
    assert set(subjects(due)) == set(newest)
    # By number only within a workflow, as each numbers its own.
    assert subjects(zhai.get("/cases?order=number").text) == newest
    assert 'value="number"' not in zhai.get("/cases").text


def test_the_list_is_narrowed_by_session_and_category(zhai: TestClient) -> None:
    assert len(subjects(zhai.get("/cases?session=s6m3").text)) == 3
    assert len(subjects(zhai.get("/cases?session=elsewhere").text)) == 3, "an unknown session narrows nothing"
    assert len(subjects(zhai.get("/cases?workflow=proposal&category=welfare").text)) == 3
    assert subjects(zhai.get("/cases?workflow=proposal&category=safety").text) == []
    page = zhai.get("/cases?workflow=proposal&session=s6m3").text
    assert '<option value="s6m3" selected>六届三次</option>' in page


def test_the_next_page_keeps_order_and_conditions(
    house: House, zhai: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.cases.PAGE_LINES", 2)
    first = zhai.get("/cases?workflow=proposal&order=number").text
    following = re.search(r'href="(/cases\?[^"]*after=[^"]*)"', first)
    assert following is not None
    second = zhai.get(following[1].replace("&amp;", "&")).text
    assert subjects(first) + subjects(second) == ["=HYPERLINK(1)", "关于食堂的提案", "关于班车的提案"]
    assert 'href="/cases?workflow=proposal&amp;order=number"' in second
    assert zhai.get("/cases?order=due&after=nonsense").status_code == 422


def test_the_list_is_taken_along_as_csv_in_which_nothing_reckons(house: House, zhai: TestClient) -> None:
    answer = zhai.get("/cases/export.csv?workflow=proposal&order=number")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="cases-2026-01-20.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    titles, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert titles[:5] == ["编号", "案由", "流程", "类别", "届次"]
    assert [row[1] for row in rows] == ["'=HYPERLINK(1)", "关于食堂的提案", "关于班车的提案"]
    assert rows[1][2:10] == [
        "职代会提案", "生活福利", "六届三次", "江岭重工", "后勤服务中心", "待签收", "办理中", "2026-01-20",
    ]  # fmt: skip
    assert rows[1][11].startswith("还有")
    exported = facts_of(house, "exported")
    assert exported[-1] == {"what": "cases", "rows": 3, "by": "zhai"}


def test_the_list_is_taken_along_as_a_workbook_of_texts(zhai: TestClient) -> None:
    answer = zhai.get("/cases/export.xlsx?q=HYPERLINK")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert [cell.value for cell in cells[0]][:2] == ["编号", "案由"]
    assert (cells[1][1].value, cells[1][1].data_type) == ("=HYPERLINK(1)", "s")
    assert len(cells) == 2


def test_what_one_may_not_see_is_in_no_file_either(house: House) -> None:
    with visitor(house, "luo") as client:
        assert len(client.get("/cases/export.csv").content.decode("utf-8-sig").splitlines()) == 1


def test_a_file_ends_at_its_limit_and_is_of_a_kind_that_is_made(
    zhai: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.cases.EXPORT_ROWS_MAX", 2)
    assert len(zhai.get("/cases/export.csv").content.decode("utf-8-sig").splitlines()) == 3
    assert zhai.get("/cases/export.pdf").status_code == 404
