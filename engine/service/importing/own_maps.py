"""The maps that workflows bring along: ``import.yaml`` in the folder of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

WORKFLOWS: Final = Path(__file__).resolve().parents[3] / "workflows"
MAP_FILE: Final = "import.yaml"
"""The map of a register that a workflow's folder brings along."""


def own_maps(folder: Path) -> Mapping[str, Path]:
    """Return the maps of a workflows folder by the name of their workflow, in the order of the names."""
    return {path.parent.name: path for path in sorted(folder.glob(f"*/{MAP_FILE}"))}
