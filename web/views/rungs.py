"""The rungs of ladders in words, as forms offer them and fields show them: ``答复期限 · 黄色：逾期催办``."""

from __future__ import annotations

from engine.case.case import Case
from engine.definition.compiled import Definition
from web.words import Words


def rung_title(deadline: str, name: str, definition: Definition, words: Words) -> str:
    """Return the title of a rung, which may bear the number of its repetition; the name itself where it has none."""
    id_, _, again = name.partition("#")
    part = definition.workflow.deadlines.get(deadline)
    ladder = None if part is None else definition.workflow.ladders.get(part.ladder or "")
    titles = {} if ladder is None else {rung.id: words.say(rung.title.text) for rung in ladder.rungs}
    return f"{titles.get(id_, id_)} #{again}" if again else titles.get(id_, id_)


def rung_of_deadline(value: str, definition: Definition, words: Words) -> str:
    """Return what a field such as ``reply/yellow`` says."""
    deadline, _, name = value.partition("/")
    part = definition.workflow.deadlines.get(deadline)
    return value if part is None else f"{words.say(part.title.text)} · {rung_title(deadline, name, definition, words)}"


def standing_rungs(case: Case, definition: Definition, words: Words) -> list[tuple[str, str]]:
    """Return the rungs of a case that can be taken back: as forms name them, and in words."""
    names = [f"{deadline}/{name}" for deadline, raised in case.rungs.items() for name in raised]
    return [(name, rung_of_deadline(name, definition, words)) for name in names]
