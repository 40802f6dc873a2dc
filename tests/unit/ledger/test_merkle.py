"""The Merkle tree: the published vectors of RFC 6962 implementations, and a recursive oracle written from the RFC."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import (
    EMPTY_ROOT,
    SIZE_MAX,
    Peaks,
    Tree,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The eight test leaves and the roots over the first 1 to 8 of them, as the certificate transparency implementations
# publish them (transparency-dev/merkle, proof/verify_test.go).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [  # index, size, proof
    (0, 1, []),
    (
        0,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
]
CONSISTENCY = [  # old size, new size, proof
    (1, 1, []),
    (
        1,
        8,
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
    (
        6,
        7,
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
]


def published(size: int) -> list[bytes]:
    return [entry_hash(leaf) for leaf in LEAVES[:size]]


def leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(str(number).encode()).digest() for number in range(size)]


# The oracle: MTH, PATH and PROOF exactly as RFC 6962, 2.1 defines them, by recursion over lists.


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(data: list[bytes]) -> bytes:
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return data[0]
    k = split(len(data))
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def proof(m: int, data: list[bytes], whole: bool = True) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = split(len(data))
    if m <= k:
        return [*proof(m, data[:k], whole), mth(data[k:])]
    return [*proof(m - k, data[k:], False), mth(data[:k])]


SIZES = st.integers(1, 70)


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, start=1)))
def test_the_published_roots_come_out_each_way(size: int, root: str) -> None:
    hashes = published(size)

    assert root_of(hashes).hex() == root
    assert Tree(hashes).root().hex() == root
    assert Peaks().extended(hashes).root().hex() == root


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert {EMPTY_ROOT.hex(), root_of([]).hex(), Tree([]).root().hex(), Peaks().root().hex()} == {nothing}


@pytest.mark.parametrize(("index", "size", "expected"), INCLUSION)
def test_the_published_inclusion_proofs_are_made_and_hold(index: int, size: int, expected: list[str]) -> None:
    made = Tree(published(8)).inclusion(index, size)

    assert [one.hex() for one in made] == expected
    assert verify_inclusion(index, size, entry_hash(LEAVES[index]), made, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "expected"), CONSISTENCY)
def test_the_published_consistency_proofs_are_made_and_hold(old: int, new: int, expected: list[str]) -> None:
    made = Tree(published(8)).consistency(old, new)

    assert [one.hex() for one in made] == expected
    assert verify_consistency(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), made)


@given(SIZES, st.data())
def test_roots_and_proofs_are_those_of_the_rfc(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    part, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    tree = Tree(hashes)

    assert root_of(hashes) == tree.root() == mth(hashes)
    assert tree.root(part) == mth(hashes[:part])
    assert list(tree.inclusion(index)) == path(index, hashes)
    assert list(tree.consistency(part)) == proof(part, hashes)
    assert verify_inclusion(index, size, hashes[index], tree.inclusion(index), mth(hashes))
    assert verify_consistency(part, mth(hashes[:part]), size, mth(hashes), tree.consistency(part))


def test_every_proof_between_small_trees_is_that_of_the_rfc() -> None:
    hashes = leaves(20)
    tree = Tree(hashes)
    for size in range(1, 21):
        for other in range(size):
            assert list(tree.inclusion(other, size)) == path(other, hashes[:size])
        for other in range(1, size + 1):
            assert list(tree.consistency(other, size)) == proof(other, hashes[:size])


@given(SIZES, st.data())
def test_a_proof_of_something_else_does_not_hold(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    tree = Tree(hashes)
    index = data.draw(st.integers(0, size - 1))
    good = list(tree.inclusion(index))
    root = mth(hashes)

    for other in range(size):
        assert verify_inclusion(other, size, hashes[index], good, root) == (other == index)
    assert not verify_inclusion(index, size, hashlib.sha256(b"other").digest(), good, root)
    assert not verify_inclusion(index, size, hashes[index], [*good, root], root)
    assert not verify_inclusion(index, size, hashes[index], [root, *good], root)
    assert not verify_inclusion(index, size, hashes[index], good, EMPTY_ROOT)
    if good:
        assert not verify_inclusion(index, size, hashes[index], good[:-1], root)


@given(st.integers(2, 70), st.data())
def test_a_tree_that_was_rewritten_is_not_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    hashes = leaves(size)
    changed = list(hashes)
    changed[data.draw(st.integers(0, old - 1))] = hashlib.sha256(b"rewritten").digest()
    for history in (hashes, changed):
        assert not verify_consistency(old, mth(hashes[:old]), size, mth(changed), Tree(history).consistency(old))
    good = Tree(hashes).consistency(old)
    assert not verify_consistency(old, mth(hashes[:old]), size, mth(hashes), [*good, mth(hashes)])
    assert not verify_consistency(old, mth(hashes[:old]), size, mth(hashes), good[:-1])
    assert not verify_consistency(size, mth(hashes), old, mth(hashes[:old]), good)


def test_nothing_is_proved_from_the_empty_tree_but_its_root() -> None:
    assert Tree(leaves(5)).consistency(0) == ()
    assert verify_consistency(0, EMPTY_ROOT, 5, mth(leaves(5)), [])
    assert verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    assert not verify_consistency(0, mth(leaves(1)), 5, mth(leaves(5)), [])
    assert not verify_consistency(0, EMPTY_ROOT, 5, mth(leaves(5)), [EMPTY_ROOT])
    assert not verify_consistency(0, mth(leaves(1)), 0, mth(leaves(1)), [])


def test_trees_of_one_size_are_consistent_when_their_roots_are_equal() -> None:
    root, other = mth(leaves(6)), mth(leaves(7))
    assert verify_consistency(6, root, 6, root, [])
    assert not verify_consistency(6, root, 6, other, [])
    assert not verify_consistency(6, root, 6, root, [root])


@given(st.lists(st.integers(0, 9), max_size=8))
def test_peaks_grow_by_any_steps_to_the_same_tree(steps: list[int]) -> None:
    hashes, peaks = leaves(sum(steps)), Peaks()
    for step in steps:
        peaks = peaks.extended(hashes[peaks.size : peaks.size + step])

    assert peaks.root() == mth(hashes)
    assert len(peaks.hashes) == bin(len(hashes)).count("1")
    assert Peaks.of(peaks.size, peaks.hashes) == peaks


def test_peaks_are_the_roots_of_complete_subtrees_largest_first() -> None:
    hashes = leaves(7)
    assert Peaks().extended(hashes).hashes == (mth(hashes[:4]), mth(hashes[4:6]), hashes[6])


def test_appending_one_leaf_leaves_the_tree_before_as_it_was() -> None:
    before = Peaks().extended(leaves(3))
    after = before.appended(leaves(4)[3])

    assert (before.size, before.root()) == (3, mth(leaves(3)))
    assert (after.size, after.root()) == (4, mth(leaves(4)))


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(1, []), (2, leaves(2)), (3, leaves(1)), (-1, []), (True, leaves(1)), (1, [b"short"]), (2**53, leaves(1))],
)
def test_peaks_that_do_not_fit_the_size_are_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(InputRefused):
        Peaks.of(size, hashes)


@pytest.mark.parametrize("leaf", [b"", b"x" * 31, bytearray(32), "x" * 32, None])
def test_what_is_no_hash_is_no_leaf(leaf: Any) -> None:
    for build in (root_of, Tree, Peaks().extended):
        with pytest.raises(InputRefused):
            build([leaf])


def test_no_proof_is_made_for_a_place_that_is_not_there() -> None:
    tree = Tree(leaves(3))
    for index, size in [(3, 3), (-1, 3), (0, 0), (0, 4)]:
        with pytest.raises(InputRefused):
            tree.inclusion(index, size)
    for old, new in [(3, 2), (-1, 3), (1, 4)]:
        with pytest.raises(InputRefused):
            tree.consistency(old, new)
    with pytest.raises(InputRefused):
        tree.root(4)


def test_proofs_ask_for_nodes_of_complete_subtrees_only() -> None:
    """So they can be made from nodes that are stored once and never change."""
    hashes = leaves(13)

    def node(level: int, index: int) -> bytes:
        below = hashes[index << level : (index + 1) << level]
        assert len(below) == 1 << level
        return mth(below)

    for size in range(1, 14):
        for other in range(size):
            assert list(inclusion_proof(other, size, node)) == path(other, hashes[:size])
            assert list(consistency_proof(other + 1, size, node)) == proof(other + 1, hashes[:size])


HOSTILE: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 9)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=33)
    | st.just(2**4000)
    | st.just(SIZE_MAX)
    | st.binary(min_size=32, max_size=32)
)
PROOFS = HOSTILE | st.lists(HOSTILE, max_size=4) | st.just([b"x" * 32] * 1000)


@given(HOSTILE, HOSTILE, HOSTILE, PROOFS, HOSTILE)
def test_hostile_values_never_hold_and_never_raise(a: Any, b: Any, c: Any, proof: Any, d: Any) -> None:
    assert verify_inclusion(a, b, c, proof, d) in (False, c == d and (a, b) == (0, 1))
    assert verify_consistency(a, b, c, d, proof) in (False, a == c and b == d, a == 0 and b == EMPTY_ROOT)


def test_true_is_no_size() -> None:
    [leaf] = leaves(1)
    assert verify_inclusion(0, 1, leaf, [], leaf)
    assert not verify_inclusion(False, 1, leaf, [], leaf)
    assert not verify_inclusion(0, True, leaf, [], leaf)
    assert not verify_consistency(True, leaf, 1, leaf, [])


def test_a_larger_size_than_any_language_can_count_is_refused() -> None:
    leaf = leaves(1)[0]
    assert not verify_consistency(SIZE_MAX + 1, leaf, SIZE_MAX + 1, leaf, [])
    assert verify_consistency(SIZE_MAX, leaf, SIZE_MAX, leaf, [])
