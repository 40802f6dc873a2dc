"""A register that comes with a form: written to a folder of this request alone, read there, and gone with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from engine.case.actors import Actor
from engine.case.identity import RootId
from engine.errors import InputRefused
from engine.service.desk import Desk
from engine.service.filing.cabinet import Cabinet, FileTooLarge, Intake, Uploaded
from engine.service.importing.tables import FILE_BYTES_MAX
from engine.text import Text


class RegisterSpool(Cabinet):
    """Takes the one file of a form in as a register and not as an attachment: nothing of it stays in the cabinet."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        super().__init__(desk)
        self.path = folder / "register"
        self.name = ""
        self._now = desk.office.now

    @contextmanager
    def intake(
        self, root: RootId, actor: Actor, name: str, *, key: str = "", by_content: bool = False
    ) -> Iterator[Intake]:
        """Take the file in; raises InputRefused for a second one. Whose it is and its key are asked elsewhere."""
        del root, actor, key, by_content
        if self.name:
            raise InputRefused(Text("一次只导入一个台账文件", "One register at a time"))
        self.name = name
        with self.path.open("xb") as file:
            yield cast("Intake", _Taken(file, name, self._now()))


@dataclass(slots=True)
class _Taken:
    """The file while it comes in; has of an intake what reading a form asks for."""

    file: IO[bytes]
    name: str
    at: datetime
    size: int = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > FILE_BYTES_MAX:
            raise FileTooLarge
        self.file.write(data)

    def finish(self) -> Uploaded:
        return Uploaded(id="", name=self.name, size=self.size, type="", sha256="", expires_at=self.at, has_copy=False)
