"""Merkle trees: the published vectors, every proof of every small tree, and no proof of anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.errors import UsageError
from creditscore.store.merkle import (
    EMPTY_ROOT,
    LARGEST_SIZE,
    Frontier,
    check_consistency,
    check_inclusion,
    compute_root,
    hash_leaf,
    hash_node,
    prove_consistency,
    prove_inclusion,
)

# Published with the reference implementation of RFC 6962: the leaves, the root of each size, and proofs.
DATA = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (0, 1): (),
}
CONSISTENCY = {
    (1, 1): (),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (2, 8): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
}
PUBLISHED = [hash_leaf(bytes.fromhex(text)) for text in DATA]
LARGEST = 70
LEAVES = [hash_leaf(b"event %d" % number) for number in range(LARGEST)]
OTHER = hash_leaf(b"never appended")


def root_by_definition(leaves: list[bytes]) -> bytes:
    """The root as RFC 9162 defines it, by recursion; written apart from the product."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hash_node(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


def path_by_definition(index: int, leaves: list[bytes]) -> list[bytes]:
    """The audit path as RFC 9162 defines it."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return [*path_by_definition(index, leaves[:split]), root_by_definition(leaves[split:])]
    return [*path_by_definition(index - split, leaves[split:]), root_by_definition(leaves[:split])]


def growth_by_definition(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """The consistency proof as RFC 9162 defines it."""
    if old == len(leaves):
        return [] if whole else [root_by_definition(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if old <= split:
        return [*growth_by_definition(old, leaves[:split], whole), root_by_definition(leaves[split:])]
    return [*growth_by_definition(old - split, leaves[split:], False), root_by_definition(leaves[:split])]


ALL_ROOTS = [root_by_definition(LEAVES[:size]) for size in range(LARGEST + 1)]


def mutated(proof: list[bytes]) -> list[list[bytes]]:
    """Proofs that differ from this one: a bit turned, a hash away, doubled, exchanged, shortened, added."""
    bits = [
        [*proof[:place], bytes([part[0] ^ bit]) + part[1:], *proof[place + 1 :]]
        for place, part in enumerate(proof)
        for bit in (1, 128)
    ]
    ends = [
        [*proof[:place], part[:31] + bytes([part[31] ^ 1]), *proof[place + 1 :]] for place, part in enumerate(proof)
    ]
    fewer = [proof[:place] + proof[place + 1 :] for place in range(len(proof))]
    more = [[*proof[:place], OTHER, *proof[place:]] for place in range(len(proof) + 1)]
    twice = [[*proof[:place], part, *proof[place:]] for place, part in enumerate(proof)]
    short = [[*proof[:place], part[:31], *proof[place + 1 :]] for place, part in enumerate(proof)]
    swapped = [
        [*proof[:place], proof[place + 1], proof[place], *proof[place + 2 :]]
        for place in range(len(proof) - 1)
        if proof[place] != proof[place + 1]
    ]
    return bits + ends + fewer + more + twice + short + swapped


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size):
    assert compute_root(PUBLISHED[:size]).hex() == ROOTS[size]
    assert Frontier().extend(PUBLISHED[:size]).root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_published_audit_paths(index, size):
    proof = prove_inclusion(index, PUBLISHED[:size])
    assert [part.hex() for part in proof] == list(INCLUSION[index, size])
    assert check_inclusion(PUBLISHED[index], index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_published_consistency_proofs(old, new):
    proof = prove_consistency(old, PUBLISHED[:new])
    assert [part.hex() for part in proof] == list(CONSISTENCY[old, new])
    assert check_consistency(old, new, proof, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]))


def test_every_leaf_of_every_small_tree_is_proved_as_the_standard_defines():
    frontier = Frontier()
    for size in range(1, LARGEST + 1):
        leaves = LEAVES[:size]
        frontier = frontier.append(leaves[-1])
        assert compute_root(leaves) == frontier.root() == ALL_ROOTS[size]
        for index in range(size):
            proof = prove_inclusion(index, leaves)
            assert proof == path_by_definition(index, leaves)
            assert check_inclusion(leaves[index], index, size, proof, ALL_ROOTS[size])


def test_every_pair_of_small_trees_is_proved_as_the_standard_defines():
    for new in range(LARGEST + 1):
        assert prove_consistency(0, LEAVES[:new]) == []
        assert check_consistency(0, new, [], EMPTY_ROOT, ALL_ROOTS[new])
        for old in range(1, new + 1):
            proof = prove_consistency(old, LEAVES[:new])
            assert proof == growth_by_definition(old, LEAVES[:new])
            assert check_consistency(old, new, proof, ALL_ROOTS[old], ALL_ROOTS[new])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 70])
def test_no_changed_audit_path_proves_anything(size):
    root = ALL_ROOTS[size]
    for index in range(size):
        leaf, proof = LEAVES[index], prove_inclusion(index, LEAVES[:size])
        for false in mutated(proof):
            assert not check_inclusion(leaf, index, size, false, root)
        assert not check_inclusion(OTHER, index, size, proof, root)
        assert not check_inclusion(leaf, index, size, proof, OTHER)
        for other in {*range(-1, size + 2)} - {index}:
            assert not check_inclusion(leaf, other, size, proof, root)


@pytest.mark.parametrize("new", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 70])
def test_no_changed_consistency_proof_proves_anything(new):
    for old in range(new + 1):
        proof = prove_consistency(old, LEAVES[:new])
        roots = ALL_ROOTS[old], ALL_ROOTS[new]
        for false in mutated(proof):
            assert not check_consistency(old, new, false, *roots)
        assert not check_consistency(old, new, proof, OTHER, roots[1])
        if old:
            assert not check_consistency(old, new, proof, roots[0], OTHER)
        for other in {*range(-1, new + 2)} - {old}:
            assert not check_consistency(other, new, proof, *roots)


@given(data=st.data(), size=st.integers(1, LARGEST))
def test_a_proof_holds_for_its_own_position_and_root_only(data, size):
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index, LEAVES[:size])
    other = data.draw(st.integers(0, LARGEST - 1))
    assert check_inclusion(LEAVES[other], index, size, proof, ALL_ROOTS[size]) is (other == index)
    other_size = data.draw(st.integers(1, LARGEST))
    assert check_inclusion(LEAVES[index], index, size, proof, ALL_ROOTS[other_size]) is (other_size == size)


@given(leaves=st.lists(st.binary(max_size=3)), cut=st.integers(0, 60))
def test_any_leaves_in_any_steps_give_one_root(leaves, cut):
    hashes = [hash_leaf(leaf) for leaf in leaves]
    frontier = Frontier().extend(hashes[:cut])
    assert Frontier.read(frontier.text()) == frontier
    assert frontier.extend(iter(hashes[cut:])).root() == compute_root(iter(hashes)) == root_by_definition(hashes)
    assert frontier.size == len(hashes[:cut])


HASHES = st.sampled_from([*LEAVES[:3], EMPTY_ROOT, b"", b"x", bytes(31), bytes(33), bytes(32)])
ANYTHING = st.one_of(HASHES, st.none(), st.text(max_size=3), st.integers(), st.floats(), st.lists(HASHES, max_size=2))
NUMBERS = st.one_of(
    st.integers(-3, 80), st.sampled_from([2**63 - 1, 2**63, 2**64, -(2**64), 10**400, True, None, "3", 3.0])
)
PROOFS = st.one_of(st.lists(HASHES, max_size=70), st.lists(ANYTHING, max_size=8), ANYTHING, st.just([EMPTY_ROOT] * 999))


@settings(max_examples=400)
@given(leaf=ANYTHING, index=NUMBERS, size=NUMBERS, proof=PROOFS, root=ANYTHING)
def test_hostile_input_is_no_proof_and_no_error(leaf, index, size, proof, root):
    proved = check_inclusion(leaf, index, size, proof, root)
    assert proved is False or (index == 0 and size == 1 and leaf == root and len(proof) == 0)
    proved = check_consistency(index, size, proof, leaf, root)
    equal = proved and index == size and leaf == root
    assert proved is False or equal or (index == 0 and leaf == EMPTY_ROOT)


def test_a_huge_tree_is_counted():
    leaf = LEAVES[0]
    assert not check_inclusion(leaf, LARGEST_SIZE - 1, LARGEST_SIZE, [leaf] * 63, leaf)
    assert not check_consistency(2**62, LARGEST_SIZE, [leaf] * 63, leaf, leaf)
    assert not check_inclusion(leaf, 0, LARGEST_SIZE + 1, [leaf] * 63, leaf)


def test_a_frontier_stays_as_it_is():
    frontier = Frontier().extend(LEAVES[:5])
    frontier.append(LEAVES[5])
    assert (frontier.size, frontier.root()) == (5, ALL_ROOTS[5])
    with pytest.raises(AttributeError):
        frontier.size = 6


NODE = LEAVES[0].hex()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "01 {}",
        "1  {}",
        "1 {} ",
        " 1 {}",
        "1 {}\n",
        "1 {}0",
        "3 {}",
        "2 {} {}",
        "-1 {}",
        "+1 {}",
        "1,{}",
        "٣ {} {}",
        "0 {}",
        "9223372036854775808 {}",
        "9" * 19,
        "9" * 5000,
        "1 " + NODE.upper(),
        "1 " + NODE[:-1],
    ],
)
def test_only_the_canonical_text_of_a_frontier_is_read(text):
    with pytest.raises(UsageError, match="right edge"):
        Frontier.read(text.replace("{}", NODE))


def test_what_is_no_hash_is_refused():
    for build in (compute_root, Frontier().extend, lambda leaves: prove_inclusion(0, leaves)):
        with pytest.raises(UsageError, match="no hash"):
            build([LEAVES[0], b"short"])
    with pytest.raises(UsageError, match="no hash"):
        Frontier(1, (b"short",))
    with pytest.raises(UsageError, match="no leaf 3"):
        prove_inclusion(3, LEAVES[:3])
    with pytest.raises(UsageError, match="no leaf 0"):
        prove_inclusion(0, [])
    with pytest.raises(UsageError, match="never had 4"):
        prove_consistency(4, LEAVES[:3])
    with pytest.raises(UsageError, match="never had -1"):
        prove_consistency(-1, LEAVES[:3])
