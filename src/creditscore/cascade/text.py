"""A cascade in words: each run and what becomes of it, each task with its reason, in Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.cascade.tasks import TASKS, Task
from creditscore.core.i18n import Lang, Words, load_words, period_said, say
from creditscore.explanation import page_words
from creditscore.explanation.labels import grade_or_state, scheme_title
from creditscore.measures.load import load_four_lists
from creditscore.store.archive.effective import Rows

if TYPE_CHECKING:
    from creditscore.cascade.apply import CascadeAct
    from creditscore.cascade.preview import Cascade, Change

Block = tuple[str, list[str]]


@lru_cache(maxsize=1)
def _words() -> Words:
    return load_words(Path(__file__).parent / "words.yaml")


def word(section: str, code: str, lang: Lang) -> str:
    """The word for a code; the code itself where there is none."""
    found = _words()[section].get(code)
    return code if found is None else say(found, lang)


def named(section: str, code: str, lang: Lang) -> str:
    """The word of the explanations for a code."""
    return say(page_words.word(section, code), lang) if code else ""


def whom(code: str, lang: Lang) -> str:
    """The subject, a department of the four lists, or an organ by its own name."""
    known = load_four_lists().head.departments.get(code)
    return word("whom", code, lang) if known is None else say(known.label, lang)


def change(one: Change, lang: Lang) -> Block:
    """The run, and the grade before and after."""
    under = [f"{_face(one.before, one.run.pinned, lang)} → {_face(one.after, one.run.pinned, lang)}"]
    under += [f"{word('words', 'rests', lang)} {', '.join(one.because)}"] if one.because else []
    under += [word("words", "kept", lang)] if one.as_kept else []
    title = say(scheme_title(one.run.pinned), lang)
    return f"{one.subject_id}  {title}  {period_said(one.run.period, lang)}", under


def task(one: Task, lang: Lang, done: bool | None = None) -> Block:
    """What is to be done, why, and with which command."""
    who, colon = whom(one.who, lang), word("words", "colon", lang)
    state = "" if done is None else f"  [{word('words', 'done' if done else 'open', lang)}]"
    head = f"{word('tasks', one.task, lang)}{colon}{who if one.task == 'tell' else one.thing}{state}"
    why = word("whys", one.why, lang)
    about = word("words", "because_of", lang).replace("{0}", why).replace("{1}", one.because) if one.because else why
    under = [about if one.task != "tell" else f"{about}{colon}{one.thing}" if one.thing != one.because else about]
    if one.task != "tell":
        under.append(f"{word('words', 'with', lang)}{colon}creditscore {TASKS[one.task]}" + (f"; {who}" if who else ""))
    return head, under


def blocks(found: Cascade, lang: Lang) -> Iterator[Block]:
    """Events first, then what becomes of each run and composite, then the tasks."""
    yield from moves(found, lang)
    for asked in found.tasks:
        yield task(asked, lang)


def moves(found: Cascade, lang: Lang) -> Iterator[Block]:
    """Events, then what becomes of each run and composite."""
    for event in found.events:
        share = f" {event.share}" if event.share else ""
        kind = named("events", event.event, lang)
        yield f"{event.record_id}  {kind}{share}  {event.event_on}  {event.subject_id}", []
    for one in found.changes:
        yield change(one, lang)
    for score in found.scores:
        under = [_moved(score.before.face, score.after.face, lang)]
        under += [f"{word('words', 'rests', lang)} {', '.join(score.because)}"] if score.because else []
        under += [word("words", "kept", lang)] if score.as_kept else []
        under += [] if score.seen else [word("words", "parts", lang)]
        head = f"{score.composite.name}  {score.composite.as_of}"
        yield f"{score.subject_id}  {word('words', 'composite', lang)} {head}", under
    for moved in found.composites:
        head = f"{word('words', 'composite', lang)} {moved.config}"
        yield f"{moved.subject_id}  {head}", [_moved(moved.before, moved.after, lang)]


def _moved(before: Sequence[str], after: Sequence[str], lang: Lang) -> str:
    sides = [
        (named("state_reasons" if side[0] != "graded" else "states", side[0], lang), *side[1:])
        for side in (before, after)
    ]
    return " → ".join(" ".join(part for part in side if part) for side in sides)


def act(one: CascadeAct) -> Block:
    of = "" if one.of_seq is None else f"cascade {one.of_seq}"
    case = one.document_no if one.kind == "decided" else ""
    more = f" + {len(one.subjects) - 3}" if len(one.subjects) > 3 else ""
    named = ", ".join(one.subjects[:3]) + more
    head = "  ".join(
        part for part in (str(one.seq), one.kind, one.event, one.record_id, of, case, named) if part
    )  # fmt: skip
    paper = f"; {one.document_no}" if one.document_no and not case else ""
    return head, [f"{one.on}  {one.by}: {one.reason}{paper}"]


def as_data(found: Cascade) -> dict[str, Any]:
    """The cascade as plain data: events, changes with both rows, tasks and the graph of what hangs on what."""
    return {
        "seq": found.seq if found.seq >= 0 else None,
        "subjects": list(found.subjects),
        "runs": found.runs,
        "events": [_plain(vars(one)) for one in found.events],
        "voided": [list(key) for key in found.voided],
        "changes": [
            {
                "run_id": one.run.run_id, "scheme": one.run.pinned, "period": one.run.period,
                "subject_id": one.subject_id, "as_kept": one.as_kept, "because": list(one.because),
                "before": _rows(one.before), "after": _rows(one.after),
            }
            for one in found.changes
        ],
        "scores": [
            {
                "run_id": one.composite.run_id, "config": one.composite.name, "as_of": one.composite.as_of,
                "subject_id": one.subject_id, "as_kept": one.as_kept, "because": list(one.because),
                "before": {"hash": one.before.hash, "face": list(one.before.face)},
                "after": {"hash": one.after.hash, "face": list(one.after.face)},
            }
            for one in found.scores
        ],
        "composites": [vars(one) for one in found.composites],
        "tasks": tasks(found.tasks),
        "edges": [dict(zip(("thing", "rests_on", "how"), edge, strict=True)) for edge in found.edges()],
    }  # fmt: skip


def tasks(found: Iterable[Task]) -> list[dict[str, Any]]:
    return [vars(one) for one in found]


def _rows(rows: Rows) -> dict[str, Any]:
    return {"hash": rows.hash, "grades": [*map(dict, rows.grades)], "ledger": [*map(dict, rows.ledger)]}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    dates = {name: value.isoformat() for name, value in row.items() if hasattr(value, "isoformat")}
    return {name: dates.get(name, value) for name, value in row.items() if value is not None}


def _face(rows: Rows, pinned: str, lang: Lang) -> str:
    """Grade or state, how it came about, and the score."""
    score = rows.score.rstrip("0").rstrip(".") if "." in rows.score else rows.score
    parts = [say(grade_or_state(pinned, rows.grade), lang), named("routes", rows.route, lang), score]
    return " ".join(part for part in parts if part)
