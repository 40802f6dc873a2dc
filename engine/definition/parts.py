"""The parts of a definition: texts, fields, roles, states, guards, effects, transitions.

Shapes only. What must hold between the parts is proved in ``checks``; how a definition is read stands in ``loader``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from engine.text import Text

Unit = TypeVar("Unit")
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=500)]
PeriodText = Annotated[str, StringConstraints(pattern=r"^\d{1,4} (working days?|days?|months?|hours?)$")]


class Part(BaseModel):
    """Base of every part: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Label(Part):
    """A text a reader sees, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class Source(Part):
    """Where a rule comes from: a document declared under ``documents`` and the article in it."""

    document: Slug
    article: str = Field(min_length=1)


class Phase(StrEnum):
    """Where in its life a state stands."""

    INITIAL = "initial"
    ACTIVE = "active"
    FINAL = "final"


class Milestone(StrEnum):
    """The named instants that figures and the five words of a case's card stand on, in order (design: milestones)."""

    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    ASSIGNED = "assigned"
    HANDLED = "handled"
    EVALUATED = "evaluated"
    CLOSED = "closed"


class Privacy(StrEnum):
    """Who may read a field, and so where its value may stand.

    PUBLIC: entry, row, search. INTERNAL: commitment in the entry, private value, row and search.
    PERSONAL, CONFIDENTIAL: commitment and private value only.
    """

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"


class ColumnPart(Part):
    """One column of a table: what each of its rows says there.

    ``schema`` and ``list`` are as those of a field. ``value`` is an expression over ``row.`` and what guards may read:
    such a column is reckoned when the move is made, and nobody fills it in. ``required`` asks for it in every row.
    """

    title: Label
    json_schema: dict[str, JsonValue] = Field(alias="schema")
    list: Slug | None = None
    required: bool = True
    value: Expression | None = None


class FieldPart(Part):
    """One datum of a case.

    ``schema`` is a JSON Schema; ``list`` names the code list the value must come from; ``tracked`` keeps its values
    over time as spans, so that figures can count by it; ``initial`` is set when the case is opened. With ``columns``
    the value is a table: a list of rows, each with what the columns ask for; ``schema`` then says only that it is an
    array, and how many rows it takes.
    """

    title: Label
    help: Label | None = None
    privacy: Privacy
    json_schema: dict[str, JsonValue] = Field(alias="schema")
    list: Slug | None = None
    columns: dict[Slug, ColumnPart] = Field(default_factory=dict)
    tracked: bool = False
    initial: JsonValue = None

    @cached_property
    def value_schema(self) -> dict[str, JsonValue]:
        """The JSON Schema of a whole value: of a table with its rows, without the columns that are reckoned."""
        if not self.columns:
            return self.json_schema
        asked = {name: column for name, column in self.columns.items() if column.value is None}
        rows: dict[str, JsonValue] = {
            "type": "object",
            "properties": {name: column.json_schema for name, column in asked.items()},
            "required": [name for name, column in asked.items() if column.required],
            "additionalProperties": False,
        }
        return {**self.json_schema, "items": rows}


class RolePart(Part):
    """In what capacity somebody acts on a case.

    ``party``: persons bound to this case (proposer, seconder). ``grant``: holders of one of the grants ``of`` in the
    case's own unit (``in: case_unit``) or in the unit that leads its handling (``in: lead_unit``); ``inherited`` lets a
    grant in an ancestor count too, and ``inherited: only`` no other: those to whom the unit answers. ``system``: the
    engine itself. ``code``: whoever files without saying who, and comes back with a query code (查询码). ``sees`` says
    whether holders may read the case: always, never, or in the states named. ``reads`` is the privacy up to which they
    may read its fields. ``erases`` lets holders erase private values, with the consent of another who may.
    ``stands_in_for`` lets whoever is bound to a party role do what another role may: a substitute for somebody recused.
    """

    title: Label
    bound: Literal["party", "grant", "system", "code"]
    of: tuple[Slug, ...] = ()
    in_: Literal["case_unit", "lead_unit"] = Field(default="case_unit", alias="in")
    inherited: bool | Literal["only"] = True
    sees: bool | tuple[Slug, ...] = True
    reads: Privacy = Privacy.PERSONAL
    erases: bool = False
    stands_in_for: Slug | None = None

    def held_in(self, lineage: Sequence[Unit]) -> Sequence[Unit]:
        """Return where a grant of the role counts, of a unit and those above it, the unit itself first."""
        if self.inherited == "only":
            return lineage[1:]
        return lineage if self.inherited else lineage[:1]

    def sees_in(self, state: str) -> bool:
        """Return whether holders of the role may read a case in this state."""
        return state in self.sees if isinstance(self.sees, tuple) else self.sees


class StatePart(Part):
    """Where a case rests. ``acts`` names who must move next; ``waive`` carries written reasons against a proof."""

    title: Label
    phase: Phase
    acts: tuple[Slug, ...] = ()
    milestone: Milestone | None = None
    waive: dict[Literal["deadline"], str] = Field(default_factory=dict)


class GuardPart(Part):
    """A question before a transition; exactly one of ``expr`` and ``use``.

    ``use`` names a guard of the engine's catalogue with its version, as ``seconders_at_least@1``; ``given`` holds its
    arguments. ``refuse`` is what the actor reads when it does not hold; ``{name}`` placeholders take parameters.
    """

    id: Slug
    expr: Expression | None = None
    use: Annotated[str, StringConstraints(pattern=r"^[a-z_]+@\d+$")] | None = None
    given: dict[str, JsonValue] = Field(default_factory=dict)
    refuse: Label
    source: Source | None = None


class Assign(Part):
    """Opens one child case per unit: one lead, any number of co-handlers; ``carry`` copies fields into the child.

    Without ``lead`` all units are alike. ``adds`` puts them beside those of the newest assignment, and begins no new
    one: what was sent to some units goes to others, too.
    """

    do: Literal["assign"]
    workflow: Slug
    lead: Slug | None = None
    co_handlers: Slug | None = None
    adds: bool = False
    carry: dict[Slug, Slug] = Field(default_factory=dict)


class Cascade(Part):
    """Fires a transition of every child in one of the states, with its cause; with the field ``units`` only of children
    of the units listed there, or of units below them."""

    do: Literal["cascade"]
    workflow: Slug
    role: Literal["lead", "co_handler"] | None = None
    units: Slug | None = None
    states: tuple[Slug, ...]
    fire: Slug


class Merge(Part):
    """Joins this case to the case whose id stands in the form field ``into``; its parties become parties there."""

    do: Literal["merge"]
    into: Slug
    join_as: dict[Slug, Slug] = Field(default_factory=dict)


class UnMerge(Part):
    """Takes this case out of the case it was merged into and resumes the state it had."""

    do: Literal["unmerge"]


class LeaveMerge(Part):
    """Takes a merged case out of the case it was merged into, with all it brought; the move says where it goes."""

    do: Literal["leave_merge"]


class SetFields(Part):
    """Sets fields of the case from expressions over the case and the form."""

    do: Literal["set"]
    values: dict[Slug, Expression]


class AppendRows(Part):
    """Puts the rows of a table in the form under those that another table of the case holds, as into a diary."""

    do: Literal["append"]
    table: Slug
    rows: Slug


class Bind(Part):
    """Binds a person to a role of the case: the actor, or the person whose id stands in a form field; ``those_in``
    everybody instead who is bound to another role now: what one asked for, another one grants."""

    do: Literal["bind"]
    role: Slug
    who: Literal["actor"] | Slug = "actor"
    those_in: Slug | None = None


class Unbind(Part):
    """Takes the actor, everybody, or the person in a form field out of a role of the case."""

    do: Literal["unbind"]
    role: Slug
    who: Literal["actor", "everybody"] | Slug = "actor"


class ClockEffect(Part):
    """Starts, stops (met), cancels, suspends or resumes a deadline; ``with_merged`` stops it for the cases merged into
    this one too: what is done here is done for them."""

    do: Literal["start", "stop", "cancel", "suspend", "resume"]
    deadline: Slug
    with_merged: bool = False


class Extend(Part):
    """Moves a deadline's end by the number of days in a form field, within the limits the deadline declares."""

    do: Literal["extend"]
    deadline: Slug
    by: Slug


class RaiseRung(Part):
    """Raises a rung of a deadline's ladder by event, without any lateness."""

    do: Literal["raise"]
    deadline: Slug
    rung: Slug


class WithdrawRung(Part):
    """Takes back the rung named in a form field, as ``deadline/rung``; it is not raised again, and not counted."""

    do: Literal["withdraw_rung"]
    rung: Slug


class IssueNumber(Part):
    """Issues the next number of a series into a field; numbers are never reused."""

    do: Literal["number"]
    series: Slug
    field: Slug


class Notify(Part):
    """Tells the roles of a declared notice; with ``given`` only where that field of the form was filled in."""

    do: Literal["notify"]
    notice: Slug
    given: Slug | None = None


class OpenLinked(Part):
    """Opens a case of another workflow, linked to this one; ``carry`` copies fields into it.

    With ``each``, a table of the form, one case for every row: ``row`` says which field there takes which column, and
    ``unit`` is the column with the unit it is opened in.
    """

    do: Literal["open"]
    workflow: Slug
    carry: dict[Slug, Slug] = Field(default_factory=dict)
    each: Slug | None = None
    row: dict[Slug, Slug] = Field(default_factory=dict)
    unit: Slug | None = None


class RollUp(Part):
    """Works out the totals of a sheet: the unit's own figures and those of the units below that have answered.

    With ``zero`` the unit's own are noughts (零报告), whatever was filled in before.
    """

    do: Literal["roll_up"]
    sheet: Slug
    zero: bool = False


class Publish(Part):
    """Marks the case for the public register (公开登记册), where everybody may read its public fields, and ``fields``.

    ``fields`` are internal ones that consent to the publication covers: what was proposed, and what was answered.
    """

    do: Literal["publish"]
    fields: tuple[Slug, ...] = ()


Effect = Annotated[
    Assign
    | Cascade
    | Merge
    | UnMerge
    | LeaveMerge
    | SetFields
    | AppendRows
    | Bind
    | Unbind
    | ClockEffect
    | Extend
    | RaiseRung
    | WithdrawRung
    | IssueNumber
    | Notify
    | OpenLinked
    | RollUp
    | Publish,
    Field(discriminator="do"),
]


class Alternative(Part):
    """One of several ways a transition may go; the first whose guards all hold is taken."""

    to: Slug
    guards: tuple[GuardPart, ...] = ()
    effects: tuple[Effect, ...] = ()


class TransitionPart(Part):
    """A permitted move.

    Exactly one of ``to``, ``alternatives`` and ``stay`` says where it leads. ``form`` names the fields it asks for;
    effects run in order, those of the transition before those of the alternative taken. ``supervises`` marks a measure
    of supervision (催办、督办单 …), which a supervisor may take on several cases at once. ``on_behalf`` names the roles
    that may enter the move for one of those in ``by``, who made it on paper, by telephone or in person (代录).
    """

    title: Label
    from_: tuple[Slug, ...] = Field(alias="from", min_length=1)
    to: Slug | None = None
    alternatives: tuple[Alternative, ...] = ()
    stay: bool = False
    supervises: bool = False
    by: tuple[Slug, ...] = Field(min_length=1)
    on_behalf: tuple[Slug, ...] = ()
    form: dict[Slug, Literal["required", "optional"]] = Field(default_factory=dict)
    guards: tuple[GuardPart, ...] = ()
    effects: tuple[Effect, ...] = ()
    source: Source | None = None
