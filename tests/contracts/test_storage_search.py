"""The index of words on both databases: what is found, in which order, what is taken out, and what waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from engine.case.identity import CaseId
from engine.case.search_words import VERSION, joined
from engine.service.ports import CaseFilter
from engine.service.rows import BatchRows, RecusedRow, SearchRow
from engine.service.search_ports import IndexedWords, NotAlike
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, a_row, change, opened, readers, table, write, writes_of

NEWEST = 2**62


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def new(case: str, *texts: str, root: str = ROOT) -> SearchRow:
    return SearchRow(root, case, None, joined(texts))


def hits(store: Store, *phrases: Sequence[str], before: int = NEWEST, limit: int = 50) -> list[str]:
    return [hit.case for hit in store.reads.search_hits(ROOT, phrases, before=before, limit=limit)]


def test_what_came_last_is_found_first_and_a_page_goes_on_below_a_number(store: Store) -> None:
    write(store, BatchRows(search=[new("a", "延长食堂供餐"), new("b", "修理宿舍"), new("c", "食堂排队")]))
    write(store, BatchRows(search=[new("d", "夜班食堂"), new("e", "食堂", root=OTHER_ROOT)]))
    assert hits(store, ["食堂"]) == ["d", "c", "a"]
    first = store.reads.search_hits(ROOT, [["食堂"]], before=NEWEST, limit=2)
    assert [hit.case for hit in first] == ["d", "c"]
    assert hits(store, ["食堂"], before=first[-1].n)[-1] == "a"


def test_a_phrase_is_found_where_its_words_follow_each_other_and_all_phrases_must_be_there(store: Store) -> None:
    write(store, BatchRows(search=[new("a", "夜班食堂太远"), new("b", "食堂夜班，太远"), new("c", "车间12号")]))
    assert hits(store, ["夜班", "班食", "食堂"]) == ["a"]
    assert hits(store, ["太远"], ["食堂"]) == ["b", "a"]
    assert hits(store, ["食堂"], ["12"]) == []
    assert hits(store, ["间", "12"]) == ["c"]


def test_words_that_changed_replace_the_old_ones_and_the_place_stays(store: Store) -> None:
    write(store, BatchRows(search=[new("a", "食堂太远"), new("b", "食堂太贵")]))
    write(store, BatchRows(search=[SearchRow(ROOT, "a", joined(["食堂太远"]), joined(["停车太远食堂"]))]))
    assert hits(store, ["停车"]) == ["a"]
    assert hits(store, ["堂太", "太远"]) == []
    assert hits(store, ["食堂"]) == ["b", "a"], "the order of arrival"
    write(store, BatchRows(search=[SearchRow(ROOT, "a", joined(["停车太远食堂"]), "")]))
    assert hits(store, ["食堂"]) == ["b"]
    assert hits(store, ["停车"]) == []


def test_a_case_without_words_gets_its_place_all_the_same(store: Store) -> None:
    write(store, BatchRows(search=[new("a"), new("b", "食堂")]))
    write(store, BatchRows(search=[SearchRow(ROOT, "a", "", joined(["食堂"]))]))
    assert hits(store, ["食堂"]) == ["b", "a"]


def test_long_texts_are_found_to_their_end(store: Store) -> None:
    text = "关于" * 20_000 + "最后一句话提到锅炉房"
    write(store, BatchRows(search=[new("a", text)]))
    assert hits(store, ["锅炉", "炉房"]) == ["a"]
    assert hits(store, ["到锅", "锅炉", "炉房"]) == ["a"]


def test_signs_of_a_query_language_are_nothing_but_tokens(store: Store) -> None:
    write(store, BatchRows(search=[new("a", "near or not and"), new("b", "食堂")]))
    assert hits(store, ["or"]) == ["a"]
    assert hits(store, ["not"], ["near"]) == ["a"]


def test_the_few_that_somebody_sees_come_newest_first_and_numbers_stand_for_the_hits(
    store: Store, any_database: str
) -> None:
    write(store, BatchRows(search=[new("a", "食堂"), new("b", "宿舍"), new("c", "食堂")]))
    number = {hit.case: hit.n for hit in store.reads.search_few(ROOT, [], before=NEWEST) or ()}
    assert number == {}, "who sees nothing has no case among their few"
    write(store, BatchRows(readers=readers("person:li", "a", "b", "c"), created=[a_row(name) for name in "abc"]))
    few = store.reads.search_few(ROOT, ["person:li"], before=NEWEST)
    assert few is not None
    assert [hit.case for hit in few] == ["c", "b", "a"]
    number = {hit.case: hit.n for hit in few}
    in_order = store.reads.search_numbers([["食堂"]], before=NEWEST, limit=9)
    assert list(in_order) == [number[CaseId("c")], number[CaseId("a")]]
    assert list(store.reads.search_numbers([["食堂"]], before=number[CaseId("c")], limit=9)) == [number[CaseId("a")]]
    assert list(store.reads.search_numbers([["食堂"]], before=NEWEST, limit=1)) == [number[CaseId("c")]]
    below = store.reads.search_few(ROOT, ["person:li"], before=number[CaseId("c")])
    assert [hit.case for hit in below or ()] == ["b", "a"]
    assert store.reads.search_few(ROOT, None, before=NEWEST) is None
    held = store.reads.search_holding([["食堂"]], [number[CaseId(name)] for name in "ab"])
    # SQLite has the words of a case not at hand by its number.
    assert held == (None if any_database.startswith("sqlite") else {number[CaseId("a")]})


def test_cases_of_other_organisations_end_no_list_of_hits(store: Store) -> None:
    write(store, BatchRows(search=[new("a", "食堂")]))
    write(store, BatchRows(search=[new(name, "食堂", root=OTHER_ROOT) for name in "bcde"]))
    assert hits(store, ["食堂"], limit=2) == ["a"]


def test_many_hits_come_newest_first_and_as_many_as_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.storage.search_numbers.BOUNDED", 3)
    monkeypatch.setattr("engine.storage.search_numbers.WALKED", 2)
    names = [f"c{n}" for n in range(9)]
    write(store, BatchRows(search=[new(name, "食堂" if n % 2 else "宿舍") for n, name in enumerate(names)]))
    assert hits(store, ["食堂"]) == ["c7", "c5", "c3", "c1"]
    assert hits(store, ["食堂"], limit=2) == ["c7", "c5"]
    places = store.reads.search_places(ROOT, [CaseId("c3"), CaseId("gone")])
    assert [hit.case for hit in places] == ["c3"]
    assert hits(store, ["食堂"], before=places[0].n) == ["c1"]
    assert hits(store, ["宿舍"], before=places[0].n, limit=1) == ["c2"]


def test_cases_are_called_by_the_beginning_of_their_number(store: Store) -> None:
    rows = [a_row("a", number="T-12"), a_row("b", number="T-1"), a_row("c", number="T-2"), a_row("d")]
    write(store, BatchRows(created=[*rows, a_row("e", number="T-13", workflow="grievance")]))
    both = ["proposal", "grievance"]
    assert list(store.reads.search_called(ROOT, both, "T-1", limit=9).items()) == [
        ("b", "T-1"), ("a", "T-12"), ("e", "T-13")]  # fmt: skip
    assert list(store.reads.search_called(ROOT, ["proposal"], "T-1", limit=1)) == ["b"]
    assert list(store.reads.search_called(ROOT, both, "T-1", since="T-12", limit=9)) == ["a", "e"]
    assert list(store.reads.search_called(ROOT, both, "T-1", since="A", limit=9)) == ["b", "a", "e"]
    assert store.reads.search_called(ROOT, both, "T_", limit=9) == {}
    assert store.reads.search_called(OTHER_ROOT, both, "T", limit=9) == {}


def test_what_one_may_not_see_or_did_not_ask_for_is_not_visible(store: Store) -> None:
    rows = BatchRows(
        created=[
            a_row("a", unit="plant", state="filed"),
            a_row("b", unit="works", congress_session="s1"),
            a_row("c"),
            a_row("part", parent="a"),
        ],
        readers=readers("person:li", "a", "b", "c", "part"),
        recused=[RecusedRow(ROOT, "c", "person:li")],
    )
    write(store, rows)
    ids = [CaseId(name) for name in ("a", "b", "c", "part", "gone")]

    def seen(principals: Sequence[str] | None, where: CaseFilter) -> set[str]:
        return set(store.reads.search_visible(ROOT, principals, ids, where))

    everything = CaseFilter(children=True)
    assert seen(None, CaseFilter(children=True, workflow="proposal")) == {"a", "b", "c", "part"}
    assert seen(["person:li"], everything) == {"a", "b", "part"}
    assert seen(["person:li"], CaseFilter()) == {"a", "b"}
    assert seen(["person:wang"], everything) == set()
    assert seen(["person:li"], everything._replace(unit="plant")) == {"a"}
    assert seen(["person:li"], everything._replace(congress_session="s1")) == {"b"}
    assert seen(["person:li"], everything._replace(states=("nowhere",))) == set()
    assert seen(["person:li"], everything._replace(phase="active", workflow="proposal")) == {"a", "b", "part"}


def test_what_waits_is_indexed_once_and_never_over_what_a_step_knew_better(store: Store, any_database: str) -> None:
    write(store, BatchRows(search=[new("a", "食堂"), new("b", "宿舍")]))
    assert store.reads.search_standing(VERSION) == (2, 0)
    writes_of(store).plain(lambda writes: writes.restart_index())
    assert store.reads.search_standing(VERSION) == (2, 2)
    assert hits(store, ["食堂"]) == []
    waiting = store.reads.search_waiting(VERSION, before=NEWEST, limit=9)
    assert [(root, hit.case) for root, hit in waiting] == [(ROOT, "b"), (ROOT, "a")]
    # A step comes between: what it writes is newer than what was read for the index.
    write(store, BatchRows(search=[SearchRow(ROOT, "a", joined(["食堂"]), joined(["停车"]))]))
    rows = [IndexedWords(ROOT, "a", joined(["食堂"])), IndexedWords(ROOT, "b", joined(["宿舍"]))]
    writes_of(store).plain(lambda writes: writes.index_words(rows))
    writes_of(store).plain(lambda writes: writes.index_words(rows))
    assert store.reads.search_standing(VERSION) == (2, 0)
    assert hits(store, ["食堂"]) == []
    assert hits(store, ["停车"]) == ["a"]
    assert hits(store, ["宿舍"]) == ["b"]
    assert store.reads.search_waiting(VERSION, before=NEWEST, limit=9) == []
    change(any_database, "UPDATE found SET version = 99")
    assert len(store.reads.search_waiting(VERSION, before=NEWEST, limit=9)) == 2, "tokens of another version"


def test_what_was_said_of_a_pair_is_kept_from_either_side_and_replaced(store: Store, any_database: str) -> None:
    pair = NotAlike(ROOT, "a", "b", "m1", "m2", "shen", 5)
    writes_of(store).plain(lambda writes: writes.keep_not_alike(pair))
    assert list(store.reads.not_alike(ROOT, CaseId("a"))) == [pair]
    assert list(store.reads.not_alike(ROOT, CaseId("b"))) == [pair]
    assert list(store.reads.not_alike(OTHER_ROOT, CaseId("a"))) == []
    newer = pair._replace(one_mark="m3", person="zhai", at=6)
    writes_of(store).plain(lambda writes: writes.keep_not_alike(newer))
    assert table(any_database, "SELECT one_mark, person, at FROM not_alike") == [("m3", "zhai", 6)]
