"""What each record of an explained grade is worth, beside what the ledger counts for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import Lang, period_said, phrases
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.explanation.labels import Labels
from creditscore.explanation.shapley import Shapley, shapley
from creditscore.present.document import Code, Column, Document, Facts, Named, Notice, Paragraph, Table

if TYPE_CHECKING:
    from creditscore.explanation.decisive.of_grading import Asked
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


def shares_document(
    asked: Asked, labels: Labels, period: str, items: Mapping[str, str], found: Shapley, lang: Lang = "zh"
) -> Document:
    """Tell the exact share of every record: as a decimal, and as the fraction that it is.

    Parameters
    ----------
    asked
        Whose records they are.
    labels
        What items are called.
    period
        The evaluation year or day.
    items
        The item of each record, by record id.
    found
        What `shapley` returned.
    lang
        `zh` or `en`.
    """
    t = phrases("explanation", lang)
    unit = "share" if found.of == "score" else "share_steps"
    rows = [
        (
            labels.item(items[record]) or items[record],
            redact(record),
            points(_rounded(value), plus=True),
            Code(str(value)),
        )
        for record, value in sorted(found.values.items())
    ]
    columns = [
        Column(t("conduct")),
        Column(t("which_record")),
        Column(t(unit), "number"),
        Column(t("fraction"), "code"),
    ]
    ends = [points(_rounded(value)) for value in (found.empty, found.whole)]
    return Document(
        t("shares"),
        asked.name or asked.subject_id,
        lang,
        [
            *(Notice(line) for line in asked.input_lines.get(lang, ())),
            Facts([(t("without_records"), ends[0]), (t("with_records"), ends[1])]),
            Table(columns, rows),
            Paragraph(t("shares_sum" if found.of == "score" else "shares_rank"), "soft"),
        ],
        under=[
            *([asked.subject_id] if asked.name else []),
            Named(labels.title, labels.code),
            period_said(period, lang),
        ],
        made_up=asked.made_up,
    )


def _rounded(worth: Fraction) -> Decimal:
    """To three decimals, half up."""
    sign = -1 if worth < 0 else 1
    return Decimal(sign * ((2 * abs(worth) * 1000 + 1) // 2)).scaleb(-3)
