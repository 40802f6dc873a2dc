"""The declared witnesses on the page of the ledger: how far each has come, and why it has come no further."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from engine.service.sealing_witnesses import ALARMS, TROUBLES, late_witness, standings, trouble_in
from web.shell import Shell, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessView:
    """A witness: what it has cosigned, whether that is all, why not, and whether it is an alarm."""

    name: str
    cosigned: str
    note: str
    trouble: str
    is_wrong: bool


def witnesses_view(shell: Shell, visit: Visit) -> list[WitnessView]:
    """Return the declared witnesses in their order; none before there is a checkpoint."""
    keys, words, jobs = shell.edge.settings.witnesses, visit.words, shell.edge.jobs
    listed = jobs.listed() if keys and jobs is not None else ()
    views = []
    for one in standings(shell.edge.desk.reads, visit.known.root, [key.name for key in keys]):
        trouble, late = trouble_in(listed, one.name), late_witness(one, visit.now)
        cosigned = words.t("witness_none")
        if one.cosigned is not None and one.at is not None:
            at = words.instant(datetime.fromtimestamp(one.at, UTC))
            cosigned = words.t("witness_upto", n=one.cosigned.n, size=one.cosigned.size, at=at)
        note = words.t("witness_all") if one.missing is None else words.t("witness_missing", n=one.missing.n)
        views.append(
            WitnessView(
                name=one.name,
                cosigned=cosigned,
                note=note,
                trouble="" if trouble is None else words.say(TROUBLES[trouble]),
                is_wrong=one.missing is not None and (trouble in ALARMS or late is not None),
            )
        )
    return views
