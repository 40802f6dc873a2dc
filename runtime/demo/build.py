"""Builds the sample congress in an empty database, and finds its accounts and clock again later.

Every step is a real command under a set clock; the same seed plays the same story.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.calendar.calendar import Calendar
from engine.calendar.term import SHANGHAI
from engine.case.identity import CaseId
from engine.service.desk import Desk
from runtime.clock import Clock, SetClock, ShiftedClock
from runtime.demo.corpus import Corpus
from runtime.demo.grievances import GrievanceScript
from runtime.demo.inboxes import read_inboxes
from runtime.demo.on_behalf import enter_for_others
from runtime.demo.organisation import cast_of, directory_writes, keep_accounts, open_accounts
from runtime.demo.pen import Pen
from runtime.demo.proposals import ProposalScript
from runtime.demo.simulation import Simulation
from runtime.demo.stories import StoryScript
from runtime.demo.supervision import supervise_late
from runtime.settings import Settings
from runtime.wiring import open_desk

SEED = 20260128
SAMPLE_ENDS_AT = datetime(2026, 9, 15, 9, 0, tzinfo=SHANGHAI)
BETWEEN_SESSIONS_EVERY = 10
"""Every tenth proposal comes between sessions (闭会期间)."""


def build_sample(
    settings: Settings,
    *,
    cases: int | None = None,
    seed: int = SEED,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Build the sample in the empty database of the settings and return how many commands it took.

    Args:
        settings: name the database.
        cases: how many proposals and grievances together, stories apart; None for the small sample (120 and 200).
        seed: the same seed plays the same story.
        progress: told how many commands are done.
    """
    clock = SetClock(SAMPLE_ENDS_AT.astimezone(UTC) - timedelta(days=365))
    opened = open_desk(settings, clock=clock)
    try:
        corpus = Corpus()
        cast = cast_of(corpus)
        opened.desk.office.write(directory_writes(corpus, cast))
        simulation = Simulation(opened.desk, clock, cast.root, SAMPLE_ENDS_AT.astimezone(UTC))
        _add_scripts(simulation, corpus, opened.rules.calendar, cases, seed)
        done = simulation.run(progress)
        clock.set(SAMPLE_ENDS_AT.astimezone(UTC))
        done += supervise_late(opened.desk, cast)
        done += enter_for_others(opened.desk, cast)
        read_inboxes(opened.desk, cast)
        writes, accounts = open_accounts(cast)
        opened.desk.office.write(writes)
        kept = sample_file(settings)
        if kept is not None:
            keep_accounts(kept, accounts, SAMPLE_ENDS_AT.isoformat())
        return done
    finally:
        opened.close()


def sample_file(settings: Settings) -> Path | None:
    """Return where the accounts of a sample are kept: beside the database file; None on PostgreSQL."""
    path = settings.sqlite_path
    return None if path is None else path.with_name(path.name + ".sample.json")


def sample_accounts(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (what one sees, login, password) of the sample's accounts; none where no sample was built."""
    kept = sample_file(settings)
    if kept is None or not kept.is_file():
        return []
    return [(title, login, password) for title, login, password in json.loads(kept.read_text("utf-8"))["accounts"]]


def sample_clock(settings: Settings) -> Clock | None:
    """Return the clock a sample runs on from its last day; None where no sample was built."""
    kept = sample_file(settings)
    if kept is None or not kept.is_file():
        return None
    return ShiftedClock(datetime.fromisoformat(json.loads(kept.read_text("utf-8"))["clock"]))


def is_empty(desk: Desk) -> bool:
    """Return whether the database holds no organisation yet."""
    return not desk.reads.roots()


def _add_scripts(simulation: Simulation, corpus: Corpus, calendar: Calendar, cases: int | None, seed: int) -> None:
    cast = cast_of(corpus)
    share = len(corpus.proposals) / (len(corpus.proposals) + len(corpus.grievances))
    proposals = len(corpus.proposals) if cases is None else round(cases * share)
    grievances = len(corpus.grievances) if cases is None else cases - proposals
    filed: dict[int, CaseId] = {}
    call_days = (corpus.congress.call_closes_on - corpus.congress.call_opens_on).days
    for n in range(proposals):
        text = corpus.proposals[n % len(corpus.proposals)]
        pen = Pen(simulation, corpus, cast, calendar, name=f"proposal-{n}", seed=seed)
        between = n % BETWEEN_SESSIONS_EVERY == BETWEEN_SESSIONS_EVERY - 1
        if between:
            pen.begin_on(corpus.congress.closes_on + timedelta(days=pen.rng.randint(30, 200)))
        else:
            pen.begin_on(corpus.congress.call_opens_on + timedelta(days=pen.rng.randint(0, max(call_days - 12, 1))))
        script = ProposalScript(pen, text, session=None if between else cast.session, filed=filed)
        simulation.add(script.play())
        if text.number == len(corpus.proposals):
            filed = {}
    for n in range(grievances):
        text_of = corpus.grievances[n % len(corpus.grievances)]
        pen = Pen(simulation, corpus, cast, calendar, name=f"grievance-{n}", seed=seed)
        simulation.add(GrievanceScript(pen, text_of).play())
    sessions = {"current": cast.session, "next": cast.next_session, "none": None}
    for story in corpus.stories:
        pen = Pen(simulation, corpus, cast, calendar, name=f"story-{story.id}", seed=seed)
        simulation.add(StoryScript(pen, story, session=sessions[story.session]).play())
    for told in corpus.grievance_stories:
        pen = Pen(simulation, corpus, cast, calendar, name=f"story-{told.id}", seed=seed)
        simulation.add(StoryScript(pen, told).play())
