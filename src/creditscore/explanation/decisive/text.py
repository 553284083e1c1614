"""Decisive records for a terminal, in Chinese or English, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from creditscore.core.i18n import Lang, phrase
from creditscore.core.quantities import MICRO, from_micro, plain
from creditscore.explanation.decisive.answer import ANY, Decisive
from creditscore.explanation.decisive.proof import Claim

SHOWN = 6  # record ids of one class, claims of a proof


def _say(lang: Lang, code: str, *values: object) -> str:
    return phrase("decisive", code, lang, *values)


def render(decisive: Decisive, subject_id: str, scheme: str, period: str, items: Mapping[str, str], lang: Lang) -> str:
    """The answer as lines of text; `items`: record id → item. Long lines are left to whoever prints them."""
    return "".join(f"{line}\n" for line in _lines(decisive, subject_id, scheme, period, items, lang))


def _lines(
    decisive: Decisive, subject_id: str, scheme: str, period: str, items: Mapping[str, str], lang: Lang
) -> Iterator[str]:
    target = _say(lang, "any") if decisive.target == ANY else _say(lang, "or_better", decisive.target)
    yield _say(lang, "head", subject_id, scheme, period, decisive.grade or decisive.state, target)
    single_records = sum(len(single.records) for single in decisive.singles)
    yield ""
    yield _say(lang, "singles", single_records) if single_records else _say(lang, "no_singles")
    for single in decisive.singles:
        yield f"  {_class(single.records, items, lang)} {_say(lang, 'gives', single.grade or single.state)}"
    yield ""
    if decisive.smallest == 0:
        yield _say(lang, "already")
        return
    if decisive.possible is False:
        yield _say(lang, "impossible")
        return
    if decisive.proved:
        sets = decisive.smallest_sets
        yield _say(lang, "fewest", decisive.smallest, _say(lang, "not_counted") if sets is None else sets)
    else:
        most = _say(lang, "unknown") if decisive.at_most is None else decisive.at_most
        yield f"{_say(lang, 'not_proved', decisive.at_least, most)} ({_say(lang, 'why')})"
    if decisive.witness:
        yield "  " + _say(lang, "witness", ", ".join(decisive.witness))
    yield ""
    if decisive.patterns:
        count = _say(lang, "not_counted") if decisive.minimal_sets is None else decisive.minimal_sets
        yield _say(lang, "minimal", count)
        joint = "，" if lang == "zh" else ", "
        for pattern in decisive.patterns:
            parts = joint.join(_say(lang, "of", k, f"[{i + 1}]") for i, k in pattern.parts)
            yield "  " + _say(lang, "pattern", pattern.size, parts, pattern.sets)
        if not decisive.complete:
            yield "  " + _say(lang, "cut", len(decisive.patterns))
        yield _say(lang, "classes")
        for i in sorted({i for pattern in decisive.patterns for i, _ in pattern.parts}):
            yield f"  [{i + 1}] {_class(decisive.classes[i], items, lang)}"
        yield ""
    if decisive.proof and decisive.smallest:
        yield _say(lang, "proof")
        nearest = sorted(decisive.proof, key=lambda claim: claim.fewest)
        for claim in nearest[:SHOWN]:
            yield f"  {_claim(claim, decisive.smallest, lang)}"
        if len(nearest) > SHOWN:
            yield "  " + _say(lang, "more_branches", len(nearest) - SHOWN)


def _class(records: Sequence[str], items: Mapping[str, str], lang: Lang) -> str:
    ids = ", ".join(records[:SHOWN]) + (" …" if len(records) > SHOWN else "")
    codes = "/".join(sorted({items.get(record, "") for record in records}))
    return _say(lang, "class", codes, len(records), ids)


def _claim(claim: Claim, smallest: int, lang: Lang) -> str:
    facts = ", ".join(f"{name} = {_value(value)}" for name, value in claim.facts.items())
    parts = []
    if claim.gone:
        ids = ", ".join(claim.gone[:SHOWN]) + (" …" if len(claim.gone) > SHOWN else "")
        parts.append(_say(lang, "must", len(claim.gone), ids))
    left = max(0, min(smallest, claim.fewest) - 1 - len(claim.gone))
    if claim.searched:
        parts.append(_say(lang, "searched", claim.fewest))
    elif claim.short:
        points = claim.measure in ("low", "high")

        def amount(number: int) -> str:
            shown = plain(from_micro(number))
            return _say(lang, "points", shown) if points else _say(lang, "amount", claim.measure, number)

        parts.append(_say(lang, "best", amount(claim.short), left, amount(_best(claim, left))))
    return f"{_say(lang, 'branch')} ({facts or _say(lang, 'always')}): {'; '.join(parts)}"


def _best(claim: Claim, left: int) -> int:
    """The most that `left` records gain together."""
    best = [0]
    for _, gains in claim.gains:
        size = min(left, len(best) + len(gains) - 2)
        best = [
            max(best[a] + gains[min(j - a, len(gains) - 1)] for a in range(min(j, len(best) - 1) + 1))
            for j in range(size + 1)
        ]
    return best[-1]


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value)
    return plain(from_micro(value)) if value % MICRO == 0 or abs(value) > 10 * MICRO else str(value)


def as_json(decisive: Decisive, subject_id: str, scheme: str, period: str) -> dict[str, Any]:
    """Everything that the page says, and more: the whole proof. Points are in 10⁻⁶."""
    return {"subject_id": subject_id, "scheme": scheme, "period": period, **asdict(decisive)}
