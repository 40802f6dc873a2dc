"""Verifies what stands beside the cases: that every organisation is still one, its house and its rules, its files."""

from __future__ import annotations

from collections.abc import Sequence

from engine.case.identity import RootId
from engine.service.desk import Desk
from engine.service.tree_findings import TreeFinding
from engine.service.verify_files import verify_files
from engine.service.verify_house import roots_missing, verify_house


def beside_findings(desk: Desk, roots: Sequence[RootId]) -> list[TreeFinding]:
    """Return everything wrong with the house and the files of these organisations, and which are missing altogether."""
    found = roots_missing(desk.reads, desk.reads.roots)
    for root in roots:
        found += verify_house(desk.reads, root)
        found += verify_files(desk.reads, desk.world(root).rules, root, desk.sealer, desk.files)
    return found
