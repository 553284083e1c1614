"""How the points of a ledger row came about, in words: from its item, its number and what a correction gave back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from creditscore.core.model import Label
from creditscore.core.quantities import plain
from creditscore.schemes.parts import Tier, Value

NOTHING = Label(zh="", en="")


def derive(value: Value | None, nominal: Decimal | None, name_of: Callable[[str], Label]) -> Label:
    """Tell how the points of one record follow from its item; nothing to tell of a number that stands in the rule.

    Parameters
    ----------
    value
        The points of the item as its rule writes them.
    nominal
        Its points in the ledger, before caps and corrections.
    name_of
        What a column of the input is called.

    Examples
    --------
    >>> value = Value(base=3, plus="ratio", unit="percent_points")
    >>> derive(value, Decimal("-11.5"), lambda _: Label(zh="占比", en="share")).en
    'share 8.5 %: 3 + 8.5 % → 11.5 points'
    """
    if value is None or not nominal:
        return NOTHING
    size = abs(nominal)
    if value.each:
        return _times(value.each, size)
    if value.base is not None and value.plus is not None and size >= value.base:
        return _sum(value.base, size - value.base, size, name_of(value.plus), value.unit == "percent_points")
    if value.tiers and value.of is not None:
        fitting = [place for place, tier in enumerate(value.tiers) if tier.points == size]
        return _tier(value.tiers, fitting[0], name_of(value.of)) if len(fitting) == 1 else NOTHING
    return NOTHING


def _times(each: Decimal, size: Decimal) -> Label:
    count = size / each
    if count == 1 or count * each != size or count != round(count, 6):
        return NOTHING
    told = f"{plain(each)} × {plain(count)} = "
    return Label(zh=f"{told}{plain(size)}分", en=told + _points(size))


def _sum(base: Decimal, more: Decimal, size: Decimal, name: Label, percent: bool) -> Label:
    zh, en = name.zh.partition("（")[0], name.en.partition(" (")[0]
    zh_more, en_more = (f"{plain(more)}%", f"{plain(more)} %") if percent else (plain(more), plain(more))
    return Label(
        zh=f"{zh}{zh_more}：{plain(base)} + {zh_more} → {plain(size)}分",
        en=f"{en} {en_more}: {plain(base)} + {en_more} → {_points(size)}",
    )


def _tier(tiers: list[Tier], place: int, name: Label) -> Label:
    """Between which edges the number lies, for the tier that gives these points."""
    tier, before = tiers[place], tiers[place - 1] if place else None
    zh, en = [], []
    if before is not None:
        edge = plain(before.to if before.to is not None else before.below)
        zh.append(f"超过{edge}" if before.to is not None else f"{edge}以上（含）")
        en.append(f"over {edge}" if before.to is not None else f"{edge} or more")
    if tier.to is not None or tier.below is not None:
        edge = plain(tier.to if tier.to is not None else tier.below)
        zh.append(f"不超过{edge}" if tier.to is not None else f"不满{edge}")
        en.append(f"up to {edge}" if tier.to is not None else f"below {edge}")
    if not zh:
        return NOTHING
    head_zh, head_en = name.zh + "、".join(zh), f"{name.en} {', '.join(en)}"
    return Label(zh=f"{head_zh}：{plain(tier.points)}分", en=f"{head_en}: {_points(tier.points)}")


def _points(number: Decimal) -> str:
    return f"{plain(number)} point{'' if number == 1 else 's'}"


def give_back(nominal: Decimal | None, effective: Decimal | None) -> Label:
    """Tell what a correction gave back of the points of a row."""
    if nominal is None or effective is None or nominal == effective:
        return NOTHING
    size, back, left = (plain(abs(number)) for number in (nominal, effective - nominal, effective))
    return Label(zh=f"{size}分，返还{back}分，计{left}分", en=f"{back} of {size} points given back, {left} count")
