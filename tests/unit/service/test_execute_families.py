"""The closure of a command: what is loaded and locked, and what happens when another process holds part of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.case.identity import CaseId
from engine.errors import FormInvalid, StorageUnavailable
from engine.service.execute import Done, Later
from engine.service.families import relatives
from tests.support.batch_desk import Desk, done, kinds


def merged(desk: Desk) -> tuple[CaseId, CaseId]:
    """Return a main case and one merged into it."""
    main, child = desk.opened(2)
    done(desk.carry_out(desk.firing(child, "merge", form={"into": main}))[0])
    return main, child


def test_a_command_locks_the_case_its_parent_its_siblings_and_merged_cases_in_order() -> None:
    desk = Desk()
    case, children = desk.assigned("plant", "canteen")
    desk.store.locked.clear()
    desk.carry_out(desk.signing(children[0], "plant"))
    assert desk.store.locked == [sorted([case, *children])]
    main, child = merged(desk)
    desk.store.locked.clear()
    desk.carry_out(desk.firing(child, "unmerge"))
    assert desk.store.locked == [sorted([main, child])]


def test_relatives_are_parent_children_of_every_assignment_and_merged_cases() -> None:
    desk = Desk()
    case, children = desk.assigned("plant")
    desk.carry_out(desk.firing(case, "assign", form={"lead": "finance"}))
    both = [child.case for child in desk.store.case(case).children]
    assert list(relatives(desk.store.case(case))) == both
    assert len(both) == 2
    assert list(relatives(desk.store.case(children[0]))) == [case]
    main, child = merged(desk)
    assert list(relatives(desk.store.case(main))) == [child]
    assert list(relatives(desk.store.case(child))) == [main]


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_cascade_reaches_children_of_an_earlier_assignment(exclusive: bool) -> None:
    desk = Desk(exclusive=exclusive)
    case, children = desk.assigned("plant")
    desk.carry_out(desk.firing(case, "assign", form={"lead": "finance"}))
    desk.carry_out(desk.firing(case, "end_all"))
    assert desk.store.case(children[0]).state == "closed"


def test_a_command_on_a_held_case_comes_later_and_the_others_go_on() -> None:
    desk = Desk()
    held, free = desk.opened(2)
    desk.store.held = {held}
    results = desk.carry_out(desk.firing(held, "close"), desk.firing(free, "close"))
    assert kinds(results) == [Later, Done]
    assert desk.store.tables.outcomes.keys() == {
        key for key in desk.store.tables.outcomes if desk.store.tables.outcomes[key].outcome.case in (held, free)
    }
    desk.store.held = set()
    assert kinds(desk.carry_out(desk.firing(held, "close"))) == [Done]


@pytest.mark.parametrize("who", ["parent", "sibling"])
def test_a_move_waits_while_its_parent_or_a_sibling_is_held(who: str) -> None:
    desk = Desk()
    case, children = desk.assigned("plant", "canteen")
    desk.store.held = {case if who == "parent" else children[1]}
    assert kinds(desk.carry_out(desk.signing(children[0], "plant"))) == [Later]
    assert desk.store.case(children[0]).state == "submitted"
    desk.store.held = set()
    desk.carry_out(desk.signing(children[0], "plant"), desk.signing(children[1], "canteen"))
    assert desk.store.case(case).data["closing_number"] == "1"


def test_a_merge_waits_while_its_target_or_what_is_merged_there_is_held() -> None:
    desk = Desk()
    main, first = merged(desk)
    (second,) = desk.opened()
    for held in (main, first):
        desk.store.held = {held}
        assert kinds(desk.carry_out(desk.firing(second, "merge", form={"into": main}))) == [Later]
    desk.store.held = set()
    assert kinds(desk.carry_out(desk.firing(second, "merge", form={"into": main}))) == [Done]
    assert desk.store.case(main).merged_from == (first, second)


def test_a_merge_into_a_case_that_is_not_there_is_refused_and_does_not_wait() -> None:
    desk = Desk()
    (case,) = desk.opened()
    assert kinds(desk.carry_out(desk.firing(case, "merge", form={"into": "gone"}))) == [FormInvalid]


def test_waiting_for_a_lock_that_does_not_come_free_is_unavailable() -> None:
    desk = Desk()
    (case,) = desk.opened()
    desk.store.held, desk.wait = {case}, True
    with pytest.raises(StorageUnavailable):
        desk.carry_out(desk.firing(case, "close"))
    assert desk.store.waits[-1]


def test_a_relative_that_came_between_reading_and_locking_is_waited_for() -> None:
    desk = Desk()
    (case,) = desk.opened()
    alone = desk.store.tables.cases.copy()
    desk.carry_out(desk.firing(case, "assign", form={"lead": "plant"}))
    with_child = desk.store.tables.cases
    key = next(key for key in with_child if key[1] == case)
    with desk.store.begin() as tx:
        # The unlocked read still shows the case alone; locked, it has a child that nobody loaded.
        tx.staged.cases[key] = alone[key]

        def commits_in_between() -> None:
            tx.staged.cases[key] = with_child[key]

        desk.store.at_lock = commits_in_between
        assert kinds(desk.execute(tx, desk.firing(case, "end_all"))) == [Later]


@pytest.mark.parametrize("exclusive", [True, False])
def test_merges_of_one_batch_are_seen_by_the_commands_after_them(exclusive: bool) -> None:
    desk = Desk(exclusive=exclusive)
    case, children = desk.assigned("plant")
    main, other = desk.opened(2)
    results = desk.carry_out(
        desk.firing(case, "merge", form={"into": main}),
        desk.firing(main, "merge", form={"into": other}),
        desk.signing(children[0], "plant"),
        desk.firing(main, "unmerge"),
        desk.firing(case, "unmerge"),
    )
    assert kinds(results) == [Done] * 5
    assert desk.store.case(other).merged_from == ()
    assert desk.store.case(main).merged_from == ()
    assert desk.store.case(case).state == "handling"


def test_a_long_chain_of_merges_is_never_in_anybodys_way() -> None:
    desk = Desk()
    chain = desk.opened(8)
    for child, main in pairwise(chain):
        assert kinds(desk.carry_out(desk.firing(child, "merge", form={"into": main}))) == [Done]
    assert kinds(desk.carry_out(desk.firing(chain[0], "unmerge"))) == [Done]
    assert kinds(desk.carry_out(desk.firing(chain[4], "unmerge"))) == [Done]
    assert kinds(desk.carry_out(desk.firing(chain[7], "close"))) == [Done]
