"""What changed between two versions of a scheme, part by part, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from creditscore.core.i18n import lang_of, say, word
from creditscore.core.quantities import plain
from creditscore.schemes import describe
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Rule, Scheme
from creditscore.schemes.parts import Cite
from creditscore.schemes.walk import rules

What = Literal["added", "removed", "changed", "moved"]
Parts = dict[str, str]


@dataclass(frozen=True)
class Change:
    """One aspect of one part: what it was and what it is."""

    section: str
    name: str
    what: What
    aspect: str
    before: str
    after: str

    def words(self, lang: str) -> tuple[str, ...]:
        section, what, aspect = (
            say(word("scheme_parts", name), lang_of(lang)) for name in (self.section, self.what, self.aspect)
        )
        return section, self.name, what, aspect, self.before, self.after


def diff(a: Scheme, b: Scheme, lang: str = "en", *, codes: bool = False) -> list[Change]:
    """Compare `a` with `b`, section by section in the order of a scheme file.

    `codes`: citations as ids of laws with their articles, for machines, in place of titles in the language.
    """
    first, second = _sections(a, lang, codes), _sections(b, lang, codes)
    changes: list[Change] = []
    for section in first:
        changes += _changes(section, first[section], second[section])
    for section in ("grades", "decide"):
        changes += _order(section, list(first[section]), list(second[section]))
    listed = list(first)
    return sorted(changes, key=lambda change: listed.index(change.section))


def _changes(section: str, before: Mapping[str, Parts], after: Mapping[str, Parts]) -> list[Change]:
    changes = []
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            changes.append(Change(section, name, "removed", "", _whole(before[name]), ""))
        elif name not in before:
            changes.append(Change(section, name, "added", "", "", _whole(after[name])))
        else:
            was, now = before[name], after[name]
            for aspect in dict.fromkeys([*was, *now]):
                if was.get(aspect, "") != now.get(aspect, ""):
                    changes.append(Change(section, name, "changed", aspect, was.get(aspect, ""), now.get(aspect, "")))
    return changes


def _whole(parts: Parts) -> str:
    return "; ".join(text for key, text in parts.items() if text and key not in ("cite", "evidence", "reading"))


def _order(section: str, before: list[str], after: list[str]) -> list[Change]:
    """Parts whose place among those common to both has changed."""
    old = [name for name in before if name in after]
    new = [name for name in after if name in before]
    unmoved = _longest(old, new)
    return [
        Change(section, name, "moved", "order", str(old.index(name) + 1), str(new.index(name) + 1))
        for name in new
        if name not in unmoved
    ]


def _longest(old: list[str], new: list[str]) -> set[str]:
    """The most names that stand in the same order in both."""
    best: list[list[str]] = []
    for k, name in enumerate(new):
        place = old.index(name)
        chains: list[list[str]] = [best[j] for j in range(k) if old.index(new[j]) < place]
        longest: list[str] = max(chains, key=len) if chains else []
        best.append([*longest, name])
    whole: list[str] = max(best, key=len) if best else []
    return set(whole)


def _cited(listed: Iterable[Cite], lang: str, codes: bool) -> str:
    return describe.cites(listed) if codes else describe.cited(listed, lang)


def _rule(rule: Rule, *, lang: str, codes: bool, **parts: str) -> Parts:
    return {
        "label": describe.label(rule.label, lang),
        **parts,
        "applies": describe.applies(rule.applies),
        "cite": _cited(rule.cite, lang, codes),
        "evidence": rule.evidence or "",
        "reading": ", ".join(rule.reading),
    }


def _sections(scheme: Scheme, lang: str, codes: bool) -> dict[str, dict[str, Parts]]:
    rule_parts = partial(_rule, lang=lang, codes=codes)
    head = {
        name: {"text": str(value if value is not None else "")}
        for name, value in (
            ("use", scheme.use),
            ("period", scheme.period),
            ("effective_from", scheme.effective_from),
            ("effective_to", scheme.effective_to),
            ("known_from", scheme.known_from),
            ("direction", scheme.direction),
            ("subject_id", scheme.subject_id),
            ("kinds", ", ".join(scheme.kinds or [])),
            ("cite", _cited(scheme.cite, lang, codes)),
            ("heaviest_per", scheme.combine.heaviest_per),
            ("evidence", scheme.evidence),
            ("beside", ", ".join(scheme.beside)),
            ("admit", scheme.admit.window),
            ("missing", "; ".join(describe.label(label, lang) for label in scheme.missing)),
            ("floor", plain(scheme.combine.floor)),
            ("ceiling", plain(scheme.combine.ceiling)),
        )
    }
    sections: dict[str, dict[str, Parts]] = {
        "head": head,
        "grades": {grade.code: {"label": describe.label(grade.label, lang)} for grade in scheme.grades},
        "attributes": {
            name: {
                "text": f"{attribute.type}, absent {attribute.absent}",
                "label": describe.label(attribute.label, lang),
            }
            for name, attribute in scheme.attributes.items()
        },
        "record_attributes": {
            name: {"text": attribute.type, "label": describe.label(attribute.label, lang)}
            for name, attribute in scheme.record_attributes.items()
        },
        "clocks": {name: {"text": ", ".join(chain)} for name, chain in scheme.clocks.items()},
        "windows": {name: {"text": describe.window(window)} for name, window in scheme.windows.items()},
        "exempt": {
            exemption.id: rule_parts(exemption, when=exemption.when, text="read by facts" * exemption.read_by_facts)
            for exemption in scheme.admit.exempt
        },
        "repairs": {
            name: rule_parts(repair, text=", ".join(f"{w.id} {describe.repair_window(w)}" for w in repair.windows))
            for name, repair in scheme.repairs.items()
        },
        "groups": {
            name: rule_parts(group, cap=plain(group.cap), text=group.take) for name, group in scheme.groups.items()
        },
        "pools": {name: rule_parts(pool, points=plain(pool.total)) for name, pool in scheme.pools.items()},
        "items": {},
        "lookups": {name: rule_parts(lookup, text=describe.lookup(lookup)) for name, lookup in scheme.lookups.items()},
        "predicates": {name: {"text": text} for name, text in scheme.predicates.items()},
        "facts": {name: rule_parts(fact, text=describe.fact(fact)) for name, fact in scheme.facts.items()},
        "start": {},
        "conditions": {
            condition.id: rule_parts(condition, when=condition.when, points=describe.condition(condition))
            for condition in scheme.conditions
        },
        "decide": {
            decide.id: rule_parts(decide, when=decide.when or "", effect=describe.effect(decide))
            for decide in scheme.decide
        },
        "lists": {},
        "readings": {name: {"text": describe.label(reading, lang)} for name, reading in scheme.readings.items()},
        "not_monotone": {
            not_monotone.id: {"text": describe.label(not_monotone.why, lang)} for not_monotone in scheme.not_monotone
        },
    }
    for code, variants in scheme.items.items():
        for k, item in enumerate(variants):
            sections["items"][code if len(variants) == 1 else f"{code} ({k + 1})"] = rule_parts(
                item,
                points=describe.points(item),
                per=", ".join(item.per),
                cap=plain(item.cap),
                window=item.window or "",
                clock=item.clock or "",
                group=item.group or "",
                repair=describe.gives(item),
                tags=", ".join(sorted(item.tags)),
                requires=", ".join(item.requires),
                accepts=item.accepts or "",
            )
    for start in scheme.start.rules if scheme.start else []:
        numbers = " to ".join(plain(amount) for amount in start.range or (start.points,))
        sections["start"][start.id] = rule_parts(start, when=start.when or "", points=numbers)
    for bonus in scheme.start.bonus if scheme.start else []:
        sections["start"][bonus.id] = rule_parts(bonus, points=f"+{plain(bonus.each)} of {bonus.of}")
    for path, rule in rules(scheme):
        if path[0] == "lists":
            name = ".".join([str(path[1]), *([str(getattr(rule, "id", ""))] if len(path) > 2 else [])])
            sections["lists"][name] = rule_parts(rule, term=_listed(rule))
    return sections


def _listed(rule: Rule) -> str:
    """What a list, or a step, term or way out of it, says."""
    phrases = []
    for key in (
        "kind",
        "within",
        "since",
        "span",
        "most",
        "extended_by",
        "unknown",
        "until_exit",
        "extends",
        "who",
        "after",
        "applies_to",
        "decided_within",
        "or_until",
        "triggers",
    ):
        value = getattr(rule, key, None)
        if value:
            text = describe.span(value) if isinstance(value, Span) else value
            text = ", ".join(text) if isinstance(text, list | tuple) else text
            phrases.append(key if value is True else f"{key} {text}")
    for key in ("needs", "unless"):
        named = getattr(rule, key, None)
        phrases += [f"{key} {', '.join(named)}"] if named else []
    return ", ".join(phrases)
