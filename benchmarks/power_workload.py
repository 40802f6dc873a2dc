"""A program that works with a database and tells each thing as it is done: ``python -m benchmarks.power_workload``.

It opens cases, moves them with and without private values, alone and in bulk, seals, erases values and destroys their
keys, changes the directory, takes files and makes back-ups; it checkpoints often. Whoever watches it knows from its
lines what must not be lost.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from benchmarks.power_trace import TOLD
from benchmarks.stand import CLERK, MOVES, REPLY, ROOT, Stand, settings_for
from engine.access.directory import Person
from engine.case.actors import SYSTEM
from engine.case.commands import Command, EraseValues, ErasureBasis, FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.execute import Done
from engine.service.filing.cabinet import Cabinet
from engine.service.office import Answer
from engine.service.plain import AddPerson
from engine.service.sealing import seal
from engine.storage import sqlite_connection, sqlite_writes
from runtime.backups import back_up
from runtime.keys.shredding import finish_erasures
from runtime.signer.keeper import Keeper
from runtime.wiring import Opened, open_desk

CASES_BEFORE: Final = 20
BULK: Final = 5
CONTACT: Final = "fields/contact"
BACKUPS: Final = "backups"


def prepared(folder: Path) -> None:
    """Make the database that the work begins with: some cases, a checkpoint, everything flushed."""
    with closing(Stand.build(url_in(folder), CASES_BEFORE)) as stand, closing(Keeper(folder / "signer")) as keeper:
        seal(stand.opened.desk.office, stand.opened.desk.reads, keeper, ROOT)


def url_in(folder: Path) -> str:
    """Return the address of the database in a folder."""
    return f"sqlite:///{folder}/banjie.db"


class Work:
    """Works with an open database, by the numbers of a seed; ``tell`` is told each thing as it is done."""

    def __init__(
        self, opened: Opened, keeper: Keeper, rng: random.Random, tell: Callable[[str], None], folder: Path
    ) -> None:
        self._opened, self._keeper, self._rng, self.tell, self._folder = opened, keeper, rng, tell, folder
        self._numbers = 0
        reads = opened.desk.reads
        there = reads.cases(ROOT, list(reads.kept_ids(ROOT)))
        self._cases = {case.id: (case.workflow, case.version - 1) for case in there}

    def some(self, count: int) -> None:
        """Do so many things."""
        often = (self.move, self.open, self.bulk, self.seal, self.erase, self.person) * 3
        ways = (*often, self.move, self.move, self.move, self.upload, self.upload, self.back_up, self.back_up)
        for _number in range(count):
            (self.open if len(self._cases) < BULK else self._rng.choice(ways))()

    def answered(self, command: Command, answer: Answer) -> None:
        """Take an answer."""
        assert isinstance(answer, Done), (command, answer)
        outcome = answer.outcome
        self.tell(f"entry\t{outcome.case}\t{outcome.seq}\t{outcome.hash}")

    def open(self) -> None:
        """Open a case."""
        workflow = self._rng.choice(("plain_steps", "real_steps"))
        form = {"subject": f"断电演练第{self._next()}号"}
        command = OpenCase(root=ROOT, actor=CLERK, key=self._key(), workflow=workflow, unit=UnitId("bench"), form=form)
        for answer in self._carried_out([command]):
            if isinstance(answer, Done):
                self._cases[answer.outcome.case] = (workflow, 0)

    def move(self) -> None:
        """Move a case."""
        self._carried_out([self._fired(self._rng.choice(sorted(self._cases)))])

    def bulk(self) -> None:
        """Move some cases together."""
        self._carried_out([self._fired(case) for case in self._rng.sample(sorted(self._cases), BULK)])

    def seal(self) -> None:
        """Seal what is not sealed yet."""
        desk = self._opened.desk
        sealed = seal(desk.office, desk.reads, self._keeper, ROOT)
        if sealed.entries:
            self.tell(f"sealed\t{sealed.entries}")

    def erase(self) -> None:
        """Erase a private value of a case, after a move that brings one, and destroy its key."""
        real = [case for case, (workflow, _moved) in sorted(self._cases.items()) if workflow == "real_steps"]
        if not real:
            self.open()
            return
        case = self._rng.choice(real)
        self._carried_out([self._fired(case)])
        command = EraseValues(
            root=ROOT, actor=SYSTEM, key=self._key(), case=case, paths=(CONTACT,), basis=ErasureBasis.RESTORED
        )
        (answer,) = self._carried_out([command])
        finish_erasures(self._opened)
        if isinstance(answer, Done):
            self.tell(f"erased\t{case}")
        del self._cases[case]

    def person(self) -> None:
        """Enter somebody in the directory."""
        name = f"p{self._next()}"
        self._opened.desk.office.write([AddPerson(Person(root=ROOT, id=PersonId(name), name="某人", login=name))])
        self.tell(f"person\t{name}")

    def upload(self) -> None:
        """Take a file that no case has yet."""
        text = f"附件第{self._next()}号：" + "食堂延长供餐时间的调查。" * 300
        with Cabinet(self._opened.desk).intake(ROOT, CLERK, "调查.txt", key=self._key()) as intake:
            intake.write(text.encode())
            taken = intake.finish()
        self.tell(f"file\t{taken.id}")

    def back_up(self) -> None:
        """Make a back-up beside the work."""
        at = self._opened.desk.office.now() + timedelta(seconds=self._next())
        made = back_up(settings_for(url_in(self._folder)), self._folder / BACKUPS, at, lambda _done, _whole: None)
        self.tell(f"backup\t{made.name}")

    def _carried_out(self, commands: Sequence[Command]) -> list[Answer]:
        answers = self._opened.desk.office.carry_out(commands)
        for command, answer in zip(commands, answers, strict=True):
            self.answered(command, answer)
        return answers

    def _fired(self, case: CaseId) -> FireTransition:
        workflow, moved = self._cases[case]
        self._cases[case] = (workflow, moved + 1)
        form = REPLY if workflow == "real_steps" else {}
        return FireTransition(
            root=ROOT, actor=CLERK, key=self._key(), case=case, transition=MOVES[moved % 2], form=form
        )

    def _key(self) -> str:
        return f"power:{self._next()}"

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def main() -> None:
    """Work in a folder: ``FOLDER SEED THINGS [BUG]``."""
    folder, seed, things = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    early = BUGS[sys.argv[4]]() if len(sys.argv) > 4 else False
    sqlite_writes.CHECKPOINT_AFTER_CHANGES = 400  # type: ignore[misc]  # so that there are many within one trace

    def tell(line: str) -> None:
        os.write(1, f"{TOLD}{line}\n".encode())

    with closing(open_desk(settings_for(url_in(folder)))) as opened, closing(Keeper(folder / "signer")) as keeper:
        if early:
            _told_early(tell)
        Work(opened, keeper, random.Random(seed), (lambda _line: None) if early else tell, folder).some(things)


def _told_early(tell: Callable[[str], None]) -> None:
    """Let whoever executes a batch tell of its entries before the commit."""
    from engine.service import execute
    from runtime import committer

    def execute_and_tell(*given: object) -> list[execute.Result]:
        results = execute.execute(*given)  # type: ignore[arg-type]  # as it was given
        for result in results:
            if isinstance(result, Done):
                tell(f"entry\t{result.outcome.case}\t{result.outcome.seq}\t{result.outcome.hash}")
        return results

    patch.object(committer, "execute", execute_and_tell).start()


def _told_before_the_commit() -> bool:
    return True


def _flushed_now_and_then() -> bool:
    sqlite_connection._WRITING["synchronous"] = 1
    return False


def _never_flushed() -> bool:
    sqlite_connection._WRITING["synchronous"] = 0
    return False


def _keys_are_not_flushed() -> bool:
    from runtime.keys import keyfile

    patch.object(keyfile, "_PRAGMAS", tuple(one.replace("=FULL", "=OFF") for one in keyfile._PRAGMAS)).start()
    return False


def _heads_are_not_flushed() -> bool:
    os.fsync = lambda _descriptor: None  # type: ignore[assignment]  # a bug put in on purpose
    return False


def _backups_are_not_flushed() -> bool:
    patch("runtime.backups.flush", lambda _path: None).start()
    return False


def _new_folders_are_not_flushed() -> bool:
    patch("engine.service.filing.folder.flush", lambda _path: None).start()
    return False


BUGS: Final[dict[str, Callable[[], bool]]] = {
    "told before it is on the disk": _told_before_the_commit,
    "the log is flushed at checkpoints only": _flushed_now_and_then,
    "nothing is flushed": _never_flushed,
    "the file of the keys is not flushed": _keys_are_not_flushed,
    "the signer's heads are not flushed": _heads_are_not_flushed,
    "back-ups are not flushed": _backups_are_not_flushed,
    "names of files are not flushed": _new_folders_are_not_flushed,
}


if __name__ == "__main__":
    main()
