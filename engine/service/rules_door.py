"""What the pages on which rules are published ask of the process they run in; ``runtime.publishing`` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.case.identity import PersonId, RootId
from engine.definition.model import CodeList, Workflow
from engine.service.publications import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedRules:
    """A definition or a list that was proved and may be published; ``before`` is the newest version, None for none."""

    kind: Kind
    part: Workflow | CodeList
    hash: str
    before: Workflow | CodeList | None

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def version(self) -> int:
        return self.part.version


class RulesDoor(Protocol):
    """Proving, publishing and withdrawing definitions and code lists."""

    def proposed_rules(self, root: RootId, kind: Kind, text: bytes) -> ProposedRules:
        """Prove what would be published, together with everything that is in force; nothing is written.

        Raises:
            DefinitionError: what is wrong with it, with line and column.
            InputRefused: it is not the next version, is in force later, takes codes away; or the database holds
                several organisations, of which one may not decide for the others.
        """

    def publish_rules(self, root: RootId, kind: Kind, text: bytes, reason: str, by: PersonId) -> ProposedRules:
        """Put it in force in every process; raises as above, and InputRefused for a reason that is none."""

    def withdraw_rules(self, root: RootId, kind: Kind, name: str, version: int, reason: str, by: PersonId) -> None:
        """Take a published version out of force again.

        Raises:
            InputRefused: it is not the newest, a case runs under it, or the reason is none.
            NotFound: it is not published.
        """
