"""Where a draft is taken up again, what of a form is kept, and whose form a stamp says it is."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from engine.case.identity import PersonId, RootId
from engine.service.drafts import STAMP_HOURS, holds, stamp, stamp_of
from runtime.accounts_key import AccountBox
from web.forms.drafting import page_of, typed_fields

ROOT, PERSON = RootId("works"), PersonId("shi")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
KEY = secrets.token_bytes(32)
BOX = AccountBox(lambda: KEY)


@pytest.mark.parametrize(
    ("form", "stands_at"),
    [
        ("/cases/new/proposal", "/cases/new/proposal?draft=open"),
        ("/cases/new/proposal/on-behalf", "/cases/new/proposal/on-behalf?draft=open"),
        ("/cases/c1/remind", "/cases/c1?draft=open&move=remind"),
        ("/cases/c1/on-behalf/evaluate", "/cases/c1/on-behalf/evaluate?draft=open"),
        ("/overdue/act", "/overdue/act?draft=open"),
    ],
)
def test_a_draft_is_taken_up_where_its_form_stands(form: str, stands_at: str) -> None:
    assert page_of(form, "open") == stands_at
    assert page_of(form) == stands_at.partition("?")[0]


def test_of_a_form_is_kept_what_was_typed_and_the_key_it_is_sent_under() -> None:
    posted = {
        "draft_of": ["stamp"],
        "find": ["seconders"],
        "key": ["k1"],
        "version": ["4"],
        "f.subject": ["关于热汤"],
        "f.co_handlers": ["", "safety", "canteen"],
        "p.seconders": ["石磊生\n焦石安"],
        "f.empty": [""],
    }
    assert typed_fields(posted) == {
        "key": ["k1"],
        "version": ["4"],
        "f.subject": ["关于热汤"],
        "f.co_handlers": ["safety", "canteen"],
        "p.seconders": ["石磊生\n焦石安"],
    }


def test_a_stamp_says_whose_form_it_is_where_it_stands_and_since_when() -> None:
    text = stamp(BOX, ROOT, PERSON, "/cases/new/proposal", NOW)
    found = stamp_of(BOX, text)
    assert found is not None
    assert (found.root, found.person, found.form, found.at) == (ROOT, PERSON, "/cases/new/proposal", NOW)
    assert "shi" not in text
    assert stamp(BOX, ROOT, PERSON, "/cases/new/proposal", NOW) != text, "one form is not told to be another's again"


def test_a_stamp_of_another_key_or_of_something_else_is_none() -> None:
    other = AccountBox(lambda: b"o" * 32)
    assert stamp_of(BOX, stamp(other, ROOT, PERSON, "/x", NOW)) is None
    assert stamp_of(BOX, "") is None
    assert stamp_of(BOX, "绘") is None
    assert stamp_of(BOX, "A" * 5000) is None
    assert stamp_of(BOX, "not=base64") is None


def test_a_stamp_holds_from_when_the_form_was_shown_for_three_days() -> None:
    found = stamp_of(BOX, stamp(BOX, ROOT, PERSON, "/x", NOW))
    assert found is not None
    assert [holds(found, NOW + timedelta(hours=hours)) for hours in (-1, 0, 71, 72)] == [False, True, True, False]
    assert STAMP_HOURS == 72
