"""What follows for grades that somebody was shown: one that a decision changes is superseded in the same act."""

from __future__ import annotations

from collections.abc import Sequence

from creditscore.cascade.follow import Redrawn
from creditscore.status.deadlines import basis_of
from creditscore.status.rules import life_rules
from creditscore.status.workflow import GradeStatus, name_status, statuses_in
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import Rows
from creditscore.store.context import Context

SUPERSEDED = "status.superseded"
SHOWN = ("state", "grade", "route")  # a score alone supersedes nothing


def supersede_grades(
    context: Context,
    archive: Archive,
    redrawn: Sequence[Redrawn],
    procedure: str,
    run_id: str,
    articles: Sequence[str] = (),
) -> None:
    """Let the grade as it is now take the place of the one that was shown, with the same status.

    Parameters
    ----------
    context
        Of the act; it must declare that it writes `status.superseded`.
    archive
        Of the store.
    redrawn
        The grades that the act draws anew. One that nobody was shown yet is left alone: its life begins later, with
        what then stands.
    procedure, run_id
        What the case is, and the run that it contests; a grade of another run changes by the objection alone.
    articles
        The articles of the decision.
    """
    for change in redrawn:
        run = change.run
        if not (isinstance(change.before, Rows) and isinstance(change.after, Rows)):
            continue  # a composite is never announced
        before, after = change.before.grades[0], change.after.grades[0]
        if all((before[name] or None) == (after[name] or None) for name in SHOWN):
            continue
        case = context.read(name_status(run.scheme, run.period))
        statuses: list[GradeStatus] = []
        if case.version >= 0 and not case.is_erased:
            statuses = statuses_in(context.connection, archive, case, change.subject_id)
        if not statuses or statuses[-1].run_id != run.run_id:
            continue
        step = procedure if run.run_id == run_id else "objection"
        basis, mark = basis_of(life_rules(run.scheme).procedure(step, int(run.period[:4])))
        group = {
            "number": len(case.parts.get("groups", {})) + 1,
            "run": run.run_id,
            "step": step,
            "status": statuses[-1].status,
            "on_day": context.day,
            "count": 1,
            "subjects": [change.subject_id],
            "supersedes": [run.run_id],
            "late": False,
            "basis": "; ".join(dict.fromkeys((*articles, basis))).strip("; "),
            "mark": mark,
            "case": context.stream,
        }
        context.emit(case.name, SUPERSEDED, subject=case.subject, state=case.state, parts={"groups": [group]})
