"""How a command speaks: lines and tables in the reader's language, JSON, progress on a terminal. It decides nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import typer

from engine.errors import BanjieError, DefinitionError, FormInvalid
from engine.text import Language, Text
from runtime.cli.advice import advice_for

if TYPE_CHECKING:
    from rich.console import Console

UNBOUNDED_WIDTH = 10_000
"""Columns of a table that goes to a file or a pipe: nothing is folded there."""

Progressed = Callable[[int, int | None], None]
"""Called with what is done and with the whole, None while that is not known."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Standard output and standard error in one language."""

    language: Language

    def read(self, text: Text | str) -> str:
        """Return the text in the language spoken here."""
        return text if isinstance(text, str) else text.read(self.language)

    def say(self, text: Text | str = "") -> None:
        """Print a line on standard output."""
        typer.echo(self.read(text))

    def complain(self, text: Text | str) -> None:
        """Print a line on standard error."""
        typer.echo(self.read(text), err=True)

    def json(self, value: object) -> None:
        """Print a value as JSON on standard output."""
        typer.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def table(self, head: Sequence[Text], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> None:
        """Print a table on standard output; the columns of ``right`` are numbers."""
        from rich import box
        from rich.table import Table
        from rich.text import Text as Cell

        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for place, title in enumerate(head):
            table.add_column(self.read(title), justify="right" if place in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Cell(cell) for cell in row))
        _console().print(table)

    def refuse(self, refusal: BanjieError) -> None:
        """Print why something was refused and what to do, on standard error."""
        self.complain(f"✗ {self.read(refusal.text)}")
        if isinstance(refusal, DefinitionError):
            for problem in refusal.problems:
                where = f"{problem.file}:{problem.line}:{problem.column}"
                self.complain(f"  {where} {self.read(problem.text)} → {self.read(problem.remedy)}")
        elif isinstance(refusal, FormInvalid):
            for wrong in refusal.fields:
                self.complain(f"  {wrong.path}: {self.read(wrong.text)}")
        for row in cast(Sequence[Mapping[str, object]], refusal.details.get("rows", ())):
            self.complain(f"  {row[self.language]}")
        advice = advice_for(refusal)
        if advice is not None:
            self.complain(f"→ {self.read(advice)}")

    @contextmanager
    def progress(self, title: Text) -> Iterator[Progressed]:
        """Show a bar on standard error while the block runs, where somebody looks; elsewhere show nothing."""
        if not sys.stderr.isatty():
            yield _unseen
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
            bar = bars.add_task(self.read(title), total=None)
            yield lambda done, whole: bars.update(bar, completed=done, total=whole)


def _unseen(_done: int, _whole: int | None) -> None:
    """Take note of progress that nobody looks at."""


def _console() -> Console:
    from rich.console import Console

    width = None if sys.stdout.isatty() else UNBOUNDED_WIDTH
    return Console(file=sys.stdout, width=width, highlight=False)
