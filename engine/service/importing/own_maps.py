"""The maps that workflows bring along: ``import.yaml`` in the folder of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from engine.service.importing.maps import RegisterMap, load_register_map

WORKFLOWS: Final = Path(__file__).resolve().parents[3] / "workflows"
MAP_FILE: Final = "import.yaml"
"""The map of a register that a workflow's folder brings along."""


def own_map(path: Path) -> RegisterMap:
    """Return a map that was read before from the same file, unchanged since; nothing is proved of it here."""
    return _loaded(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _loaded(path: Path, _changed_ns: int) -> RegisterMap:
    return load_register_map(path).part


def own_maps(folder: Path) -> Mapping[str, Path]:
    """Return the maps of a workflows folder by the name of their workflow, in the order of the names."""
    return {path.parent.name: path for path in sorted(folder.glob(f"*/{MAP_FILE}"))}
