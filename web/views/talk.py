"""What was written to and fro on a case, one message after the other, as the definition's ``conversation`` names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.definition.model import Workflow
from engine.service.queries import TimelineLine
from web.views.timeline import EntryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: ``side`` is 0 for those the case is of, and 1 for those who answer."""

    at: str
    who: str
    text: str
    side: int


def messages(lines: Iterable[tuple[TimelineLine, EntryView]], workflow: Workflow) -> Iterator[Message]:
    """Yield the messages in their order; the views of the entries know what their writers may be called."""
    for line, entry in lines:
        for side, name in enumerate(workflow.conversation):
            if isinstance(text := line.fields.get(name), str) and text:
                yield Message(at=entry.at, who=entry.who, text=text, side=min(side, 1))
