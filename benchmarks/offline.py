"""``make campaign``, the hunt ``offline``: what a house hands out of its own proofs, held against the offline verifier;
and bugs put in on purpose that this must show: in what is hashed, in what a receipt says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.hunting import bug, bug_everywhere, caught
from benchmarks.report import Results
from engine.ledger.bundle import Bundle, bundle_bytes


def offline(results: Results, folder: Path, _number: int) -> None:
    """Take a bundle and a receipt of every entry from the pages, as an auditor does, and verify them with one file."""
    entries, found = handed_out(folder / "offline")
    results.add(
        f"{entries} entries handed out with receipts: findings of the offline verifier", len(found), "", "0",
        met=not found and entries > 0, note="; ".join(sorted(found)[:3]),
    )  # fmt: skip


def offline_bugs(results: Results, folder: Path, _number: int) -> None:
    """Hash wrongly, and write wrong receipts: a house that agrees with itself must not agree with the verifier."""
    found = {}
    for place, (name, put_in) in enumerate(sorted(BUGS.items())):
        with put_in():
            found[name] = bool(handed_out(folder / f"offline-bug-{place}")[1])
    caught(results, "offline", found)


def handed_out(folder: Path) -> tuple[int, set[str]]:
    """Fill and seal a house and return how many entries it handed out, and what the offline verifier says of them."""
    from starlette.testclient import TestClient

    from api.edge import ApiSettings
    from deploy.verify.verify import check_bundle
    from runtime.receipt_key import ReceiptKey
    from runtime.settings import Settings
    from runtime.signer.keeper import Keeper
    from tests.support.house import open_house
    from tests.support.sealing import sealed
    from web.app import create_site

    folder.mkdir()
    url, keeper = f"sqlite:///{folder}/offline.db", Keeper(folder / "signer")
    pen = ReceiptKey(Settings(database_url=url))
    entries, found = 0, set[str]()
    try:
        with open_house(url) as house:
            cases = [house.filed("shi"), house.filed("zhai")]
            sealed(house, keeper)
            settings = ApiSettings(version="0.1.0", database="test", receipts=pen, log_key=keeper.key)
            headers = house.bearer("shen")
            with TestClient(create_site(house.desk, settings), raise_server_exceptions=False) as client:
                note = client.get("/api/ledger/checkpoint", headers=headers).text
                keys = [keeper.key(note.partition("\n")[0]).text, pen.key.text]
                for case in cases:
                    length = len(client.get(f"/api/cases/{case}/timeline", headers=headers).json()["entries"])
                    pages = (f"/cases/{case}/receipt/{seq}/receipt.txt" for seq in range(1, length + 1))
                    receipts = [client.get(page, headers=headers).text for page in pages]
                    made = bundle_bytes(_bundled(house, keeper, pen, case))
                    found |= set(_said(check_bundle(made, keys=keys, receipts=receipts)))
                    entries += length
    finally:
        keeper.close()
    return entries, found


def _bundled(house: Any, keeper: Any, pen: Any, case: Any) -> Bundle:
    """Return the bundle of a case as the union office is given it, with the key of receipts beside the log's."""
    from engine.case.identity import PersonId
    from engine.service.proving import bundle_of
    from tests.support.house import ROOT

    desk, now = house.desk, house.clock.now()
    office = desk.queries.actor(ROOT, PersonId("shen"), now)
    return bundle_of(
        desk, ROOT, [case], office, desk.world(ROOT), now=now, tool="campaign",
        keys=lambda origin: [("log", keeper.key(origin)), ("receipt", pen.key)],
    )  # fmt: skip


def _said(report: Mapping[str, Any]) -> Iterator[str]:
    for finding in report["findings"]:
        yield str(finding["code"])


@contextmanager
def _leaf_without_prefix() -> Iterator[None]:
    from engine.ledger import chain

    with bug_everywhere(chain.entry_hash, lambda body: hashlib.sha256(body).digest()):
        yield


@contextmanager
def _receipt_from_another_case() -> Iterator[None]:
    from runtime.receipt_key import ReceiptKey

    right: Callable[..., Any] = ReceiptKey.receipt
    first: list[tuple[str, bytes]] = []

    def receipt(self: ReceiptKey, root: Any, case: str, seq: int, digest: bytes) -> Any:
        first.append((case, digest))
        return right(self, root, case, seq, first[0][1])

    with bug(("runtime.receipt_key.ReceiptKey.receipt",), receipt):
        yield


BUGS: Final[Mapping[str, Callable[[], AbstractContextManager[None]]]] = {
    "leaf hash without prefix": _leaf_without_prefix,
    "receipt from another case": _receipt_from_another_case,
}
