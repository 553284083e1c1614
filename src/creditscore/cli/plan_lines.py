"""What an act would write, in words: the case, records, grades before and after, entries in question, tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import Lang, period_said, phrase, say

if TYPE_CHECKING:
    from creditscore.cascade.drawn import Drawn
    from creditscore.office.consequences import Consequences
    from creditscore.store.archive.runs import KeptRun
    from creditscore.store.declarations import Workflow
    from creditscore.store.log import Event, NewEvent
    from creditscore.store.machine import Plan
    from creditscore.store.store import Store

Block = tuple[str, list[str]]
MOST_SIGNS, MOST_CELLS = 300, 12
DOUBTS = {  # which task a doubt about an entry opens
    "record_withdrawn": ("review_withdrawn",),
    "record_withdrawn_in_part": ("review_part",),
    "ground_gone": ("review_ground",),
    "record_changed": ("look_at_way_out",),
}


def list_blocks(store: Store, plan: Plan, lang: Lang) -> Iterator[Block]:
    """Give a heading and lines for each thing that an act would write: the act itself, then what follows elsewhere."""
    for new in plan.events:
        if new.kind == "grade.redrawn":
            yield _tell_grade(store, new, lang)
        elif new.kind.startswith("record."):
            yield _tell_record(store, new, lang)
        else:
            yield _tell_case(store, plan, new, lang)


def head_of(store: Store, drawn: Drawn, lang: Lang) -> Block:
    """Give the heading of an act from which something followed: its number, day and person, and what it did."""
    act = drawn.events[0]
    workflow = _find_workflow(store, act)
    name = workflow.act_of(act.kind) if workflow else None
    title = getattr(workflow.acts[name].title, lang) if workflow and name else act.kind
    return f"{drawn.number}  {act.on_day}  {drawn.by}  {act.stream}  {title}", _list_tasks(store, act, lang)


def list_drawn_blocks(store: Store, drawn: Drawn, lang: Lang) -> Iterator[Block]:
    """Give a heading and lines for each record, grade, score and entry that an act drew after itself."""
    for event in drawn.records:
        yield _tell_record(store, event, lang)
    for event in drawn.redrawn:
        yield _tell_grade(store, event, lang)
    for event in drawn.doubts:
        workflow = _find_workflow(store, event)
        state = getattr(workflow.states[event.state], lang) if workflow else event.state
        asked = "in_question" if ((event.payload or {}).get("set") or {}).get("doubt") else "no_question"
        yield f"{event.stream}  {state}  {_word(asked, lang)}", _list_tasks(store, event, lang)


def list_consequences(store: Store, consequences: Consequences, lang: Lang) -> Iterator[Block]:
    """Give the same for what would follow if something were decided about a record."""
    event = consequences.event
    yield f"{_word('record', lang)} {event.record_id}  {_word(event.event, lang)}", []
    for change in consequences.redrawn:
        faces: Any = (change.before, change.after)
        yield _tell_faces(change.run, change.subject_id, [face.face for face in faces], change.as_kept, lang)
    for entry, doubt in consequences.doubts:
        workflow = store.registry.by_id[entry.flow]
        titles = [getattr(workflow.tasks[what].title, lang) for what in DOUBTS[doubt["why"]] if what in workflow.tasks]
        yield (
            f"{entry.name}  {getattr(workflow.states[entry.state], lang)}",
            [f"{_word('to_do', lang)}: {title}" for title in titles],
        )


def _tell_record(store: Store, new: NewEvent | Event, lang: Lang) -> Block:
    """A record, and what was decided about it."""
    name = str(((new.payload or {}).get("set") or {}).get("record") or new.stream.rpartition("/")[2])
    return f"{_word('record', lang)} {name}  {_word(new.kind.partition('.')[2], lang)}", _list_tasks(store, new, lang)


def _tell_grade(store: Store, new: NewEvent | Event, lang: Lang) -> Block:
    from creditscore.store.archive.runs import read_run

    values = (new.payload or {}).get("set") or {}
    stream = store.read(f"run/{new.stream.split('/')[1]}")
    if new.payload is None or stream.is_erased:
        return f"{new.subject}  {stream.name}  {_word('erased', lang)}", []
    run = read_run(stream)
    return _tell_faces(run, new.subject, [values["before"], values["after"]], values["as_kept"], lang)


def _tell_faces(run: KeptRun, subject_id: str, faces: Sequence[Mapping[str, str]], as_kept: bool, lang: Lang) -> Block:
    """A grade or a score before and after."""
    from creditscore.explanation.labels import grade_or_state, scheme_title

    if run.kind == "composite":
        title = run.pinned
        sides = [" ".join(filter(None, (side["grade"] or side["state"], side["score"]))) for side in faces]
    else:
        title = say(scheme_title(run.pinned), lang)
        sides = [
            " ".join(filter(None, (say(grade_or_state(run.pinned, side["grade"]), lang), _shorten(side["score"]))))
            for side in faces
        ]
    under = [" → ".join(sides), *([_word("as_kept", lang)] if as_kept else [])]
    return f"{subject_id}  {title}  {period_said(run.period, lang)}", under


def _shorten(score: str) -> str:
    return score.rstrip("0").rstrip(".") if "." in score else score


def _tell_case(store: Store, plan: Plan, new: NewEvent, lang: Lang) -> Block:
    """An act on a case: what is set, in the words that its declaration has."""
    workflow = _find_workflow(store, new)
    state = workflow.states.get(new.state) if workflow else None
    act = workflow.act_of(new.kind) if workflow else None
    kind = getattr(workflow.acts[act].title, lang) if workflow and act else new.kind
    stands = getattr(state, lang) if state else new.state
    cells = {name: _write(value) for name, value in (new.payload.get("set") or {}).items()}
    lines = [f"{name}: {text}" for name, text in cells.items() if text]
    for part, rows in (new.payload.get("parts") or {}).items():
        lines += [f"{part}: {_write(row)}" for row in rows]
    return f"{new.stream or plan.workflow}  {kind}  {stands}".rstrip(), lines + _list_tasks(store, new, lang)


def _list_tasks(store: Store, new: NewEvent | Event, lang: Lang) -> list[str]:
    """The tasks that it opens or ends."""
    workflow = _find_workflow(store, new)
    lines = []
    for change in (new.payload or {}).get("tasks") or ():
        rule = workflow.tasks.get(change["what"]) if workflow else None
        title = getattr(rule.title, lang) if rule else change["what"]
        if change["change"] == "open":
            due = phrase("cli", "until", lang, change["due_on"]) if change.get("due_on") else ""
            lines.append(f"{_word('to_do', lang)}: {title}{due}")
        elif change["change"] == "done":
            lines.append(f"{_word('done', lang)}: {title}")
    return lines


def _find_workflow(store: Store, new: NewEvent | Event) -> Workflow | None:
    return store.registry.by_id.get(new.flow) or store.registry.newest.get(new.stream.partition("/")[0])


def _word(code: str, lang: Lang) -> str:
    return phrase("plan_lines", code, lang)


def _write(value: Any) -> str:
    """A value on one line; empty for what is shown elsewhere: whole rows of results, and what there is none of."""
    if isinstance(value, Mapping):
        inner = {name: _write(cell) for name, cell in value.items()} if len(value) <= MOST_CELLS else {}
        return "; ".join(f"{name}: {text}" for name, text in inner.items() if text)
    if isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_write, value[:MOST_CELLS]))) + ("…" if len(value) > MOST_CELLS else "")
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= MOST_SIGNS else f"{text[:MOST_SIGNS]}…"
