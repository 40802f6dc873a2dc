"""Builds the city in an empty database: a year of commands under a set clock, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta
from itertools import count
from pathlib import Path
from random import Random

from engine.definition.model import Workflow
from engine.service.desk import Desk
from runtime.clock import SetClock
from runtime.demo.build import SEED, sample_file
from runtime.demo.city.corpus import CityCorpus, Level
from runtime.demo.city.lives import LifeScript, lots, told_lives
from runtime.demo.city.places import Place, accounts_of, directory_of, places_of
from runtime.demo.corpus import Corpus
from runtime.demo.grievances import GrievanceScript
from runtime.demo.organisation import keep_accounts
from runtime.demo.pen import Pen
from runtime.demo.proposals import ProposalScript
from runtime.demo.simulation import Simulation
from runtime.demo.supervision import supervise_late
from runtime.settings import Settings
from runtime.wiring import Opened, open_desk

OF_EACH_SCRIPT = 8
"""How many proposals and how many grievances each enterprise has by the scripts of the sample congress."""


def build_city(
    settings: Settings,
    *,
    seed: int = SEED,
    most_at_a_place: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> int:
    """Build the city in the empty database of the settings and return how many commands it took.

    Args:
        settings: name the database.
        seed: the same seed plays the same year.
        most_at_a_place: at most so many cases of a workflow at each place; None for the whole city.
        progress: told how many commands are done.
    """
    corpus = CityCorpus()
    ends_at = corpus.ends_at.astimezone(UTC)
    clock = SetClock(ends_at - timedelta(days=365))
    opened = open_desk(settings, clock=clock)
    try:
        sample = Corpus()
        places = places_of(corpus, sample, seed)
        opened.desk.office.write(directory_of(corpus, sample, places))
        simulation = Simulation(opened.desk, clock, places[0].cast.root, ends_at)
        _add_lives(simulation, opened, corpus, sample, places, seed, most_at_a_place)
        _add_scripts(simulation, opened, sample, places, seed, most_at_a_place)
        done = simulation.run(progress)
        clock.set(ends_at)
        done += _supervise(opened.desk, places)
        writes, accounts = accounts_of(corpus, places)
        opened.desk.office.write(writes)
        kept: Path | None = sample_file(settings)
        if kept is not None:
            keep_accounts(kept, accounts, corpus.ends_at.isoformat())
        return done
    finally:
        opened.close()


def _add_lives(
    simulation: Simulation,
    opened: Opened,
    corpus: CityCorpus,
    sample: Corpus,
    places: list[Place],
    seed: int,
    most: int | None,
) -> None:
    rules = newest(opened)
    for name, life in told_lives(corpus):
        for lot in lots(life, places, Random(f"{seed}/{name}"), most):
            pen = Pen(
                simulation,
                sample,
                lot.place.cast,
                opened.rules.calendar,
                name=f"city-{name}-{lot.place.text.id}-{lot.n}",
                seed=seed,
            )
            simulation.add(LifeScript(pen, rules[name], life, lot, rules).play())


def newest(opened: Opened) -> dict[str, Workflow]:
    """Return every workflow in its newest version."""
    book = opened.rules.rulebook()
    return {name: book.newest(name) for name in book.names()}


def _add_scripts(
    simulation: Simulation, opened: Opened, sample: Corpus, places: list[Place], seed: int, most: int | None
) -> None:
    """Let each enterprise have some proposals and grievances of the sample congress, each other ones."""
    each = OF_EACH_SCRIPT if most is None else min(most, OF_EACH_SCRIPT)
    call_days = (sample.congress.call_closes_on - sample.congress.call_opens_on).days
    turn = count()
    for place in places:
        if place.level is not Level.ENTERPRISE:
            continue
        for _ in range(each):
            n = next(turn)
            text = sample.proposals[n % len(sample.proposals)]
            pen = Pen(simulation, sample, place.cast, opened.rules.calendar, name=f"city-proposal-{n}", seed=seed)
            pen.begin_on(sample.congress.call_opens_on + timedelta(days=pen.rng.randint(0, call_days - 12)))
            simulation.add(ProposalScript(pen, text, session=place.cast.session, filed={}).play())
            told = sample.grievances[n % len(sample.grievances)]
            pen = Pen(simulation, sample, place.cast, opened.rules.calendar, name=f"city-grievance-{n}", seed=seed)
            simulation.add(GrievanceScript(pen, told).play())


def _supervise(desk: Desk, places: list[Place]) -> int:
    """Let the supervisors of the city and of the counties act on what is latest on the last day."""
    return sum(supervise_late(desk, place.cast) for place in places if place.level is not Level.ENTERPRISE)
