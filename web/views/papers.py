"""A case's papers as plain values, as its reader may see it: nothing stands on a paper that is not on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import JsonValue

from documents.paper import DATE_BLANK, Paper, PaperRow, official_date, paragraphs_of
from engine.access.directory import Surroundings
from engine.case.codec import at_from
from engine.case.scope import SHANGHAI
from engine.definition.paper_parts import NAMED, PaperLook, PaperPart, own_papers
from engine.definition.wording import title_of
from engine.service.queries import CaseView, TimelineLine
from web.views.fields import LIMIT_OF_SHORT, FieldWriter, format_of
from web.views.timeline import HASH_CHARACTERS
from web.words import Words

BLANK = "　" * 8
CHINESE = Words("zh")
"""Papers are written in Chinese, whoever reads the page."""


def papers_of(
    folder: Path, view: CaseView, lines: Sequence[TimelineLine], there: Surroundings
) -> Mapping[str, PaperPart]:
    """Return the papers that can be made of a case now, by their keys, in the order of their file; as its unit, or one
    above it, has them."""
    made = {line.transition for line in lines}
    above = there.tree.lineage(view.case.unit)
    units = [name for unit in above if unit in there.units for name in (there.units[unit].code, str(unit))]
    papers = own_papers(folder, view.case.workflow, units)
    return {key: part for key, part in papers.items() if not part.after or made.intersection(part.after)}


def paper_links(
    folder: Path, view: CaseView, lines: Sequence[TimelineLine], there: Surroundings, words: Words
) -> list[tuple[str, str]]:
    """Return the papers of a case as a page offers them: the address without the kind of file, and the title."""
    papers = papers_of(folder, view, lines, there)
    return [(f"/cases/{view.case.id}/papers/{key}", words.say(part.title.text)) for key, part in papers.items()]


def paper_of(part: PaperPart, view: CaseView, lines: Sequence[TimelineLine], writer: FieldWriter) -> Paper:
    """Return one paper; ``writer`` writes in Chinese. It says what the newest of its moves said, and else the case."""
    act = next((line for line in reversed(lines) if line.transition in part.after), None)
    said = _Said(part=part, view=view, writer=writer, values={**view.fields, **({} if act is None else act.fields)})
    made_from = lines[-1] if act is None else act
    dated = DATE_BLANK if act is None else official_date(at_from(act.at).astimezone(SHANGHAI).date())
    return Paper(
        title=part.title.zh,
        heading=writer.unit(view.case.unit),
        number="" if part.number is None else said.word(part.number),
        to=said.sentence(part.to),
        paragraphs=tuple(each for sentence in part.says for each in paragraphs_of(said.sentence(sentence))),
        rows=tuple(said.rows()),
        signed=said.signature(),
        dated=dated if part.signed else "",
        origin=CHINESE.t("paper_origin", seq=made_from.seq, hash=made_from.hash[:HASH_CHARACTERS]),
        is_form=part.look is PaperLook.FORM,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a case says on one paper. Only what its reader was given is here."""

    part: PaperPart
    view: CaseView
    writer: FieldWriter
    values: Mapping[str, JsonValue]

    def sentence(self, sentence: str | None) -> str:
        """Return a sentence with its names filled in, nothing where one of them says nothing."""
        if sentence is None:
            return ""
        words = {name: self.word(name) for name in NAMED.findall(sentence)}
        if not all(words.values()):
            return ""
        return NAMED.sub(lambda found: words[found[1]], sentence)  # once: what stands in a value is no name

    def signature(self) -> str:
        """Return who signs; on a form what is not known yet has room for a hand."""
        if self.part.look is not PaperLook.FORM:
            return self.sentence(self.part.signed)
        return NAMED.sub(lambda found: self.word(found[1]) or BLANK, self.part.signed or "")

    def word(self, name: str) -> str:
        """Return what a name stands for: a field, those in a role, or what lies beside the fields."""
        case, workflow = self.view.case, self.view.definition.workflow
        if name in workflow.fields:
            value = self.values.get(name)
            if isinstance(value, str) and value and format_of(workflow.fields[name]) == "date":
                return official_date(date.fromisoformat(value))
            return "" if value in (None, "", []) else self.writer.write(name, value)
        if name in workflow.roles:
            return _names(self.view.people.get(person) for person in case.persons_in(name))
        match name:
            case "unit":
                return self.writer.unit(case.unit)
            case "lead_unit":
                return "" if case.lead_unit is None else self.writer.unit(case.lead_unit)
            case "session" if case.congress_session is not None:
                session = self.writer.surroundings.sessions.get(case.congress_session)
                return "" if session is None else session.title.zh
            case _:
                return ""

    def rows(self) -> Iterable[PaperRow]:
        """Yield the rows; on a form also those that wait for a hand, in a letter those alone that say something."""
        for name in self.part.rows:
            text = self.word(name)
            if text or self.part.look is PaperLook.FORM:
                yield PaperRow(title=self._title(name), text=text, is_long=self._is_long(name))
        if notes := list(filter(None, map(self.sentence, self.part.notes))):
            text = "\n".join(f"{number}、{note}" for number, note in enumerate(notes, start=1))
            yield PaperRow(title=CHINESE.t("paper_notes"), text=text, is_long=True)

    def _title(self, name: str) -> str:
        workflow = self.view.definition.workflow
        return title_of(name, workflow.fields if name in workflow.fields else workflow.roles).zh

    def _is_long(self, name: str) -> bool:
        workflow = self.view.definition.workflow
        if name not in workflow.fields or name == workflow.subject_field:
            return name in workflow.fields
        value = self.values.get(name)
        if value in (None, "", []):  # what a hand is to write has the room that the field gives
            limit = workflow.fields[name].json_schema.get("maxLength")
            return isinstance(limit, int) and limit > LIMIT_OF_SHORT
        return self.writer.shown(name, value).is_long


def _names(names: Iterable[str | None]) -> str:
    """Return the names that are known, each once; nothing where there are none."""
    return "、".join(dict.fromkeys(name for name in names if name))
