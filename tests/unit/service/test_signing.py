"""The text that a name is put to: what is in it, when its digest is another, and what was changed since it was read."""

from __future__ import annotations

import hashlib
from functools import cache

from pydantic import JsonValue

from engine.definition.compiled import Definition
from engine.service.queries import TimelineLine
from engine.service.signing import Change, changes_since, digest_of, is_signature, signed_text
from runtime.settings import Settings
from tests.support.proved_rules import load_once

TEXT: dict[str, JsonValue] = {"subject": "改善食堂", "grounds": "没有热饭。", "proposer_phone": "13800000000"}


@cache
def definition() -> Definition:
    return load_once(Settings().workflows).rulebook().for_new("proposal")


def line(seq: int, **fields: JsonValue) -> TimelineLine:
    return TimelineLine(
        seq=seq,
        type="fired",
        at="2026-01-20T02:00:00Z",
        occurred_at=None,
        who="石磊生",
        role=None,
        transition=None,
        to_state=None,
        guards=(),
        fields=fields,
        body={},
        hash="",
    )


def test_what_is_personal_is_no_part_of_the_text() -> None:
    assert signed_text(definition(), TEXT) == {"subject": "改善食堂", "grounds": "没有热饭。"}


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    body = '{"grounds":"没有热饭。","subject":"改善食堂"}'.encode()
    assert digest_of({"subject": "改善食堂", "grounds": "没有热饭。"}) == hashlib.sha256(body).hexdigest()


def test_only_a_move_that_asks_for_nothing_and_binds_who_makes_it_is_a_signature() -> None:
    moves = definition().workflow.transitions
    assert [name for name, part in moves.items() if is_signature(part)] == ["second"]


def test_what_was_changed_since_a_text_was_read_is_told_by_field() -> None:
    lines = [line(1, **TEXT), line(2, grounds="没有汤。"), line(3, grounds="没有热饭。", subject="改善夜班食堂")]
    now = signed_text(definition(), {**TEXT, "subject": "改善夜班食堂"})
    first = digest_of(signed_text(definition(), TEXT))
    assert changes_since(definition(), lines, now, first) == (
        Change(name="subject", old="改善食堂", new="改善夜班食堂"),
    )
    second = digest_of(signed_text(definition(), {**TEXT, "grounds": "没有汤。"}))
    found = changes_since(definition(), lines, now, second)
    assert found is not None
    assert [change.name for change in found] == ["subject", "grounds"]


def test_a_text_that_never_stood_there_is_not_known() -> None:
    assert changes_since(definition(), [line(1, **TEXT)], signed_text(definition(), TEXT), "0" * 64) is None
