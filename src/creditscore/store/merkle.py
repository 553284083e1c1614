"""Merkle trees of RFC 6962 and RFC 9162 over SHA-256: roots, proofs that a leaf is in a tree or that a tree grew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from creditscore.core.errors import UsageError

HASH_SIZE = 32
EMPTY_ROOT = sha256().digest()
LARGEST_SIZE = 2**63 - 1  # of a tree; what PostgreSQL and other logs can count
LONGEST_PROOF = 64
FRONTIER_TEXT = re.compile(r"(0|[1-9][0-9]{0,18})((?: [0-9a-f]{64})*)")


def hash_leaf(data: bytes) -> bytes:
    """Compute the hash of a leaf from its data.

    Examples
    --------
    >>> hash_leaf(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + data).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Compute the hash of an inner node from those of its two children."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to compute its root.

    Parameters
    ----------
    size
        Number of leaves.
    nodes
        Hashes of the complete subtrees of which the tree consists, the largest (leftmost) first: one for each binary
        digit 1 of `size`.

    Raises
    ------
    UsageError
        The nodes do not belong to a tree of that size.

    Examples
    --------
    >>> Frontier().append(hash_leaf(b"a")).extend([hash_leaf(b"b"), hash_leaf(b"c")]).size
    3
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= LARGEST_SIZE or self.size.bit_count() != len(self.nodes):
            raise UsageError(
                "store.nodes_no_right_edge_tree_leaves",
                nodes_count=len(self.nodes),
                size=self.size,
                largest_size=LARGEST_SIZE,
            )
        _require_hashes(self.nodes, "node")

    def append(self, leaf_hash: bytes) -> Frontier:
        """Give the right edge after one more leaf; this one stays as it is."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> Frontier:
        """Give the right edge after more leaves, in their order; this one stays as it is.

        Raises UsageError where one of them is no hash.
        """
        nodes, size = list(self.nodes), self.size
        for leaf_hash in leaf_hashes:
            if len(leaf_hash) != HASH_SIZE:
                _require_hashes((leaf_hash,), "leaf")
            node, digits = leaf_hash, size
            while digits & 1:
                node = hash_node(nodes.pop(), node)
                digits >>= 1
            nodes.append(node)
            size += 1
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """Compute the root of the tree; of an empty one it is the SHA-256 of nothing."""
        if not self.nodes:
            return EMPTY_ROOT
        *lefts, root = self.nodes
        for left in reversed(lefts):
            root = hash_node(left, root)
        return root

    def text(self) -> str:
        """Write the edge in the one text that `read` accepts: the size, then each node in hexadecimal digits."""
        return " ".join([str(self.size), *(node.hex() for node in self.nodes)])

    @classmethod
    def read(cls, text: str) -> Frontier:
        """Read what `text` wrote.

        Raises
        ------
        UsageError
            Anything else: other spellings of the same numbers too.

        Examples
        --------
        >>> Frontier.read("0") == Frontier()
        True
        """
        match = FRONTIER_TEXT.fullmatch(text)
        if match is None:
            raise UsageError("store.no_right_edge_tree", where=repr(text[:80]))
        return cls(int(match[1]), tuple(map(bytes.fromhex, match[2].split())))


def compute_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Compute the root of the tree over these leaf hashes, in their order.

    Raises
    ------
    UsageError
        One of them is no hash.

    Examples
    --------
    >>> compute_root([]) == EMPTY_ROOT
    True
    """
    level = _list_leaves(leaf_hashes)
    while len(level) > 1:
        level = _climb(level)
    return level[0] if level else EMPTY_ROOT


def prove_inclusion(index: int, leaf_hashes: Iterable[bytes]) -> list[bytes]:
    """Give the hashes that lead from a leaf to the root: the audit path, from the leaf upwards.

    Parameters
    ----------
    index
        Position of the leaf, from 0.
    leaf_hashes
        All leaves of the tree.

    Returns
    -------
    list of bytes
        What `check_inclusion` takes.

    Raises
    ------
    UsageError
        There is no such leaf, or one of the hashes is none.

    Examples
    --------
    >>> leaves = [hash_leaf(b"a"), hash_leaf(b"b")]
    >>> prove_inclusion(0, leaves) == [leaves[1]]
    True
    """
    level = _list_leaves(leaf_hashes)
    if not 0 <= index < len(level):
        raise UsageError(
            "store.tree_no_leaf", index=index, allowed=f"0 to {len(level) - 1}" if level else "no leaf: it is empty"
        )
    proof = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):  # the last of an odd number has none: it goes up as it is
            proof.append(level[sibling])
        level = _climb(level)
        index >>= 1
    return proof


def check_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Check that a leaf stands at a position of the tree of that size and root.

    Whatever is wrong with what is given (a hash of another length, a position outside, a proof too short or too long)
    gives False; nothing is raised.

    Parameters
    ----------
    leaf_hash
        What `hash_leaf` gives.
    index
        Position of the leaf, from 0.
    size
        Number of leaves of the tree.
    proof
        What `prove_inclusion` gave, as list or tuple.
    root
        Root of the tree.

    Returns
    -------
    bool
        Whether the proof proves it.

    Examples
    --------
    >>> leaf = hash_leaf(b"a")
    >>> check_inclusion(leaf, 0, 1, [], leaf)
    True
    """
    if not (_is_size(index) and _is_size(size) and index < size and _is_proof(proof)):
        return False
    if not (_is_hash(leaf_hash) and _is_hash(root)):
        return False
    position, last, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            computed = hash_node(sibling, computed)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            computed = hash_node(computed, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and computed == root


def prove_consistency(old_size: int, leaf_hashes: Iterable[bytes]) -> list[bytes]:
    """Give the hashes which show that the tree over the first leaves is the beginning of the tree over all.

    Parameters
    ----------
    old_size
        Number of leaves of the earlier tree. Of no leaves, and of all of them, the proof is empty.
    leaf_hashes
        All leaves of the later tree.

    Returns
    -------
    list of bytes
        What `check_consistency` takes.

    Raises
    ------
    UsageError
        The earlier tree would be larger, or one of the hashes is none.

    Examples
    --------
    >>> leaves = [hash_leaf(b"a"), hash_leaf(b"b")]
    >>> prove_consistency(1, leaves) == [leaves[1]]
    True
    """
    level = _list_leaves(leaf_hashes)
    if not 0 <= old_size <= len(level):
        raise UsageError("store.tree_never_leaves", old_size=old_size, level_count=len(level))
    if old_size in (0, len(level)):
        return []
    position = old_size - 1
    while position & 1:  # up to the largest complete subtree that ends where the earlier tree ended
        level, position = _climb(level), position >> 1
    proof = [level[position]] if position else []
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level, position = _climb(level), position >> 1
    return proof


def check_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Check that the later tree begins with all leaves of the earlier one, in their order.

    Whatever is wrong with what is given gives False; nothing is raised.

    Parameters
    ----------
    old_size, new_size
        Numbers of leaves of the earlier and the later tree.
    proof
        What `prove_consistency` gave, as list or tuple.
    old_root, new_root
        Their roots.

    Returns
    -------
    bool
        Whether the proof proves it. An empty tree is the beginning of every tree.

    Examples
    --------
    >>> check_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    True
    """
    if not (_is_size(old_size) and _is_size(new_size) and old_size <= new_size and _is_proof(proof)):
        return False
    if not (_is_hash(old_root) and _is_hash(new_root)):
        return False
    if old_size == new_size:
        return not proof and old_root == new_root and (old_size > 0 or old_root == EMPTY_ROOT)
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    hashes = list(proof) if position else [old_root, *proof]
    if not hashes:
        return False
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = hash_node(sibling, old), hash_node(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = hash_node(new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _climb(level: list[bytes]) -> list[bytes]:
    """Give the next level of a tree: the parents, and the last of an odd number as it is."""
    parents = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) & 1:
        parents.append(level[-1])
    return parents


def _list_leaves(leaf_hashes: Iterable[bytes]) -> list[bytes]:
    leaves = list(leaf_hashes)
    _require_hashes(leaves, "leaf")
    return leaves


def _require_hashes(hashes: Iterable[bytes], kind: str) -> None:
    """Raise UsageError where one of them is no SHA-256."""
    for place, value in enumerate(hashes):
        if not _is_hash(value):
            raise UsageError("store.no_hash", kind=kind, place=place, hash_size=HASH_SIZE)


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == HASH_SIZE


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value <= LARGEST_SIZE


def _is_proof(proof: object) -> bool:
    return isinstance(proof, list | tuple) and len(proof) <= LONGEST_PROOF and all(map(_is_hash, proof))
