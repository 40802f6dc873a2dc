"""A proposal on its way from its proposer to the answer, by the commands of others: for tests of a worker's pages."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.desk import Desk
from engine.service.plain import AddGrant
from tests.support.house import ROOT, House

OWN: Final = {"Sec-Fetch-Site": "same-origin"}
REPLY: Final = {"reply_class": "A", "reply_text": "夜班窗口自三月起延长到一点半，并供热汤。"}


def employ(desk: Desk, login: str = "luo") -> None:
    """Give somebody the role of a staff member."""
    desk.office.write([AddGrant(GrantRow(root=ROOT, person=PersonId(login), role="staff", unit=UnitId(ROOT)))])


def handled(house: House, case: CaseId) -> None:
    """Lead a proposal that was submitted to its handling by the logistics centre."""
    house.fire("zhai", case, "begin_review")
    house.fire("zhai", case, "file")
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    (whole,) = house.desk.reads.cases(ROOT, [case])
    house.fire("wen", whole.children[-1].case, "acknowledge")


def replied(house: House, case: CaseId) -> None:
    """Lead a proposal in hand to the reply."""
    house.fire("wen", case, "draft_reply", REPLY)
    house.fire("lai", case, "sign_off")
    house.fire("zhai", case, "release_reply")


def published(house: House, case: CaseId, *, attitude: str = "satisfied") -> None:
    """Lead a proposal that was answered to the public register."""
    house.fire("shi", case, "evaluate", {"evaluation_attitude": attitude, "evaluation_result": attitude})
    house.fire("zhai", case, "close")
    house.fire("shen", case, "publish")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def words(page: str) -> str:
    """Return what a page says, without its marks."""
    reading = _Words()
    reading.feed(page)
    return re.sub(r"\s+", " ", " ".join(reading.said))


def hidden(page: str, name: str) -> str:
    """Return the value of the first hidden field of this name."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return unescape(found[1])
