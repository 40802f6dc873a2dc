"""What a tampered history says of roles is told, and never ends verification in an error."""

from __future__ import annotations

from engine.case.case import Party
from engine.case.decide import decide
from engine.case.events import Step
from engine.case.identity import PersonId
from engine.ledger.legality import illegal
from tests.support.builders import a_case, a_definition_with, a_move, a_person, a_rulebook, a_situation, asked, at

RULES = a_rulebook(a_definition_with(transitions=a_move("withdraw", by="[proposer]", leads="to: closed")))


def test_a_party_in_a_role_that_no_definition_has_ends_nothing() -> None:
    zhao = Party("proposer", PersonId("zhao"))
    before = a_case(RULES, state="handling", parties=(zhao,))
    step = decide(a_situation(RULES, before), asked(before, "withdraw", a_person("zhao")), at("2026-05-01"))
    assert isinstance(step, Step)
    [event] = step.events
    definition = RULES.for_new("errand")
    assert list(illegal(before, event, definition)) == []
    renamed = before._replace(parties=(zhao._replace(role="proposerx"),))
    assert [text.zh for text in illegal(renamed, event, definition)] == ["proposer 不能办理 withdraw"]
