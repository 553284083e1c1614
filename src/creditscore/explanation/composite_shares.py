"""A domain's share of a composite among the items and records of its ledger, in whole points that add up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from creditscore.composite.config import CompositeConfig
from creditscore.core.i18n import plain
from creditscore.core.model import Label
from creditscore.explanation.deciders import Decider
from creditscore.explanation.labels import Labels
from creditscore.explanation.ledger import Line


@dataclass(frozen=True)
class SharePart:
    """A part of a domain's share: an item, one of its records, a hard rule or the grade as such.

    kind: hard_rule, grade, item or record; records stand under their item. `effective` are points of the domain's own
    scale.
    """

    kind: str
    code: str
    label: Label
    article: str
    points: int
    effective: Decimal | None = None


@dataclass(frozen=True)
class GradeLedger:
    """The lines behind a grade, the rules that decided it, and the scheme that gave it."""

    lines: tuple[Line, ...]
    labels: Labels
    deciders: tuple[Decider, ...] = ()
    name: str = ""

    @property
    def decided(self) -> Line | None:
        return next((line for line in self.lines if line.step == "decide"), None)

    @property
    def articles(self) -> list[str]:
        """The articles of the rules that decided and of the records behind them."""
        rules = {decider.rule for decider in self.deciders}
        records = {basis.record_id for decider in self.deciders for basis in decider.basis}
        return [line.article for line in self.lines if line.rule in rules or line.record_id in records]

    @property
    def by_points(self) -> bool:
        """Whether the score decided, not a rule that needs none."""
        rules = self.labels.scheme.decide if self.labels.scheme else []
        return any(rule.id == self.decided.rule and rule.bands is not None for rule in rules if self.decided)

    @property
    def costs_are_positive(self) -> bool:
        return self.labels.scheme is not None and self.labels.scheme.direction == "lower_is_better"


def share_out(
    config: CompositeConfig, share: int, notes: tuple[str, ...], grade: str, label: Label, ledger: GradeLedger | None
) -> tuple[SharePart, ...]:
    """The parts of a share, by rule, grade, item and record."""
    if not share:
        return ()
    fired = [note.partition(":")[2] for note in notes if note.startswith("hard_rule:")]
    if fired:
        rule = next(rule for rule in config.hard_rules if rule.id == fired[0])
        cited = f"{rule.cite[0].law} {rule.cite[0].article}".strip() if rule.cite else ""
        return (SharePart("hard_rule", rule.id, rule.label or plain(rule.id), cited, share),)
    weights = _weights(ledger, adverse=share < 0) if ledger and ledger.by_points else []
    if not weights:
        cited = ledger.decided.article if ledger and ledger.decided else ""
        return (SharePart("grade", grade, label, cited, share),)
    items = dict.fromkeys(line.item for line, _ in weights)
    totals = {item: sum((w for line, w in weights if line.item == item), Fraction(0)) for item in items}
    parts: list[SharePart] = []
    for item, points in zip(items, _whole(share, list(totals.values())), strict=True):
        mine = [(line, weight) for line, weight in weights if line.item == item]
        first = mine[0][0]
        effective = sum((line.effective or Decimal(0) for line, _ in mine), Decimal(0))
        parts.append(SharePart("item", item, first.label, first.article, points, effective))
        for (line, _), part in zip(mine, _whole(points, [weight for _, weight in mine]), strict=True):
            if line.record_id:
                parts.append(SharePart("record", line.record_id, line.said, line.article, part, line.effective))
    return tuple(parts)


def _weights(ledger: GradeLedger, adverse: bool) -> list[tuple[Line, Fraction]]:
    """What each record or condition cost (or brought), its item's cap taken off in proportion."""
    positive = ledger.costs_are_positive == adverse
    chosen = [
        line
        for line in ledger.lines
        if line.step in ("record", "condition") and line.effective and (line.effective > 0) == positive
    ]
    result = []
    for line in chosen:
        gross = sum(
            (drawn_line.effective or Decimal(0) for drawn_line in chosen if drawn_line.item == line.item), Decimal(0)
        )
        capped = [
            drawn_line.effective or Decimal(0)
            for drawn_line in ledger.lines
            if drawn_line.step == "cap" and drawn_line.item == line.item
        ]
        net = max(Fraction(0), Fraction(gross + sum(capped, Decimal(0))) / Fraction(gross))
        result.append((line, abs(Fraction(line.effective or 0)) * net))
    return [(line, weight) for line, weight in result if weight]


def _whole(total: int, weights: list[Fraction]) -> list[int]:
    """`total` shared by weight, in whole numbers by the largest remainder; ties in order."""
    whole = sum(weights, Fraction(0))
    exact = [Fraction(total) * weight / whole for weight in weights]
    whole_shares = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(exact)), key=lambda k: (whole_shares[k] - exact[k], k))
    for k in order[: total - sum(whole_shares)]:
        whole_shares[k] += 1
    return whole_shares
