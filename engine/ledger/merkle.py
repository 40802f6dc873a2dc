"""The Merkle tree over the hashes of all entries (RFC 6962, 2.1): its root, and proofs that an entry is in it and that
a larger tree still holds a smaller one.

A leaf hash is ``chain.entry_hash``; an inner node is ``SHA-256(0x01 ‖ left ‖ right)``. It knows no tables: who keeps
the nodes hands in a function that gives them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from engine.errors import InputRefused
from engine.text import Text

HASH_BYTES: Final = 32
SIZE_MAX: Final = 2**53 - 1
"""No tree is larger, so that every language that verifies one can count its leaves exactly."""

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

Node = Callable[[int, int], bytes]
"""Gives the hash of a complete subtree: by level (0 are the leaves) and index from the left on that level."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """A tree as the roots of the complete subtrees it falls into, largest first: all that appending needs.

    ``hashes`` has one for every bit that is set in ``size``. Make one with ``of``, which checks that, or start from
    ``Peaks()``, the empty tree.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, size: int, hashes: Sequence[bytes]) -> Peaks:
        """Return the peaks of a tree of this size.

        Raises:
            InputRefused: it is no size of a tree, has another number of peaks, or one is no hash of 32 bytes.
        """
        if type(size) is not int or not 0 <= size <= SIZE_MAX or len(hashes) != size.bit_count():
            raise InputRefused(Text("峰值个数与树的大小不符", "the number of peaks does not fit the size of the tree"))
        if not all(is_hash(one) for one in hashes):
            raise InputRefused(_NO_HASH)
        return cls(size, tuple(hashes))

    def appended(self, leaf_hash: bytes) -> Peaks:
        """Return the tree with one more leaf at its right."""
        return self.extended([leaf_hash])

    def extended(self, leaf_hashes: Iterable[bytes]) -> Peaks:
        """Return the tree with these leaves added at its right, in order.

        Raises:
            InputRefused: one of them is no hash of 32 bytes, or the tree would grow beyond ``SIZE_MAX``.
        """
        sha256, size, stack = hashlib.sha256, self.size, list(self.hashes)
        for leaf in leaf_hashes:
            if not is_hash(leaf):
                raise InputRefused(_NO_HASH)
            node, carry = leaf, size
            while carry & 1:  # each set bit at the end is a complete subtree as large as this one: join the two
                node = sha256(b"\x01" + stack.pop() + node).digest()
                carry >>= 1
            stack.append(node)
            size += 1
        return Peaks.of(size, stack)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return _joined(list(self.hashes))


class Tree:
    """Every complete subtree over leaf hashes, for many proofs from the same leaves; about 64 bytes a leaf."""

    def __init__(self, leaf_hashes: Iterable[bytes]) -> None:
        level = list(leaf_hashes)
        if not all(map(is_hash, level)):
            raise InputRefused(_NO_HASH)
        self._levels = [level]
        while len(level) > 1:
            level = _paired(level)
            self._levels.append(level)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self._levels[0])

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree: the ``Node`` of the functions below."""
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first ``size`` leaves, or over all of them."""
        size = self.size if size is None else size
        _refuse_unless(0 <= size <= self.size)
        return _range_root(0, size, self.node)

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the leaf is in the tree of the first ``size`` leaves, or of all of them."""
        size = self.size if size is None else size
        _refuse_unless(size <= self.size)
        return inclusion_proof(index, size, self.node)

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of ``new`` leaves (all of them) still holds the one of ``old`` leaves."""
        new = self.size if new is None else new
        _refuse_unless(new <= self.size)
        return consistency_proof(old, new, self.node)


def is_hash(value: object) -> bool:
    """Say whether the value is 32 bytes."""
    return type(value) is bytes and len(value) == HASH_BYTES


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over these leaf hashes; the fast way for many.

    >>> root_of([]).hex()[:16]
    'e3b0c44298fc1c14'
    """
    level, peaks = list(leaf_hashes), list[bytes]()
    if not all(map(is_hash, level)):
        raise InputRefused(_NO_HASH)
    while level:
        if len(level) & 1:
            peaks.append(level[-1])
        level = _paired(level)
    return _joined(peaks[::-1])


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of ``size`` leaves, from its sibling up (RFC 6962, 2.1.1).

    Raises:
        InputRefused: the tree has no such leaf.
    """
    _refuse_unless(0 <= index < size <= SIZE_MAX)
    path, start, end = list[bytes](), 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` leaves begins with that of ``old`` leaves (RFC 6962, 2.1.2).

    It is empty where nothing needs a proof: from the empty tree, and to a tree of the same size.

    Raises:
        InputRefused: the old tree is larger than the new one.
    """
    _refuse_unless(0 <= old <= new <= SIZE_MAX)
    if old in (0, new):
        return ()
    path, start, end = list[bytes](), 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    if start > 0:  # where it begins at the left edge, the verifier knows it: it is the old root
        path.append(_range_root(start, end, node))
    return tuple(reversed(path))


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether the proof shows the leaf at this index of the tree (RFC 9162, 2.1.3.2); false for hostile values."""
    if not (_is_size(index) and _is_size(size) and index < size and _hashes(leaf_hash, root) and _is_proof(proof)):
        return False
    place, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = _inner(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _inner(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows that the new tree begins with the old one (RFC 9162, 2.1.4.2); false for hostile
    values. The old tree may be empty if its root is that of the empty tree."""
    if not (_is_size(old_size) and _is_size(new_size) and old_size <= new_size and _is_proof(proof)):
        return False
    if not _hashes(old_root, new_root):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root and (old_size > 0 or old_root == EMPTY_ROOT)
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    if not proof:
        return False
    # A complete old tree is a node of the new one, and then the proof leaves it out.
    path = iter((old_root, *proof) if old_size & (old_size - 1) == 0 else proof)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = next(path)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = _inner(sibling, old), _inner(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = _inner(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


_NO_HASH = Text("不是 32 字节的哈希", "no hash of 32 bytes")
_PROOF_MAX = 2 * SIZE_MAX.bit_length()
"""More hashes than any proof has."""


def _refuse_unless(holds: bool) -> None:
    if not holds:
        raise InputRefused(Text("树中没有这一位置或大小", "the tree has no such place or size"))


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= SIZE_MAX


def _hashes(*values: object) -> bool:
    return all(is_hash(value) for value in values)


def _is_proof(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) <= _PROOF_MAX and _hashes(*value)


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _paired(level: list[bytes]) -> list[bytes]:
    """Return the level above; the last one without a partner is left out."""
    sha256, each = hashlib.sha256, iter(level)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(each, each, strict=False)]


def _split(size: int) -> int:
    """Return the largest power of two smaller than the size."""
    return int(1 << ((size - 1).bit_length() - 1))


def _joined(peaks: list[bytes]) -> bytes:
    """Return the root over complete subtrees, largest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = _inner(peak, root)
    return root


def _range_root(start: int, end: int, node: Node) -> bytes:
    """Return the root over the leaves from start to before end, where start is a place at which RFC 6962 splits."""
    peaks = list[bytes]()
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return _joined(peaks)
