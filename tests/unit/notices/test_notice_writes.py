"""Writes about notices survive the way to the process that holds the file: as JSON over the local socket."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from engine.case.codec import microseconds
from engine.case.identity import PersonId
from engine.service.notice_ports import Settlement, ToldRow
from engine.service.notice_writes import (
    AcknowledgeNotice,
    ClaimDeliveries,
    NoticeWrite,
    ReadNotices,
    RemovePreference,
    SetPreference,
    SettleDeliveries,
    TellPeople,
)
from tests.support.builders import ROOT
from tests.support.notices import NOON, a_delivery, a_preference, notice_of, outbox

LI = PersonId("李'\"{{x}}")
TOLD = ToldRow(*outbox("case-1", 1), told_at=microseconds(NOON), people=1, reason=None)


@pytest.mark.parametrize(
    "write",
    [
        TellPeople(root=ROOT, told=(TOLD,), notices=(notice_of(a_delivery()),), deliveries=(a_delivery(),)),
        ClaimDeliveries(root=ROOT, channel="mail", lease="lease", at=NOON, until_at=NOON, limit=3),
        SettleDeliveries(root=ROOT, lease="lease", settlements=(Settlement("a", "sent", 1, None, "m"),), at=NOON),
        SetPreference(a_preference(LI, digest="daily", quiet_from=1320, quiet_until=420)),
        RemovePreference(ROOT, LI, "mail"),
        ReadNotices(root=ROOT, person=LI, outbox=("a", "b"), at=NOON),
        AcknowledgeNotice(root=ROOT, person=LI, outbox="a", at=NOON),
    ],
    ids=lambda write: type(write).__name__,
)
def test_a_write_comes_back_from_json_as_it_was(write: NoticeWrite) -> None:
    adapter: TypeAdapter[NoticeWrite] = TypeAdapter(type(write))

    assert adapter.validate_python(json.loads(json.dumps(adapter.dump_python(write, mode="json")))) == write
