"""What the pages of administration see of the installation and do to it: its health, channels, notices, definitions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from engine.calendar.local import calendar_file_from_mapping
from engine.calendar.notices import Notice
from engine.case.identity import PersonId, RootId
from engine.definition.library import check_paths
from engine.definition.loader import load_yaml
from engine.errors import InputRefused, NotFound, Problem
from engine.service.calendar_change import looked_at
from engine.service.calendar_place import check_place
from engine.service.house_door import NoticeOnFile, ProposedNotice
from engine.service.jobs import Jobs
from engine.service.looks import Look
from engine.service.plain import KeepNotice
from engine.service.publications import Kind
from engine.service.rules_door import ProposedRules
from engine.service.running_calendar import RunningCalendar, kept_notices
from engine.text import Language, Text
from notifications.message import Failed, Held, Message
from runtime.channels import outlets
from runtime.clock import Clock
from runtime.jobs.handlers import SWEEP
from runtime.publishing import Publishing
from runtime.rules import NoticeFile, notice_file
from runtime.settings import Settings
from runtime.wiring import Opened

FILE: Final = "通知"
"""What a notice that was typed into a page is called in what is said of it."""
TEST: Final = Text(
    "这是办结系统发出的测试消息，收到即说明该渠道可用，无须回复。",
    "This is a test message of Banjie. That it arrived shows that the channel works; there is nothing to answer.",
)
TEST_SUBJECT: Final = Text("办结：渠道测试", "Banjie: a test of the channel")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHouse:
    """Implements ``engine.service.house_door.HouseDoor`` for a server."""

    opened: Opened
    settings: Settings
    clock: Clock
    jobs: Jobs

    def looks(self) -> Sequence[Look]:
        """Return what ``banjie doctor`` finds."""
        from runtime.cli.health import looked_at as looked_over

        return list(looked_over(self.settings, self.clock))

    def channels(self) -> Sequence[str]:
        """Return the names of the channels."""
        return tuple(outlets(self.settings).channels)

    def try_channel(self, channel: str, address: str, language: Language) -> str | None:
        """Send one test message and return why it was not taken, None when it was."""
        way = outlets(self.settings).channels.get(channel)
        if way is None:
            raise NotFound(Text("没有设置这个渠道", "This channel is not configured"))
        message = Message(
            id=f"test-{uuid4().hex}",
            address=address,
            subject=TEST_SUBJECT.read(language),
            body=TEST.read(language),
            language=language,
        )
        outcome = way.deliver([message])[0]
        return outcome.reason if isinstance(outcome, Failed | Held) else None

    def notices(self, root: RootId) -> Sequence[NoticeOnFile]:
        """Return the notices an organisation counts by."""
        calendar = self.opened.desk.world(root).calendar
        found = [_on_file(notice, None) for notice in calendar.notices]
        found += [_on_file(overlay.notice, overlay.unit) for overlay in calendar.overlays]
        return sorted(found, key=lambda one: (one.year, one.unit or ""))

    def proposed(self, root: RootId, text: bytes) -> ProposedNotice:
        """Return what a notice would change."""
        notice = self._notice(text)
        desk = self.opened.desk
        if len(desk.reads.roots()) > 1:
            raise InputRefused(
                Text(
                    "本库有多个组织，放假通知对各组织都生效，请由系统管理员用 banjie calendar import 录入",
                    "This database holds several organisations, and a notice counts for all of them: "
                    "the system administrator takes it in with banjie calendar import",
                )
            )
        world = desk.world(root)
        running = RunningCalendar(self.opened.rules.calendar, lambda: kept_notices(desk.reads))
        new = running.proposed(notice.text, world.surroundings)
        check_place(notice.part, [world], [new], FILE, notice.positions.at)
        return ProposedNotice(citation=notice.citation, year=notice.year, change=looked_at(desk, root, new))

    def take_in(self, root: RootId, text: bytes, by: PersonId) -> ProposedNotice:
        """Take a notice in, and ask for the sweep that moves the deadlines."""
        proposed, notice = self.proposed(root, text), self._notice(text)
        self.opened.desk.office.write([KeepNotice(notice.year, notice.text, by=by)])
        self.jobs.schedule(SWEEP)
        return proposed

    def check_definition(self, name: str, text: bytes) -> Sequence[Problem]:
        """Prove a definition in a copy of the folder in which it stands in the place of what is there."""
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "workflows"
            shutil.copytree(self.settings.workflows, folder)
            file = _placed(folder, name, text)
            return [_named(problem, file.name) for problem in check_paths([file])]

    def proposed_rules(self, root: RootId, kind: Kind, text: bytes) -> ProposedRules:
        """Return what would be published; see ``runtime.publishing``."""
        return self._publishing().proposed_rules(root, kind, text)

    def publish_rules(self, root: RootId, kind: Kind, text: bytes, reason: str, by: PersonId) -> ProposedRules:
        """Put rules in force in every process."""
        return self._publishing().publish_rules(root, kind, text, reason, by)

    def withdraw_rules(self, root: RootId, kind: Kind, name: str, version: int, reason: str, by: PersonId) -> None:
        """Take published rules out of force again."""
        self._publishing().withdraw_rules(root, kind, name, version, reason, by)

    def _publishing(self) -> Publishing:
        return Publishing(opened=self.opened, settings=self.settings, clock=self.clock)

    def _notice(self, text: bytes) -> NoticeFile:
        data, positions = load_yaml(text, FILE)
        return notice_file(calendar_file_from_mapping(data, FILE, locate=positions.at), data, FILE, positions)


def _placed(folder: Path, name: str, text: bytes) -> Path:
    """Write a definition to where one of its name would stand."""
    home = folder / (name if name.isidentifier() and name.isascii() else "unnamed")
    home.mkdir(exist_ok=True)
    for other in home.glob("v*.yaml"):
        other.unlink()
    file = home / "v1.yaml"
    file.write_bytes(text)
    return file


def _named(problem: Problem, file: str) -> Problem:
    """Return the problem without the place of the copy on this machine."""
    return Problem(
        file=file,
        line=problem.line,
        column=problem.column,
        code=problem.code,
        text=problem.text,
        remedy=problem.remedy,
    )


def _on_file(notice: Notice, unit: str | None) -> NoticeOnFile:
    return NoticeOnFile(
        year=notice.year,
        title=notice.source,
        number=notice.number,
        issued_on=notice.issued_on,
        days_off=tuple(sorted(notice.days_off)),
        make_up_days=tuple(sorted(notice.make_up_days)),
        unit=unit,
    )
