"""Loads definitions, code lists and calendars from the workflows folder, and older texts that cases are pinned to from
the database. Proofs run on every change of a file; a folder proved before is read from a cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from engine.calendar.calendar import Calendar, MissingYear
from engine.calendar.local import Overlay, calendar_file_from_mapping
from engine.calendar.notices import NO_STATUTORY_DAYS, Notice, statutory_days_from_mapping
from engine.definition.library import load_folder
from engine.definition.loader import content_hash, load_yaml
from engine.definition.model import CodeList, Workflow
from engine.definition.reading import Positions
from engine.definition.rulebook import Rulebook
from engine.service.plain import KeepText
from engine.service.ports import Reads
from engine.service.running_calendar import notice_text
from engine.text import Text

P = TypeVar("P", Workflow, CodeList)
PROVISIONAL_FILE = "provisional.yaml"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules in force as read from the folder."""

    workflows: tuple[Workflow, ...]
    lists: tuple[CodeList, ...]
    calendar: Calendar

    def rulebook(self, reads: Reads | None = None) -> Rulebook:
        """Return the rulebook, with the texts that the database keeps for running cases."""
        workflows, lists = self._workflows, self._lists
        return Rulebook(
            {(part.name, part.version): (part, known) for known, part in workflows.items()},
            {(part.name, part.version): (part, known) for known, part in lists.items()},
            {} if reads is None else _whole(Workflow, reads.definitions(), workflows),
            {} if reads is None else _whole(CodeList, reads.code_lists(), lists),
        )

    @cached_property
    def to_keep(self) -> tuple[KeepText, ...]:
        """The texts that the database should keep, for proving cases by what they were pinned to."""
        definitions = (_to_keep("definition", part, known) for known, part in self._workflows.items())
        lists = (_to_keep("list", part, known) for known, part in self._lists.items())
        return (*definitions, *lists)

    def workflow_hashes(self) -> dict[tuple[str, int], str]:
        """Return the hash of every workflow of the folder by its name and version."""
        return {(part.name, part.version): known for known, part in self._workflows.items()}

    def list_hashes(self) -> dict[tuple[str, int], str]:
        """Return the hash of every code list of the folder by its name and version."""
        return {(part.name, part.version): known for known, part in self._lists.items()}

    @cached_property
    def _workflows(self) -> Mapping[str, Workflow]:
        """The workflows by their hashes, which take a while to work out."""
        return {content_hash(part): part for part in self.workflows}

    @cached_property
    def _lists(self) -> Mapping[str, CodeList]:
        return {content_hash(part): part for part in self.lists}


def _to_keep(kind: str, part: Workflow | CodeList, known: str) -> KeepText:
    return KeepText(kind, part.name, part.version, known, part.model_dump_json(by_alias=True, exclude_unset=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFile:
    """A calendar file: what it says, the text to keep it under, and where in the file everything stands."""

    part: Notice | Overlay
    text: str
    file: str
    positions: Positions

    @property
    def year(self) -> int:
        return self._notice.year

    @property
    def citation(self) -> Text:
        return self._notice.citation()

    @property
    def unit(self) -> str | None:
        """The code of the unit whose own days these are, None for an official notice."""
        return self.part.unit if isinstance(self.part, Overlay) else None

    @property
    def _notice(self) -> Notice:
        return self.part.notice if isinstance(self.part, Overlay) else self.part


def load_rules(folder: Path, *, calendar_missing: str = "provisional", cache: Path | None = None) -> Rules:
    """Read and prove a workflows folder.

    Args:
        folder: holds ``<name>/v1.yaml``, ``lists/`` and ``calendars/``.
        calendar_missing: ``provisional`` or ``error``, for years without a notice.
        cache: a folder where what was proved is remembered by the hash of all files; None reads anew.

    Raises:
        DefinitionError: every problem of every file.
    """
    calendar = load_calendar(folder / "calendars", calendar_missing)
    remembered = None if cache is None else cache / f"rules-{_fingerprint(folder)}.json"
    if remembered is not None and remembered.is_file():
        raw = json.loads(remembered.read_text(encoding="utf-8"))
        return Rules(
            workflows=tuple(Workflow.model_validate(part) for part in raw["workflows"]),
            lists=tuple(CodeList.model_validate(part) for part in raw["lists"]),
            calendar=calendar,
        )
    library = load_folder(folder)
    rules = Rules(
        workflows=tuple(loaded.part for loaded in library.workflows.values()),
        lists=tuple(loaded.part for loaded in library.lists.values()),
        calendar=calendar,
    )
    if remembered is not None:
        _remember(remembered, rules)
    return rules


def load_calendar(folder: Path, calendar_missing: str = "provisional") -> Calendar:
    """Read the notices of a folder, the statutory days of years without one, and the own days of units.

    Notices that a database keeps are laid over them where it is known (see ``engine.service.running_calendar``).
    """
    notices: list[Notice] = []
    overlays: list[Overlay] = []
    statutory = NO_STATUTORY_DAYS
    for path in sorted(folder.glob("*.yaml")):
        data, positions = load_yaml(path)
        if path.name == PROVISIONAL_FILE:
            statutory = statutory_days_from_mapping(data, path.name, locate=positions.at)
            continue
        part = calendar_file_from_mapping(data, path.name, locate=positions.at)
        if isinstance(part, Notice):
            notices.append(part)
        else:
            overlays.append(part)
    official = Calendar(notices=tuple(notices), statutory=statutory, missing=MissingYear(calendar_missing))
    return official.with_overlays(overlays)


def load_notice(path: Path) -> NoticeFile:
    """Read one calendar file, as it comes from outside.

    Raises:
        DefinitionError: every problem of the file, with line and column.
    """
    data, positions = load_yaml(path)
    part = calendar_file_from_mapping(data, path.name, locate=positions.at)
    return notice_file(part, data, path.name, positions)


def notice_file(part: Notice | Overlay, data: object, file: str, positions: Positions) -> NoticeFile:
    """Return what was read of a calendar file, with the text to keep it under."""
    return NoticeFile(part=part, text=notice_text(data), file=file, positions=positions)


def _whole(kind: type[P], kept: Iterable[tuple[str, int, str, str]], known: Mapping[str, P]) -> dict[str, P]:
    """Return the texts that are what their hash says. One that somebody changed decides nothing; verification names it.

    Those ``known`` from the folder need not be read again.
    """
    whole: dict[str, P] = {}
    for _name, _version, content, text in kept:
        try:
            part = known[content] if content in known else kind.model_validate_json(text)
        except ValueError:
            continue
        if content in known or content_hash(part) == content:
            whole[content] = part
    return whole


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for base in (folder, Path(__file__).resolve().parent.parent / "engine" / "definition"):
        for path in sorted(base.rglob("*")):
            if path.suffix in (".yaml", ".py"):
                digest.update(path.relative_to(base).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def _remember(path: Path, rules: Rules) -> None:
    """Keep what was written and nothing that a default filled in: the hash of a definition covers what is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("rules-*.json"):
        if old != path:
            old.unlink(missing_ok=True)
    text = json.dumps(
        {
            "workflows": [part.model_dump(mode="json", by_alias=True, exclude_unset=True) for part in rules.workflows],
            "lists": [part.model_dump(mode="json", by_alias=True, exclude_unset=True) for part in rules.lists],
        },
        ensure_ascii=False,
    )
    # Several processes may begin at once: each writes a file of its own, and the last one stays.
    partial = path.with_suffix(f".{uuid4().hex}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
