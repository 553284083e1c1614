"""Items, groups and pools: what a record counts for, what counts once, and which variant reads it."""

from __future__ import annotations

import itertools
from datetime import date

from creditscore.core.model_keys import list_few
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes.model import Applies, Item, Scheme
from creditscore.schemes.parts import DATES
from creditscore.schemes.types import record_names
from creditscore.schemes.validity import epochs
from creditscore.schemes.walk import items

BASES = ("time", "day", "month", "quarter", "year", "period", "act")
REQUIRED = ("amount", "act_id", "quantity", "document_no", "source", "basis", *DATES)


def check(scheme: Scheme, source: Source) -> None:
    facts = [fact for fact in scheme.facts.values() if fact.of == "records"]
    read = {code for fact in facts for code in fact.items} | {tag for fact in facts for tag in fact.tags}
    for path, code, item in items(scheme):
        _item(scheme, source, path, item)
        follows = item.value or item.noted or code in read or read & set(item.tags)
        if not (follows or ("facts",) in source.pruned or source.lost):
            message = (
                "has no points and no fact reads it: nothing would follow from it; where the text gives it no weight"
            )
            source.fault(path, f"{message}, say so (noted: why)", "E402")
    for code in scheme.items:
        _variants(scheme, source, code)
    if _weighs(scheme):
        if scheme.start is None:
            source.fault(("start",), "has points, so it must say start: rules: (where counting begins)", "E403")
        if scheme.direction is None:
            message = "has points, so the scheme must say direction: higher_is_better or lower_is_better"
            source.fault(("direction",), message, "E404")
    elif scheme.direction is None and any(rule.bands for rule in scheme.decide):
        source.fault(("direction",), "has bands, so the scheme must say direction:", "E404")
    if scheme.start is None and any(rule.bands for rule in scheme.decide) and not _weighs(scheme):
        source.fault(("start",), "has bands but nothing to count from; say start: rules:", "E403")
    _groups(scheme, source)
    _selection(scheme, source)


def _weighs(scheme: Scheme) -> bool:
    return any(item.value for _, _, item in items(scheme))


def _item(scheme: Scheme, source: Source, path: KeyPath, item: Item) -> None:
    if item.deduct and item.add:
        source.fault(path, "has both deduct and add; a record does one of them", "E401")
    names = record_names(scheme, assessed=False)
    bases = [basis for basis in item.per if basis in BASES]
    if len(bases) > 1 or len(set(item.per)) < len(item.per) or not item.per:
        message = f"per: names {' and '.join(item.per) or 'nothing'}; one of {', '.join(BASES)}, and record attributes"
        source.fault((*path, "per"), message, "E410")
    for basis in item.per:
        attribute = scheme.record_attributes.get(basis)
        if basis in BASES or basis in source.lost:
            continue
        if attribute is None:
            message = f"{basis!r} is neither one of {', '.join(BASES)} nor a declared record attribute"
            source.fault((*path, "per"), message, "E411")
        elif attribute.type == "date":
            message = f"{basis!r} is a date; count once per day, month, quarter or year of the item's clock"
            source.fault((*path, "per"), message, "E411")
    for name in item.requires:
        if name not in (*scheme.record_attributes, *REQUIRED) and name not in source.lost:
            message = f"{name!r} is neither a declared record attribute nor one of {', '.join(REQUIRED)}"
            source.fault((*path, "requires"), message, "E301")
    if item.measure and names.get(item.measure.of) != "text" and item.measure.of not in source.lost:
        message = f"{item.measure.of!r} is not a record attribute of type text; there are: {list_few(_texts(scheme))}"
        source.fault((*path, "measure", "of"), message, "E412")
    if item.measure and not item.measure.levels:
        source.fault((*path, "measure", "levels"), "is empty", "E412")
    if item.value and item.value.pool and (item.per != ["time"] or item.cap is not None or item.group):
        message = "an item of a pool weighs through the pool; per, cap and group have no meaning on it"
        source.fault(path, message, "E413")


def _texts(scheme: Scheme) -> list[str]:
    return [name for name, attribute in scheme.record_attributes.items() if attribute.type == "text"]


def _variants(scheme: Scheme, source: Source, code: str) -> None:
    """Two variants that read one record would both count it; variants must part on one key."""
    variants = scheme.items[code]
    for i, j in itertools.combinations(range(len(variants)), 2):
        applies, two = (
            variants[i].applies or Applies.model_validate({}),
            variants[j].applies or Applies.model_validate({}),
        )
        together = [epoch for epoch in epochs(scheme, [variants[i], variants[j]]) if len(epoch.rules) == 2]
        if not together or (applies.by == two.by != "period" and not _meet(applies, two)):
            continue
        key = "both by period" if applies.by == two.by == "period" else "by the same date, without days in common"
        message = f"reads the same records as variant {i + 1} for {together[0]}; part them by applies, {key}"
        source.fault(("items", code, j), message, "E420")


def _meet(applies: Applies, two: Applies) -> bool:
    def day(bound: object, other: date) -> date:
        return bound if isinstance(bound, date) else other

    low = max(day(applies.from_, date.min), day(two.from_, date.min))
    return low <= min(day(applies.to, date.max), day(two.to, date.max))


def _groups(scheme: Scheme, source: Source) -> None:
    for name, group in scheme.groups.items():
        members = [item for _, _, item in items(scheme) if item.group == name]
        if group.cap is not None and group.cap < 0:
            source.fault(("groups", name, "cap"), f"{group.cap} is negative; a cap is at least 0", "E430")
        if len({bool(item.deduct) for item in members if item.value}) > 1 and (
            group.cap is not None or group.take != "all"
        ):
            message = "has items that add and items that deduct; a capped group needs one kind"
            source.fault(("groups", name), message, "E431")
        if any(item.cap is not None for item in members) and group.take == "heaviest":
            message = f"takes the heaviest; none of its items may have a cap ({list_few(_capped(scheme, name))})"
            source.fault(("groups", name), message, "E432")
    for name, pool in scheme.pools.items():
        members = [item for _, _, item in items(scheme) if item.value and item.value.pool == name]
        if pool.total < 0 or pool.total > 1000:
            source.fault(("pools", name, "total"), f"{pool.total} is not between 0 and 1000 points", "E430")
        if len({bool(item.deduct) for item in members}) > 1:
            message = "has items that add and items that deduct; their weights have one total"
            source.fault(("pools", name), message, "E431")


def _capped(scheme: Scheme, group: str) -> list[str]:
    return [code for _, code, item in items(scheme) if item.group == group and item.cap is not None]


def _selection(scheme: Scheme, source: Source) -> None:
    """What may not stand beside `heaviest_per`: withdrawing a record could then worsen the grade."""
    if not scheme.combine.heaviest_per:
        return
    path: KeyPath = ("combine", "heaviest_per")
    if any(item.cap is not None or item.per != ["time"] for _, _, item in items(scheme)):
        message = (
            "may not stand beside item caps or counting bases: withdrawing a "
            "record could then raise the total (the grade would not be monotone)"
        )
        source.fault(path, message, "E440")
    if any(group.cap is not None or group.take != "all" for group in scheme.groups.values()):
        source.fault(path, "may not stand beside group caps, for the same reason", "E440")
    if len({bool(item.deduct) for _, _, item in items(scheme) if item.value}) > 1:
        source.fault(path, "needs items that all deduct or all add: the heaviest is compared", "E440")
