"""The public register on both databases: a case stands in it from its publication on, and no earlier."""

from __future__ import annotations

import pytest

from engine.access.readers import REGISTER
from engine.errors import CaseNotFound
from engine.service.ports import CaseFilter
from engine.service.register import published_case, register_page
from tests.support.house import ROOT, SESSION, open_house
from tests.support.worker import handled, replied


def test_a_case_stands_in_the_register_from_its_publication_on(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_house(any_database) as house:
        cases = []
        for subject in ("关于热饭的提案", "关于热汤的提案"):
            case = house.open("shi", {"proposer_type": "delegation", "subject": subject, "proposer_name": "石磊生"})
            house.fire("shi", case, "submit")
            handled(house, case)
            replied(house, case)
            house.fire("shi", case, "evaluate", {"evaluation_attitude": "basic", "evaluation_result": "basic"})
            house.fire("zhai", case, "close")
            cases.append(case)
        reads, world = house.desk.reads, house.desk.world(ROOT)
        assert register_page(reads, ROOT, world, CaseFilter()).cases == []
        with pytest.raises(CaseNotFound):
            published_case(reads, ROOT, cases[0], world)
        for case in cases:
            house.fire("shen", case, "publish")
        first = register_page(reads, ROOT, world, CaseFilter(congress_session=SESSION), limit=1)
        assert first.next is not None
        second = register_page(reads, ROOT, world, CaseFilter(), after=first.next, limit=1)
        assert {page.cases[0].case.id for page in (first, second)} == set(cases)
        assert second.next is None
        shown = published_case(reads, ROOT, cases[0], world)
        assert "proposer_name" not in {**shown.texts, **shown.fields}
        assert shown.texts["grounds"] == "夜班职工零点以后只能吃方便面。"
        # It is found by the words that it prints, and by no others that its case is found by in the house.
        by_words = register_page(reads, ROOT, world, CaseFilter(text="热汤的提案 方便面"))
        assert [each.case.id for each in by_words.cases] == [cases[1]]
        with monkeypatch.context() as patched:
            patched.setattr("engine.service.register._OPEN", ())
            assert "grounds" not in published_case(reads, ROOT, cases[1], world).texts
            assert register_page(reads, ROOT, world, CaseFilter(text="热汤的提案 方便面")).cases == []
        # Its parts are nobody's but their units'.
        (part,) = [child.case for child in shown.case.children]
        assert reads.case(ROOT, part, [REGISTER]) is None
        # It stays there when it is put into the archive.
        house.fire("shen", cases[0], "archive")
        assert published_case(reads, ROOT, cases[0], world).case.state == "archived"
