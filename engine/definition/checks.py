"""Everything a definition must hold before it may run, asked at once: the proofs, from one door.

Each family of questions stands in a module of its own; none of them stops another.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.definition.checks_behalf import check_behalf
from engine.definition.checks_clock import check_clock
from engine.definition.checks_effects import check_effects
from engine.definition.checks_fields import check_fields
from engine.definition.checks_guards import check_guards
from engine.definition.checks_identity import check_identity
from engine.definition.checks_joins import check_joins
from engine.definition.checks_measures import check_measures
from engine.definition.checks_meeting import check_meeting
from engine.definition.checks_moves import check_moves
from engine.definition.checks_names import check_names
from engine.definition.checks_pages import check_pages
from engine.definition.checks_polls import check_polls
from engine.definition.checks_proof import Findings, Proof
from engine.definition.checks_reach import check_reach
from engine.definition.checks_retention import check_retention
from engine.definition.checks_rosters import check_rosters
from engine.definition.checks_sheets import check_sheets
from engine.definition.checks_tables import check_tables
from engine.definition.checks_unused import check_unused
from engine.definition.checks_vary import check_vary
from engine.definition.checks_words import check_codes, check_words
from engine.definition.model import CodeList, Workflow
from engine.definition.proved_before import Watched, proved_before, remember
from engine.definition.reading import Positions
from engine.errors import Problem

_QUESTIONS = (
    check_reach,
    check_moves,
    check_names,
    check_fields,
    check_effects,
    check_clock,
    check_guards,
    check_tables,
    check_joins,
    check_identity,
    check_behalf,
    check_meeting,
    check_retention,
    check_rosters,
    check_sheets,
    check_polls,
    check_pages,
    check_measures,
    check_vary,
    check_unused,
)


def prove(
    workflow: Workflow,
    lists: Mapping[str, CodeList],
    workflows: Mapping[str, Workflow],
    positions: Positions,
    file: str,
) -> list[Problem]:
    """Return every problem of a workflow, in the order of the file.

    What was found sound is not asked again while nothing of it has changed: models are not changed, they are replaced.

    Args:
        workflow: What is to be proved.
        lists: The code lists it may refer to, by name.
        workflows: The workflows it may refer to, by name; itself need not be among them.
        positions: Where everything stood in the file.
        file: The name of the file.
    """
    beside = {**workflows, workflow.name: workflow}
    if proved_before(workflow, lists, beside):
        return []
    findings, watched = Findings(file=file, positions=positions), Watched(lists)
    proof = Proof(workflow=workflow, lists=watched, workflows=beside, findings=findings)
    for question in _QUESTIONS:
        question(proof)
    check_words(workflow, findings)
    if not findings.problems:
        remember(workflow, watched, beside)
    return _in_order(findings)


def prove_list(code_list: CodeList, positions: Positions, file: str) -> list[Problem]:
    """Return every problem of a code list, in the order of the file."""
    findings = Findings(file=file, positions=positions)
    check_codes(code_list, findings)
    check_words(code_list, findings)
    return _in_order(findings)


def _in_order(findings: Findings) -> list[Problem]:
    return sorted(dict.fromkeys(findings.problems), key=lambda problem: (problem.line, problem.column, problem.code))
