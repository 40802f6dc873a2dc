"""The few figures that an overview shows first: each with what it is made of, its way over a year, and what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.definition.compiled import Definition
from engine.figures.measures import Grouping, Tally
from engine.figures.report import group_title
from engine.figures.survey import Section, Survey, tally_of
from engine.service.world import World
from web.views.charts import Spark, spark
from web.views.figures import interval_text, mark_of, value_of
from web.words import Words

TILES_MAX: Final = 5
MONTHS: Final = 12
LEAST_TO_COMPARE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure. ``then`` says what it was in the session or month before, ``change`` by how much it moved."""

    name: str
    title: str
    value: str
    made_of: str | None
    sure: str | None
    is_small: bool
    spark: Spark | None
    now: str | None
    then: str | None
    change: str | None
    address: str


def headlines(definition: Definition) -> tuple[str, ...]:
    """Return the measures that a definition puts first, else the first of its shares, five at most."""
    measures = definition.workflow.measures
    chosen = [name for name, part in measures.items() if part.headline]
    return tuple(
        (chosen or [name for name, part in measures.items() if part.denominator] or list(measures))[:TILES_MAX]
    )


def tiles(
    told: Survey, section: Section, definition: Definition, world: World, words: Words, address: str
) -> tuple[Tile, ...]:
    """Return the tiles of a workflow; ``address`` leads to its page, to which each adds its subject."""
    pair = _pair(told, definition, world, words)
    months = [each for each in told.groups.get(Grouping.MONTH, ()) if each.key is not None][-MONTHS:]
    made = []
    for name in headlines(definition):
        tally = tally_of(definition, told, section, name)
        value, _share = value_of(tally)
        numbers = [value_of(tally_of(definition, told, each, name))[1] for each in months]
        now, then, change = _compared(told, definition, name, pair, words)
        made.append(
            Tile(
                name=name,
                title=words.say(definition.workflow.measures[name].title.text),
                value=value,
                made_of=None if tally.denominator is None else _made_of(tally, words),
                sure=_sure(tally, words),
                is_small=tally.small,
                spark=spark(numbers) if numbers else None,
                now=now,
                then=then,
                change=change,
                address=f"{address}subject={name}#trend",
            )
        )
    return tuple(made)


def _sure(tally: Tally, words: Words) -> str | None:
    """Return the interval of a share; None where there is none."""
    return None if tally.interval() is None else words.t("figures_sure", interval=interval_text(tally))


def _made_of(tally: Tally, words: Words) -> str:
    n, d = tally.shown("numerator", tally.numerator), tally.shown("denominator", tally.denominator or 0)
    return words.t("figures_of_n", n=mark_of(n), d=mark_of(d))


def _with_parts(value: str, tally: Tally, words: Words) -> str:
    return value if tally.denominator is None else words.t("figures_with_parts", value=value, of=_made_of(tally, words))


def _pair(told: Survey, definition: Definition, world: World, words: Words) -> Sequence[tuple[str, Section]]:
    """Return the last two sessions there are cases of, the older one first, else the last two months; none of one."""
    sessions = world.surroundings.sessions
    order = {str(id_): (each.term, each.meeting) for id_, each in sessions.items()}
    found = sorted(
        (each for each in told.groups.get(Grouping.SESSION, ()) if each.key in order),
        key=lambda each: order[each.key or ""],
    )
    by = Grouping.SESSION
    if len(found) < 2:  # one session cannot be compared
        found, by = [each for each in told.groups.get(Grouping.MONTH, ()) if each.key is not None], Grouping.MONTH
    last = found[-2:]
    if len(last) < 2:
        return ()
    return [(words.say(group_title(each.key, by, definition, world.surroundings)), each) for each in last]


def _compared(
    told: Survey, definition: Definition, name: str, pair: Sequence[tuple[str, Section]], words: Words
) -> tuple[str | None, str | None, str | None]:
    if not pair:
        return None, None, None
    (old_title, old), (new_title, new) = pair
    before, after = (tally_of(definition, told, each, name) for each in (old, new))
    (old_value, was), (new_value, is_now) = value_of(before), value_of(after)
    if was is None and is_now is None:
        return None, None, None
    now = words.t("figures_was", period=new_title, value=_with_parts(new_value, after, words))
    then = words.t("figures_was", period=old_title, value=_with_parts(old_value, before, words))
    few = min(before.denominator or 0, after.denominator or 0) < LEAST_TO_COMPARE
    if was is None or is_now is None or few:
        return now, then, None
    # By what is printed: who takes one from the other must come to the same.
    tenths = round(10 * float(new_value.rstrip("%"))) - round(10 * float(old_value.rstrip("%")))
    if tenths == 0:
        return now, then, words.t("figures_level")
    return now, then, words.t("figures_up" if tenths > 0 else "figures_down", n=f"{abs(tenths) / 10:.1f}")
