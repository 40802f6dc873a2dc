"""What clients may send, one model per command; a name that is not here is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from api.limits import (
    BATCH_COMMANDS_MAX,
    INTEGER_MAX,
    KEY_CHARACTERS_MAX,
    NEAR_WORKING_DAYS_MAX,
    PASSWORD_CHARACTERS_MAX,
    TOKEN_CHARACTERS_MAX,
)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Key = Annotated[str, StringConstraints(pattern=rf"^[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}\z")]
Version = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Form = dict[Name, JsonValue]


class Body(BaseModel):
    """Base of what clients send: unknown names are refused, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OnBehalfBody(Body):
    """Says for whom the asker enters something (代录), from what, and when it happened.

    ``kind`` is paper, telephone or visit; ``basis`` number or page in words; ``occurred_at`` a day or an instant with
    its offset; ``person`` an id, a login or a name that only one person has, left out where nobody knows who it was;
    ``scan`` the SHA-256 of the scanned page.
    """

    kind: Annotated[str, StringConstraints(max_length=20)]
    basis: Annotated[str, StringConstraints(max_length=1000)]
    occurred_at: Annotated[str, StringConstraints(max_length=40)]
    person: Annotated[str, StringConstraints(max_length=100)] = ""
    scan: Annotated[str, StringConstraints(max_length=100)] = ""


class OpenCaseBody(Body):
    """Opens a case; the asker becomes its proposer, or with ``on_behalf`` whom it is entered for."""

    workflow: Name
    unit: Name
    congress_session: Name | None = None
    form: Form = Field(default_factory=dict)
    on_behalf: OnBehalfBody | None = None


class MoveBody(Body):
    """A move of a case. ``expected_version`` is the version the asker looked at."""

    transition: Name
    form: Form = Field(default_factory=dict)
    expected_version: Version | None = None


class FireBody(MoveBody):
    """Makes a move of a case, or with ``on_behalf`` enters one that somebody made on paper or by telephone."""

    on_behalf: OnBehalfBody | None = None


class FireItem(MoveBody):
    """One move of a list. Without a ``key`` it has one made of the request's key and its place. What is entered on
    behalf is entered singly, with the paper in hand."""

    case: Name
    key: Key | None = None


class FireManyBody(Body):
    """Moves of several cases; each stands for itself."""

    transitions: Annotated[list[FireItem], Field(min_length=1, max_length=BATCH_COMMANDS_MAX)]


class ListedBody(Body):
    """What of the list of deadlines is meant, by the words of ``GET /overdue`` (``Scope`` and ``Colour``)."""

    scope: Literal["late", "near", "both"] = "late"
    near_working_days: Annotated[int, Field(ge=0, le=NEAR_WORKING_DAYS_MAX)] | None = None
    workflow: Name | None = None
    unit: Name | None = None
    rung: Literal["none", "blue", "yellow", "orange", "red", "black"] | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None


class ConfirmedItem(Body):
    """A case to be acted on, and the version of it that was looked at."""

    case: Name
    expected_version: Version


class MeasureBody(Body):
    """A measure of supervision on a selection: the ``cases`` named, or what is ``listed``.

    Without ``confirmed`` it is a preview and nothing is written. Its ``confirm`` goes back here, whole or in part: that
    is done, and what else was selected is told as left out.
    """

    measure: Name
    form: Form = Field(default_factory=dict)
    cases: Annotated[list[Name], Field(min_length=1, max_length=BATCH_COMMANDS_MAX)] | None = None
    listed: ListedBody | None = None
    confirmed: Annotated[list[ConfirmedItem], Field(min_length=1, max_length=BATCH_COMMANDS_MAX)] | None = None

    @model_validator(mode="after")
    def _one_selection(self) -> MeasureBody:
        if (self.cases is None) == (self.listed is None):
            raise ValueError("name either cases or what is listed")
        return self


class BallotBody(Body):
    """How the asker answers a poll: by the key of each question the choice; what is left out is blank."""

    answers: Annotated[dict[str, Annotated[str, StringConstraints(max_length=60)]], Field(max_length=1000)]


class PreferenceBody(Body):
    """How the asker wants to be told by a channel; what is wrong in it is named field by field."""

    address: Annotated[str, StringConstraints(max_length=500)]
    active: bool = True
    digest: Annotated[str, StringConstraints(max_length=10)] = "none"
    quiet_from: Annotated[str, StringConstraints(max_length=10)] | None = None
    quiet_until: Annotated[str, StringConstraints(max_length=10)] | None = None
    language: Annotated[str, StringConstraints(max_length=10)] = "zh"


class AbsenceBody(Body):
    """The asker is away; ``substitute`` is a login name, or a name that only one person has."""

    from_on: Annotated[str, StringConstraints(max_length=10)] | None = None
    until_on: Annotated[str, StringConstraints(max_length=10)]
    substitute: Name
    note: Annotated[str, StringConstraints(max_length=1000)] | None = None


class NoticesBody(Body):
    """Names notices of one's own inbox; one that is not there is passed over."""

    notices: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=300)]],
        Field(min_length=1, max_length=BATCH_COMMANDS_MAX),
    ]


class StrangerBody(Body):
    """Files without a name. People complained about are named in words; ``root`` is needed where there are several."""

    workflow: Name
    unit: Name | None = None
    root: Name | None = None
    form: Form = Field(default_factory=dict)


class CodeBody(Body):
    """Comes back with a query code."""

    code: Annotated[str, StringConstraints(max_length=TOKEN_CHARACTERS_MAX)]


class CodeFireBody(CodeBody):
    """Makes a move of the case behind a query code."""

    transition: Name
    form: Form = Field(default_factory=dict)


class PasswordBody(Body):
    """The asker sets another password; ``old`` is the one that holds now."""

    old: Annotated[str, StringConstraints(max_length=PASSWORD_CHARACTERS_MAX)]
    password: Annotated[str, StringConstraints(max_length=PASSWORD_CHARACTERS_MAX)]


class TokenBody(Body):
    """The asker has a token made; ``parts`` narrows it to parts of the API, none means all of them."""

    title: Annotated[str, StringConstraints(max_length=200)]
    access: Annotated[str, StringConstraints(max_length=10)] = "read"
    parts: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list)
    days: Annotated[int, Field(ge=0, le=INTEGER_MAX)] = 90


class SlipBody(Body):
    """Those who look after an account have a slip made; with ``reset`` its password, sessions and tokens end."""

    reset: bool = False


class GrantBody(Body):
    """Gives a role in a unit for a period of days, both included; ``person`` is a login name or an id."""

    person: Name
    role: Name
    unit: Name
    from_on: Annotated[str, StringConstraints(max_length=10)] | None = None
    until_on: Annotated[str, StringConstraints(max_length=10)] | None = None


class EndGrantBody(Body):
    """Takes a grant back, named by ids and its first day as the list shows them."""

    person: Name
    role: Name
    unit: Name
    from_on: Annotated[str, StringConstraints(max_length=10)] | None = None
