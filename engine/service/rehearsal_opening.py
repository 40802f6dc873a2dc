"""What a new case would come to if it were opened now: the last look before it is filed. Nothing is written."""

from __future__ import annotations

from dataclasses import replace

from engine.case.commands import OpenCase
from engine.case.decide import decide
from engine.case.files import file_fields
from engine.case.situation import Situation
from engine.errors import BanjieError, FormInvalid
from engine.service.desk import Desk
from engine.service.families import series_needed
from engine.service.rehearsal import NO_SEED
from engine.service.rosters import stands


def refusal_of_opening(desk: Desk, command: OpenCase) -> BanjieError | None:
    """Return why the case could not be opened now, None where it could.

    Uploads are looked up when it is filed and not before, so fields of files are not asked about here.
    """
    world, now = desk.world(command.root), desk.office.now()
    sessions = world.surroundings.sessions
    known = None if command.congress_session is None else sessions.get(command.congress_session)
    definition = world.rules.for_new(command.workflow, None if known is None else known.lists)
    files = file_fields(definition)
    asked = replace(command, form={name: value for name, value in command.form.items() if name not in files})
    situation = Situation(
        root=command.root,
        family={},
        rules=world.rules,
        units=world.surroundings.tree,
        calendar=world.calendar,
        sessions=sessions,
        numbers=dict.fromkeys(series_needed(asked, {}, world, now), 0),
        seed=NO_SEED,
    )
    step = stands(decide(situation, asked, now), situation, desk.reads, world)
    if isinstance(step, FormInvalid):
        left = [problem for problem in step.fields if problem.path not in files]
        return FormInvalid(left) if left else None
    return step if isinstance(step, BanjieError) else None
