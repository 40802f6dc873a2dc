"""Which cases are counted, and into which groups they fall: by unit, class, month and congress session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from engine.case.codec import at_from
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.figures.counting import Counting, named_of
from engine.figures.facts import Facts, Named, is_undated
from engine.figures.measures import Grouping
from engine.figures.stages import milestones_of

Key = str | None
"""The key of a group; None for what belongs to none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which cases are counted: those of some units, of a class, of a month or year (``2026-03``, ``2026``), of a
    congress session; None for all."""

    units: Collection[str] | None = None
    category: str | None = None
    period: str | None = None
    session: str | None = None


def chosen_of(
    facts: Iterable[Facts], counting: Counting, definition: Definition, chosen: Chosen | None
) -> Iterator[Named]:
    """Pair the cases with those they were merged into, and leave those out that are not chosen."""
    everything = named_of(facts, counting.asks_head)
    if chosen is None:
        return everything
    month_of, unit_of, category = _month_of(definition), _unit_of, _category(definition)
    return (
        named
        for named in everything
        if (chosen.units is None or unit_of(named.case) in chosen.units)
        and (chosen.category is None or named.case.held.get(category) == chosen.category)
        and (chosen.session is None or named.case.held.get("session") == chosen.session)
        and (chosen.period is None or (month_of(named.case) or "").startswith(chosen.period))
    )


def groupings_of(definition: Definition) -> list[tuple[str, Callable[[Facts], Key]]]:
    """Return how cases are broken down, and by what each falls into its group."""
    category = _category(definition)
    return [
        (str(Grouping.UNIT), _unit_of),
        (str(Grouping.CATEGORY), lambda facts: facts.held.get(category)),
        (str(Grouping.MONTH), _month_of(definition)),
        (str(Grouping.SESSION), lambda facts: facts.held.get("session")),
    ]


def _category(definition: Definition) -> str:
    return f"field:{definition.workflow.category_field}"


def _unit_of(facts: Facts) -> Key:
    return facts.held.get("lead", facts.held.get("unit"))


def _month_of(definition: Definition) -> Callable[[Facts], Key]:
    """Return how the month of a case is found: that of the first milestone there is in its workflow."""
    milestone = next(iter(milestones_of(definition)), "")
    known: dict[str, str] = {}

    def month(facts: Facts) -> Key:
        text = facts.first.get(milestone)
        if text is None or is_undated(facts):
            return None
        # Milestones of one hour are of one month; a million cases lie in some thousand hours.
        hour = text[:13]
        if hour not in known:
            known[hour] = f"{at_from(text).astimezone(SHANGHAI):%Y-%m}"
        return known[hour]

    return month
