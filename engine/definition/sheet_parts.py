"""The parts of a definition about sheets (统计表): what is asked in rows, who answers below, and how it is added up."""

from __future__ import annotations

from pydantic import Field

from engine.definition.parts import Label, Part, Slug


class BelowPart(Part):
    """Whose sheets are added up: children of ``workflow``, each unit's newest, while they stand in ``states``.

    A child in a ``spared`` state owes nothing (免报). All others are awaited.
    """

    workflow: Slug
    states: tuple[Slug, ...] = Field(min_length=1)
    spared: tuple[Slug, ...] = ()


class SheetPart(Part):
    """A form of figures whose items are rows of a table of the case, and so are defined by whoever draws it up.

    ``asked`` is that table: each row has a ``code`` and a ``title``, and may have ``least`` and ``most``, ``sum_of``
    (the codes that add up to it, as ``A1+A2``), ``at_most`` (the code that it may not exceed) and ``adds_up`` (false
    for averages and shares, which nobody adds up). ``filled`` is the table in which a unit answers, by ``code`` and
    ``amount``. ``totals`` is worked out by the effect ``roll_up`` and filled in by nobody: by ``code``, what is the
    unit's ``own``, what comes from ``below``, and the ``total``.
    """

    title: Label
    asked: Slug
    filled: Slug | None = None
    totals: Slug
    below: BelowPart | None = None
