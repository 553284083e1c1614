"""Repair on a terminal, drawn from the data of `repair_data`: blocks that fold to any width, zh and en."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from creditscore.core.i18n import Lang, day_said, phrase, say, show, word
from creditscore.schemes.citing import cite_said
from creditscore.schemes.model import NO_GRADE

Block = tuple[str, list[str]]
SIGNS = {"met": "✓", "not_met": "✗", "unknown": "?"}
MARKS = ("verified", "local")  # other marks are shown, these go without saying


def check_blocks(data: Mapping[str, Any], lang: Lang) -> Iterator[Block]:
    """One block per way: what it is, then rule, clock, days, conditions, what it gives."""
    colon = phrase("repair", "colon", lang)
    for option in data["options"]:
        head = "  ".join(part for part in (option["target"], numbered(option, lang)) if part)
        way, state = phrase("repair_ways", option["way"], lang), phrase("repair_states", option["state"], lang)
        yield (
            f"{head} · {way}{colon}{state}",
            list(option_lines(option, lang)),
        )


def numbered(option: Mapping[str, Any], lang: Lang) -> str:
    """What is to be repaired, with its number where the text itself numbers it."""
    label = str(option["label"][lang])
    return f"{option['item']} {label}" if option["item"].isdigit() and label != option["item"] else label


def _cited(way: Mapping[str, Any], lang: Lang) -> str:
    """Where a way is written: in the words that the data bring, else in those of the library."""
    return str(way["cited"][lang]) if "cited" in way else cite_said(way["cite"], lang)


def option_lines(row: Mapping[str, Any], lang: Lang) -> Iterator[str]:
    """The lines below one way."""

    def line(code: str, value: str) -> str:
        return f"{phrase('repair', code, lang)}{phrase('repair', 'colon', lang)}{value}"

    cited = " ".join(part for part in (_cited(row, lang), mark(row["evidence"], lang)) if part)
    yield line("rule", f"{row['rule_label'][lang]} ({cited})")
    if row["clock"]:
        yield line("clock", f"{phrase('repair_clocks', row['clock'], lang)} {day_said(row['clock_on'], lang)}".strip())
    if row["tier_label"][lang]:
        yield line("tier", row["tier_label"][lang])
    elif row["way"] == "repair":
        yield line("tier", phrase("repair", "tier_unknown", lang))
    days = []
    if row["earliest"]:
        days.append(line("earliest", day_said(row["earliest"], lang)))
    if row["sure"] and row["sure"] != row["earliest"]:
        days.append(line("sure", day_said(row["sure"], lang)))
    if row["way"] in ("correct", "repair") and row["state"] not in ("unknown", "never"):
        days.append(line("latest", day_said(row["latest"], lang) or phrase("repair", "no_end", lang)))
    if row["state"] == "never" and row["latest"]:
        days.append(line("ends_on", day_said(row["latest"], lang)))
    if days:
        yield phrase("repair", "semicolon", lang).join(days)
    if row["amount"]:
        yield line("amount", phrase("repair", "yuan", lang, row["amount"]))
    if row["way"] == "overall" and row["gives"]:
        ends = [row["gives"][0], row["gives"][-1]]
        yield line("gives", " … ".join(f"{e['from']} {phrase('repair', 'points', lang, e['points'])}" for e in ends))
    else:
        for give in row["gives"]:
            yield line("gives", give_text(give, lang))
    for condition in row["conditions"]:
        state = phrase("repair_conditions", condition["state"], lang)
        yield f"{SIGNS[condition['state']]} {condition['label'][lang]}{phrase('repair', 'colon', lang)}{state}"
    for code in ("effects", "notes", "readings"):
        for label in row[code]:
            yield line(code, label[lang])


def mark(evidence: str, lang: Lang) -> str:
    return "" if not evidence or evidence in MARKS else f"[{say(word('marks', evidence), lang)}]"


def give_text(give: Mapping[str, Any], lang: Lang) -> str:
    """`within 30 days (until 2025-03-31): 80 %, 4 points`."""
    span = (
        phrase("repair", "until", lang, day_said(give["to"], lang))
        if give["to"]
        else phrase("repair", "after", lang, day_said(give["from"], lang))
    )
    parts = []
    if give["percent"] != "0":
        parts.append(f"{give['percent']} %")
    if give["points"] is not None:
        parts.append(phrase("repair", "points", lang, give["points"]))
    else:
        parts.append(phrase("repair", "lifts", lang))
    running = f" ← {phrase('repair', 'now', lang)}" if give["running"] else ""
    return f"{give['label'][lang]} ({span}){phrase('repair', 'colon', lang)}{show(parts, lang)}{running}"


def about_line(data: Mapping[str, Any], lang: Lang) -> str:
    """The scheme, and the day from which on is looked."""
    as_of = phrase("repair", "as_of_day", lang, day_said(data["on"], lang))
    return phrase("repair", "beside", lang, data["scheme_label"][lang], as_of)


def refused_lines(data: Mapping[str, Any], lang: Lang) -> list[str]:
    """Rows of the subject that were refused, so that nothing above speaks of them."""
    lines = []
    for row in data.get("refused", ()):
        item = row["item_label"][lang] if row.get("item_label") else row["item"]
        reason = say(word("refusals", row["reason"]), lang)
        columns = phrase("repair", "or", lang).join(
            say(word("columns", name), lang) for name in row["column"].split(" or ") if name
        )
        lines.append(phrase("repair", "refused", lang, row["record_id"], item, reason, columns))
    return lines


def plan_lines(data: Mapping[str, Any], lang: Lang) -> list[str]:
    """The answer in a few lines: now, target, day, then."""
    colon = phrase("repair", "colon", lang)
    lines = [
        f"{phrase('repair', 'now', lang)}{colon}{outcome_text(data, data['now'], lang)}",
        f"{phrase('repair', 'target', lang)}{colon}{grade_said(data, data['target'], lang)}",
    ]
    tried = sum(day["results"] for day in data["days"])
    if data["state"] == "reached":
        lines.append(
            phrase("repair", "reached", lang, day_said(data["day"], lang), outcome_text(data, data["then"], lang))
        )
        if data["day"] == data["on"] and not data["actions"]:
            lines[-1] = phrase("repair", "already", lang)
    elif data["state"] == "unreachable":
        lines.append(
            phrase("repair", "unreachable", lang, day_said(data["until"], lang), str(len(data["days"])), f"{tried:,}")
        )
    else:
        lines.append(phrase("repair", "undecided", lang, day_said(data["days"][-1]["day"], lang)))
    if data["yearly"]:
        lines.append(phrase("repair", "yearly", lang))
    return [*lines, *(phrase("repair", note, lang) for note in data["notes"])]


def grade_said(data: Mapping[str, Any], code: str, lang: Lang) -> str:
    """A grade in the words that the plan brings; a plan of an earlier version has codes."""
    label = data.get("grades", {}).get(code)
    return code if label is None else str(label[lang])


def outcome_text(data: Mapping[str, Any], outcome: Mapping[str, Any] | None, lang: Lang) -> str:
    if outcome is None:
        return ""
    if outcome["state"] != "graded":
        return say(word("states", outcome["state"]), lang)
    if outcome["score"] is None:
        return grade_said(data, outcome["grade"], lang)
    return phrase("repair", "scored", lang, grade_said(data, outcome["grade"], lang), outcome["score"])


def action_blocks(data: Mapping[str, Any], lang: Lang) -> Iterator[Block]:
    """One block per action, in order of day."""
    colon = phrase("repair", "colon", lang)
    if data["state"] == "reached" and not data["actions"] and data["day"] != data["on"]:
        yield phrase("repair", "no_actions", lang), []
    for wait in data["waits"]:
        yield f"· {phrase('repair', 'wait_' + wait['kind'], lang, day_said(wait['day'], lang), wait['what'])}", []
    for number, action in enumerate(data["actions"], start=1):
        what = (
            phrase("repair", "named", lang, action["target"], numbered(action, lang))
            if action["target"]
            else action["label"][lang]
        )
        day = action["window_ends"] or action["day"]
        second = action["points"] or "" if action["kind"] == "overall" else what
        under = [
            f"{phrase('repair', 'rule', lang)}{colon}{_cited(action, lang)} {mark(action['evidence'], lang)}".strip()
        ]
        if action["kind"] == "correct" and action["points"]:
            back = phrase("repair", "points", lang, action["points"])
            under.append(f"{phrase('repair', 'gives', lang)}{colon}{action['percent']} %, {back}")
        if action["amount"]:
            under.append(f"{phrase('repair', 'amount', lang)}{colon}{phrase('repair', 'yuan', lang, action['amount'])}")
        under += [
            f"? {label[lang]}{colon}{phrase('repair_conditions', 'unknown', lang)}" for label in action["to_confirm"]
        ]
        yield f"{number}. {phrase('repair', 'do_' + action['kind'], lang, day_said(day, lang), second)}", under


def day_rows(data: Mapping[str, Any], lang: Lang) -> list[Sequence[str]]:
    """The event days that were tried: day, why, results, best grade."""
    return [
        (
            day_said(day["day"], lang),
            show([phrase("repair_why", code, lang) for code in day["why"]], lang),
            str(day["results"]),
            best(data, day, lang),
        )
        for day in data["days"]
    ]


def best(data: Mapping[str, Any], day: Mapping[str, Any], lang: Lang) -> str:
    if day["best"] in NO_GRADE:
        return say(word("states", day["best"]), lang)
    return grade_said(data, day["best"], lang)
