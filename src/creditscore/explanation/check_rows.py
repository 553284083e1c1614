"""Do the rows of a ledger follow from the rules: each from its item or rule, caps and limits from the rows above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.i18n import Phrase
from creditscore.core.quantities import MICRO, UNBOUNDED, from_micro, half_up, plain
from creditscore.grading.interpreter.combine import add_up
from creditscore.grading.interpreter.exact import limited
from creditscore.grading.interpreter.ledger import Line, article
from creditscore.grading.plan import FULL, Plan, PlanItem

NONE = "—"  # where a row says nothing
ASIDE = ("noted", "corrected", "repaired", "withdrawn", "exempt")  # what a record says that carries no points

WITHOUT = ("noted", "withdrawn", "exempt")  # records that are weighed against no other


@dataclass(frozen=True)
class RowScores:
    """What the rows say together. `scores`: lowest and highest in 10⁻⁶, None without points, or where rows leave it
    open; `items`: for each record row the items that it may be of, in order.
    """

    scores: tuple[int, int] | None
    items: tuple[tuple[Line, tuple[PlanItem, ...]], ...]


def row_faults(plan: Plan, grade: Mapping[str, Any], lines: list[Line]) -> tuple[RowScores, Iterator[Phrase]]:
    """What the rows say together, and why they cannot be rows of this plan."""
    records = tuple((line, _items(plan, line)) for line in lines if line.step == "record")
    rows, exact = _kept(records)
    line_rows: list[Line] = []
    low, high = add_up(plan, rows, [row for row in rows if row["plan_item"].form == "pool"], line_rows)
    for line in lines:
        if line.step == "condition" and line.nominal is not None:
            low, high = low + line.nominal, high + line.nominal
        elif line.step == "condition":
            low, high = (low, high + UNBOUNDED) if plan.lower_is_better else (low - UNBOUNDED, high)
    scores = None
    begun = [rule for line in lines for rule in plan.start if line.step == "start" and line.rule == rule.id]
    if begun:
        start = begun[0].points + sum(line.nominal or 0 for line in lines if line.reason == "bonus")
        scores = limited(plan, start + low, start + begun[0].span + high, line_rows)
    return RowScores(scores if exact else None, records), _faults(plan, lines, records, line_rows, exact)


def _items(plan: Plan, line: Line) -> tuple[PlanItem, ...]:
    """The variants of the row's item that can give its article, number and reason."""
    return tuple(
        item
        for item in plan.by_code.get(line.item, ())
        if article(item.rule) == line.article and line.rule == line.item and _gives(plan, item, line)
    )


def _gives(plan: Plan, item: PlanItem, line: Line) -> bool:
    head, _, tail = line.reason.partition(":")
    if head == "exempt" and tail not in {rule.id for rule in plan.exemptions}:
        return False
    if head == "displaced" and not _selects(plan, item, tail):
        return False
    windows = item.repair.windows if item.repair else ()
    if head in ("corrected", "repaired") and tail and tail not in windows:
        return False
    if line.nominal == 0 == line.effective and head in ASIDE and (not tail or head == "exempt"):
        return True  # outside its scoring window, or without points
    if item.form == "none" or head == "noted":
        return False
    if head == "unknown" and item.form != "unknown":
        return item.window.beyond and _may(item, line.nominal)
    if (head == "pooled") != (item.form == "pool") and head in ("pooled", "counted", "corrected", "displaced"):
        return False
    if head == "counted" and item.form == "unknown" and item.lowest != item.highest:
        return False
    return _may(item, line.nominal) and (head not in ("corrected", "repaired") or _returns(item, line))


def _selects(plan: Plan, item: PlanItem, where: str) -> bool:
    if where == "act" and plan.scheme.combine.heaviest_per:
        return True
    if where == "group":
        return item.group is not None and plan.groups[item.group].heaviest
    return where == item.basis and (item.basis != "time" or bool(item.attributes))


def _may(item: PlanItem, nominal: int | None) -> bool:
    """Whether a record of the item can weigh that before repair; what depends on its quantity is not known here."""
    if nominal is None:
        return item.form == "pool" or (item.form == "unknown" and item.lowest != item.highest)
    full_points = item.sign * nominal
    match item.form:
        case "fixed":
            return full_points == item.points
        case "tiers":
            return full_points in {points for *_, points in item.tiers}
        case "levels":
            return full_points in {points for _, points in item.levels}
        case "each" | "base":
            return full_points >= 0
        case "unknown":
            return full_points == item.lowest == item.highest
    return False


def _returns(item: PlanItem, line: Line) -> bool:
    """Whether a correction or repair can leave that much of the row."""
    if line.nominal is None or line.effective is None:
        return line.effective == 0
    whole, left = item.sign * line.nominal, item.sign * line.effective
    if item.repair is None or item.lifts:
        return line.reason.startswith("repaired") and left == 0
    most = max((basis for *_, basis in item.gives), default=0)
    return left >= whole - half_up(whole * min(most * MICRO, FULL), FULL)


def _kept(records: Iterable[tuple[Line, tuple[PlanItem, ...]]]) -> tuple[list[dict[str, Any]], bool]:
    """The rows that weigh, as the sum takes them, and whether all that they weigh can be told from them."""
    counted_records, exact, selected = [], True, False
    for line, items in records:
        head = line.reason.partition(":")[0]
        selected |= head == "displaced"
        if head not in ("counted", "corrected", "repaired", "unknown", "pooled") or not items:
            continue
        item = items[0]
        exact &= len({(item.cap, item.group, item.lowest, item.highest) for item in items}) == 1
        if head == "pooled":
            exact, low, high = False, item.points, item.points  # of one; its quantity does not stand in the row
        elif head == "unknown":
            exact &= item.repair is None and (line.nominal is not None or not item.window.beyond)
            low, high = (item.lowest, item.highest) if line.nominal is None else (0, item.sign * line.nominal)
        else:
            low = high = item.sign * (line.effective or 0)
        counted_records.append({"plan_item": item, "item_index": item.index, "counts": True, "low": low, "high": high})
    # what a heavier record displaced may show how much that one weighs at least
    return counted_records, exact and not (selected and any(row["low"] != row["high"] for row in counted_records))


def _faults(
    plan: Plan,
    lines: list[Line],
    records: Iterable[tuple[Line, tuple[PlanItem, ...]]],
    line_rows: list[Line],
    exact: bool,
) -> Iterator[Phrase]:
    yield from _start_faults(plan, lines)
    seen: set[str] = set()
    for line, items in records:
        if not items:
            yield Phrase(
                "faults", "record_item_no_row", (line.record_id, line.item, repr(line.article), _numbers(line))
            )
        if not line.record_id or line.record_id in seen:
            yield Phrase("faults", "record_twice" if line.record_id else "record_no_id", (line.record_id,))
        seen.add(line.record_id)
    yield from _condition_faults(plan, lines)
    yield from _winner_faults(plan, list(records))
    if exact or not any(line.step in ("cap", "limit") for line in [*lines, *line_rows]):
        yield from _same(lines, line_rows)
    else:  # what nobody published: the rows that the rules can give, whatever their numbers
        known = {(item.code, article(item.rule)) for item in plan.items if item.cap is not None}
        known |= {(group.code, article(group.rule)) for group in plan.groups if group.cap is not None}
        known |= {(name, article(plan.scheme.pools[name])) for name in plan.pools}
        for line in lines:
            if line.step == "cap" and ((line.item, line.article) not in known or line.rule != line.item):
                yield Phrase("faults", "nothing_caps", (line.item, repr(line.article)))
            if line.step == "cap" and line.reason not in ("capped", "pooled", "unknown"):
                yield Phrase("faults", "cap_reason", (line.item, repr(line.reason)))


def _same(lines: list[Line], line_rows: list[Line]) -> Iterator[Phrase]:
    """Caps and limits as the rows above give them."""

    def key(line: Line) -> tuple[Any, ...]:
        return (line.step, line.item, line.rule, line.article, line.reason, line.record_id, line.effective)

    written = [key(line) for line in lines if line.step in ("cap", "limit")]
    for line in line_rows:
        if key(line) not in written:
            yield Phrase("faults", "rows_above", (line.step, line.rule, _shown(line.effective), line.reason))
        else:
            written.remove(key(line))
    for step, _, rule, *_, effective in written:
        yield Phrase("faults", "rows_above_no", (step, rule, _shown(effective)))


def _start_faults(plan: Plan, lines: list[Line]) -> Iterator[Phrase]:
    begun = [line for line in lines if line.step == "start"]
    rules, bonus = (
        {plan_rule.id: plan_rule for plan_rule in plan.start},
        {plan_rule.id: plan_rule for plan_rule in plan.bonus},
    )
    if bool(begun) != plan.has_points or sum(line.reason != "bonus" for line in begun) > 1:
        yield Phrase("faults", "start_lines", (len(begun),))
    for k, line in enumerate(begun):
        rule = (bonus if k else rules).get(line.rule)
        if rule is None or article(rule.rule) != line.article or line.record_id or line.item:
            yield Phrase("faults", "no_rule_start", (line.rule, repr(line.article)))
            return
        if k == 0 and (line.reason, line.nominal) != (("unknown", None) if rule.span else ("start", rule.points)):
            yield Phrase("faults", "start_row", (line.rule, plain_micro(rule.points), _numbers(line)))
        if k and (line.reason != "bonus" or not _whole(plan, begun[: k + 1], rule.points)):
            yield Phrase("faults", "bonus_each_row", (line.rule, plain_micro(rule.points), _numbers(line)))


def _whole(plan: Plan, begun: list[Line], each: int) -> bool:
    """A bonus comes some times over, or fills the start up to its cap."""
    extra, total = begun[-1].nominal or 0, sum(line.nominal or 0 for line in begun)
    return bool(extra) and (total == plan.start_cap or (each != 0 and extra % each == 0))


def _condition_faults(plan: Plan, lines: list[Line]) -> Iterator[Phrase]:
    rules, seen = {condition.id: condition for condition in plan.conditions}, set()
    for line in lines:
        if line.step != "condition":
            continue
        rule = rules.get(line.rule)
        points = None if rule is None or rule.rule.unknown else rule.points
        if rule is None or article(rule.rule) != line.article or line.item != line.rule or line.record_id:
            yield Phrase("faults", "no_condition", (line.rule, repr(line.article)))
        elif line.nominal != points or line.rule in seen:
            yield Phrase("faults", "condition_once_row", (line.rule, _shown(points), _numbers(line)))
        seen.add(line.rule)


def _winner_faults(plan: Plan, records: list[tuple[Line, tuple[PlanItem, ...]]]) -> Iterator[Phrase]:
    """What was displaced has a record in its place; of a group one record weighs."""
    for line, items in records:
        head, _, where = line.reason.partition(":")
        if (
            head == "displaced"
            and items
            and not any(
                other.reason != line.reason
                and others
                and other.reason.partition(":")[0] not in WITHOUT
                and (
                    where == "act"
                    or others[0].index == items[0].index
                    or (where, others[0].group) == ("group", items[0].group)
                )
                for other, others in records
            )
        ):
            yield Phrase("faults", "record_displaced_no_record", (line.record_id, where))
    for group in plan.groups:
        weighs = [
            line.record_id
            for line, items in records
            if items and items[0].group == group.index and line.reason in ("counted", "unknown")
        ]
        if group.heaviest and len(weighs) > 1:
            yield Phrase("faults", "group_one_record_weighs", (group.code, ", ".join(weighs)))


def _numbers(line: Line) -> Phrase:
    return Phrase("faults", "numbers", (_shown(line.nominal), _shown(line.effective), line.reason))


def _shown(value: int | None) -> str:
    return NONE if value is None else plain_micro(value)


def plain_micro(value: int) -> str:
    """Millionths of a point as people write them."""
    return plain(from_micro(value))


__all__ = ["NONE", "RowScores", "plain_micro", "row_faults"]
