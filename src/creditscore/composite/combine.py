"""`combine`: gradings of several domains in, one score and grade per organisation out, with every domain's share."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from creditscore.composite.acts import settle
from creditscore.composite.assemble import REASONS, STATES, Scores, assemble, tables
from creditscore.composite.cells import no_cells
from creditscore.composite.config import CompositeConfig
from creditscore.composite.inputs import Gathered, content, gather, listed_rules, newest_day, pivot
from creditscore.composite.load import load_composite
from creditscore.composite.population import population, sole_traders
from creditscore.composite.result import FORMAT, RUN_FORMAT, Composite, composite_id
from creditscore.composite.score import function_of, reference_score
from creditscore.composite.tables import open_listings
from creditscore.core.boundary import guarded
from creditscore.core.days import day_of
from creditscore.core.errors import UsageError
from creditscore.core.messages import Message
from creditscore.core.version import __version__
from creditscore.grading.identity import rules_hash
from creditscore.records import Snapshot

ACTS = ("once", "unchecked")
NO_LISTINGS, NO_SUBJECTS = "none given", "all that were graded"  # in the manifest, where it had no such table
# notes of a manifest, as it keeps them whatever the language, and what each says
NO_ACTS = "acts were not looked at: one that several domains count may weigh more than once"
NO_ENTRIES = "no entries of lists were given: hard rules follow the grades of list schemes alone"
NO_FEEDS = "no feeds declared: a domain without records may be clean, or its feed may be silent"
OWN_NUMBERS = ("project_default: ", " are this project's own; no text gives them")
LIMITS = {  # what a composite could not look at
    NO_ACTS: Message("composite.limit_acts"),
    NO_ENTRIES: Message("composite.limit_lists"),
    NO_FEEDS: Message("composite.limit_feeds"),
}


@guarded(Message("composite.scoring"))
def combine(
    gradings: Any,
    config: str | Path | CompositeConfig,
    *,
    subjects: Any = None,
    listings: Any = None,
    as_of: date | str | None = None,
    snapshot: Snapshot | None = None,
    acts: Literal["once", "unchecked"] = "once",
) -> Composite:
    """Score every organisation of some gradings under a composite.

    score = Σ over groups of weight × the weighted mean of their domains' values (inside the group's limits) / 1000, at
    most the top of the band of a hard rule's grade; rounded half up to whole points, 0 to 1000. A domain's contribution
    is its exact Shapley value (`composite.shapley`).

    Parameters
    ----------
    gradings
        A Grading or Gradings in memory, a folder that `creditscore grade` wrote, a table of grades, or a list of these;
        of several periods of a scheme the newest counts.
    config
        An id (`jilin_edz`), a version (`jilin_edz@2018-06-27`), a YAML file or a CompositeConfig.
    subjects
        A table with `subject_id` and, if known, `kind`: exactly these are scored; absent, all that were graded.
    listings
        A table of list entries; those in force on `as_of` set off hard rules.
    as_of
        The day of the score; absent, the last day of the newest period graded.
    snapshot
        The records behind written folders, with which they are graded again to look at acts.
    acts
        `once`: an act that several domains count weighs in one; needs gradings in memory or a snapshot. `unchecked`:
        each grade stands as it is, and the manifest says so.

    Returns
    -------
    Composite
        Scores, grades and the contribution of each domain as Arrow tables.

    Raises
    ------
    UsageError, NotInForce, SchemeError, InputError
        For what was asked, a composite that does not hold on the day, a faulty one, grades that cannot be read.

    Examples
    --------
    >>> combine(gradings, "jilin_edz").composite.to_pandas()  # doctest: +SKIP
    """
    if acts not in ACTS:
        raise UsageError("composite.acts", acts=acts, allowed=ACTS)
    day = day_of(as_of, "as_of")
    rules = load_composite(config, day)
    schemes = [name.partition("@")[0] for domain in rules.domains for name in domain.schemes]
    gathered = gather(gradings, schemes, snapshot)
    if gathered.unchecked and acts == "once":
        raise UsageError("composite.records_behind_these_grades_not_so", sources=[*dict.fromkeys(gathered.unchecked)])
    if day is None:
        day = newest_day(gathered)
        rules = load_composite(config, day)
    cells = no_cells(rules, day)
    ids, cell = pivot(gathered, cells)
    ids, cell, refused, outside = population(gathered.con, ids, cell, subjects)
    listed, entries = np.zeros(len(ids), dtype=np.int64), None
    if listings is not None:
        open_listings(gathered.con, listings)
        listed, entries = listed_rules(gathered.con, cells, ids)
    f = function_of(rules)
    shared, again = settle(gathered.runs, cells, f, ids, cell, listed) if acts == "once" else ([], [])
    scores = assemble(cells, f, cell, listed, sole_traders(rules, ids, gathered, subjects is not None))
    inputs = _inputs(gathered, rules, day, listings is not None, subjects is not None)
    manifest = {
        "format": FORMAT,
        "run_id": composite_id({**inputs, "acts": acts}),
        **inputs,
        "reference": reference_score(f),
        "rules": json.loads(rules.model_dump_json(by_alias=True, exclude_none=True)),
        "acts": acts,
        "not_used": list(gathered.not_used),
        "counts": _counts(rules, scores, len(shared), len(refused), outside, entries),
        "notes": _notes(rules, acts, listings is not None, gathered),
        **({"made_up": True} if gathered.made_up else {}),
    }
    return Composite(tables(cells, rules, day, ids, scores, shared, again, refused), manifest)


def _inputs(gathered: Gathered, config: CompositeConfig, day: date, entries: bool, chosen: bool) -> dict[str, Any]:
    """What the manifest says of input and rules; with `acts`, what `composite_id` reads is among it."""
    return {
        "run_format": RUN_FORMAT,
        "rules_hash": rules_hash(config),
        "creditscore": __version__,
        "config": config.composite,
        "config_version": config.version,
        "config_sha256": hashlib.sha256(config.model_dump_json().encode()).hexdigest(),
        "as_of": day.isoformat(),
        "inputs": list(gathered.inputs),
        "listings": content(gathered.con, "SELECT * FROM listings") if entries else NO_LISTINGS,
        "subjects": content(gathered.con, "SELECT * FROM population") if chosen else NO_SUBJECTS,
    }


def _counts(
    config: CompositeConfig, scores: Scores, shared: int, refused: int, outside: int, entries: dict[str, int] | None
) -> dict[str, Any]:
    states: dict[str, int] = {}
    for code, (state, reason) in enumerate(zip(STATES, REASONS, strict=True)):
        states[f"{state}:{reason}" if reason else state] = int((scores.state == code).sum())
    graded = scores.state == 0
    grades = {grade.code: int((scores.place[graded] == k).sum()) for k, grade in enumerate(config.grades)}
    data: dict[str, Any] = {
        "subjects": len(scores.state),
        "states": {name: count for name, count in states.items() if count},
        "grades": {name: count for name, count in grades.items() if count},
        "fragile": int(scores.fragile[graded].sum()),
        "shared_acts": shared,
        "refused": refused,
    }
    if outside:
        data["graded_but_not_asked_for"] = outside
    return data | ({} if entries is None else {"listings": entries})


def tell_note(note: str) -> str | Message:
    """Return what a note of a manifest says; one that is not known, as it stands."""
    start, end = OWN_NUMBERS
    if note.startswith(start) and note.endswith(end):
        return Message("composite.project_default", own=note.removeprefix(start).removesuffix(end).split(", "))
    return LIMITS.get(note, note)


def _notes(config: CompositeConfig, acts: str, entries: bool, gathered: Gathered) -> list[str]:
    notes = []
    ours = [name for name in ("weights", "maps", "bands") if getattr(config.marks, name) == "project_default"]
    if ours:
        notes.append(", ".join(ours).join(OWN_NUMBERS))
    if acts == "unchecked":
        notes.append(NO_ACTS)
    if config.hard_rules and not entries:
        notes.append(NO_ENTRIES)
    if any(run.manifest["feeds"] == "none declared" for run in gathered.runs):
        notes.append(NO_FEEDS)
    return notes
