"""The lives of the sample's grievances: registered, screened, accepted, dispatched, answered, judged, closed."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date, timedelta
from typing import cast

from pydantic import JsonValue

from engine.case.identity import CaseId
from runtime.demo.corpus import GrievanceText, filled
from runtime.demo.pen import Pen
from runtime.demo.simulation import Act, Script

FIRST_ON, LAST_ON = date(2025, 12, 8), date(2026, 9, 10)
OUTCOMES = {"support": "supported", "explain": "explained", "decline": "not_supported"}
DELIVERY = ("in_person", "phone", "online", "mail")
NEVER_ANSWERED_SHARE = 0.03
LATE_SHARE = 0.07
SIMPLE_TYPES = ("enquiry", "help")


class GrievanceScript:
    """One grievance from registration to the archive."""

    def __init__(self, pen: Pen, text: GrievanceText) -> None:
        self.pen = pen
        self.text = text
        self.hotline = text.channel.startswith("hotline")
        self.petitioner = pen.anyone("staff")
        self.case = CaseId("")

    def play(self) -> Script:
        """The whole life, cut off by the end of the sample."""
        pen = self.pen
        first = max(self.text.not_before or FIRST_ON, FIRST_ON)
        last = min(self.text.not_after or LAST_ON, LAST_ON)
        pen.begin_on(first + timedelta(days=pen.rng.randint(0, max((last - first).days, 0))))
        office = pen.anyone("union_office")
        yield from self._register(office)
        if pen.chance(0.04):
            pen.wait(1, 4)
            yield pen.fire(
                office, self.case, "redirect", right_channel="所反映事项由社会保险经办机构受理，已告知办理地点和电话。"
            )
            return
        if pen.chance(0.03):
            pen.wait(1, 4)
            yield pen.fire(
                office,
                self.case,
                "reject",
                rejection_code="G06",
                rejection_reason="所反映事项不属于本单位和工会的职责范围。",
                right_channel="请向属地有关主管部门反映。",
            )
            return
        if self.text.type in SIMPLE_TYPES and pen.chance(0.6):
            pen.wait(0, 1)
            opinion = pen.corpus.opinion(self.text, pen.rng)
            yield pen.fire(
                office,
                self.case,
                "answer_at_intake",
                opinion_text=self._filled(opinion.text, "工会办公室"),
                opinion_result=OUTCOMES[opinion.outcome],
            )
            yield from self._evaluate(office, lead=None, rounds=1)
            return
        yield from self._accept(office)
        yield from self._handle(office, rounds=1)

    def _register(self, office: str) -> Generator[Act, CaseId, None]:
        pen, text = self.pen, self.text
        confidential = text.type == "accusation"
        form: dict[str, JsonValue] = {
            "subject": text.subject,
            "channel": text.channel,
            "content": text.content,
            "grievance_type": text.type,
            "category": text.category,
            "confidentiality": "internal" if confidential else "open",
        }
        self.case = yield pen.open(self.petitioner, "grievance", None, form)
        pen.wait(0, 2)
        accused = [pen.cast.units[text.unit]] if confidential else None
        yield pen.fire(
            office,
            self.case,
            "screen",
            brief=f"职工反映：{text.subject}。请按职责核实办理。",
            urgent=pen.chance(0.05),
            accused_units=cast(JsonValue, accused),
        )

    def _accept(self, office: str) -> Generator[Act, CaseId, None]:
        pen, text = self.pen, self.text
        pen.wait(0, 1 if self.hotline else 5)
        yield pen.fire(office, self.case, "accept", legal_route_checked=True if text.type == "claim" else None)
        if not self.hotline:
            pen.wait(0, 2)
        lead = self._lead()
        others = [unit.id for unit in pen.corpus.units if unit.id not in (lead, text.unit)]
        co_handlers = pen.rng.sample(others, 1) if pen.chance(0.2) and not self.hotline else []
        yield pen.fire(
            office,
            self.case,
            "dispatch",
            lead=pen.cast.units[lead],
            co_handlers=[pen.cast.units[unit] for unit in co_handlers],
            assignment_instruction="请核实情况，与职工沟通后提出处理意见。",
        )
        if not self.hotline:
            pen.wait(0, 3)
        yield pen.fire(pen.anyone("handler", lead), self._child(lead), "acknowledge")
        for unit in co_handlers:
            pen.wait(0, 2)
            handler = pen.anyone("handler", unit)
            yield pen.fire(handler, self._child(unit), "acknowledge")
            pen.wait(2, 8)
            opinion = "协助核实情况属实，建议由主办单位统一答复职工。"
            yield pen.fire(handler, self._child(unit), "give_opinion", opinion=opinion)

    def _lead(self) -> str:
        """The unit whose business it is; never the one complained about."""
        if self.text.type != "accusation":
            return self.text.unit
        return "personnel" if self.text.unit != "personnel" else "safety"

    def _child(self, unit: str) -> CaseId:
        wanted = self.pen.cast.units[unit]
        return next(child.case for child in self.pen.case(self.case).newest_children if child.unit == wanted)

    def _handle(self, office: str, *, rounds: int) -> Generator[Act, CaseId, None]:
        pen = self.pen
        if pen.chance(NEVER_ANSWERED_SHARE):
            return
        lead = self._lead()
        handler, head = pen.anyone("handler", lead), pen.anyone("unit_head", lead)
        if pen.chance(0.9):
            talk = pen.rng.choice(pen.corpus.contact_notes)
            pen.wait(0, 1 if self.hotline else 8)
            yield pen.fire(
                handler,
                self.case,
                "log_contact",
                contact_form=talk.form,
                contact_on=pen.at.date().isoformat(),
                contact_note=self._filled(talk.text, pen.cast.unit_names[lead]),
            )
        late = pen.chance(LATE_SHARE)
        if self.hotline:
            pen.wait(*((20, 30) if late else (0, 3)))
        else:
            pen.wait(*((60, 85) if late else (6, 30)))
        opinion = pen.corpus.opinion(self.text, pen.rng)
        yield pen.fire(
            head,
            self.case,
            "issue_opinion",
            opinion_result=OUTCOMES[opinion.outcome],
            opinion_text=self._filled(opinion.text, pen.cast.unit_names[lead]),
            not_supported_reason="现行规定不支持，已向职工说明依据。" if opinion.outcome == "decline" else None,
        )
        pen.wait(0, 1 if self.hotline else 3)
        yield pen.fire(office, self.case, "deliver", delivery_method=pen.rng.choice(DELIVERY))
        yield from self._evaluate(office, lead=lead, rounds=rounds)

    def _evaluate(self, office: str, *, lead: str | None, rounds: int) -> Generator[Act, CaseId, None]:
        pen = self.pen
        if lead is not None and self.hotline:
            pen.wait(0, 1)
            yield pen.fire(office, self.case, "call_back", call_back_note="电话回访，职工表示已收到答复。")
        if pen.chance(0.15):
            pen.wait(22, 30)
        else:
            pen.wait(1, 10)
            level = pen.rng.choices(("satisfied", "basic", "unsatisfied"), (72, 20, 8) if rounds == 1 else (60, 35, 5))[
                0
            ]
            yield pen.fire(
                self.petitioner,
                self.case,
                "evaluate",
                evaluation_attitude="satisfied" if level != "unsatisfied" else "basic",
                evaluation_result=level,
                evaluation_comment=pen.corpus.remark(level, pen.rng),
            )
            if level == "unsatisfied" and rounds == 1 and lead is not None:
                pen.wait(1, 5)
                yield pen.fire(office, self.case, "re_handle", re_handling_note="职工对结果不满意，请重新核实办理。")
                yield from self._handle(office, rounds=2)
                return
        pen.wait(1, 8)
        yield pen.fire(office, self.case, "close")

    def _filled(self, text: str, unit: str) -> str:
        return filled(text, {"unit": unit, "subject": self.text.subject})
