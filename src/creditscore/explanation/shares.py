"""What each record of an explained grade is worth, beside what the ledger counts for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from creditscore.core.errors import CreditscoreError
from creditscore.core.model import Label
from creditscore.explanation.shapley import shapley

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation

MOST = 5_000  # counts of classes that are graded for it


@dataclass(frozen=True)
class Share:
    """One record: its conduct, what the ledger counts for it (None without points), what it is worth."""

    record_id: str
    label: Label
    counted: Decimal | None
    worth: Decimal
    differs: bool


def find_shares(explanation: Explanation) -> tuple[Share, ...]:
    """The records that have a share, the heaviest first; none where the inputs are not at hand, or it is too much work.

    Examples
    --------
    >>> [share.worth for share in find_shares(explain(grading, "91500000MAAAAAA188"))]  # doctest: +SKIP
    [Decimal('-5'), Decimal('-3')]
    """
    if explanation.inputs is None or explanation.state != "graded":
        return ()
    try:
        found = shapley(explanation.inputs.plan, explanation.inputs.subject, MOST)
    except CreditscoreError:
        return ()
    shares = []
    for line in explanation.lines:
        worth = found.values.get(line.record_id) if line.step == "record" else None
        counted = line.effective if found.of == "score" else None
        if worth is None or not (worth or counted):
            continue
        differs = counted is None or Fraction(counted) != worth
        shares.append(Share(line.record_id, line.label, counted, _rounded(worth), differs))
    return tuple(sorted(shares, key=lambda share: (-abs(share.worth), share.record_id)))


def _rounded(worth: Fraction) -> Decimal:
    """To three decimals, half up."""
    sign = -1 if worth < 0 else 1
    return Decimal(sign * ((2 * abs(worth) * 1000 + 1) // 2)).scaleb(-3)
