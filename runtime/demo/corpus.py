"""The texts and people of the sample congress, read from ``corpus/``. Data only; what happens to them is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from engine.definition.loader import load_yaml

P = TypeVar("P", bound=BaseModel)

SessionMeant = Literal["current", "next", "none"]
"""The session the sample is about, the one whose call is open on its last day, or none: between sessions."""

FOLDER = Path(__file__).resolve().parent / "corpus"


class Told(BaseModel):
    """Something the corpus tells; what a reader may add for people is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class UnitText(Told):
    """A unit of the enterprise."""

    id: str
    zh: str
    en: str


class Congress(Told):
    """The congress session and its call."""

    term: int
    meeting: int
    zh: str
    en: str
    call_opens_on: date
    call_closes_on: date
    opens_on: date
    closes_on: date


class DelegationText(Told):
    """A delegation and its members by id."""

    id: str
    zh: str
    en: str
    members: tuple[str, ...]


class PersonText(Told):
    """An invented person."""

    id: str
    zh: str
    unit: str
    post: str
    roles: tuple[str, ...]


class ProposalText(Told):
    """A proposal as its proposer writes it; ``kind`` hints at what the committee will make of it."""

    number: int
    subject: str
    category: str
    kind: str
    similar_to: int | None
    proposer_unit: str
    suggested_unit: str
    grounds: str
    measures: str


class GrievanceText(Told):
    """A grievance as it is told, and the days between which its text makes sense."""

    number: int
    subject: str
    type: str
    channel: str
    category: str
    unit: str
    not_before: date | None
    not_after: date | None
    content: str


class StepText(Told):
    """A step of a story: when (Asia/Shanghai), by whom, about what, and what is filled in; ``part`` names a unit."""

    at: datetime
    by: str
    move: str
    of: Literal["case", "part", "order", "receipt"] = "case"
    part: str = ""
    form: dict[str, JsonValue] = {}


class StoryText(Told):
    """A proposal whose life is told step by step; ``seconded`` names who has signed, None for all seconders."""

    id: str
    session: SessionMeant
    proposer: str
    delegation: bool = False
    seconders: tuple[str, ...] = ()
    seconded: tuple[str, ...] | None = None
    submitted: bool = True
    opens_at: datetime
    subject: str
    category: str
    suggested_unit: str
    grounds: str
    measures: str
    steps: tuple[StepText, ...] = ()


class GrievanceStoryText(Told):
    """A grievance whose life is told step by step."""

    id: str
    petitioner: str
    opens_at: datetime
    subject: str
    type: str
    channel: str
    category: str
    content: str
    steps: tuple[StepText, ...]


class ReplyText(Told):
    """A reply by class; ``due_months`` says when a promise falls due."""

    reply_class: str = Field(alias="class")
    category: str | None
    text: str
    promise: str | None
    due_months: int | None


class OpinionText(Told):
    """A handling opinion on grievances of a type and of some categories (none: of any)."""

    outcome: str
    type: str | None
    categories: tuple[str, ...]
    text: str


class NoteText(Told):
    """A talk with the proposer, in a form of contact."""

    form: str
    text: str


class RemarkText(Told):
    """What somebody says with an evaluation."""

    level: str
    text: str


class HandBackText(Told):
    """Why a unit hands a case back, and which unit it proposes instead."""

    proposed_unit: str | None
    text: str


class RefusalText(Told):
    """The written reason for a refusal; ``fits`` names proposals by number, none means any."""

    code: str
    fits: tuple[int, ...]
    text: str


class ExtensionText(Told):
    """An application for an extension."""

    days: int
    text: str


class Corpus:
    """Everything in the folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        organisation = read_file(folder / "organisation.yaml")
        texts = read_file(folder / "replies.yaml")
        self.enterprise = UnitText.model_validate(organisation["enterprise"])
        self.congress = Congress.model_validate(organisation["congress"])
        self.next_congress = Congress.model_validate(organisation["next_congress"])
        self.units = all_of(UnitText, organisation["units"])
        self.delegations = all_of(DelegationText, organisation["delegations"])
        self.persons = all_of(PersonText, organisation["persons"])
        self.proposals = all_of(ProposalText, read_file(folder / "proposals.yaml")["proposals"])
        self.grievances = all_of(GrievanceText, read_file(folder / "grievances.yaml")["grievances"])
        stories = read_file(folder / "stories.yaml")
        self.stories = all_of(StoryText, stories["stories"])
        self.grievance_stories = all_of(GrievanceStoryText, stories["grievances"])
        self.replies = all_of(ReplyText, texts["replies"])
        self.opinions = all_of(OpinionText, texts["opinions"])
        self.contact_notes = all_of(NoteText, texts["contact_notes"])
        self.remarks = all_of(RemarkText, texts["evaluation_remarks"])
        self.hand_backs = all_of(HandBackText, texts["hand_backs"])
        self.refusals = all_of(RefusalText, texts["refusals"])
        self.extensions = all_of(ExtensionText, texts["extensions"])

    def reply(self, reply_class: str, category: str, rng: Random) -> ReplyText:
        """Return a reply of the class that fits the category."""
        return rng.choice(
            [one for one in self.replies if one.reply_class == reply_class and one.category in (None, category)]
        )

    def opinion(self, grievance: GrievanceText, rng: Random) -> OpinionText:
        """Return an opinion that fits the grievance's type and category."""
        typed = [one for one in self.opinions if one.type in (None, grievance.type)]
        return rng.choice([one for one in typed if not one.categories or grievance.category in one.categories])

    def remark(self, level: str, rng: Random) -> str:
        """Return what an evaluation of this level says."""
        return rng.choice([one.text for one in self.remarks if one.level == level])

    def hand_back(self, unit: str, rng: Random) -> HandBackText:
        """Return a reason for handing back that does not propose the unit itself."""
        return rng.choice([one for one in self.hand_backs if one.proposed_unit != unit])

    def refusal(self, code: str, number: int, rng: Random) -> str:
        """Return the written reason for a refusal of the proposal under this code."""
        coded = [one for one in self.refusals if one.code == code]
        fitting = [one for one in coded if not one.fits or number in one.fits]
        return rng.choice(fitting or coded).text


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with ``{unit}`` and ``{subject}`` filled in."""
    return text.replace("{unit}", values["unit"]).replace("{subject}", values["subject"])


def all_of(kind: type[P], value: JsonValue) -> list[P]:
    """Return the entries of a list of the corpus."""
    assert isinstance(value, list), "a list of the corpus"
    return [kind.model_validate(one) for one in value]


def read_file(path: Path) -> dict[str, JsonValue]:
    """Return a file of the corpus."""
    data, _positions = load_yaml(path)
    assert isinstance(data, dict), "a file of the corpus is a mapping"
    return data
