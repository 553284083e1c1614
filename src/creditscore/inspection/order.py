"""The draw itself: a key from what was committed and what nobody knew, an order in each stratum, the first of each.

key   = HMAC-SHA256(commitment hash, public value)
place = HMAC-SHA256(key, stratum | unit), ordered as bytes
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

METHOD = "creditscore-draw-1: HMAC-SHA256 order within strata"


@dataclass(frozen=True)
class Drawn:
    """A unit with its place in its stratum (1 = first) and the visits it gets."""

    unit: str
    stratum: str
    rank: int
    visits: int


@dataclass(frozen=True)
class Visit:
    """One visit to an organisation in a window (1 …) by one or several programmes together."""

    visit_id: str
    subject_id: str
    window: int
    programmes: tuple[str, ...]


def draw_key(commitment_hash: str, value: str) -> bytes:
    """Compute the key of a draw from the hash of its commitment and the public value.

    Nobody can know the key before the public value is known, nor choose it afterwards.

    Parameters
    ----------
    commitment_hash
        SHA-256 of the commitment, as hexadecimal digits.
    value
        The public value as `Randomness.canonical` gives it: without blanks.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    ValueError
        Where `commitment_hash` is not hexadecimal.

    Notes
    -----
    key = HMAC-SHA256(commitment hash, public value).

    Examples
    --------
    >>> len(draw_key("11" * 32, "01051220283307"))
    32
    """
    return hmac.digest(bytes.fromhex(commitment_hash), value.encode(), "sha256")


def place_of(key: bytes, text: str) -> bytes:
    """Where something stands under a key: 32 bytes, as good as random and the same for everybody."""
    return hmac.digest(key, text.encode(), "sha256")


def order(key: bytes, stratum: str, units: Iterable[str]) -> list[str]:
    """The units of a stratum in the order of the draw."""
    return sorted(units, key=lambda unit: (place_of(key, f"{stratum}|{unit}"), unit))


def draw_units(key: bytes, strata: Mapping[str, Sequence[str]], visits: Mapping[str, int]) -> list[Drawn]:
    """Draw the units of every stratum: each gets its visits by its place in a random order.

    Parameters
    ----------
    key
        The key of `draw_key`.
    strata
        Stratum → its units, at least one in each; their order does not matter.
    visits
        Stratum → number of visits, 0 or more; every stratum of `strata` must be named.

    Returns
    -------
    list of Drawn
        Every unit, drawn or not, with its stratum, its place in it (1 is the first) and its visits; sorted by unit.

    Notes
    -----
    With n visits for N units every unit gets ⌊n/N⌋ visits, and the first n − N⌊n/N⌋ units get one more, so that a unit
    is drawn at least once with probability min(n/N, 1). The order is that of HMAC-SHA256(key, stratum | unit), as
    bytes.

    Examples
    --------
    >>> drawn = draw_units(draw_key("11" * 32, "7"), {"S": ["a", "b", "c"]}, {"S": 4})
    >>> sorted(unit.visits for unit in drawn)
    [1, 1, 2]
    """
    drawns = []
    for stratum, units in strata.items():
        base, more = divmod(visits[stratum], len(units))
        for rank, unit in enumerate(order(key, stratum, units), 1):
            drawns.append(Drawn(unit, stratum, rank, base + (rank <= more)))
    return sorted(drawns, key=lambda drawn: drawn.unit)


def merge_visits(
    key: bytes, drawn: Iterable[tuple[str, str, int]], caps: Mapping[str, int], windows: int
) -> list[Visit]:
    """Visits of all programmes as joint ones, spread over the windows; sorted by window and subject.

    `drawn`: (programme, subject, visits). A subject gets as many visits as the programme that drew it most often, at
    most its cap; each programme joins as many of them as it drew, evenly spread. The subjects are ordered by
    HMAC(key, window | subject) and begin in the windows in turn, so that the windows are evenly filled.
    """
    wanted: dict[str, dict[str, int]] = {}
    for programme, subject, visits in drawn:
        if visits:
            wanted.setdefault(subject, {})[programme] = min(visits, caps.get(subject, windows))
    started = sorted(wanted, key=lambda subject: (place_of(key, f"window|{subject}"), subject))
    merged = []
    for first, subject in enumerate(started):
        most = max(wanted[subject].values())
        joins: list[list[str]] = [[] for _ in range(most)]
        for programme, count in sorted(wanted[subject].items()):
            for i in range(count):
                joins[i * most // count].append(programme)
        for j, programmes in enumerate(joins):
            window = (first + j * windows // most) % windows + 1
            name = place_of(key, f"visit|{subject}|{window}").hex()[:16]
            merged.append(Visit(name, subject, window, tuple(programmes)))
    return sorted(merged, key=lambda visit: (visit.window, visit.subject_id))
