"""The writer that a campaign kills: opens cases one after the other and tells each key once it is acknowledged."""

from __future__ import annotations

import os
import sys
from itertools import count

from benchmarks.stand import DEFINITIONS
from engine.access.directory import Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import OpenCase
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.execute import Done
from engine.service.plain import AddUnit
from engine.text import Text
from runtime.settings import Settings
from runtime.wiring import open_desk

COMMANDS_MAX = 20_000


def main() -> None:
    """Write until killed, or until the bound is reached."""
    database, number = sys.argv[1], sys.argv[2]
    opened = open_desk(Settings(database_url=f"sqlite:///{database}", workflows=DEFINITIONS))
    root, unit = RootId("campaign"), UnitId("campaign")
    opened.desk.office.write(
        [AddUnit(Unit(root=root, id=unit, parent=None, code="campaign", title=Text("测试", "Campaign")))]
    )
    writer = Actor(kind=ActorKind.PERSON, person=PersonId("writer"), grants=frozenset({Grant("clerk", unit)}))
    for place in count():
        if place >= COMMANDS_MAX:
            break
        key = f"{number}-{place}"
        command = OpenCase(
            root=root, actor=writer, key=key, workflow="real_steps", unit=unit, form={"subject": f"第{key}件"}
        )
        (answer,) = opened.desk.office.carry_out([command])
        assert isinstance(answer, Done), answer
        os.write(1, f"{key}\n".encode())
    opened.close()


if __name__ == "__main__":
    main()
