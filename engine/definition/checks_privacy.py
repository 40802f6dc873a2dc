"""Proofs about privacy: no effect moves what a field holds into a field that more people may read.

A field's privacy decides where its value may stand (entry, row, search); a copy in a field of less privacy would stand
where the original may not.
"""

from __future__ import annotations

from engine.definition.checks_proof import Proof
from engine.definition.model import Workflow
from engine.definition.parts import FieldPart, Privacy
from engine.definition.reading import Path
from engine.text import Text

_LEVELS = tuple(Privacy)


def check_moved(proof: Proof, path: Path, source: str, target: tuple[str, FieldPart]) -> None:
    """Add the move of a field of this workflow into a field, here or elsewhere, whose privacy is less."""
    part, (name, there) = proof.workflow.fields[source], target
    if _LEVELS.index(there.privacy) < _LEVELS.index(part.privacy):
        proof.add(
            path,
            "privacy_lowered",
            Text(
                f"字段“{source}”的隐私级别是 {part.privacy}，不得填入 {there.privacy} 字段“{name}”",
                f"The field {source} is {part.privacy}; its value may not go into {name}, which is {there.privacy}",
            ),
            Text(
                f"请将“{name}”改为 privacy: {part.privacy}，或不填入该字段",
                f"Write privacy: {part.privacy} for {name}, or leave it out",
            ),
        )


def fields_behind(workflow: Workflow, name: str) -> tuple[str, ...]:
    """Return the fields whose values a dotted name gives: one, those of the number, or none.

    ``case.number`` is the first of several fields that has a value. A tally that adds up gives what stands in its
    table, one that counts rows does not.
    """
    root, _, attribute = name.partition(".")
    if root == "tally":
        tally = workflow.tallies[attribute]
        return () if tally.sum is None else (tally.of,)
    if root not in ("case", "form"):
        return ()
    names = workflow.number_fields if name == "case.number" else (attribute,)
    return tuple(field for field in names if field in workflow.fields)
