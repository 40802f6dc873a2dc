"""The lives of the sample's proposals: how they are drafted, reviewed, assigned, answered, judged and closed.

Shares follow what handbooks of the field report: co-handlers per case, reply classes, lateness, satisfaction.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import date, timedelta

from pydantic import JsonValue

from engine.case.identity import CaseId, SessionId
from runtime.demo.corpus import ProposalText, filled
from runtime.demo.pen import Pen
from runtime.demo.simulation import Act, Script

CO_HANDLERS = ((0, 125), (1, 175), (2, 158), (3, 79), (4, 64), (5, 40), (6, 36))
"""Number of co-handlers → number of cases, a county-level city in 2017, cut at six."""
REPLY_CLASSES = (("A", 42), ("B", 145), ("C", 42), ("D", 9))
"""Class → number of replies of the same city, somewhat milder."""
REFUSALS = {"personal": "R03", "outside": "R01", "already_done": "R17", "vague": "R13"}
ATTITUDES = {
    "satisfied": ("satisfied",),
    "basic": ("satisfied", "satisfied", "basic"),
    "unsatisfied": ("satisfied", "basic", "unsatisfied"),
}
"""How somebody who judges the result so judges the attitude: mostly better."""
LOOK_AGAIN = "条件具备后列入计划，到期再次研究并答复。"
"""What is promised where the matter is put off and the reply says no more."""
NEVER_ANSWERED_SHARE = 0.05
LATE_SHARE = 0.08
A_QUARTER = timedelta(days=90)
"""Promises that take longer are reported on in between."""
REVIEW_BEGINS_ON = date(2026, 1, 19)
SIMILAR_REVIEWED_ON = date(2026, 2, 2)
"""When the committee comes to proposals that resemble an earlier one: the earlier ones are filed by then."""


class ProposalScript:
    """One proposal from draft to archive; ``filed`` tells which earlier ones it may be merged into."""

    def __init__(self, pen: Pen, text: ProposalText, *, session: SessionId | None, filed: dict[int, CaseId]) -> None:
        self.pen = pen
        self.text = text
        self.session = session
        self.filed = filed
        self.proposer = pen.anyone("delegate", text.proposer_unit) if self._has_delegate() else pen.anyone("delegate")
        self.case = CaseId("")

    def play(self) -> Script:
        """The whole life, cut off by the end of the sample."""
        yield from self._propose()
        outcome = yield from self._review()
        if outcome not in ("filed", "converted"):
            return
        lead = yield from self._assign()
        if self.pen.chance(NEVER_ANSWERED_SHARE):
            return
        yield from self._handle(lead, rounds=1)

    def _has_delegate(self) -> bool:
        return bool(self.pen.cast.in_role("delegate", self.text.proposer_unit))

    def _propose(self) -> Generator[Act, CaseId, None]:
        pen, text = self.pen, self.text
        form: dict[str, JsonValue] = {
            "subject": text.subject,
            "category": text.category,
            "grounds": text.grounds,
            "proposed_measures": text.measures,
            "suggested_unit": pen.cast.unit_names[text.suggested_unit],
            "consent_to_publish": pen.chance(0.9),
        }
        self.case = yield pen.open(self.proposer, "proposal", self.session, form)
        pen.wait(0, 1)
        yield pen.fire(self.proposer, self.case, "start_seconding")
        seconders = pen.rng.sample(
            [person for person in pen.cast.in_role("delegate") if person != self.proposer], pen.rng.choice((2, 2, 3))
        )
        for seconder in seconders:
            person = pen.cast.actor(seconder).person
            yield pen.fire(self.proposer, self.case, "invite_seconder", invitee=person)
        for seconder in seconders:
            pen.wait(0, 2)
            yield pen.fire(seconder, self.case, "second")
        pen.wait(0, 1)
        yield pen.fire(self.proposer, self.case, "submit")

    def _review(self) -> Generator[Act, CaseId, str]:
        pen, text = self.pen, self.text
        if self.session is not None:
            pen.wait_until(REVIEW_BEGINS_ON + timedelta(days=pen.rng.randint(0, 4)))
        else:
            pen.wait(3, 10)
        if text.similar_to is not None:
            pen.wait_until(SIMILAR_REVIEWED_ON)
        member = pen.anyone("committee_member")
        yield pen.fire(pen.anyone("union_office"), self.case, "begin_review")
        if text.number % 81 == 0:
            pen.wait(1, 3)
            yield pen.fire(
                self.proposer, self.case, "withdraw", withdrawal_reason="本人已与有关部门沟通，事项已有着落。"
            )
            return "withdrawn"
        pen.wait(1, 5)
        if text.kind in ("personal", "outside", "already_done"):
            code = REFUSALS[text.kind]
            reason = pen.corpus.refusal(code, text.number, pen.rng)
            yield pen.fire(member, self.case, "refuse", refusal_code=code, refusal_reason=reason)
            return "refused"
        if text.kind == "vague":
            yield pen.fire(
                member,
                self.case,
                "return_for_revision",
                revision_defects="内容空泛，请补充具体事实和可操作的建议措施。",
            )
            if pen.chance(0.34):
                pen.wait(26, 40)
                reason = pen.corpus.refusal("R13", text.number, pen.rng)
                yield pen.fire(member, self.case, "refuse", refusal_code="R13", refusal_reason=reason)
                return "refused"
            pen.wait(2, 6)
            yield pen.fire(self.proposer, self.case, "resubmit", proposed_measures=text.measures)
            pen.wait(1, 3)
            yield pen.fire(pen.anyone("union_office"), self.case, "begin_review")
            pen.wait(1, 3)
        if text.kind == "suggestion":
            yield pen.fire(
                member, self.case, "convert", conversion_reason="属一般性工作建议，转有关部门研究办理并书面答复。"
            )
            return "converted"
        if text.similar_to is not None and text.similar_to in self.filed:
            yield pen.fire(
                member,
                self.case,
                "merge",
                merge_into=self.filed[text.similar_to],
                merge_reason="反映同一事项，并案办理。",
            )
            return "merged"
        if text.number % 40 == 7:
            yield pen.fire(
                member, self.case, "refer_to_presidium", presidium_question="是否属于职代会职权范围，委员意见不一。"
            )
            pen.wait(2, 5)
            yield pen.fire(pen.anyone("presidium"), self.case, "presidium_file", presidium_decision="同意立案。")
        else:
            votes = pen.rng.randint(5, 7)
            yield pen.fire(member, self.case, "file", vote_for=votes, vote_against=7 - votes)
        self.filed[text.number] = self.case
        return "filed"

    def _assign(self) -> Generator[Act, CaseId, str]:
        """Assign, and again after a hand-back; returns the lead unit that keeps the case."""
        pen = self.pen
        pen.wait(1, 6)
        lead = self.text.suggested_unit
        others = [unit.id for unit in pen.corpus.units if unit.id != lead]
        count = pen.rng.choices([n for n, _cases in CO_HANDLERS], [cases for _n, cases in CO_HANDLERS])[0]
        co_handlers = sorted(pen.rng.sample(others, count))
        yield self._assigned(lead, co_handlers, "请按期办理并与提案人面商，答复前送会签。")
        if pen.chance(0.05):
            reason = pen.corpus.hand_back(lead, pen.rng)
            proposed = reason.proposed_unit or others[0]
            if proposed in co_handlers:
                co_handlers = [unit for unit in co_handlers if unit != proposed]
            child = self._child(lead)
            pen.wait(1, 5)
            yield pen.fire(
                pen.anyone("unit_head", lead),
                child,
                "hand_back",
                hand_back_reason="not_competent",
                hand_back_note=filled(reason.text, {"unit": pen.cast.unit_names[lead], "subject": self.text.subject}),
                proposed_unit=pen.cast.units[proposed],
            )
            pen.wait(1, 3)
            yield pen.fire(
                pen.anyone("committee_member"), child, "uphold_hand_back", ruling_note="同意退办，另行交办。"
            )
            pen.wait(1, 2)
            lead = proposed
            yield self._assigned(lead, co_handlers, "原承办单位退办，改由贵单位主办。")
        yield from self._acknowledge(lead, co_handlers)
        return lead

    def _assigned(self, lead: str, co_handlers: list[str], instruction: str) -> Act:
        pen = self.pen
        return pen.fire(
            pen.anyone("union_office"),
            self.case,
            "assign",
            lead=pen.cast.units[lead],
            co_handlers=[pen.cast.units[unit] for unit in co_handlers],
            assignment_instruction=instruction,
        )

    def _acknowledge(self, lead: str, co_handlers: list[str]) -> Generator[Act, CaseId, None]:
        pen = self.pen
        pen.wait(0, 5)
        yield pen.fire(pen.anyone("handler", lead), self._child(lead), "acknowledge")
        for unit in co_handlers:
            pen.wait(0, 1)
            yield pen.fire(pen.anyone("handler", unit), self._child(unit), "acknowledge")

    def _child(self, unit: str) -> CaseId:
        wanted = self.pen.cast.units[unit]
        return next(child.case for child in self.pen.case(self.case).newest_children if child.unit == wanted)

    def _handle(self, lead: str, *, rounds: int) -> Generator[Act, CaseId, None]:
        pen = self.pen
        case = pen.case(self.case)
        names = {unit_id: name for name, unit_id in pen.cast.units.items()}
        co_handlers = [names[child.unit] for child in case.newest_children if child.role == "co_handler"]
        handler, head = pen.anyone("handler", lead), pen.anyone("unit_head", lead)
        if rounds == 1:
            yield from self._opinions(co_handlers)
        yield from self._contact(handler)
        extended = False
        if rounds == 1 and pen.chance(0.06):
            asked = pen.rng.choice(pen.corpus.extensions)
            form: dict[str, JsonValue] = {"extension_days": asked.days, "extension_reason": asked.text}
            pen.wait(5, 15)
            yield pen.fire(head, self.case, "request_extension", **form)
            pen.wait(1, 3)
            yield pen.fire(pen.anyone("committee_director"), self.case, "grant_extension", **form)
            extended = True
        late = pen.chance(LATE_SHARE)
        if rounds == 1:
            pen.wait(*((62, 90) if late else (15, 35) if not extended else (30, 50)))
        else:
            pen.wait(*((20, 45) if late else (8, 16)))
        if rounds == 1:
            yield from self._opinions_left(co_handlers)
        yield from self._reply(lead, handler, head, co_handlers)
        yield from self._evaluate(lead, rounds)

    def _opinions(self, co_handlers: list[str]) -> Generator[Act, CaseId, None]:
        """Most co-handlers give their opinion within the month."""
        for unit in co_handlers:
            if self.pen.chance(0.85):
                self.pen.wait(2, 7)
                yield self._opinion(unit)

    def _opinions_left(self, co_handlers: list[str]) -> Generator[Act, CaseId, None]:
        for unit in co_handlers:
            child = self._child(unit)
            if self.pen.case(child).state == "handling":
                self.pen.wait(0, 1)
                yield self._opinion(unit)

    def _opinion(self, unit: str) -> Act:
        text = f"经研究，{self.pen.cast.unit_names[unit]}原则同意，将按职责分工配合主办单位落实有关措施。"
        return self.pen.fire(self.pen.anyone("handler", unit), self._child(unit), "give_opinion", opinion=text)

    def _contact(self, handler: str) -> Generator[Act, CaseId, None]:
        pen = self.pen
        if not pen.chance(0.93):
            return
        talk = pen.rng.choice(pen.corpus.contact_notes)
        pen.wait(2, 10)
        values = {"unit": pen.cast.unit_names[pen.cast.persons[handler].unit], "subject": self.text.subject}
        yield pen.fire(
            handler,
            self.case,
            "log_contact",
            contact_form=talk.form,
            contact_on=pen.at.date().isoformat(),
            contact_note=filled(talk.text, values),
        )

    def _reply(self, lead: str, handler: str, head: str, co_handlers: list[str]) -> Generator[Act, CaseId, None]:
        pen = self.pen
        reply_class = pen.rng.choices([code for code, _n in REPLY_CLASSES], [n for _code, n in REPLY_CLASSES])[0]
        reply = pen.corpus.reply(reply_class, self.text.category, pen.rng)
        promised = None
        if reply_class in ("B", "C"):
            promised = (pen.at + timedelta(days=30 * (reply.due_months or 3))).date().isoformat()
        values = {"unit": pen.cast.unit_names[lead], "subject": self.text.subject}
        yield pen.fire(
            handler,
            self.case,
            "draft_reply",
            reply_class=reply_class,
            reply_text=filled(reply.text, values),
            planned_measures=None if promised is None else filled(reply.promise or LOOK_AGAIN, values),
            promised_on=promised,
            not_adopted_reason="现行条件尚不具备，留作今后工作参考。" if reply_class == "D" else None,
        )
        for unit in co_handlers:
            pen.wait(0, 2)
            yield pen.fire(pen.anyone("unit_head", unit), self._child(unit), "counter_sign")
        pen.wait(0, 2)
        yield pen.fire(head, self.case, "sign_off")
        pen.wait(1, 4)
        yield pen.fire(pen.anyone("committee_member"), self.case, "release_reply")

    def _evaluate(self, lead: str, rounds: int) -> Generator[Act, CaseId, None]:
        pen = self.pen
        member = pen.anyone("committee_member")
        if pen.chance(0.07):
            pen.wait(22, 30)
            if pen.case(self.case).fired.get("evaluate", 0) == 0:
                yield pen.fire(member, self.case, "close_unevaluated", closing_note="评价期满，提案人未评价。")
            return
        pen.wait(1, 13)
        level = pen.rng.choices(("satisfied", "basic", "unsatisfied"), (74, 19, 7) if rounds == 1 else (55, 40, 5))[0]
        attitude = pen.rng.choice(ATTITUDES[level])
        yield pen.fire(
            self.proposer,
            self.case,
            "evaluate",
            evaluation_attitude=attitude,
            evaluation_result=level,
            evaluation_comment=pen.corpus.remark(level, pen.rng),
        )
        pen.wait(3, 12)
        if level == "unsatisfied" and rounds == 1:
            yield pen.fire(member, self.case, "re_handle", re_handling_note="提案人对办理结果不满意，请重新研究办理。")
            yield from self._handle(lead, rounds=2)
            return
        if level == "unsatisfied":
            yield pen.fire(
                member, self.case, "close_with_note", closing_note="已二次办理，提案人仍不满意，附说明结案。"
            )
        else:
            yield pen.fire(member, self.case, "close")
        yield from self._afterwards(lead)

    def _afterwards(self, lead: str) -> Generator[Act, CaseId, None]:
        """Publish with consent, follow promises up, archive."""
        pen = self.pen
        office = pen.anyone("union_office")
        case = pen.case(self.case)
        if case.data.get("consent_to_publish"):
            pen.wait(2, 8)
            yield pen.fire(office, self.case, "publish")
        if case.data.get("reply_class") in ("B", "C"):
            pen.wait(1, 5)
            yield pen.fire(office, self.case, "begin_follow_up")
            promised = date.fromisoformat(str(case.data["promised_on"]))
            while promised - pen.at.date() > A_QUARTER:
                pen.wait(75, 88)
                yield pen.fire(
                    pen.anyone("handler", lead), self.case, "report_progress", promise_progress="正在按计划推进。"
                )
            pen.wait_until(promised - timedelta(days=pen.rng.randint(-4, 14)))
            if pen.chance(0.85):
                yield pen.fire(
                    pen.anyone("committee_member"),
                    self.case,
                    "complete_follow_up",
                    follow_up_result="经现场检查，承诺事项已经落实。",
                    promise_evidence="现场验收单，存工会办公室。",
                    second_answer="承诺事项已落实，特此再复。",
                )
            else:
                return
        pen.wait(5, 20)
        yield pen.fire(office, self.case, "archive")
