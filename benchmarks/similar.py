"""How well similar cases are told: precision and recall on labelled pairs, by the half that did not choose the
threshold, and by the one that did."""

from __future__ import annotations

from benchmarks.report import Results
from engine.case.likeness import THRESHOLD
from tests.support.labelled_pairs import judged, labelled_pairs

PRECISION_LEAST = 0.85
RECALL_LEAST = 0.80


def similar(results: Results) -> None:
    """Print precision and recall."""
    pairs = labelled_pairs()
    for name, half in (("the half that measures", pairs[1::2]), ("the half that chose it", pairs[0::2])):
        told = judged(half, THRESHOLD)
        note = f"{len(half)} pairs, threshold {THRESHOLD}; {told.right} right, {told.wrong} wrong, {told.missed} missed"
        is_measured = name == "the half that measures"
        for what, value, least in (
            ("precision", told.precision, PRECISION_LEAST),
            ("recall", told.recall, RECALL_LEAST),
        ):
            results.add(
                f"similar cases, {what}, {name}",
                100 * value,
                "%",
                f"≥ {100 * least:.0f} %" if is_measured else "",
                met=value >= least if is_measured else None,
                note=note,
            )
