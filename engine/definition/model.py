"""A definition in one version: everything a workflow folder's ``v1.yaml`` may say. Shapes only, no proofs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from engine.definition.join_parts import Join
from engine.definition.parts import (
    ClockEffect,
    Effect,
    Expression,
    FieldPart,
    Label,
    Notify,
    Part,
    PeriodText,
    RolePart,
    SetFields,
    Slug,
    Source,
    StatePart,
    TransitionPart,
)
from engine.definition.poll_parts import PollPart
from engine.definition.roster_parts import CoveragePart, ReachPart, RosterPart
from engine.definition.sheet_parts import SheetPart


class Parameter(Part):
    """A number or word that a unit may set otherwise; guards and refusals read it as ``parameter.<id>``."""

    title: Label
    value: int | bool | str
    source: Source | None = None


class NumberSeries(Part):
    """A series of numbers. The template may use ``{session}``, ``{year}`` and ``{n}`` with a width, as ``{n:03}``."""

    title: Label
    template: str = Field(min_length=3, max_length=60)
    per: Literal["congress_session", "year", "root"] = "congress_session"


class RungTime(Part):
    """When a rung is due: before or after the effective due date, or at the n-th firing of a transition."""

    before: PeriodText | None = None
    after: PeriodText | None = None
    on: Slug | None = None
    times: int = Field(default=1, ge=1)


class Rung(Part):
    """One step of a ladder: level, colour, when, who is told, whether it is raised again."""

    id: Slug
    level: int = Field(ge=1, le=9)
    colour: Literal["blue", "yellow", "orange", "red", "black"]
    title: Label
    at: RungTime
    to: tuple[Slug, ...] = Field(min_length=1)
    repeat: PeriodText | None = None


class Ladder(Part):
    """What follows lateness, mild to severe."""

    rungs: tuple[Rung, ...] = Field(min_length=1)
    source: Source | None = None


class Within(Part):
    """A term that is not a period: a date the case carries, a date of the congress session, or a fixed date."""

    from_field: Slug | None = None
    session: Literal["call_closes_on", "opens_on", "closes_on", "reply_due_on"] | None = None
    fixed: date | None = None
    otherwise: PeriodText | None = None


class Limit(Part):
    """How often and how far a clock may be stopped or moved, and by whom.

    ``max_days`` are calendar days over all times together; a clock that has stood still so long runs again by itself.
    """

    max_count: int = Field(ge=0, le=20)
    max_days: int = Field(ge=0, le=3660)
    approver: tuple[Slug, ...] = Field(min_length=1)
    source: Source | None = None


class PromisePart(Part):
    """What a deadline holds somebody to who has promised something by a day (承诺限期落实).

    ``kind`` is the field that says what kind of answer promised it, ``text`` what was promised, and ``evidence`` the
    one in which it is reported as carried out.
    """

    kind: Slug
    text: Slug
    evidence: Slug


class DeadlinePart(Part):
    """The rule by which a due instant is computed. Effects of transitions start and stop it.

    ``roll`` says what happens when the last day is a day off; without it days and months roll forward and working
    days and hours do not. A date from a field, session or notice never rolls. ``calendar`` says whether the unit's own
    rest days and worked days count too; a term that cites a source counts by the official notices alone (ADR 0015).
    ``promise`` marks the term of a promise, which an overview of supervision follows. ``counts_from`` names a field:
    then a period counts from the day that stands there, before or after the move that starts the clock ("within three
    days of the congress"), and not from the day of the move.
    """

    title: Label
    within: PeriodText | Within
    counts_from: Slug | None = None
    start_day: Literal["excluded", "included"] = "excluded"
    roll: Literal["none", "next", "previous"] | None = None
    calendar: Literal["official", "unit"] = "official"
    suspension: Limit | None = None
    extension: Limit | None = None
    ladder: Slug | None = None
    promise: PromisePart | None = None
    waive: dict[Literal["ladder"], str] = Field(default_factory=dict)
    source: Source | None = None


class Saying(Part):
    """What a notice says beside its title: what has happened, and what the reader does next."""

    happened: Label
    next: Label


class NoticePart(Part):
    """Who is told what: an event's roles, and what it says.

    Exactly one of ``says``, the words themselves, and ``template``, the name of words that several workflows share.
    ``reason`` names the field in which the one who moves says why; what was said there is told with the notice.
    """

    title: Label
    to: tuple[Slug, ...] = Field(min_length=1)
    says: Saying | None = None
    template: Slug | None = None
    reason: Slug | None = None


class EvaluationPart(Part):
    """How the proposer judges: one field per dimension, the code list of the scale, and what counts as bad."""

    dimensions: dict[Slug, Slug] = Field(min_length=1)
    evaluator: Slug
    aggregate: Literal["lead", "all", "worst"] = "lead"
    bad: tuple[str, ...] = Field(min_length=1)
    on_bad: Slug | None = None


class TallyPart(Part):
    """A number that the rows of a table give: how many there are, what ``sum`` adds up to, or how many ``distinct``.

    ``where`` leaves rows out. The expressions read ``row.`` and what guards may read; guards and values read the number
    as ``tally.<id>``. It is reckoned from the table in the form, else from the one the case holds, and is 0 without
    either.
    """

    of: Slug
    sum: Expression | None = None
    distinct: Expression | None = None
    where: Expression | None = None


class IdentityPart(Part):
    """Who is behind a case, where that is kept apart (XF Art.30).

    ``level`` is the field whose code says how closely: a code flagged ``strict`` keeps it from everybody but the person
    and those in the role ``opened_to``, whom two bind together by their moves; one flagged ``anonymous`` is for those
    who never say who they are. ``fields`` say who it is. ``account`` is the one that takes the account of who files
    under a strict level: on the case itself then stands a name that only the holder of the veil key can trace.
    ``own`` are the roles that file for themselves, with any unit above their own. ``self_filed`` is what fields of the
    opening then say, and nobody is asked; without a value they stay empty.
    """

    level: Slug
    fields: tuple[Slug, ...] = Field(min_length=1)
    account: Slug
    own: tuple[Slug, ...] = Field(min_length=1)
    self_filed: dict[Slug, str | None] = Field(default_factory=dict)
    opened_to: Slug
    source: Source | None = None


class OnBehalfPart(Part):
    """Entries on behalf (代录): what somebody brought on paper, by telephone or in person, and others enter.

    ``by`` are the roles that may open a case so; moves name theirs under ``on_behalf``. ``effects`` follow every entry
    on behalf beside its own: that the person is told, and the term in which they may object. ``objection`` is the move
    by which they do, within ``deadline``.
    """

    by: tuple[Slug, ...] = Field(min_length=1)
    objection: Slug
    deadline: Slug
    effects: tuple[Annotated[SetFields | ClockEffect | Notify, Field(discriminator="do")], ...] = ()
    source: Source | None = None


class VotesPart(Part):
    """The fields in which a meeting's vote is recorded: numbers of members."""

    in_favour: Slug
    against: Slug
    abstained: Slug


class MeetingPart(Part):
    """The meeting that goes through cases one after the other (审查会议) and says of each what becomes of it.

    ``agenda`` are the states whose cases are gone through; ``begin`` is made first where a case is not under review
    yet. ``outcomes`` are the moves that the meeting chooses from, in this order. ``shown`` are the fields that are read
    out, in this order. By what ``narrowed_by`` says the meeting may take a part of the cases first.
    """

    title: Label
    agenda: tuple[Slug, ...] = Field(min_length=1)
    begin: Slug | None = None
    outcomes: tuple[Slug, ...] = Field(min_length=1, max_length=9)
    shown: tuple[Slug, ...] = Field(min_length=1)
    narrowed_by: Slug | None = None
    votes: VotesPart | None = None


class RetentionTerm(Part):
    """How long what has one privacy is kept, in years from the end of the case; without a source it is our default."""

    privacy: Literal["internal", "personal", "confidential"]
    years: int = Field(ge=1, le=100)
    source: Source | None = None


class RetentionPart(Part):
    """How long private values are kept (PIPL Art.19 and Art.47), and which field holds everything back.

    While the field ``hold`` is true nothing of the case is erased by anybody: a dispute, an audit or a court needs it.
    Moves set it and take it back, from every state in which a case ends.
    """

    hold: Slug
    after: tuple[RetentionTerm, ...] = Field(min_length=1)

    def years(self, privacy: str) -> int | None:
        """Return how many years what has this privacy is kept; None without an end."""
        return next((term.years for term in self.after if term.privacy == privacy), None)


class Share(Part):
    """Which cases are counted (``where``), or which number of each is added up (``sum``)."""

    where: Expression
    sum: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")] | None = None


class Apart(Part):
    """Cases left out of a ratio, or shown beside it, always counted and printed."""

    id: Slug
    title: Label
    where: Expression


class Measure(Part):
    """A declared figure over the facts of each case as of an instant; without a denominator it is a count.

    ``headline``: one of the few that an overview of the workflow's figures shows first. ``minimum_sample``: of fewer a
    figure is marked as a small sample; without it a share goes by the workflow's, and a count by none.
    """

    title: Label
    numerator: Share
    denominator: Share | None = None
    excluded: tuple[Apart, ...] = ()
    beside: tuple[Apart, ...] = ()
    minimum_sample: int | None = Field(default=None, ge=0)
    headline: bool = False
    source: Source | None = None


class VaryPart(Part):
    """What may be tried out on past cases (``banjie simulate``): terms of deadlines, times of the rungs of ladders,
    values of parameters, guards, and whether another calendar may be laid under them.

    ``units`` are fields that name the unit which a case is assigned to as the lead: all of a class may go to another.
    """

    terms: tuple[Slug, ...] = ()
    ladders: tuple[Slug, ...] = ()
    parameters: tuple[Slug, ...] = ()
    guards: tuple[Slug, ...] = ()
    units: tuple[Slug, ...] = ()
    calendar: bool = False


class Workflow(Part):
    """A procedure in one version.

    ``opening`` is the form of a new case and ``on_open`` the effects of opening it (a number issued, a deadline
    started); children opened by an assignment run them too. ``number_fields`` are the fields that hold the number a
    case is known by, the first that has a value counting. ``opening_first`` are the optional fields of the opening that
    a form shows at once; the others stand folded behind them. ``conversation`` are the fields by which those concerned
    and those who handle the case write to each other: a page shows what was said in them one after the other.
    ``minimum_sample``: a share of fewer is marked, where its measure does not say otherwise.
    """

    name: Slug
    version: int = Field(ge=1)
    title: Label
    purpose: Label
    in_force_from: date
    counts_as_case: bool = True
    minimum_sample: int = Field(default=5, ge=0)
    initial: Slug
    documents: dict[Slug, Label] = Field(default_factory=dict)
    parameters: dict[Slug, Parameter] = Field(default_factory=dict)
    lists: dict[Slug, str] = Field(default_factory=dict)
    numbers: dict[Slug, NumberSeries] = Field(default_factory=dict)
    fields: dict[Slug, FieldPart] = Field(default_factory=dict)
    tallies: dict[Slug, TallyPart] = Field(default_factory=dict)
    subject_field: Slug
    category_field: Slug | None = None
    number_fields: tuple[Slug, ...] = ()
    roles: dict[Slug, RolePart]
    openers: tuple[Slug, ...] = ()
    opening: dict[Slug, Literal["required", "optional"]] = Field(default_factory=dict)
    opening_first: tuple[Slug, ...] = ()
    conversation: tuple[Slug, ...] = ()
    opener_becomes: Slug | None = None
    on_open: tuple[Effect, ...] = ()
    states: dict[Slug, StatePart]
    transitions: dict[Slug, TransitionPart]
    joins: dict[Slug, Join] = Field(default_factory=dict)
    deadlines: dict[Slug, DeadlinePart] = Field(default_factory=dict)
    ladders: dict[Slug, Ladder] = Field(default_factory=dict)
    notices: dict[Slug, NoticePart] = Field(default_factory=dict)
    evaluation: EvaluationPart | None = None
    identity: IdentityPart | None = None
    on_behalf: OnBehalfPart | None = None
    meeting: MeetingPart | None = None
    retention: RetentionPart | None = None
    roster: RosterPart | None = None
    reaches: dict[Slug, ReachPart] = Field(default_factory=dict)
    coverage: dict[Slug, CoveragePart] = Field(default_factory=dict)
    sheets: dict[Slug, SheetPart] = Field(default_factory=dict)
    polls: dict[Slug, PollPart] = Field(default_factory=dict)
    measures: dict[Slug, Measure] = Field(default_factory=dict)
    vary: VaryPart | None = None


class ListItem(Part):
    """One code: what it is called and the flags that figures and guards may read.

    ``until_on`` is the last day on which it may be chosen; what bears it then keeps it.
    """

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$", max_length=40)]
    title: Label
    flags: dict[Slug, bool] = Field(default_factory=dict)
    note: Label | None = None
    until_on: date | None = None


class CodeList(Part):
    """A versioned list of codes, pinned per congress session."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
    version: int = Field(ge=1)
    title: Label
    items: tuple[ListItem, ...] = Field(min_length=1)
    source: JsonValue = None

    def item(self, code: str) -> ListItem | None:
        """Return the item with this code, or None."""
        return next((item for item in self.items if item.code == code), None)
