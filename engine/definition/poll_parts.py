"""The parts of a definition about polls (网上无记名表决、匿名问卷): what is asked, of whom, and where the totals go."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from engine.definition.parts import Label, Part, Slug

FEWEST: Final = 5
"""Of fewer persons no poll is taken, and fewer papers are not counted: who said what could be guessed."""


class PollRows(Part):
    """The rows of a table that are asked about, each by what its column ``key`` holds, as its column ``title`` says."""

    table: Slug
    key: Slug
    title: Slug


class PollPart(Part):
    """A vote or a questionnaire that is taken on line, in which nobody is ever told who said what.

    The move ``opens`` fixes who may answer: everybody who holds the grant role ``eligible`` in the unit of the case
    then, and no longer whoever holds it from above. While the case stands in one of the states ``taken_in`` each of
    them answers once. One of three is asked about: ``rows`` of a table, the codes of a ``list``, or the fixed
    questions ``asks``. Each is answered by one of the ``choices``; unless ``every`` one must be, it may be left blank.

    The move ``closes`` fills the table ``totals``: for each question its key in the column ``key`` and its words in
    ``titled``, in a column named as a choice how many chose it, in ``answered`` how many answered at all, and
    ``always`` the same in other columns. ``eligible_count`` is filled in by the opening, ``returned_count`` and
    ``proof``, the hash of all ballots in order, by the closing. Nobody fills in any of these by hand in these moves.
    Fewer than ``least`` are neither asked nor counted, and a question that fewer have answered is left out of the
    totals.
    """

    title: Label
    note: Label | None = None
    opens: Slug
    taken_in: tuple[Slug, ...] = Field(min_length=1)
    closes: Slug
    eligible: Slug
    rows: PollRows | None = None
    list: Slug | None = None
    asks: dict[Slug, Label] = Field(default_factory=dict)
    choices: dict[Slug, Label] = Field(min_length=2, max_length=10)
    every: bool = False
    totals: Slug
    key: Slug
    titled: Slug | None = None
    answered: Slug | None = None
    always: dict[Slug, str | int] = Field(default_factory=dict)
    eligible_count: Slug
    returned_count: Slug
    proof: Slug
    least: Annotated[int, Field(ge=FEWEST)] = FEWEST

    @property
    def filled(self) -> tuple[str, ...]:
        """The fields that the moves of the poll fill in, and nobody else in these moves."""
        return (self.totals, self.eligible_count, self.returned_count, self.proof)
