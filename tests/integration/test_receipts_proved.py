"""What a receipt proves (T-RECEIPT, TS5 to TS8): every one is contained in the next checkpoint; and where an entry was
taken away or rewritten with the log's own key, which nothing else can show, the receipt of its actor shows it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter as Counted
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from benchmarks import receipts as hunt
from deploy.verify.verify import check_bundle
from engine.case.identity import CaseId, PersonId
from engine.errors import InputRefused
from engine.ledger.bundle import bundle_bytes
from engine.ledger.receipts import Receipt, matches_short, parse_receipt
from engine.service.deposits import is_code
from engine.service.proving import bundle_of, prove_case
from engine.service.tree_findings import receipt_finding
from runtime.receipt_key import ReceiptKey
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, open_house
from tests.support.rewriting import cut_off, rewritten, signed_anew
from tests.support.sealing import behind_its_back, rules_of, sealed
from web.app import create_site

PROJECT = Path(__file__).parents[2]
OWN = {"Sec-Fetch-Site": "same-origin"}
GOOD = "回执真实，账册中的记录与回执一致"
ALARM = "账册中没有这条记录，或记录已被改动"


@dataclass(frozen=True)
class Office:
    """A house that gives receipts, with a signer, and two cases of which nothing is sealed yet."""

    url: str
    house: House
    keeper: Keeper
    key: ReceiptKey
    client: TestClient
    case: CaseId
    other: CaseId

    def receipts(self) -> dict[tuple[str, int], str]:
        """Return the receipt of every entry there is now, by its place, as those who acted keep it."""
        return {place: one.text for place, one in hunt.given(self.house, self.key).items()}

    def seal(self) -> None:
        """Seal all that waits."""
        sealed(self.house, self.keeper)

    def page(self, pasted: str) -> str:
        """Return what the page says of a receipt to anybody."""
        return self.client.post("/receipts", data={"receipt": pasted}, headers=OWN).text

    def bundle(self, *cases: CaseId) -> bytes:
        """Return the bundle of cases, as the office itself would make it."""
        desk, now = self.house.desk, self.house.clock.now()
        made = bundle_of(
            desk, ROOT, cases, desk.queries.actor(ROOT, PersonId("shen"), now), desk.world(ROOT), now=now, tool="test",
            keys=lambda origin: [("log", self.keeper.key(origin)), ("receipt", self.key.key)],
        )  # fmt: skip
        return bundle_bytes(made)

    def offline(self, receipts: Sequence[str], *cases: CaseId) -> list[str]:
        """Return the codes of what the offline verifier finds in the bundle of these cases beside these receipts."""
        return [one["code"] for one in check_bundle(self.bundle(*cases), receipts=receipts)["findings"]]


@pytest.fixture
def office(any_database: str, tmp_path: Path) -> Iterator[Office]:
    keeper, key = Keeper(tmp_path / "signer"), ReceiptKey(Settings(database_url=any_database))
    with open_house(any_database) as house:
        settings = ApiSettings(version="0.1.0", database="test", receipts=key)
        site = create_site(house.desk, settings)
        with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
            yield Office(any_database, house, keeper, key, client, house.filed(), house.filed("zhai"))
    keeper.close()


def place_of(receipt: str) -> tuple[CaseId, int]:
    told = parse_receipt(receipt).receipt
    assert isinstance(told, Receipt)
    return CaseId(told.case), told.seq


def other_category(body: dict[str, Any]) -> None:
    """Say something else in the open, as nothing but a hash could show."""
    body["pub"]["category"] = "safety"


def test_every_receipt_is_contained_in_the_next_checkpoint_and_no_two_are_alike(office: Office) -> None:
    before = hunt.given(office.house, office.key)
    assert len(before) >= 8
    assert hunt.repeated(list(before.values())) == []
    office.seal()
    assert hunt.unproved(office.house, before, office.key.key, office.keeper.key) == []
    desk = office.house.desk
    actor = desk.queries.actor(ROOT, PersonId("shi"), office.house.clock.now())
    for entry in prove_case(desk, ROOT, office.case, actor, desk.world(ROOT)):
        told = before[office.case, entry.seq].receipt
        assert isinstance(told, Receipt)
        assert entry.proof is not None
        assert entry.proof.proves(told.hash)
        assert matches_short(told.short, entry.hash)


def test_what_does_not_hold_of_receipts_is_seen(office: Office, tmp_path: Path) -> None:
    """The harness itself: each kind of wrong receipt is told."""
    office.seal()
    right = hunt.given(office.house, office.key)
    place, one = next(iter(right.items()))
    told = one.receipt
    assert isinstance(told, Receipt)
    stranger = ReceiptKey(Settings(database_url=f"sqlite:///{tmp_path}/stranger/x.db"))

    def seen(wrong: Any) -> list[str]:
        return hunt.unproved(office.house, {**right, place: wrong}, office.key.key, office.keeper.key)

    assert seen(one) == []
    assert len(seen(office.key.receipt(ROOT, told.case, told.seq, bytes(32)))) == 1
    assert len(seen(office.key.receipt(ROOT, told.case, told.seq + 1, told.hash))) == 1
    assert len(seen(stranger.receipt(ROOT, told.case, told.seq, told.hash))) == 1
    assert len(hunt.repeated([one, one])) == 3
    office.house.open("shi")
    later = hunt.given(office.house, office.key)
    assert len(hunt.unproved(office.house, later, office.key.key, office.keeper.key)) == len(later) - len(right)


def test_a_receipt_is_the_same_before_and_after_sealing_and_holds_both_times(office: Office) -> None:
    before = office.receipts()
    for text in before.values():
        if not place_of(text)[0].startswith("system:"):
            assert GOOD in office.page(text)
    with pytest.raises(InputRefused, match="sealed"):
        office.bundle(office.case)
    office.seal()
    assert office.receipts() == before
    own = [text for place, text in before.items() if place[0] in (office.case, office.other)]
    assert all(GOOD in office.page(text) for text in own)
    assert office.offline(own, office.case, office.other) == []
    assert office.offline(own, office.case) == ["receipt_missing"] * 4, "a bundle of the other case lacks them"


def test_the_second_verifier_says_the_same_of_real_receipts(office: Office, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the second verifier cannot run here")
    office.seal()
    receipts = [text for place, text in office.receipts().items() if place[0] in (office.case, office.other)]
    (tmp_path / "bundle.zip").write_bytes(office.bundle(office.case))
    words = [word for text in receipts for word in ("--receipt", text)]
    script = PROJECT / "deploy" / "verify" / "verify.mjs"
    ran = subprocess.run([node, script, tmp_path / "bundle.zip", *words, "--json"], capture_output=True, check=False)
    assert json.loads(ran.stdout) == check_bundle(office.bundle(office.case), receipts=receipts)
    assert Counted(one["code"] for one in json.loads(ran.stdout)["findings"]) == {"receipt_missing": 4}


def test_a_receipt_whose_entry_was_cut_off_with_the_stolen_key_shows_it(office: Office) -> None:
    """TS9 and TS10 of one entry: the newest of a case is gone, its leaf too, and all is signed anew."""
    office.seal()
    kept = office.receipts()[office.case, 4]
    with behind_its_back(office.url) as change:
        cut_off(change, office.case, 4)
        signed_anew(change, office.keeper)
    assert office.offline([], office.case) == [], "nothing in a bundle can show what was left out"
    assert office.offline([kept], office.case) == ["receipt_missing"]
    assert ALARM in office.page(kept)
    case, seq = place_of(kept)
    stored = {row.seq: row.hash for row in office.house.desk.reads.entries(ROOT, case)}
    told = parse_receipt(kept).receipt
    assert isinstance(told, Receipt)
    finding = receipt_finding(stored.get(seq), told.hash, case, seq)
    assert finding is not None
    assert finding.rule == "R1"


def test_ts5_and_ts6_a_history_forked_with_the_stolen_key_contradicts_the_receipts_of_all_that_follows(
    office: Office,
) -> None:
    office.seal()
    kept = {place: text for place, text in office.receipts().items() if place[0] == office.case}
    with behind_its_back(office.url) as change:
        rewritten(change, office.case, 1, other_category)
        signed_anew(change, office.keeper)
    assert office.offline([], office.case, office.other) == [], "the gap that the handbook names"
    for place, text in kept.items():
        assert office.offline([text], office.case) == ["receipt_differs"], place
        assert ALARM in office.page(text), place
    untouched = office.receipts()[office.other, 1]
    assert office.offline([untouched], office.case, office.other) == []
    assert GOOD in office.page(untouched)


def test_ts7_and_ts8_an_entry_rewritten_before_it_was_sealed_contradicts_its_receipt(office: Office) -> None:
    """Who can write the database needs no key for that: for a minute nothing else has seen the entry."""
    kept = office.receipts()[office.case, 4]
    with behind_its_back(office.url) as change:
        rewritten(change, office.case, 1, other_category)
    office.seal()
    broken = rules_of(office.house, office.keeper.key)
    assert broken.isdisjoint({"S1", "S2", "S3", "S4", "M4", "C2", "E2"}), "what is sealed and linked agrees with itself"
    assert office.offline([], office.case) == []
    assert office.offline([kept], office.case) == ["receipt_differs"]
    assert ALARM in office.page(kept)


def test_query_codes_have_125_bits_and_no_two_are_alike(office: Office) -> None:
    made = list(hunt.codes(office.house, 20_000))
    assert all(is_code(code) for code in made)
    assert hunt.alike(made) == 0
    assert hunt.alike([*made, made[7]]) == 1
    for place in range(25):
        seen = Counted(code[place] for code in made)
        assert len(seen) == 32, "five bits at every place"
        # 20,000 draws of 32 signs: 625 each, with a standard deviation of 25; eight of them never happen by chance.
        assert max(abs(count - 625) for count in seen.values()) < 200
    assert 32**25 == 2**125
