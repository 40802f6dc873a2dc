"""Every error has a status, and its answer says a stable code and nothing that is not ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import engine.errors
from api.hygiene import Unreadable
from api.problems import STATUS, BodyInvalid, KeyRequired, localised, problem, problem_response, status_of
from engine.errors import (
    BanjieError,
    CalendarEnds,
    CaseNotFound,
    FieldProblem,
    FormInvalid,
    GuardRefused,
    KeysUnavailable,
    LoginRefused,
    OutcomeUnknown,
    SealingStopped,
    StaleCase,
    StorageUnavailable,
    TooBusy,
)
from engine.text import Text
from tests.support.fakes import a_request


def leaves(kind: type[BanjieError]) -> Iterator[type[BanjieError]]:
    """Yield the classes of the engine's tree that have none below them there."""
    below = [each for each in kind.__subclasses__() if each.__module__ == engine.errors.__name__]
    if not below:
        yield kind
    for each in below:
        yield from leaves(each)


@pytest.mark.parametrize("leaf", list(leaves(BanjieError)))
def test_every_leaf_of_the_tree_of_errors_has_a_status(leaf: type[BanjieError]) -> None:
    assert leaf in STATUS


def test_codes_are_stable_and_none_is_used_twice() -> None:
    codes = [kind.code for kind in STATUS]
    assert len(set(codes)) == len(codes)
    assert {kind.__name__: kind.code for kind in (CaseNotFound, StaleCase, KeyRequired, Unreadable)} == {
        "CaseNotFound": "case_not_found",
        "StaleCase": "stale_case",
        "KeyRequired": "key_required",
        "Unreadable": "unreadable",
    }


def test_a_refusal_is_told_in_the_language_of_the_reader() -> None:
    refusal = GuardRefused(
        Text("附议人不足2人", "Fewer than 2 seconders"),
        guard="enough",
        source={"zh": "条例 第五条", "en": "Rules Art. 5"},
    )
    assert problem(refusal, "zh") == {
        "type": "urn:banjie:problem:guard_refused",
        "title": "附议人不足2人",
        "status": 409,
        "code": "guard_refused",
        "guard": "enough",
        "source": "条例 第五条",
    }
    response = problem_response(a_request(headers={"Accept-Language": "en-GB,zh;q=0.5"}), refusal)
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(response.body))["title"] == "Fewer than 2 seconders"


def test_wrong_fields_are_named_with_one_message_each() -> None:
    refusal = FormInvalid([FieldProblem(path="lead", text=Text("必填", "required"))])
    assert problem(refusal, "en")["fields"] == [{"path": "lead", "message": "required"}]


def test_who_is_not_logged_in_is_told_how_and_who_comes_too_early_when() -> None:
    request = a_request()
    assert problem_response(request, LoginRefused(Text("请登录", "Log in"))).headers["www-authenticate"] == "Bearer"
    busy = TooBusy(Text("忙", "busy"), retry_after_seconds=2)
    assert problem_response(request, busy).headers["retry-after"] == "2"


def test_a_year_that_no_notice_will_ever_cover_is_the_fault_of_the_input() -> None:
    assert status_of(CalendarEnds(2031)) == 503
    assert status_of(CalendarEnds(2305)) == 422


def test_an_error_outside_the_table_is_a_server_error() -> None:
    assert status_of(BanjieError(Text("", ""))) == 500


def test_what_a_model_refused_is_told_without_the_value() -> None:
    refusal = BodyInvalid(
        [{"type": "string_type", "loc": ("form", 0), "msg": "Input should be a string", "input": "geheim"}]
    )
    assert problem(refusal, "zh")["errors"] == [
        {"type": "string_type", "loc": ["form", "0"], "msg": "Input should be a string"}
    ]


def test_details_of_any_kind_become_json() -> None:
    assert localised({"states": ("a", "b"), "count": 3, "kind": ValueError}, "zh") == {
        "states": ["a", "b"],
        "count": 3,
        "kind": "<class 'ValueError'>",
    }


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (StorageUnavailable(), "5"),
        (OutcomeUnknown(), "5"),
        (KeysUnavailable(Text("暂无密钥", "No keys now")), "5"),
        (SealingStopped(Text("无法封存", "Nothing is sealed")), "5"),
        (TooBusy(Text("系统繁忙", "Busy"), retry_after_seconds=7), "7"),
        (StaleCase(expected=1, actual=2), None),
    ],
)
def test_what_cannot_be_written_now_says_when_to_come_again(error: BanjieError, seconds: str | None) -> None:
    assert problem_response(a_request(), error).headers.get("Retry-After") == seconds
