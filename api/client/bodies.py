"""Generated from the OpenAPI document by `make client`. Do not edit. 自动生成，请勿手工修改。"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from api.client.calling import Json


class OnBehalfBody(TypedDict):
    """Says for whom the asker enters something (代录), from what, and when it happened. ``kind`` is paper,
    telephone or visit; ``basis`` number or page in words; ``occurred_at`` a day or an instant with its
    offset; ``person`` an id, a login or a name that only one person has, left out where nobody knows
    who it was; ``scan`` the SHA-256 of the scanned page.
    """

    kind: str
    basis: str
    occurred_at: str
    person: NotRequired[str]
    scan: NotRequired[str]


class OpenCaseBody(TypedDict):
    """Opens a case; the asker becomes its proposer, or with ``on_behalf`` whom it is entered for."""

    workflow: str
    unit: str
    congress_session: NotRequired[str | None]
    form: NotRequired[dict[str, Json]]
    on_behalf: NotRequired[OnBehalfBody | None]


class FireBody(TypedDict):
    """Makes a move of a case, or with ``on_behalf`` enters one that somebody made on paper or by
    telephone.
    """

    transition: str
    form: NotRequired[dict[str, Json]]
    expected_version: NotRequired[int | None]
    on_behalf: NotRequired[OnBehalfBody | None]


class FireItem(TypedDict):
    """One move of a list. Without a ``key`` it has one made of the request's key and its place. What is
    entered on behalf is entered singly, with the paper in hand.
    """

    transition: str
    form: NotRequired[dict[str, Json]]
    expected_version: NotRequired[int | None]
    case: str
    key: NotRequired[str | None]


class FireManyBody(TypedDict):
    """Moves of several cases; each stands for itself."""

    transitions: list[FireItem]


class ListedBody(TypedDict):
    """What of the list of deadlines is meant, by the words of ``GET /overdue`` (``Scope`` and ``Colour``)."""

    scope: NotRequired[Literal["late", "near", "both"]]
    near_working_days: NotRequired[int | None]
    workflow: NotRequired[str | None]
    unit: NotRequired[str | None]
    rung: NotRequired[Literal["none", "blue", "yellow", "orange", "red", "black"] | None]
    text: NotRequired[str | None]


class ConfirmedItem(TypedDict):
    """A case to be acted on, and the version of it that was looked at."""

    case: str
    expected_version: int


class MeasureBody(TypedDict):
    """A measure of supervision on a selection: the ``cases`` named, or what is ``listed``. Without
    ``confirmed`` it is a preview and nothing is written. Its ``confirm`` goes back here, whole or in
    part: that is done, and what else was selected is told as left out.
    """

    measure: str
    form: NotRequired[dict[str, Json]]
    cases: NotRequired[list[str] | None]
    listed: NotRequired[ListedBody | None]
    confirmed: NotRequired[list[ConfirmedItem] | None]


class ErasureBody(TypedDict):
    """Asks for an erasure: ``paths`` as they are listed, ``basis`` the ground (PIPL Art.47)."""

    paths: list[str]
    basis: str


class ApprovalBody(TypedDict):
    """Approves a request; the address says which."""


class NoticesBody(TypedDict):
    """Names notices of one's own inbox; one that is not there is passed over."""

    notices: list[str]


class PreferenceBody(TypedDict):
    """How the asker wants to be told by a channel; what is wrong in it is named field by field."""

    address: str
    active: NotRequired[bool]
    digest: NotRequired[str]
    quiet_from: NotRequired[str | None]
    quiet_until: NotRequired[str | None]
    language: NotRequired[str]


class AbsenceBody(TypedDict):
    """The asker is away; ``substitute`` is a login name, or a name that only one person has."""

    from_on: NotRequired[str | None]
    until_on: str
    substitute: str
    note: NotRequired[str | None]


class PasswordBody(TypedDict):
    """The asker sets another password; ``old`` is the one that holds now."""

    old: str
    password: str


class TokenBody(TypedDict):
    """The asker has a token made; ``parts`` narrows it to parts of the API, none means all of them."""

    title: str
    access: NotRequired[str]
    parts: NotRequired[list[str]]
    days: NotRequired[int]


class SlipBody(TypedDict):
    """Those who look after an account have a slip made; with ``reset`` its password, sessions and tokens
    end.
    """

    reset: NotRequired[bool]


class GrantBody(TypedDict):
    """Gives a role in a unit for a period of days, both included; ``person`` is a login name or an id."""

    person: str
    role: str
    unit: str
    from_on: NotRequired[str | None]
    until_on: NotRequired[str | None]


class EndGrantBody(TypedDict):
    """Takes a grant back, named by ids and its first day as the list shows them."""

    person: str
    role: str
    unit: str
    from_on: NotRequired[str | None]


class BallotBody(TypedDict):
    """How the asker answers a poll: by the key of each question the choice; what is left out is blank."""

    answers: dict[str, str]


class StrangerBody(TypedDict):
    """Files without a name. People complained about are named in words; ``root`` is needed where there are
    several.
    """

    workflow: str
    unit: NotRequired[str | None]
    root: NotRequired[str | None]
    form: NotRequired[dict[str, Json]]


class CodeBody(TypedDict):
    """Comes back with a query code."""

    code: str


class CodeFireBody(TypedDict):
    """Makes a move of the case behind a query code."""

    code: str
    transition: str
    form: NotRequired[dict[str, Json]]
