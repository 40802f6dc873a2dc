"""The stories of the sample: cases whose steps are written out one by one, so that its last day has something for
everybody to do. What is drawn by chance is elsewhere."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from pydantic import JsonValue

from engine.calendar.term import SHANGHAI
from engine.case.identity import CaseId, SessionId
from runtime.demo.corpus import GrievanceStoryText, StepText, StoryText
from runtime.demo.pen import Pen
from runtime.demo.simulation import Act, Script

AN_HOUR: Final = timedelta(hours=1)
SECONDED_AT: Final = time(10)
"""Seconders sign on the day after the proposal was opened; stories of one day go in step, and in few batches."""


class StoryScript:
    """One story; of a proposal ``session`` is the congress session it is told of, None between sessions."""

    def __init__(self, pen: Pen, text: StoryText | GrievanceStoryText, *, session: SessionId | None = None) -> None:
        self.pen = pen
        self.text = text
        self.session = session
        self.case = CaseId("")

    def play(self) -> Script:
        """All its steps; the case is left where the last one brings it."""
        self._come_to(self.text.opens_at)
        match self.text:
            case StoryText():
                yield from self._propose(self.text)
            case GrievanceStoryText():
                yield from self._reflect(self.text)
        for step in self.text.steps:
            self._come_to(step.at)
            yield self.pen.fire(step.by, self._meant(step), step.move, **self._form(step))

    def _reflect(self, text: GrievanceStoryText) -> Generator[Act, CaseId, None]:
        form: dict[str, JsonValue] = {
            "subject": text.subject,
            "channel": text.channel,
            "content": text.content,
            "grievance_type": text.type,
            "category": text.category,
            "confidentiality": "open",
        }
        self.case = yield self.pen.open(text.petitioner, "grievance", None, form)

    def _propose(self, text: StoryText) -> Generator[Act, CaseId, None]:
        pen = self.pen
        self.case = yield pen.open(text.proposer, "proposal", self.session, dict(self._opening(text)))
        if text.delegation:
            pen.at += AN_HOUR
            yield pen.fire(text.proposer, self.case, "submit")
            return
        pen.at += AN_HOUR
        yield pen.fire(text.proposer, self.case, "start_seconding")
        pen.at += AN_HOUR
        for seconder in text.seconders:
            yield pen.fire(text.proposer, self.case, "invite_seconder", invitee=pen.cast.actor(seconder).person)
        self._come_to(datetime.combine(text.opens_at.date() + timedelta(days=1), SECONDED_AT))
        for seconder in text.seconders if text.seconded is None else text.seconded:
            yield pen.fire(seconder, self.case, "second")
        if text.submitted:
            pen.at += AN_HOUR
            yield pen.fire(text.proposer, self.case, "submit")

    def _opening(self, text: StoryText) -> Iterator[tuple[str, JsonValue]]:
        corpus = self.pen.corpus
        yield "subject", text.subject
        yield "category", text.category
        yield "grounds", text.grounds
        yield "proposed_measures", text.measures
        yield "suggested_unit", self.pen.cast.unit_names[text.suggested_unit]
        yield "proposer_type", "delegation" if text.delegation else "individual"
        yield "proposer_delegation", next(one.zh for one in corpus.delegations if text.proposer in one.members)
        yield "consent_to_publish", True

    def _come_to(self, at: datetime) -> None:
        self.pen.at = at.replace(tzinfo=SHANGHAI).astimezone(UTC)

    def _meant(self, step: StepText) -> CaseId:
        """Return what a step is about: the case, a unit's part of it, its supervision order, or the receipt of that."""
        match step.of:
            case "case":
                return self.case
            case "order":
                return self._order()
            case "part":
                return self._child(self.case, step.part)
            case "receipt":
                return self._child(self._order(), step.part)

    def _order(self) -> CaseId:
        return self.pen.case(self.case).linked[-1]

    def _child(self, case: CaseId, unit: str) -> CaseId:
        wanted = self.pen.cast.units[unit]
        return next(child.case for child in self.pen.case(case).newest_children if child.unit == wanted)

    def _form(self, step: StepText) -> dict[str, JsonValue]:
        lead = step.form.get("lead")
        return dict(step.form) if lead is None else {**step.form, "lead": self.pen.cast.units[str(lead)]}
