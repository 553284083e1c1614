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
from creditscore.store.legacy.archive.effective import Rows

if TYPE_CHECKING:
    from creditscore.cascade.apply import CascadeAct
    from creditscore.cascade.preview import Cascade, Change

Block = tuple[str, list[str]]


@lru_cache(maxsize=1)
def _words() -> Words:
    return load_words(Path(__file__).parent / "words.yaml")


def word(section: str, code: str, lang: Lang) -> str:
    """The word for a code; the code itself where there is none."""
    label = _words()[section].get(code)
    return code if label is None else say(label, lang)


def named(section: str, code: str, lang: Lang) -> str:
    """The word of the explanations for a code."""
    return say(page_words.word(section, code), lang) if code else ""


def whom(code: str, lang: Lang) -> str:
    """The subject, a department of the four lists, or an organ by its own name."""
    known = load_four_lists().head.departments.get(code)
    return word("whom", code, lang) if known is None else say(known.label, lang)


def change(grade_change: Change, lang: Lang) -> Block:
    """The run, and the grade before and after."""
    under = [
        " → ".join(_face(rows, grade_change.run.pinned, lang) for rows in (grade_change.before, grade_change.after))
    ]
    under += [f"{word('words', 'rests', lang)} {', '.join(grade_change.because)}"] if grade_change.because else []
    under += [word("words", "kept", lang)] if grade_change.as_kept else []
    title = say(scheme_title(grade_change.run.pinned), lang)
    return f"{grade_change.subject_id}  {title}  {period_said(grade_change.run.period, lang)}", under


def task(open_task: Task, lang: Lang, done: bool | None = None) -> Block:
    """What is to be done, why, and with which command."""
    who, colon = whom(open_task.who, lang), word("words", "colon", lang)
    state = "" if done is None else f"  [{word('words', 'done' if done else 'open', lang)}]"
    head = f"{word('tasks', open_task.task, lang)}{colon}{who if open_task.task == 'tell' else open_task.thing}{state}"
    why = word("whys", open_task.why, lang)
    about = (
        word("words", "because_of", lang).replace("{0}", why).replace("{1}", open_task.because)
        if open_task.because
        else why
    )
    under = [
        about
        if open_task.task != "tell"
        else f"{about}{colon}{open_task.thing}"
        if open_task.thing != open_task.because
        else about
    ]
    if open_task.task != "tell":
        under.append(
            f"{word('words', 'with', lang)}{colon}creditscore {TASKS[open_task.task]}" + (f"; {who}" if who else "")
        )
    return head, under


def blocks(cascade: Cascade, lang: Lang) -> Iterator[Block]:
    """Events first, then what becomes of each run and composite, then the tasks."""
    yield from moves(cascade, lang)
    for asked in cascade.tasks:
        yield task(asked, lang)


def moves(cascade: Cascade, lang: Lang) -> Iterator[Block]:
    """Events, then what becomes of each run and composite."""
    for event in cascade.events:
        share = f" {event.share}" if event.share else ""
        kind = named("events", event.event, lang)
        yield f"{event.record_id}  {kind}{share}  {event.event_on}  {event.subject_id}", []
    for grade_change in cascade.changes:
        yield change(grade_change, lang)
    for score in cascade.scores:
        under = [_moved(score.before.face, score.after.face, lang)]
        under += [f"{word('words', 'rests', lang)} {', '.join(score.because)}"] if score.because else []
        under += [word("words", "kept", lang)] if score.as_kept else []
        under += [] if score.seen else [word("words", "parts", lang)]
        head = f"{score.composite.name}  {score.composite.as_of}"
        yield f"{score.subject_id}  {word('words', 'composite', lang)} {head}", under
    for moved in cascade.composites:
        head = f"{word('words', 'composite', lang)} {moved.config}"
        yield f"{moved.subject_id}  {head}", [_moved(moved.before, moved.after, lang)]


def _moved(before: Sequence[str], after: Sequence[str], lang: Lang) -> str:
    sides = [
        (named("state_reasons" if side[0] != "graded" else "states", side[0], lang), *side[1:])
        for side in (before, after)
    ]
    return " → ".join(" ".join(part for part in side if part) for side in sides)


def act(cascade_act: CascadeAct) -> Block:
    of = "" if cascade_act.of_seq is None else f"cascade {cascade_act.of_seq}"
    case = cascade_act.document_no if cascade_act.kind == "decided" else ""
    more = f" + {len(cascade_act.subjects) - 3}" if len(cascade_act.subjects) > 3 else ""
    named = ", ".join(cascade_act.subjects[:3]) + more
    head = "  ".join(
        part
        for part in (str(cascade_act.seq), cascade_act.kind, cascade_act.event, cascade_act.record_id, of, case, named)
        if part
    )
    paper = f"; {cascade_act.document_no}" if cascade_act.document_no and not case else ""
    return head, [f"{cascade_act.on}  {cascade_act.by}: {cascade_act.reason}{paper}"]


def as_data(cascade: Cascade) -> dict[str, Any]:
    """The cascade as plain data: events, changes with both rows, tasks and the graph of what hangs on what."""
    return {
        "seq": cascade.seq if cascade.seq >= 0 else None,
        "subjects": list(cascade.subjects),
        "runs": cascade.runs,
        "events": [_plain(vars(event)) for event in cascade.events],
        "voided": [list(key) for key in cascade.voided],
        "changes": [
            {
                "run_id": grade_change.run.run_id,
                "scheme": grade_change.run.pinned,
                "period": grade_change.run.period,
                "subject_id": grade_change.subject_id,
                "as_kept": grade_change.as_kept,
                "because": list(grade_change.because),
                "before": _rows(grade_change.before),
                "after": _rows(grade_change.after),
            }
            for grade_change in cascade.changes
        ],
        "scores": [
            {
                "run_id": score.composite.run_id,
                "config": score.composite.name,
                "as_of": score.composite.as_of,
                "subject_id": score.subject_id,
                "as_kept": score.as_kept,
                "because": list(score.because),
                "before": {"hash": score.before.hash, "face": list(score.before.face)},
                "after": {"hash": score.after.hash, "face": list(score.after.face)},
            }
            for score in cascade.scores
        ],
        "composites": [vars(composite) for composite in cascade.composites],
        "tasks": tasks(cascade.tasks),
        "edges": [dict(zip(("thing", "rests_on", "how"), edge, strict=True)) for edge in cascade.edges()],
    }


def tasks(task_rows: Iterable[Task]) -> list[dict[str, Any]]:
    return [vars(open_task) for open_task in task_rows]


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
