"""What clients may send, one model per command; a name that is not here is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.limits import BATCH_COMMANDS_MAX, INTEGER_MAX, KEY_CHARACTERS_MAX

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Key = Annotated[str, StringConstraints(pattern=rf"^[\x21-\x7e]{{1,{KEY_CHARACTERS_MAX}}}\z")]
Version = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Form = dict[Name, JsonValue]


class Body(BaseModel):
    """Base of what clients send: unknown names are refused, and nothing is taken for what it is not."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OpenCaseBody(Body):
    """Opens a case; the asker becomes its proposer. Nobody binds others to a case by opening it."""

    workflow: Name
    unit: Name
    congress_session: Name | None = None
    form: Form = Field(default_factory=dict)


class FireBody(Body):
    """Makes a move of a case. ``expected_version`` is the version the asker looked at."""

    transition: Name
    form: Form = Field(default_factory=dict)
    expected_version: Version | None = None


class FireItem(FireBody):
    """One move of a list. Without a ``key`` it has one made of the request's key and its place."""

    case: Name
    key: Key | None = None


class FireManyBody(Body):
    """Moves of several cases; each stands for itself."""

    transitions: Annotated[list[FireItem], Field(min_length=1, max_length=BATCH_COMMANDS_MAX)]


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
