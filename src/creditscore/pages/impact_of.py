"""From two versions of a scheme to the effects of the change, its files, and one subject's two ledgers side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.folders import whole
from creditscore.core.i18n import LANGS, Lang, clean, phrase, plain, say, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.core.tables.write import as_queries, write_tables
from creditscore.explanation.labels import Labels
from creditscore.grading.migration import Side, side
from creditscore.pages.impact import ABOUT, Impact, impact, name_state
from creditscore.pages.impact_page import impact_document, ledgers_document
from creditscore.pages.notices import BEHIND, Draft, lines_of
from creditscore.present.document import Named
from creditscore.present.html import write_pages
from creditscore.records.snapshot import Snapshot
from creditscore.schemes.diff import Change, diff
from creditscore.schemes.model import Scheme
from creditscore.schemes.remedies import remedy

if TYPE_CHECKING:
    import pyarrow as pa

MARK = "impact.json"
WORDS_ONLY = ("label", "cite", "evidence", "reading")  # changes that move nobody's points
STEPS = {"items": "record", "start": "start", "conditions": "condition", "decide": "decide"}  # of ledger lines
QUIET = ("readings", "not_monotone")


def scheme_impact(
    a: Scheme,
    b: Scheme,
    snapshot: Snapshot,
    period: int | str | None = None,
    as_of: date | str | None = None,
    *,
    on: date | None = None,
    made_up: bool = False,
) -> tuple[Impact, Side, Side, Draft]:
    """Effects when version `b` of a scheme takes the place of `a` for the records of a snapshot.

    `on` is the day of the notices. Rows that a version refuses are left out of it, as in grading.
    """
    sides = [side(scheme, snapshot, period, as_of, ledger=True) for scheme in (a, b)]
    changed = _changes(a, b)
    at = str(period if period is not None else as_of)
    year_after = max(int(str(at)[:4]), int(str(b.effective_from)[:4]))
    rows = [row for row in changed if row["aspect"] not in WORDS_ONLY and row["section"] not in QUIET]
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["section"] not in BEHIND:
            by_name.setdefault(row["name"].partition(" (")[0], []).append(row)
    labels = {"before": Labels(a, a.name), "after": Labels(b, b.name)}
    draft = Draft(
        label=partial(_label, labels["before"], labels["after"]),
        changes=by_name,
        behind=[
            row for row in rows if row["section"] in BEHIND and row["name"] not in ("effective_from", "effective_to")
        ],
        remedy=remedy(b.scheme, year_after, on or date(year_after, 12, 31)),
        from_day=at,
        on=on,
        names={"before": _named(a, b), "after": _named(b, a)},
        called={key: partial(_called, of_side) for key, of_side in labels.items()},
    )
    notes = ["as_if", *([] if on else ["no_day"])]
    head = {
        "kind": "scheme",
        "title": {lang: getattr(b.label, lang) for lang in LANGS},
        "a": {"name": a.name, "grades": list(sides[0].grades)},
        "b": {"name": b.name, "grades": list(sides[1].grades)},
        "at": at,
        "on": str(on or ""),
        "made_up": made_up,
        "notes": notes,
        "changes": [
            {lang: row["cells"][lang] for lang in LANGS} for row in sorted(changed, key=lambda row: row not in rows)
        ],
    }
    return impact(sides[0], sides[1], head, draft, _subjects(snapshot)), sides[0], sides[1], draft


def _subjects(snapshot: Snapshot) -> pa.Table:
    known = {row[0] for row in snapshot.con.execute(f"DESCRIBE {snapshot.subjects}").fetchall()}
    columns = ["subject_id", *(name for name in ABOUT if name in known)]
    chosen = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in columns)
    return snapshot.con.sql(f"SELECT {chosen} FROM {snapshot.subjects}").to_arrow_table()


def _named(scheme: Scheme, other: Scheme) -> dict[Lang, str]:
    """What a version is called; with its number where the other one is called the same."""
    number = scheme.version if scheme.label == other.label else ""
    return {lang: Named(scheme.label, number).say(lang) for lang in LANGS}


def _called(labels: Labels, name: str) -> Label:
    """Name a grade, or a state with why there is no grade, in the words of one version."""
    code = name.partition(": ")[2]
    if code:
        return name_state(name, labels.state_reason(code))
    return labels.named_grade(name) if labels.grade(name) else word("states", name)


def _label(before: Labels, after: Labels, line: Mapping[str, Any]) -> Label:
    """What a ledger line is called: on each side where it stands in the words of that side, once where they agree."""
    sides = [
        labels.line(line["step"], line["item"], line["rule"], line[place])
        for labels, place, absent in ((before, "article_was", "added"), (after, "article_is", "removed"))
        if not line[absent]
    ]
    return Label(**{lang: " → ".join(dict.fromkeys(say(label, lang) for label in sides)) for lang in LANGS})


def _changes(a: Scheme, b: Scheme) -> list[dict[str, Any]]:
    """What changed, once for both languages: `section, name, aspect, key`, and in words by language."""
    by_lang: dict[Lang, dict[tuple[str, ...], Change]] = {
        lang: {(change.section, change.name, change.what, change.aspect): change for change in diff(a, b, lang)}
        for lang in LANGS
    }
    changes = []
    for key in dict.fromkeys([*by_lang["zh"], *by_lang["en"]]):
        row: dict[str, Any] = {"section": key[0], "name": key[1], "aspect": key[3]}
        row["key"] = ".".join(part for part in (key[0], key[1], key[3] or key[2]) if part)
        row["cells"], label = {}, _part(key[0], key[1], (Labels(b, b.name), Labels(a, a.name)))
        for lang in LANGS:
            change = by_lang[lang].get(key) or next(by_lang[other][key] for other in LANGS if key in by_lang[other])
            section, _, what, aspect, before, after = change.words(lang)
            name = Named(label, key[1]).say(lang) if label else key[1]
            row["cells"][lang] = [section, name, f"{what} {aspect}".strip(), before, after]
            changed = change.what in ("changed", "moved")
            text = (
                phrase("impact", "turn", lang, *(cell or phrase("pages", "none", lang) for cell in (before, after)))
                if changed
                else what
            )
            named = " ".join(part for part in (section, say(label, lang) if label else name, aspect) if part)
            row[lang] = f"{named}{phrase('explanation', 'colon', lang)}{text}"
        changes.append(row)
    return changes


def _part(section: str, name: str, sides: Sequence[Labels]) -> Label | None:
    """What a changed part is called by the version that has it; None where it has no other name than its code."""
    code = name.partition(" (")[0]
    labels = [labels.line(STEPS[section], code, code, "") for labels in sides] if section in STEPS else []
    return next((label for label in labels if label != plain(code)), None)


def two_ledgers(grade_impact: Impact, a: Side, b: Side, draft: Draft, subject_id: str) -> dict[str, Any]:
    """One subject under both sides; InputError where neither knows it."""
    import pyarrow.compute as pc

    row = grade_impact.subjects.filter(pc.equal(grade_impact.subjects["subject_id"], subject_id)).to_pylist()
    if not row:
        raise InputError("pages.no_subject_either_side", subject_id=redact(clean(subject_id)))
    lines = lines_of(
        a, b, grade_impact.subjects.filter(pc.equal(grade_impact.subjects["subject_id"], subject_id)), everything=True
    )
    known = row[0]
    head = {key: grade_impact.data[key] for key in ("at", "made_up", "notes")}
    sides = {
        key: {
            "name": grade_impact.data[key]["name"],
            "grade": known[grade],
            "words": grade_impact.data["words"][grade][known[grade]],
            "score": _text(known[score]),
        }
        for key, grade, score in (("a", "before", "score_before"), ("b", "after", "score_after"))
    }
    return {
        **head,
        **sides,
        "notes": [note for note in head["notes"] if note != "no_day"],
        "subject_id": known["subject_id"],
        "name": known["name"],
        "lines": [_line(line, draft) for line in lines.get(subject_id, ())],
    }


def _text(value: Decimal | None, plus: bool = False) -> str:
    return points(value, plus).replace("−", "-")


def _line(line: Mapping[str, Any], draft: Draft) -> dict[str, Any]:
    was, now = line["was"], line["now"]
    both: Decimal | None = None
    if (was is not None or line["added"]) and (now is not None or line["removed"]):
        both = Decimal(now or 0) - Decimal(was or 0)
    label = draft.label(line)
    scored = line["step"] != "decide"
    return {
        "label": {lang: clean(getattr(label, lang)) for lang in LANGS},
        "step": line["step"],
        "record": redact(clean(line["record_id"])),
        "was": "" if line["added"] else _text(was) if scored else "✓",
        "now": "" if line["removed"] else _text(now) if scored else "✓",
        "difference": _text(both, plus=True) if scored and both else "",
        "article_was": line["article_was"],
        "article_is": line["article_is"],
    }


def write_impact(
    out: Path | str,
    impact: tuple[Impact, Side, Side, Draft],
    subjects: Sequence[str] = (),
    csv_people: bool = False,
    *,
    index: str = "",
) -> list[Path]:
    """`impact.html`, `.en.html`, `.json`, the tables, and a page `ledgers-<id>` for each of `subjects`.

    `index` is the page that leads back to all of them, from `out`; ledgers lead back to the impact.
    """
    grade_impact, a, b, draft = impact
    pages = {subject: two_ledgers(grade_impact, a, b, draft, subject) for subject in subjects}
    with whole(out, MARK) as folder, as_queries(grade_impact.tables()) as queries:
        files = write_pages(lambda lang: impact_document(grade_impact.data, lang), folder, "impact", index=index)
        files += write_tables(folder, queries, "people" if csv_people else True)
        for k, data in enumerate(pages.values(), start=1):
            name = f"ledgers-{k}" if len(pages) > 1 else "ledgers"
            files += write_pages(partial(ledgers_document, data), folder, name, index="impact.html")
    return [Path(out) / file.name for file in files]
