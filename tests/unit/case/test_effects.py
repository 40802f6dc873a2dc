"""Effects on the case itself: fields, parties, numbers, notices, publication, linked cases."""

from __future__ import annotations

import pytest

from engine.case.actors import IMPORT
from engine.case.case import Party
from engine.case.commands import Stated
from engine.case.events import Cause, EventType
from engine.case.identity import PersonId, SessionId
from tests.support.builders import (
    SESSION,
    a_definition_with,
    a_list,
    a_move,
    a_person,
    a_rulebook,
    a_session,
    at,
)
from tests.support.rehearsal import Rehearsal

ZHAO = a_person("zhao", "clerk@works")


def test_values_are_worked_out_from_the_case_the_form_and_the_day() -> None:
    rules = a_rulebook(
        a_definition_with(
            fields="""
            round: {title: {zh: 轮次, en: Round}, privacy: public, schema: {type: integer}, initial: 1}
            seen_on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
            agreed: {title: {zh: 同意, en: Agreed}, privacy: public, schema: {type: boolean}}
            copies: {title: {zh: 抄送, en: Copies}, privacy: public, schema: {type: array, items: {type: string}}}
            mirror: {title: {zh: 副本, en: Mirror}, privacy: public, schema: {type: array, items: {type: string}}}
            """,
            transitions=a_move(
                "set",
                form="{agreed: optional, copies: optional, remark: optional}",
                effects=(
                    "[{do: set, values: {round: case.round + 1, seen_on: now.date, agreed: form.agreed, "
                    "mirror: form.copies, remark: \"true ? null : ''\"}}]"
                ),
            ),
        )
    )
    play = Rehearsal(rules=rules)
    case = play.open()
    play.fire(case, "accept")
    play.now = at("2026-03-09", 23, 30)
    after = play.fire(case, "set", agreed=False, copies=["b", "a"], remark="旧意见")
    assert after.data == {
        "subject": "食堂",
        "round": 2,
        "seen_on": "2026-03-09",
        "agreed": False,
        "copies": ["b", "a"],
        "mirror": ["b", "a"],
        "remark": None,
    }


def test_values_set_by_a_way_come_after_those_of_the_move() -> None:
    rules = a_rulebook(
        a_definition_with(
            transitions="""
            decide:
              title: {zh: 决定, en: Decide}
              from: [submitted]
              by: [clerk]
              effects: [{do: set, values: {remark: "'move'"}}]
              alternatives: [{to: handling, effects: [{do: set, values: {remark: "'way'"}}]}]
            """
        )
    )
    play = Rehearsal(rules=rules)
    assert play.fire(play.open(), "decide").data["remark"] == "way"


PARTIES = a_rulebook(
    a_definition_with(
        fields="""
        who: {title: {zh: 人员, en: Who}, privacy: internal, schema: {type: string}}
        all_who: {title: {zh: 人员们, en: All}, privacy: internal, schema: {type: array, items: {type: string}}}
        """,
        transitions=a_move("second", effects="[{do: bind, role: seconder}]")
        + a_move("leave", by="[clerk, seconder]", effects="[{do: unbind, role: seconder}]")
        + a_move("name", form="{who: optional}", effects="[{do: bind, role: proposer, who: who}]")
        + a_move("name_all", form="{all_who: required}", effects="[{do: bind, role: proposer, who: all_who}]")
        + a_move("strike", form="{who: required}", effects="[{do: unbind, role: proposer, who: who}]")
        + a_move("renew", effects="[{do: unbind, role: seconder}, {do: bind, role: seconder}]")
        + a_move("change_mind", effects="[{do: bind, role: seconder}, {do: unbind, role: seconder}]"),
    )
)


def test_the_actor_is_bound_and_unbound() -> None:
    play = Rehearsal(rules=PARTIES)
    case = play.open()
    play.fire(case, "accept")
    assert play.fire(case, "second", ZHAO).parties == (Party("seconder", PersonId("zhao")),)
    assert play.fire(case, "second", ZHAO).persons_in("seconder") == ("zhao",)
    assert play.fire(case, "leave", a_person("zhao")).parties == ()
    assert play.fire(case, "leave").parties == ()


def test_a_deputy_binds_the_principal() -> None:
    play = Rehearsal(rules=PARTIES)
    case = play.open()
    play.fire(case, "accept")
    after = play.fire(case, "second", a_person("deputy-qin", "clerk@works", acting_for="zhao"))
    assert after.persons_in("seconder") == ("zhao",)


def test_persons_of_the_form_are_bound_one_or_many_or_nobody() -> None:
    play = Rehearsal(rules=PARTIES)
    case = play.open()
    play.fire(case, "accept")
    assert play.fire(case, "name").parties == ()
    assert play.fire(case, "name", who="zhao").persons_in("proposer") == ("zhao",)
    assert play.fire(case, "name_all", all_who=["qian", "zhao", "qian"]).persons_in("proposer") == ("zhao", "qian")
    assert play.fire(case, "strike", who="zhao").persons_in("proposer") == ("qian",)
    assert play.fire(case, "strike", who="nobody").persons_in("proposer") == ("qian",)
    assert play.last.events[0].left == ()


def test_an_import_binds_nobody_as_actor() -> None:
    play = Rehearsal(rules=PARTIES)
    case = play.open(IMPORT)
    play.fire(case, "accept", IMPORT)
    assert play.fire(case, "second", IMPORT).parties == ()


def test_the_later_of_bind_and_unbind_counts() -> None:
    play = Rehearsal(rules=PARTIES)
    case = play.open()
    play.fire(case, "accept")
    assert play.fire(case, "change_mind", ZHAO).parties == ()
    play.fire(case, "second", ZHAO)
    assert play.fire(case, "renew", ZHAO).persons_in("seconder") == ("zhao",)


def numbered(per: str, template: str = "{session}第{n:03}号") -> Rehearsal:
    rules = a_rulebook(
        a_definition_with(
            head=f"""
            numbers:
              case: {{title: {{zh: 编号, en: Number}}, template: "{template}", per: {per}}}
            """,
            fields="number_here: {title: {zh: 编号, en: Number}, privacy: public, schema: {type: string}}",
            transitions=a_move(
                "number",
                origin="[submitted]",
                form="{number_here: optional}",
                effects="[{do: number, series: case, field: number_here}]",
            )
            + a_move(
                "renumber",
                origin="[submitted]",
                effects=(
                    "[{do: set, values: {number_here: \"true ? null : ''\"}}, "
                    "{do: number, series: case, field: number_here}]"
                ),
            ),
        )
    )
    return Rehearsal(rules=rules, sessions=[a_session(), a_session(SessionId("s9m1"))])


def number(play: Rehearsal, session: SessionId | None = None) -> object:
    return play.fire(play.open(session=session), "number").data["number_here"]


def test_numbers_run_per_congress_session_and_per_year_between_sessions() -> None:
    play = numbered("congress_session")
    assert [number(play, SESSION), number(play, SESSION)] == ["第八届第三次第001号", "第八届第三次第002号"]
    assert number(play, SessionId("s9m1")) == "届次s9m1第001号"
    assert [number(play), number(play)] == ["2026第001号", "2026第002号"]
    assert number(play, SESSION) == "第八届第三次第003号"
    play.now = at("2027-01-04")
    assert number(play) == "2027第001号"
    assert play.numbers == {
        "errand/case/s8m3": 3,
        "errand/case/s9m1": 1,
        "errand/case/2026": 2,
        "errand/case/2027": 1,
    }


def test_numbers_per_year_begin_anew_at_midnight_in_shanghai() -> None:
    play = numbered("year", "{year}-{n}")
    play.now = at("2026-12-31", 23, 58)
    case = play.open(session=SESSION)
    assert play.fire(case, "number").data["number_here"] == "2026-1"
    play.now = at("2027-01-01", 0, 1)
    assert number(play, SESSION) == "2027-1"


def test_numbers_of_the_root_never_begin_anew() -> None:
    play = numbered("root", "{n}")
    first = number(play, SESSION)
    play.now = at("2027-02-01")
    assert [first, number(play)] == ["1", "2"]


def test_a_number_that_stands_is_kept_and_a_struck_one_never_comes_again() -> None:
    play = numbered("root", "{n}")
    case = play.open()
    assert play.fire(case, "number").data["number_here"] == "1"
    assert play.fire(case, "number").data["number_here"] == "1"
    assert play.fire(case, "renumber").data["number_here"] == "2"
    assert number(play) == "3"
    own = play.open()
    assert play.fire(own, "number", number_here="旧字第7号").data["number_here"] == "旧字第7号"
    assert number(play) == "4"


def test_a_number_that_is_given_in_the_shape_of_the_series_is_not_issued_again() -> None:
    play = numbered("congress_session")
    play.fire(play.open(session=SESSION), "number", number_here="第八届第三次第014号")
    assert number(play, SESSION) == "第八届第三次第015号"
    play.fire(play.open(session=SESSION), "number", number_here="第八届第三次第3号")
    assert number(play, SESSION) == "第八届第三次第016号"
    play.fire(play.open(session=SESSION), "number", number_here="第八届第三次第1200号")
    assert number(play, SESSION) == "第八届第三次第1201号"
    assert number(play) == "2026第001号"


@pytest.mark.parametrize(
    "given",
    [
        "第九届第一次第099号",
        "第八届第三次第099号（补）",
        "99",
        "第八届第三次第九十九号",
        "第八届第三次第0号",
        "第八届第三次第" + "9" * 20 + "号",
    ],
)
def test_a_number_of_another_shape_says_nothing_about_the_series(given: str) -> None:
    play = numbered("congress_session")
    assert play.fire(play.open(session=SESSION), "number", number_here=given).data["number_here"] == given
    assert number(play, SESSION) == "第八届第三次第001号"


def test_a_given_number_counts_for_the_year_it_says_it_is_of() -> None:
    play = numbered("year", "（{year}）{{一}}{n}+")
    case = play.open()
    stated = Stated(at("2025-11-03"), "登记簿第3行")
    play.fire(case, "number", IMPORT, stated=stated, number_here="（2025）{一}７+")
    assert number(play) == "（2026）{一}1+"
    again = play.open()
    assert play.fire(again, "number", IMPORT, stated=stated).data["number_here"] == "（2025）{一}8+"
    play.fire(play.open(), "number", number_here="（2025）{一}40+")
    assert number(play) == "（2026）{一}2+"


def test_a_number_that_stood_before_the_move_says_nothing_of_the_year_of_the_move() -> None:
    play = numbered("year", "{n}")
    case = play.open()
    play.fire(case, "number", number_here="9")
    play.now = at("2027-01-04")
    assert play.fire(case, "number").data["number_here"] == "9"
    assert number(play) == "1"


def test_the_year_of_a_number_is_that_of_the_stated_instant() -> None:
    play = numbered("year", "{year}-{n}")
    case = play.open(IMPORT)
    stated = Stated(at("2025-12-01"), "登记簿第3行")
    assert play.fire(case, "number", IMPORT, stated=stated).data["number_here"] == "2025-1"


def test_a_series_that_nobody_looked_up_is_never_counted_from_nothing() -> None:
    play = numbered("root", "{n}")
    case = play.open()
    play.numbers = {}
    with pytest.raises(KeyError):
        play.fire(case, "number")


def test_notices_and_publication_are_kept_in_the_event() -> None:
    rules = a_rulebook(
        a_definition_with(
            head="""
            notices:
              told: {title: {zh: 告知, en: Told}, to: [clerk], template: told}
              asked: {title: {zh: 征询, en: Asked}, to: [clerk], template: asked}
            """,
            transitions=a_move("tell", effects="[{do: notify, notice: told}, {do: notify, notice: asked}]")
            + a_move("publish", effects="[{do: publish}]"),
        )
    )
    play = Rehearsal(rules=rules)
    case = play.open()
    play.fire(case, "accept")
    assert not play.fire(case, "tell").published
    assert play.last.events[0].notices == ("told", "asked")
    assert play.fire(case, "publish").published
    assert play.fire(case, "tell").published


LINKS = a_rulebook(
    a_definition_with(
        fields="reason: {title: {zh: 理由, en: Reason}, privacy: public, schema: {type: string}}",
        transitions=a_move(
            "pass_up",
            form="{reason: optional}",
            effects=(
                "[{do: open, workflow: motion, carry: {subject: subject, ground: reason, remark: remark}}, "
                "{do: open, workflow: motion}]"
            ),
        ),
    ),
    a_definition_with(
        name="motion",
        head="lists: {kinds: kinds}",
        fields="ground: {title: {zh: 案据, en: Ground}, privacy: public, schema: {type: string}}",
    ),
    lists=[a_list("kinds", "a", version=1), a_list("kinds", "b", version=2)],
)


def test_a_linked_case_is_opened_with_what_is_carried() -> None:
    play = Rehearsal(rules=LINKS, sessions=[a_session()])
    case = play.open(unit="plant", session=SESSION)
    play.fire(case, "accept")
    after = play.fire(case, "pass_up", reason="须经职代会审议")
    first, second = (play.cases[linked] for linked in after.linked)
    assert (first.workflow, first.unit, first.congress_session, first.state) == (
        "motion",
        "plant",
        SESSION,
        "submitted",
    )
    assert first.data == {"subject": "食堂", "ground": "须经职代会审议"}
    assert second.data == {}
    assert first.parent is None
    opened = play.last.events[1]
    assert (opened.type, opened.cause, opened.role) == (EventType.OPENED, Cause(case, "pass_up"), "clerk")
    assert first.parties == ()
    assert len({case, first.id, second.id}) == 3
    assert play.fire(case, "pass_up").linked[:2] == after.linked
