"""First logins: slips, links, the first administrator, a password set by another, a second factor that a role needs;
and looking after the accounts and tokens of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow, Person
from engine.access.passwords import hash_password
from engine.case.identity import PersonId, UnitId
from engine.ledger.canonical import parse_canonical
from engine.service.account_writes import SetPassword
from engine.service.first_logins import first_link, make_link, make_slips
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant, AddPerson
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.accounts import (
    OTHER,
    OWN,
    STAFF,
    authenticator,
    browser,
    enrol,
    hold,
    house_in,
    is_in,
    log_in,
    send,
    shown_secret,
)
from tests.support.house import PASSWORD, ROOT, House
from tests.support.storage import table
from web.app import create_site

WORKS, LOGISTICS = UnitId("works"), UnitId("logistics")
NEW = [
    Person(root=ROOT, id=PersonId("xin"), name="辛小禾", login="xin", unit=LOGISTICS),
    Person(root=ROOT, id=PersonId("he"), name="何大川", login="he", unit=WORKS),
]
CODE = re.compile(r'<code class="code">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>')
KEY = {**OWN, "Idempotency-Key": "k"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("api.identity.IDENTITY_SECONDS", 0)
    with house_in(tmp_path) as house:
        house.desk.office.write([AddPerson(person) for person in NEW])
        yield house


@pytest.fixture
def office(house: House) -> Iterator[TestClient]:
    with browser(house, pages_url="https://banjie.example") as client:
        log_in(client, "shen")
        yield client


def facts(folder: Path) -> list[tuple[str, object]]:
    """Return type and content of every fact about accounts, in order."""
    rows = table(f"sqlite:///{folder / 'banjie.db'}", 'SELECT body FROM ledger_entry ORDER BY "case", seq')
    bodies = [parse_canonical(bytes(row[0])) for row in rows]
    kinds = ("password_set", "slips_made", "second_factor_", "token_")
    told = [body for body in bodies if isinstance(body, dict) and str(body["type"]).startswith(kinds)]
    return [(str(body["type"]), body[str(body["type"])]) for body in told]


def test_the_office_prints_slips_for_those_without_a_password_and_one_is_enough_to_log_in(
    house: House, office: TestClient, tmp_path: Path
) -> None:
    page = send(office, "/accounts/slips", unit="works")
    codes = CODE.findall(page.text)
    assert len(codes) == len(set(codes)) == 2, "nobody who has a password gets a slip"
    for shown in ("辛小禾", "后勤服务中心", "https://banjie.example/activate", "2026年2月19日"):
        assert shown in page.text
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("banjie.db*"))
    assert not any(code.encode() in kept or code.replace("-", "").encode() in kept for code in codes)

    # By unit and name: 何大川 of the works comes before 辛小禾 of logistics or after, whichever the codes of units say.
    code = re.search(r"辛小禾.*?" + CODE.pattern, page.text, re.DOTALL)
    assert code is not None
    with browser(house) as xin:
        typed = code[1].lower().replace("-", " ")
        done = send(xin, "/activate", login="xin", code=typed, password=OTHER, again=OTHER)
        assert done.headers["location"] == "/login?done=activated"
        assert log_in(xin, "xin", OTHER).status_code == 303
        assert is_in(xin)
        assert send(xin, "/activate", login="xin", code=typed, password=OTHER, again=OTHER).status_code == 401
    assert facts(tmp_path) == [
        ("slips_made", {"people": ["xin", "he"]}),
        ("password_set", {"person": "xin", "way": "slip"}),
    ]


def test_accounts_are_listed_by_name_a_page_at_a_time_and_the_address_holds_what_was_asked(
    house: House, office: TestClient
) -> None:
    many = [
        Person(root=ROOT, id=PersonId(f"p{n:02}"), name=f"职工{n:02}", login=f"w{n:02}", unit=LOGISTICS)
        for n in range(60)
    ]
    house.desk.office.write([AddPerson(person) for person in many])
    next(make_slips(house.desk, ROOT, many[:1], by=None))

    def page(address: str) -> tuple[str, list[str]]:
        text = office.get(address).text
        return text, re.findall(r'data-title="账号"><code>(\w+)</code>', text)

    first, shown = page("/accounts?unit=logistics&text=职工&show=waiting")
    assert shown == [f"w{n:02}" for n in range(50)]
    assert "账号 50+ 个" in first
    assert "激活单有效至" in first
    following = unescape(re.search(r'href="(/accounts\?[^"]*after=p49)"', first)[1])  # type: ignore[index]  # there are more
    rest, shown = page(following)
    assert shown == [f"w{n:02}" for n in range(50, 60)]
    assert 'rel="next"' not in rest
    assert '<option value="logistics" selected>' in rest
    assert 'value="职工"' in rest
    assert '<option value="waiting" selected>' in rest
    assert page("/accounts?text=shi")[1] == ["shi"]
    assert page("/accounts?text=shi&show=waiting")[1] == []
    assert "没有符合条件的账号。" in page("/accounts?text=nobody")[0]
    assert page("/accounts?unit=nowhere")[1] == []
    assert page("/accounts?unit=safety")[1] == ["jiao"]


def test_a_new_slip_ends_the_one_before_and_each_ends_with_its_time(house: House) -> None:
    first, second = (next(make_slips(house.desk, ROOT, NEW[:1], by=None)).code for _ in range(2))
    with browser(house) as client:
        assert send(client, "/activate", login="xin", code=first, password=OTHER, again=OTHER).status_code == 401
        house.clock.set(house.clock.now() + timedelta(days=30))
        assert send(client, "/activate", login="xin", code=second, password=OTHER, again=OTHER).status_code == 401


def test_slips_for_thousands_are_made_in_pieces_and_tell_how_far_they_are(house: House) -> None:
    many = [Person(root=ROOT, id=PersonId(f"p{n}"), name=f"职工{n}", login=f"p{n}", unit=WORKS) for n in range(450)]
    house.desk.office.write([AddPerson(person) for person in many])
    told: list[tuple[int, int]] = []
    slips = list(make_slips(house.desk, ROOT, many, by=None, progressed=lambda done, of: told.append((done, of))))
    assert told == [(200, 450), (400, 450), (450, 450)]
    assert len({slip.code for slip in slips}) == 450


def test_a_reset_ends_everything_and_gives_a_slip(house: House, office: TestClient, tmp_path: Path) -> None:
    with browser(house) as shi:
        log_in(shi, "shi")
        assert send(office, "/accounts/shi/reset", sure="").status_code == 422, "it asks whether one is sure"
        assert is_in(shi)
        page = send(office, "/accounts/shi/reset", sure="yes")
        assert not is_in(shi)
        assert shi.get("/api/cases", headers=house.bearer("shi")).status_code == 401, "tokens end as well"
        assert log_in(shi, "shi").status_code == 401
        code = CODE.findall(page.text)[0]
        assert send(shi, "/activate", login="shi", code=code, password=OTHER, again=OTHER).status_code == 303
        assert log_in(shi, "shi", OTHER).status_code == 303
    assert facts(tmp_path)[0] == ("password_set", {"person": "shi", "way": "reset"})


@pytest.mark.parametrize("login", ["zhai", "luo", "lai"])
def test_whoever_is_not_the_office_looks_after_nobody(house: House, login: str) -> None:
    with browser(house) as client:
        log_in(client, login)
        assert client.get("/accounts").status_code == 403
        assert "/accounts" not in client.get("/").text
        assert send(client, "/accounts/slips", unit="works").status_code == 403
        assert send(client, "/accounts/shi/reset", sure="yes").status_code == 403
        assert send(client, "/accounts/shi/second-factor").status_code == 403
        assert client.post("/api/accounts/shi/slip", json={}, headers=KEY).status_code == 403
        assert client.get("/api/accounts").status_code == 403
        assert client.get("/api/accounts/tokens").status_code == 403
        assert client.get("/accounts/tokens").status_code == 403


def page_by_page(client: TestClient, address: str) -> list[str]:
    """Return the logins of a list that is asked for until nothing follows."""
    logins, after = [], ""
    while after is not None:
        answer = client.get(f"{address}&after={after}").json()
        logins += [one["login"] for one in answer["accounts"]]
        after = answer["next"]
    return logins


def test_an_office_looks_after_its_own_units_and_never_hears_of_others(house: House) -> None:
    house.desk.office.write(
        [AddGrant(GrantRow(root=ROOT, person=PersonId("wen"), role="union_office", unit=LOGISTICS))]
    )
    with browser(house) as wen:
        log_in(wen, "wen")
        listed = wen.get("/api/accounts").json()["accounts"]
        assert {one["login"] for one in listed} == {"lai", "wen", "xin"}
        assert page_by_page(wen, "/api/accounts?limit=1") == [one["login"] for one in listed]
        assert page_by_page(wen, "/api/accounts?q=xi") == ["xin"]
        assert page_by_page(wen, "/api/accounts?unit=nowhere") == []
        refused = [wen.post(f"/api/accounts/{login}/slip", json={}, headers=KEY) for login in ("shi", "nobody")]
        assert [answer.status_code for answer in refused] == [404, 404]
        assert refused[0].json() == refused[1].json()
        assert send(wen, "/accounts/slips", unit="works").status_code == 404
        made = wen.post("/api/accounts/xin/slip", json={"reset": False}, headers=KEY)
        assert made.status_code == 201
        assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", made.json()["code"])


def test_a_password_that_another_set_is_changed_before_anything_else(house: House) -> None:
    set_it = SetPassword(ROOT, PersonId("shi"), hash_password(OTHER), due_at=house.clock.now())
    house.desk.office.write([set_it])
    with browser(house) as shi:
        log_in(shi, "shi", OTHER)
        for path in ("/", "/cases", "/me/sessions", "/me/second-factor"):
            assert shi.get(path).headers["location"] == "/me/password"
        assert shi.get("/api/cases").json()["code"] == "account_unfinished"
        page = shi.get("/me/password").text
        assert "请先修改" in page
        assert "/cases" not in page, "nothing is offered that is not open"
        again = "a third one of mine"
        assert send(shi, "/me/password", old=OTHER, password=again, again=again).status_code == 303
        assert is_in(shi)


def test_a_role_that_needs_a_second_factor_gets_no_further_than_to_set_it_up(house: House, tmp_path: Path) -> None:
    with browser(house, second_factor=True) as shen:
        log_in(shen, "shen")
        for path in ("/", "/cases", "/accounts", "/me/tokens", "/me/sessions"):
            assert shen.get(path).headers["location"] == "/me/second-factor"
        assert shen.post("/api/cases", json={}, headers=KEY).json()["code"] == "account_unfinished"
        secret = shown_secret(shen.get("/me/second-factor").text)
        assert shown_secret(shen.get("/me/second-factor").text) == secret, "the same until it is confirmed"
        picture = shen.get("/me/second-factor/picture.svg")
        assert picture.headers["content-type"] == "image/svg+xml"
        assert picture.text.startswith("<svg")
        assert send(shen, "/me/second-factor", code="000000").status_code == 401
        right = authenticator(secret, house.clock.now())
        assert send(shen, "/me/second-factor", code=right).status_code == 200
        assert is_in(shen)
        assert shen.get("/me/second-factor/picture.svg").status_code == 404
        assert secret not in shen.get("/me/second-factor").text, "it is never shown again"
    with browser(house, second_factor=True) as luo:
        log_in(luo, "luo")
        assert is_in(luo), "who holds no role of staff needs none"
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("banjie.db*"))
    assert secret.encode() not in kept
    assert ("second_factor_enrolled", {"person": "shen"}) in facts(tmp_path)


def test_a_second_factor_is_taken_away_by_password_and_code_or_by_the_office(
    house: House, office: TestClient, tmp_path: Path
) -> None:
    with browser(house) as shi, browser(house) as elsewhere:
        log_in(shi, "shi")
        log_in(elsewhere, "shi")
        secret, codes = enrol(shi, house)
        assert not is_in(elsewhere), "other sessions were opened without it"
        house.clock.set(house.clock.now() + timedelta(seconds=60))
        code = authenticator(secret, house.clock.now())
        assert send(shi, "/me/second-factor/remove", password="wrong", code=code).status_code == 422
        assert send(shi, "/me/second-factor/remove", password=PASSWORD, code="000000").status_code == 401
        assert send(shi, "/me/second-factor/remove", password=PASSWORD, code=codes[3]).status_code == 303
        secret, _codes = enrol(shi, house)
        assert send(office, "/accounts/shi/second-factor").status_code == 303
        assert not is_in(shi)
        assert log_in(shi, "shi").status_code == 303
    told = [kind for kind, _details in facts(tmp_path)]
    assert told == ["second_factor_enrolled", "second_factor_removed"] * 2


def test_a_link_sets_a_password_once_and_within_a_day(house: House) -> None:
    old = make_link(house.desk, ROOT, PersonId("shi"))
    link = make_link(house.desk, ROOT, PersonId("shi"))
    with browser(house) as client:
        assert client.get(f"/link/{old}").status_code == 401, "a new link ends the one before"
        assert "石磊生" in client.get(f"/link/{link}").text
        assert send(client, f"/link/{link}", password="short", again="short").status_code == 422
        assert client.post(f"/link/{link}", data={"password": OTHER, "again": OTHER}).status_code == 403, (
            "a foreign page"
        )
        assert send(client, f"/link/{link}", password=OTHER, again=OTHER).status_code == 303
        assert send(client, f"/link/{link}", password=PASSWORD, again=PASSWORD).status_code == 401
        assert log_in(client, "shi", OTHER).status_code == 303
        late = make_link(house.desk, ROOT, PersonId("shi"))
        house.clock.set(house.clock.now() + timedelta(hours=24))
        assert client.get(f"/link/{late}").status_code == 401
        assert client.get("/link/guess").status_code == 401


def test_the_first_administrator_sets_up_an_empty_house_once(any_database: str) -> None:
    with desk_of(Settings(database_url=any_database)) as opened:
        rules = AccountRules(staff=STAFF, second_factor=True)
        site = create_site(opened.desk, ApiSettings(version="0", database="test", accounts=rules))
        with TestClient(site, follow_redirects=False) as client:
            earlier, link = first_link(opened.desk), first_link(opened.desk)
            assert earlier is not None
            assert client.get(f"/link/{earlier}").status_code == 401
            form = {"unit_name": "江岭重工", "unit_code": "JL", "name": "沈若棠", "login": "shen"}
            wrong = send(client, f"/link/{link}", **{**form, "login": ""}, password=OTHER, again=OTHER)
            assert wrong.status_code == 422
            assert 'value="江岭重工"' in wrong.text, "what was typed stays"
            assert OTHER not in wrong.text
            done = send(client, f"/link/{link}", **form, password=OTHER, again=OTHER)
            assert done.headers["location"] == "/me/second-factor"
            assert client.get("/").headers["location"] == "/me/second-factor"
            assert send(client, f"/link/{link}", **form, password=OTHER, again=OTHER).status_code == 401
            root = opened.desk.reads.roots()[0]
            granted = {(grant.role, str(grant.unit)) for grant in opened.desk.reads.all_grants(root)}
            assert granted == {("union_office", root), ("security_administrator", root)}
            assert first_link(opened.desk) is None, "somebody can log in now"
            log_in(client, "shen", OTHER)
            assert client.get("/").headers["location"] == "/me/second-factor"


def test_nobody_becomes_first_administrator_where_somebody_can_log_in(house: House) -> None:
    assert first_link(house.desk) is None


def test_tokens_are_narrow_shown_once_and_end(house: House, tmp_path: Path) -> None:
    with browser(house) as shi, browser(house) as program:
        log_in(shi, "shi")
        refused = send(shi, "/me/tokens", title="", access="read", days="367")
        assert refused.status_code == 422
        assert "1 至 366" in refused.text
        page = send(shi, "/me/tokens", title="月报", access="read", parts="cases", days="30").text
        secret = re.search(r'<code class="code">(s[\w-]{43})</code>', page)
        assert secret is not None
        assert secret[1] not in shi.get("/me/tokens").text
        bearer = {"Authorization": f"Bearer {secret[1]}"}
        assert program.get("/api/cases", headers=bearer).status_code == 200
        for method, path in (("GET", "/api/overdue"), ("POST", "/api/cases"), ("GET", "/api/me/tokens")):
            answer = program.request(method, path, headers=bearer)
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_exceeded")
        hold(program, secret[1])
        assert program.get("/cases").status_code == 403, "a token opens no pages"
        listed = shi.get("/api/me/tokens").json()["tokens"]
        made = next(one for one in listed if one["title"] == "月报")
        assert (made["scope"], made["used_on"]) == ("read cases", "2026-01-20")
        assert shi.delete(f"/api/me/tokens/{made['number']}", headers=OWN).status_code == 200
        program.cookies.clear()
        assert program.get("/api/cases", headers=bearer).status_code == 401
    until = {"person": "shi", "number": made["number"], "scope": "read cases", "until_on": "2026-02-19"}
    assert facts(tmp_path) == [
        ("token_made", until),
        ("token_ended", {"person": "shi", "number": made["number"]}),
    ]


def test_a_token_makes_no_tokens_and_changes_no_password(house: House) -> None:
    with browser(house) as program:
        bearer = {**house.bearer("shi"), "Idempotency-Key": "k"}
        assert program.post("/api/me/tokens", json={"title": "x"}, headers=bearer).status_code == 403
        body = {"old": PASSWORD, "password": OTHER}
        assert program.put("/api/me/password", json=body, headers=bearer).status_code == 403
        assert program.delete("/api/me/sessions", headers=bearer).status_code == 403


def test_the_security_administrator_sees_and_ends_everybody_s_tokens(house: House) -> None:
    grant = GrantRow(root=ROOT, person=PersonId("luo"), role="security_administrator", unit=WORKS)
    house.desk.office.write([AddGrant(grant)])
    with browser(house) as luo, browser(house) as program:
        log_in(luo, "luo")
        assert luo.get("/accounts").headers["location"] == "/accounts/tokens"
        assert "石磊生" in luo.get("/accounts/tokens").text
        assert program.get("/api/cases", headers=house.bearer("shi")).status_code == 200
        listed = luo.get("/api/accounts/tokens").json()["tokens"]
        number = next(one["number"] for one in listed if one["person"] == "shi")
        assert send(luo, f"/accounts/tokens/{number}/end").status_code == 303
        assert program.get("/api/cases", headers=house.bearer("shi")).status_code == 401
        assert luo.post("/api/accounts/shi/slip", json={}, headers=KEY).status_code == 403, "it resets nobody"


def test_no_header_of_a_proxy_logs_anybody_in(house: House) -> None:
    with browser(house) as client:
        for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Auth-Request-User", "X-Webauth-User"):
            assert client.get("/cases", headers={name: "shen"}).status_code == 303
            assert client.get("/api/cases", headers={name: "shen"}).status_code == 401
