"""The sentences about rosters: how much of one was reached, of everything and by facet, and what its goal lacks."""

from __future__ import annotations

from pytest_bdd import then

from engine.case.identity import RootId
from engine.service.coverage import Coverage, CoverageDesk, Share, declared_in, roster_of
from engine.service.roster_rows import facet_text
from tests.acceptance.steps_common import sentence
from tests.support.cast import ROOT
from tests.support.hall import Hall
from tests.support.wording import named

Rows = list[list[str]]
COUNTED = r"(?P<year>\d{4})年“(?P<title>[^“”]+)”"


@then(sentence(rf"{COUNTED}应覆盖(?P<lines>\d+)，已覆盖(?P<covered>\d+)(，覆盖率为(?P<percent>[\d.]+)%)?"))
def _covers(hall: Hall, year: str, title: str, lines: str, covered: str, percent: str | None) -> None:
    """``2011年“规模以上企业走访覆盖率”应覆盖3，已覆盖1，覆盖率为33.3%``: lines that count once each."""
    whole = _counted(hall, title, year).whole
    assert (whole.lines, whole.covered) == (int(lines), int(covered)), f"应覆盖{whole.lines}，已覆盖{whole.covered}"
    assert percent is None or whole.percent() == percent, f"覆盖率为{whole.percent()}%"


@then(sentence(rf"{COUNTED}距目标还差(?P<n>\d+)"))
def _lacks(hall: Hall, year: str, title: str, n: str) -> None:
    found = _counted(hall, title, year)
    goal = found.declared.part.goal
    assert goal is not None, f"“{title}”没有目标"
    assert found.whole.short_of(goal.percent) == int(n), f"还差{found.whole.short_of(goal.percent)}"


@then(sentence(rf"{COUNTED}已列入计划(?P<planned>\d+)，重复触达(?P<twice>\d+)次"))
def _stands_beside(hall: Hall, year: str, title: str, planned: str, twice: str) -> None:
    """What does not count: lines that are only planned, and what was reached once more with a reason."""
    found = _counted(hall, title, year)
    assert (found.whole.planned, found.twice) == (int(planned), int(twice)), (found.whole.planned, found.twice)


@then(sentence(rf"{COUNTED}分类如下："))
def _by_value(hall: Hall, year: str, title: str, datatable: Rows) -> None:
    """The values of the facet, how many lines each has and how many of them count."""
    found = _counted(hall, title, year)
    roster = roster_of(found.declared, hall.book)
    by = found.declared.part.by
    assert by is not None, f"“{title}”没有分类"
    alias = roster.fields[by].list
    wanted: dict[str | None, Share] = {}
    for shown, lines, covered in datatable[1:]:
        value = {"是": "true", "否": "false"}.get(shown)
        if alias is not None:
            items = hall.book.for_new(roster.name).lists[roster.lists[alias]].items
            value = facet_text(named(shown, {item.code: item for item in items}))
        wanted[value] = Share(lines=int(lines), covered=int(covered))
    shown_now = {value: Share(lines=one.lines, covered=one.covered) for value, one in found.by_value.items()}
    assert shown_now == wanted, shown_now


def _counted(hall: Hall, title: str, year: str) -> Coverage:
    declared = [one for one in declared_in(hall.book) if one.part.title.zh == title]
    assert len(declared) == 1, f"没有“{title}”，有：{'、'.join(one.part.title.zh for one in declared_in(hall.book))}"
    hall.coverage_asked.add((declared[0].workflow, declared[0].name))
    desk = CoverageDesk(reads=hall.tables.rosters, root=RootId(ROOT), world=hall.world, principals=None)
    return desk.count(declared[0], int(year))
