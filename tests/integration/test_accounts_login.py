"""Guessing at passwords, second factors and activation codes: refused alike, slowed down, and never a lock-out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Person
from engine.access.throttle import tries
from engine.case.codec import microseconds
from engine.case.identity import PersonId, UnitId
from engine.errors import InputRefused, LoginRefused
from engine.ledger.canonical import parse_canonical
from engine.service.account_ports import LINK, OneTime, SecondFactor
from engine.service.account_writes import (
    AddOneTime,
    ConfirmSecondFactor,
    OfferSecondFactor,
    TakeTries,
    UseOneTime,
    UseRecoveryCode,
    UseStep,
)
from engine.service.first_logins import make_slips
from engine.service.plain import AddPerson, PlainWrite
from tests.support.accounts import (
    OTHER,
    authenticator,
    browser,
    enrol,
    hidden,
    hold,
    house_in,
    is_in,
    log_in,
    send,
)
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.storage import table

NEW = Person(root=ROOT, id=PersonId("xin"), name="辛小禾", login="xin", unit=UnitId("logistics"))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    # Here time passes faster than that for which somebody is remembered.
    monkeypatch.setattr("api.identity.IDENTITY_SECONDS", 0)
    with house_in(tmp_path) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as client:
        yield client


def facts(database: str, kind: str) -> list[dict[str, object]]:
    """Return what the streams tell of one type, in order."""
    bodies = [parse_canonical(bytes(row[0])) for row in table(database, "SELECT body FROM ledger_entry ORDER BY seq")]
    return [body[kind] for body in bodies if isinstance(body, dict) and body.get("type") == kind]


def without_name(text: str) -> str:
    """Return a page without the name that was typed and the time it was shown at."""
    return re.sub(r'value="(shi|nobody)"', "", text)


def test_a_name_that_there_is_and_one_that_there_is_not_are_refused_alike(client: TestClient) -> None:
    for _ in range(5):
        known, unknown = log_in(client, "shi", "wrong"), log_in(client, "nobody", "wrong")
        assert known.status_code == unknown.status_code == 401
        assert without_name(known.text) == without_name(unknown.text)
        assert known.headers.keys() == unknown.headers.keys()


def test_a_known_name_costs_as_many_writes_and_hashes_as_an_unknown_one(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: what takes time is the same for both."""
    done: list[str] = []

    def wrong(*_: object) -> bool:
        done.append("hash")
        return False

    monkeypatch.setattr("engine.service.logins.password_fits", wrong)
    write = house.desk.office.write

    def counted(writes: list[object]) -> None:
        done.append(" ".join(type(one).__name__ for one in writes))
        write(writes)  # type: ignore[arg-type]  # handed on as it is

    monkeypatch.setattr(house.desk.office, "write", counted)
    log_in(client, "shi", "wrong")
    known, done[:] = list(done), []
    log_in(client, "nobody", "wrong")
    assert known == done == ["TakeTries", "hash", "NoteFailure"]


def test_guessing_is_slowed_down_on_both_databases(any_database: str) -> None:
    with open_house(any_database) as house, browser(house) as client:
        answers = [log_in(client, "shi", "wrong").text for _ in range(4)]
        assert ["账号或密码不正确" in text for text in answers] == [True, True, True, False]
        assert "请 15 秒后再试" in answers[3]
        assert "请 15 秒后再试" in log_in(client, "shi").text, "the right password waits as well"
        house.clock.set(house.clock.now() + timedelta(seconds=15))
        assert log_in(client, "shi").status_code == 303


def test_a_victim_gets_in_from_elsewhere_while_somebody_guesses(house: House, client: TestClient) -> None:
    for _ in range(8):
        log_in(client, "shi", "wrong")
        house.clock.set(house.clock.now() + timedelta(minutes=4))
    assert log_in(client, "shi").status_code == 401
    with browser(house, address="192.0.2.99") as victim:
        assert log_in(victim, "shi").status_code == 303


def test_a_browser_that_was_let_in_before_is_not_kept_out_by_anybody(house: House, client: TestClient) -> None:
    log_in(client, "shi")
    for number in range(9):
        with browser(house, address=f"198.51.100.{number}") as bot:
            log_in(bot, "shi", "wrong")
    with browser(house, address="198.51.100.77") as stranger:
        assert log_in(stranger, "shi").status_code == 401, "all strangers together wait"
    assert log_in(client, "shi").status_code == 303


def test_a_forged_mark_of_a_known_browser_is_none(house: House, client: TestClient) -> None:
    log_in(client, "shi")
    known = client.cookies["banjie-known"]
    with browser(house) as bot:
        bot.cookies.set("banjie-known", known[:-1] + ("0" if known[-1] != "0" else "1"))
        for _ in range(3):
            log_in(bot, "shi", "wrong")
        bot.cookies.clear()
        assert "请 15 秒后再试" in log_in(bot, "shi").text, "they were counted as a stranger's"
        bot.cookies.set("banjie-known", known)
        for _ in range(3):
            log_in(bot, "zhai", "wrong")
        bot.cookies.clear()
        assert "请 15 秒后再试" in log_in(bot, "zhai").text, "it is known for another account only"


def test_nothing_that_a_stranger_typed_nor_an_address_is_kept(house: House, client: TestClient, tmp_path: Path) -> None:
    log_in(client, "somebody-s-password-typed-as-name", "wrong")
    log_in(client, "shi", "a-wrong-password")
    files = [path for path in tmp_path.iterdir() if path.name.startswith("banjie.db")]
    held = b"".join(path.read_bytes() for path in files)
    for typed in (b"typed-as-name", b"a-wrong-password", b"192.0.2.7"):
        assert typed not in held
    assert b"password/account/" in held, "the tries themselves are there"


def test_marks_of_sources_are_gone_after_a_day(house: House, client: TestClient, tmp_path: Path) -> None:
    log_in(client, "shi", "wrong")
    house.clock.set(house.clock.now() + timedelta(hours=24, seconds=1))
    log_in(client, "zhai", "wrong")
    at = int(house.clock.now().timestamp()) * 1_000_000
    rows = table(f"sqlite:///{tmp_path / 'banjie.db'}", "SELECT at FROM attempt")
    assert {row[0] for row in rows} == {at}


def test_two_tries_at_one_moment_are_two(house: House) -> None:
    counted = tries("password", "mark", source="s", known=False)
    for _ in range(3):
        house.desk.office.write([TakeTries(counted, house.clock.now())])
    with pytest.raises(LoginRefused):
        house.desk.office.write([TakeTries(counted, house.clock.now())])


def test_failed_logins_are_told_once_their_hour_is_over_and_by_person_only(
    house: House, client: TestClient, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'banjie.db'}"
    for login in ("shi", "shi", "nobody", "zhai"):
        log_in(client, login, "wrong")
    log_in(client, "shen")
    assert facts(database, "logins_failed") == []
    house.clock.set(house.clock.now() + timedelta(hours=1))
    log_in(client, "shen")
    told = facts(database, "logins_failed")
    assert told == [
        {"person": "shi", "hour": "2026-01-20T02:00:00.000000Z", "times": 2},
        {"person": "zhai", "hour": "2026-01-20T02:00:00.000000Z", "times": 1},
    ]
    log_in(client, "shen")
    assert facts(database, "logins_failed") == told
    assert facts(database, "login_opened") == [{"person": "shen", "second_factor": 0}] * 3


def test_the_second_factor_is_asked_for_and_each_code_is_used_once(house: House, client: TestClient) -> None:
    log_in(client, "shi")
    secret, codes = enrol(client, house)
    assert len(set(codes)) == 10
    house.clock.set(house.clock.now() + timedelta(seconds=60))
    with browser(house) as other:
        half = log_in(other, "shi")
        assert half.status_code == 200
        assert not is_in(other), "the password alone opens nothing"
        ticket, code = hidden(half.text, "ticket"), authenticator(secret, house.clock.now())
        hold(other, ticket)
        assert not is_in(other), "the ticket is no session"
        assert send(other, "/login/code", ticket=ticket, code=code, next="/cases").headers["location"] == "/cases"
        assert is_in(other)
    with browser(house) as thief:
        ticket = hidden(log_in(thief, "shi").text, "ticket")
        assert "不正确或已使用" in send(thief, "/login/code", ticket=ticket, code=code).text
        assert send(thief, "/login/code", ticket=ticket, code=codes[0].lower()).status_code == 303
        ticket = hidden(log_in(thief, "shi").text, "ticket")
        assert send(thief, "/login/code", ticket=ticket, code=codes[0]).status_code == 401


def test_codes_of_the_second_factor_are_guessed_no_faster_than_passwords(house: House, client: TestClient) -> None:
    log_in(client, "shi")
    secret, _codes = enrol(client, house)
    house.clock.set(house.clock.now() + timedelta(seconds=60))
    ticket = hidden(log_in(client, "shi").text, "ticket")
    answers = [send(client, "/login/code", ticket=ticket, code="000000").text for _ in range(4)]
    assert ["再试" in text for text in answers] == [False, False, False, True]
    right = authenticator(secret, house.clock.now())
    assert send(client, "/login/code", ticket=ticket, code=right).status_code == 401
    house.clock.set(house.clock.now() + timedelta(seconds=15))
    assert send(client, "/login/code", ticket=ticket, code=authenticator(secret, house.clock.now())).status_code == 303


def test_half_a_login_is_over_after_five_minutes(house: House, client: TestClient) -> None:
    log_in(client, "shi")
    secret, _codes = enrol(client, house)
    ticket = hidden(log_in(client, "shi").text, "ticket")
    house.clock.set(house.clock.now() + timedelta(minutes=5))
    late = send(client, "/login/code", ticket=ticket, code=authenticator(secret, house.clock.now()))
    assert late.status_code == 401
    assert "登录已超时" in late.text


def test_activation_codes_are_refused_alike_whatever_is_wrong(house: House, client: TestClient) -> None:
    house.desk.office.write([AddPerson(NEW)])
    code = next(make_slips(house.desk, ROOT, [NEW], by=PersonId("shen"))).code
    house.clock.set(house.clock.now() + timedelta(hours=2))
    wrong = {"a name that there is not": ("nobody", code), "another's name": ("zhai", code),
             "another code": ("xin", "0000-0000-0000-0000"), "no code": ("xin", "x")}  # fmt: skip
    answers = {
        why: send(client, "/activate", login=login, code=typed, password=OTHER, again=OTHER)
        for why, (login, typed) in wrong.items()
    }
    assert {answer.status_code for answer in answers.values()} == {401}
    assert len({re.sub(r'id="login" name="login" value="\w+"', "", answer.text) for answer in answers.values()}) == 1
    assert not any(OTHER in answer.text or code in answer.text for answer in answers.values())
    assert send(client, "/activate", login="xin", code=code, password=OTHER, again=OTHER).status_code == 303
    assert log_in(client, "xin", OTHER).status_code == 303
    assert log_in(client, "xin", PASSWORD).status_code == 401


def test_of_two_who_use_a_code_or_a_link_at_once_one_is_refused(any_database: str) -> None:
    """Both have read that it can be used; the database lets one of them."""
    shi = PersonId("shi")
    with open_house(any_database) as house:
        office, now = house.desk.office, house.clock.now()
        at = microseconds(now)
        office.write(
            [AddOneTime(OneTime("link", ROOT, shi, LINK, at, at + 1)), OfferSecondFactor(ROOT, shi, b"sealed")]
        )
        confirm = ConfirmSecondFactor(root=ROOT, person=shi, sealed=b"sealed", step=5, recovery=("code",), at=now)
        uses: list[PlainWrite] = [
            confirm,
            UseStep(ROOT, shi, 6),
            UseRecoveryCode(ROOT, shi, "code"),
            UseOneTime("link", LINK, now),
        ]
        said = ["验证码不正确或已使用"] * 3 + ["登录名或代码不正确，或代码已使用、已过期"]
        for use, told in zip(uses, said, strict=True):
            office.write([use])
            with pytest.raises(LoginRefused) as refused:
                office.write([use])
            assert refused.value.text.zh == told
        with pytest.raises(LoginRefused):
            office.write([UseStep(ROOT, shi, 4)])
        with pytest.raises(InputRefused) as bound:
            office.write([OfferSecondFactor(ROOT, shi, b"another")])
        assert bound.value.text.zh == "已绑定动态验证码"
        assert house.desk.reads.second_factor(ROOT, shi) == SecondFactor(b"sealed", at, 6)
