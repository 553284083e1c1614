"""Lists of a district, as tables: entries by year, what runs on a day, what ends soon."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditscore.core.days import from_day, to_day
from creditscore.core.i18n import clean, plain
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.records.snapshot import Snapshot
from creditscore.schemes import registry

Table = list[dict[str, Any]]


def both(label: Label) -> dict[str, Any]:
    """A label in both languages, as a page keeps it."""
    return {"label": {"zh": clean(label.zh), "en": clean(label.en)}}


def list_labels() -> dict[str, tuple[Label, str]]:
    """What each list of the library is called, and its kind."""
    labels: dict[str, tuple[Label, str]] = {}
    for entry in registry.entries():
        for name, rule in registry.load(entry).lists.items():
            labels[name] = (rule.label, rule.kind)
    return labels


def entries(snapshot: Snapshot, on: date) -> Table:
    """Per list: entries by year, how many run on the day, how many have left, and by which way."""
    day = to_day(on)
    rows = snapshot.con.execute(
        "SELECT list, year(DATE '1970-01-01' + entered_day::INTEGER), count(*), count(*) FILTER (WHERE"
        f" coalesce(exited_day, {day + 1}) > {day} AND coalesce(term_end_day, {day}) >= {day}),"
        f" count(*) FILTER (WHERE exited_day <= {day}), count(*) FILTER (WHERE coalesce(exited_day, {day + 1}) > {day}"
        f" AND term_end_day < {day}) FROM {snapshot.listings} WHERE entered_day <= {day} AND known_day <= {day}"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    labels = list_labels()
    table: dict[str, dict[str, Any]] = {}
    for name, year, entered, running, left, over in rows:
        label, kind = labels.get(name, (plain(clean(name)), ""))
        row = table.setdefault(
            name,
            {
                "list": clean(name),
                "kind": kind,
                **both(label),
                "entered": {},
                "running": 0,
                "exited": 0,
                "term_over": 0,
            },
        )
        row["entered"][str(year)] = int(entered)
        for key, n in (("running", running), ("exited", left), ("term_over", over)):
            row[key] += int(n)
    return list(table.values())


def ending(snapshot: Snapshot, on: date, soon: int) -> Table:
    """Running entries whose term ends within the next days, soonest first."""
    day = to_day(on)
    rows = snapshot.con.execute(
        f"SELECT s.subject_id, coalesce(s.name, ''), l.list, l.entered_day, l.term_end_day FROM {snapshot.listings} l"
        f" JOIN {snapshot.subjects} s ON s.sid = l.sid WHERE l.entered_day <= {day} AND l.known_day <= {day}"
        f" AND coalesce(l.exited_day, {day + 1}) > {day} AND l.term_end_day BETWEEN {day} AND {day + soon}"
        " ORDER BY l.term_end_day, s.subject_id, l.list, l.listing_id"
    ).fetchall()
    labels = list_labels()
    result = []
    for subject, name, listed, entered, end in rows:
        label, _ = labels.get(listed, (plain(clean(listed)), ""))
        result.append(
            {
                "subject_id": subject,
                "name": redact(clean(name)),
                "list": clean(listed),
                **both(label),
                "entered_on": str(from_day(entered)),
                "term_end": str(from_day(end)),
                "days": int(end) - day,
            }
        )
    return result
