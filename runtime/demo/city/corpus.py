"""The city as it is written down: its units and officers in ``corpus/city``, and the life of each workflow's cases
beside its definition, in ``workflows/<name>/sample.yaml``.

Data only; how lives are played is in ``lives``.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runtime.demo.corpus import FOLDER, Congress, all_of, read_file

CITY_FOLDER: Final = FOLDER / "city"
WORKFLOWS: Final = Path(__file__).resolve().parents[3] / "workflows"


class Level(StrEnum):
    """How high a place stands: the city, a county below it, an enterprise below that."""

    CITY = "city"
    COUNTY = "county"
    ENTERPRISE = "enterprise"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceText(_Strict):
    """A federation or an enterprise; ``county`` names the federation above an enterprise."""

    id: str
    zh: str
    en: str
    county: str | None = None
    staff: int = 0


class DepartmentText(_Strict):
    """A department of a federation."""

    id: str
    zh: str
    en: str


class OfficerText(_Strict):
    """A post of a place, held by somebody whose name is drawn; roles are held in the place, or in a department."""

    post: str
    roles: tuple[str, ...]
    department: str | None = None


class AccountText(_Strict):
    """An account that is shown: of the first who holds the role in a place (and in a department of it)."""

    login: str
    zh: str
    place: str
    role: str
    department: str | None = None


class MoveText(_Strict):
    """One move: by whom (a role, ``above`` and a role of the place above, one of the people, or ``opener``), what,
    how long after the one before: so many ``working_days``, and between so many days more.

    ``of`` says whose move it is: the case's own, a part's of it, that of the case it opened last, or of a part of that.
    ``answered`` is the share of those asked who then answer the poll that the move has opened.
    """

    who: str
    transition: str = Field(alias="do")
    of: Literal["case", "lead", "co_handler", "linked", "linked_lead"] = "case"
    working_days: int = 0
    after: tuple[int, int] = (1, 3)
    form: dict[str, JsonValue] = {}
    answered: float | None = Field(default=None, gt=0, le=1)


class StateText(_Strict):
    """How a state is reached: from which, and by what moves; ``before`` is None for the state a case opens in."""

    before: str | None = None
    moves: tuple[MoveText, ...] = ()


class LifeText(_Strict):
    """How the cases of one workflow live in the city.

    ``count`` says how many each place of a level has; ``ends`` how many of so many come to which state by the end of
    their life. Such a share, and every list of ``vary``, is gone through in turn. ``texts`` is what a field says that a
    form asks for and no move fills in. ``people`` are called by a name and drawn by a role. A workflow whose cases come
    of others' says of which (``comes_of``); one whose lives the sample's script tells says so (``scripted``). What
    others name, as the lines of a roster, is there in a small slice of the city too (``whole``).
    """

    count: dict[Level, int] = {}
    first_on: date = date(2025, 12, 8)
    last_on: date = date(2026, 11, 13)
    opener: str = ""
    people: dict[str, str] = {}
    subjects: tuple[str, ...] = ()
    vary: dict[str, tuple[JsonValue, ...]] = {}
    form: dict[str, JsonValue] = {}
    texts: dict[str, str] = {}
    states: dict[str, StateText] = {}
    ends: dict[str, int] = {}
    comes_of: str = ""
    scripted: bool = False
    whole: bool = False

    def road(self, end: str) -> list[MoveText]:
        """Return the moves that lead from where a case opens to a state."""
        moves: list[MoveText] = []
        at: str | None = end
        while at is not None:
            moves[:0] = self.states[at].moves
            at = self.states[at].before
        return moves


class CityCorpus:
    """All of it. ``enterprises`` go round the counties, so that the first of them have something."""

    def __init__(self, folder: Path = CITY_FOLDER, workflows: Path = WORKFLOWS) -> None:
        told = read_file(folder / "organisation.yaml")
        self.begins_on = date.fromisoformat(str(told["begins_on"]))
        self.ends_at = datetime.fromisoformat(str(told["ends_at"]))
        self.city = PlaceText.model_validate(told["city"])
        self.counties = all_of(PlaceText, told["counties"])
        self.enterprises = all_of(PlaceText, told["enterprises"])
        self.congress = Congress.model_validate(told["congress"])
        self.departments = all_of(DepartmentText, told["departments"])
        self.officers = all_of(OfficerText, told["officers"])
        self.enterprise_officers = all_of(OfficerText, told["enterprise_officers"])
        self.accounts = all_of(AccountText, told["accounts"])
        self.surnames = str(told["surnames"])
        self.given_names = str(told["given_names"]).split()
        self.lives = {
            file.parent.name: LifeText.model_validate(read_file(file))
            for file in sorted(workflows.glob("*/sample.yaml"))
        }
