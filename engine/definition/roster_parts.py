"""The parts of a definition about rosters (名册): whom it lists, whom its cases reach, and what share that is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.definition.parts import Label, Part, Slug, Source

PlaceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", max_length=121)]
"""A field, or a column of a table as ``table.column``."""
Facets = dict[Slug, bool | tuple[str, ...]]
"""By the field of a roster: the codes that count, or whether it is true."""


class RosterPart(Part):
    """The cases of this workflow are the lines of a roster (名册): firms, townships, people to be trained.

    ``key`` is the field by which other cases name a line, given once on the whole roster; ``name`` says who it is.
    A case is on the roster while it stands in one of ``states``. ``facets`` are the fields by which lines are told
    apart: those with a code list, or of true and false.
    """

    key: Slug
    name: Slug
    states: tuple[Slug, ...] = Field(min_length=1)
    facets: tuple[Slug, ...] = Field(default=(), max_length=8)


class OncePart(Part):
    """No line is reached twice by cases that say the same in ``within``, but where ``unless`` says why.

    ``unless`` is a field, or a column of the table in which the keys stand.
    """

    within: Slug
    unless: PlaceName
    source: Source | None = None


class ReachPart(Part):
    """Whom the cases of this workflow reach of a roster, as a visit does a firm and a class its participants.

    ``roster`` is the workflow of the roster, ``key`` where its keys stand. In ``planned`` states a line is spoken for,
    in ``reached`` states it counts as reached, on the day in the field ``on``; in all others it is neither. A plan
    counts in the year of the day in ``planned_on``, in every year without one. ``counted`` is a column of true and
    false: only rows in which it is true count.
    """

    title: Label
    roster: Slug
    key: PlaceName
    planned: tuple[Slug, ...] = ()
    reached: tuple[Slug, ...] = Field(min_length=1)
    on: Slug
    planned_on: Slug | None = None
    counted: Slug | None = None
    once: OncePart | None = None


class GoalPart(Part):
    """What share is to be reached, in percent."""

    percent: int = Field(ge=1, le=100)
    source: Source | None = None


class CoveragePart(Part):
    """How many lines of a roster were reached, or have something, of those that ``among`` leaves (覆盖率).

    Exactly one of ``reach``, a reach of this workflow counted within the year or within it and the one before, and
    ``has``, facets of the line itself. Each line counts once, however often it was reached.
    """

    title: Label
    roster: Slug
    among: Facets = Field(default_factory=dict)
    reach: Slug | None = None
    has: Facets = Field(default_factory=dict)
    per: Literal["year", "two_years"] = "year"
    by: Slug | None = None
    goal: GoalPart | None = None
