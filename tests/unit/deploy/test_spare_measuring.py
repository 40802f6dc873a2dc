"""Which tests are measured no more: those whose lines and branches others cover, as long as there is room."""

from __future__ import annotations

from pathlib import Path

from deploy.spare_measuring import Ledger, chosen
from tests.support.measured import PROJECT, is_measured, may_tell, told_by_others


def ledger(room: float, **covered: set[int]) -> Ledger:
    """Return a ledger of tests that cover lines of one file, of which ``room`` may be lost."""
    made = Ledger(
        {test: frozenset(("api/x.py", line) for line in lines) for test, lines in covered.items()},
        {("api", False): room},
    )
    for places in made.covered.values():
        made.times.update(places)
    return made


def test_the_costly_one_of_two_that_cover_the_same_is_spared() -> None:
    assert chosen({"cheap": 1.0, "dear": 9.0}, ledger(0, cheap={1, 2}, dear={1, 2})) == ["dear"]


def test_what_only_one_test_covers_is_given_up_while_there_is_room_and_it_pays() -> None:
    costs = {"a": 10.0, "b": 2.0}
    assert chosen(costs, ledger(0, a={1}, b={2})) == []
    assert chosen(costs, ledger(1, a={1}, b={2})) == ["a"]
    assert chosen(costs, ledger(9, a={1}, b={2, 3, 4, 5, 6})) == ["a"]


def test_a_test_that_costs_little_is_measured_whatever_it_covers() -> None:
    assert chosen({"quick": 0.1}, ledger(0, quick=set(), other={1})) == []


def test_every_name_in_the_list_is_that_of_a_test_that_is_there() -> None:
    for name in told_by_others():
        file, _, test = name.partition("::")
        text = (PROJECT / file).read_text(encoding="utf-8")
        # A scenario's test is made from its feature file.
        assert f"def {test}(" in text or file.startswith("tests/acceptance/"), name


def test_the_list_spares_a_test_with_all_its_parameters() -> None:
    name = min(name for name in told_by_others() if may_tell(name))
    assert not is_measured(name)
    assert not is_measured(f"{name}[sqlite]")
    assert is_measured(str(Path("tests/unit/deploy/test_spare_measuring.py::test_x")))
