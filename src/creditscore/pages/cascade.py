"""What follows from a changed record as a page: grades before and after, composites, and what people have to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from creditscore.cascade.preview import Cascade
from creditscore.cascade.tasks import TASKS
from creditscore.cascade.text import as_data, whom, word
from creditscore.composite.config import CompositeConfig
from creditscore.composite.load import load_composite
from creditscore.core.i18n import Lang, clean, day_said, period_said, say
from creditscore.core.i18n import word as said_of
from creditscore.core.model import Label
from creditscore.explanation import page_words
from creditscore.present import page
from creditscore.present.html import write_pair
from creditscore.present.page import Said, Section, Table, heads, number
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

said_in = page.said_in("cascade")
HASH = 16  # digits of a hash on the page; the JSON has it whole


def write_cascade(
    cascade: Cascade, folder: Path, made_up: bool = False, schemes: Mapping[str, Scheme] | None = None
) -> list[Path]:
    """`cascade.html` (Chinese), `cascade.en.html` and `cascade.json` with exactly what was drawn.

    `schemes` gives those outside the library, by id.
    """
    given = schemes or {}
    runs = {change.run.pinned: change.run.scheme for change in cascade.changes}
    used: dict[str, Scheme | CompositeConfig]
    used = {pinned: given.get(name) or registry.pick(pinned) for pinned, name in runs.items()}
    used |= {score.composite.name: score.composite.rules for score in cascade.scores}
    used |= {composite.config: load_composite(composite.config) for composite in cascade.composites}
    made_up = made_up or any(change.run.manifest.get("made_up") for change in cascade.changes)
    named = {name: _said(scheme.label) for name, scheme in used.items()}
    graded = {
        name: {grade.code: _said(grade.label) for grade in rules.grades if grade.label} for name, rules in used.items()
    }
    data = as_data(cascade) | {"labels": named, "grades": graded, "made_up": made_up}
    return write_pair(data, cascade_page, folder, "cascade")


def _said(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def cascade_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a cascade's data (`creditscore.cascade.text.as_data`)."""
    t = said_in(lang)
    ids = data["subjects"]
    under = [t("preview") if data["seq"] is None else t("of_entry", data["seq"])]
    tiles = [
        (t("runs_held"), number(data["runs"])),
        (t("changed"), number(len(data["changes"]))),
        (t("composites_changed"), number(len(data["scores"]) + len(data["composites"]))),
        (t("tasks"), number(len(data["tasks"]))),
    ]
    title = t("of_subject", clean(ids[0])) if len(ids) == 1 else t("of_subjects", number(len(ids)))
    parts = (events, grades, composites, tasks, hashes)
    return page.draw(
        data,
        lang,
        t,
        t("cascade"),
        title,
        [part(data, lang, t) for part in parts],
        under=under,
        tiles=tiles,
        other=other,
    )


def events(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [
            clean(event["record_id"]),
            say(page_words.word("events", event["event"]), lang),
            day_said(event["event_on"], lang),
        ]
        for event in data["events"]
    ]
    return Section(t("events_section"), "", [Table(heads(t, "record", "event", "day"), rows)]) if rows else None


def grades(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [
            _label(data, change["scheme"], lang),
            period_said(change["period"], lang),
            *(_face(data, change["scheme"], change[side], lang) for side in ("before", "after")),
            "\n".join([clean(", ".join(change["because"])), *([t("as_kept")] if change["as_kept"] else [])]),
        ]
        for change in data["changes"]
    ]
    if not rows:
        return Section(t("grades_section"), t("nothing"))
    table = Table(heads(t, "scheme", "period", "before", "after", "because"), rows)
    return Section(t("grades_section"), t("grades_desc"), [table])


def _label(data: dict[str, Any], name: str, lang: Lang) -> str:
    return str(data["labels"][name][lang])


def _face(data: dict[str, Any], scheme: str, side: dict[str, Any], lang: Lang) -> str:
    """Grade, or the state where there is none, and score."""
    first = side["grades"][0] if side["grades"] else {}
    grade_words = _grade(data, scheme, first.get("grade"), first.get("state") or "—", lang)
    score = str(first.get("score") or "")
    return f"{grade_words}\n{score.rstrip('0').rstrip('.') if '.' in score else score}".rstrip("\n").replace("-", "−")


def composites(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [
            f"{_label(data, score['config'], lang)}\n{day_said(score['as_of'], lang)}",
            *(_score(data, score["config"], score[side]["face"], lang) for side in ("before", "after")),
            "\n".join([clean(", ".join(score["because"])), *([t("as_kept")] if score["as_kept"] else [])]),
        ]
        for score in data["scores"]
    ]
    rows += [
        [
            _label(data, composite["config"], lang),
            *(_score(data, composite["config"], composite[side], lang) for side in ("before", "after")),
            t("not_kept"),
        ]
        for composite in data["composites"]
    ]
    if not rows:
        return None
    return Section(t("composite_section"), "", [Table(heads(t, "composite", "before", "after", "because"), rows)])


def _score(data: dict[str, Any], config: str, side: Sequence[str], lang: Lang) -> str:
    state, score, grade = side
    return f"{_grade(data, config, grade, state, lang)}\n{score}".rstrip("\n")


def _grade(data: dict[str, Any], name: str, grade: str | None, state: str, lang: Lang) -> str:
    """The grade in words, or why there is none."""
    if grade:
        label = data["grades"].get(name, {}).get(grade)
        return label[lang] if label else grade
    known = said_of("states", state)
    return say(known if known.zh != state else said_of("state_reasons", state), lang)


def tasks(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = []
    for task in data["tasks"]:
        about = whom(task["who"], lang) if task["task"] == "tell" else _thing(data, task["thing"], lang)
        what = f"{word('tasks', task['task'], lang)}{t('colon')}{clean(about)}"
        why = word("whys", task["why"], lang)
        rows.append(
            [what, f"{why}\n{clean(_thing(data, task['because'], lang))}", f"creditscore {TASKS[task['task']]}"]
        )
    if not rows:
        return None
    head = heads(t, "task", "why", "command")
    return Section(t("tasks_section"), t("tasks_desc"), [Table(head, rows)])


def _thing(data: dict[str, Any], thing: str, lang: Lang) -> str:
    """A grading or composite by its title and period; anything else (a record, an entry, a measure) by its number."""
    for change in data["changes"]:
        if change["run_id"] == thing:
            return f"{_label(data, change['scheme'], lang)}{period_said(change['period'], lang)}"
    for score in data["scores"]:
        if thing in (score["run_id"], score["config"]):
            return _label(data, score["config"], lang)
    return _label(data, thing, lang) if thing in data["labels"] else thing


def hashes(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [change["run_id"], change["before"]["hash"][:HASH], change["after"]["hash"][:HASH]]
        for change in [*data["changes"], *data["scores"]]
    ]
    return Section(t("hashes_section"), "", [Table(heads(t, "run", "before", "after"), rows)]) if rows else None


__all__ = ["cascade_page", "write_cascade"]
