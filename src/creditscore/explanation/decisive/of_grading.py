"""Decisive records of one subject of a finished grading, in words and as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Lang
from creditscore.explanation.decisive.answer import LIMIT, Decisive
from creditscore.explanation.decisive.decisive import decisive as search
from creditscore.explanation.decisive.text import as_json, render
from creditscore.explanation.input_lines import input_lines, refused_rows
from creditscore.explanation.labels import labels_of
from creditscore.explanation.read import read
from creditscore.grading.batch import Gradings
from creditscore.grading.input_state.state import REFUSED
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading


@dataclass(frozen=True)
class DecisiveRecords:
    """The records whose withdrawal changes the grade of one subject.

    Parameters
    ----------
    subject_id
        The subject.
    scheme
        The version of the scheme (`tax@2014`).
    period
        The evaluation year or day that was graded.
    items
        The item of each record, by record id.
    answer
        The whole answer: single records, smallest and minimal sets, and what was proved.
    input_state
        What the grade rests on, in codes: `input_state` and `grade_without` (the grade without refused rows); empty
        texts where nothing is stated.
    """

    subject_id: str
    scheme: str
    period: str
    items: Mapping[str, str]
    answer: Decisive
    input_state: Mapping[str, str]

    @property
    def fewest(self) -> tuple[str, ...]:
        """The fewest records whose withdrawal reaches the target; empty where none does."""
        return self.answer.witness

    def text(self, lang: Lang = "zh") -> str:
        """Render the answer for a terminal."""
        return render(self.answer, self.subject_id, self.scheme, self.period, self.items, lang)

    def data(self) -> dict[str, Any]:
        """Give the answer as plain values for JSON."""
        return as_json(self.answer, self.subject_id, self.scheme, self.period) | dict(self.input_state)


def decisive(
    grading: Grading | Gradings, subject_id: str, target: str | None = None, *, scheme: str = "", limit: int = LIMIT
) -> DecisiveRecords:
    """Find the records that decide the grade of a subject.

    Parameters
    ----------
    grading
        A grading in memory. For a written one, `creditscore decisive show DIR SUBJECT --snapshot DIR`.
    subject_id
        Whose grade.
    target
        A grade (that or better) or `any` (any change); absent, the next better grade.
    scheme
        Which one, where the grading holds several.
    limit
        How many patterns of minimal sets to list.

    Returns
    -------
    DecisiveRecords
        Single records that change the grade, the fewest that reach the target, and all sets of which none is smaller;
        what was not proved within the limits of work is said.

    Raises
    ------
    InputError
        Where the subject was not graded.
    UsageError
        For a grade that the scheme does not know.

    Examples
    --------
    >>> decisive(result, "91500000MAAAAAA34X").fewest  # doctest: +SKIP
    ('r03', 'r04')
    """
    if isinstance(grading, Gradings):
        grading = _choose(grading, scheme)
    if not isinstance(grading, Grading):
        raise UsageError(
            "decisive records need the records that were graded",
            where=str(grading)[:100],
            allowed="a grading in memory",
            next="grade again, or use `creditscore decisive show DIR SUBJECT --snapshot DIR`",
        )
    row = read(grading, subject_id).grade
    ((own_id, subject),) = inputs(grading, [str(row["subject_id"])])
    return answer_for(grading.plan, own_id, subject, target, limit, state_input(grading, own_id)[1])


def answer_for(
    plan: Plan, subject_id: str, subject: Subject, target: str | None, limit: int, input_state: Mapping[str, str]
) -> DecisiveRecords:
    """Search for what decides, and keep with the answer whose it is."""
    items = {str(record["record_id"]): str(record["item"]) for record in subject.records}
    answer = search(plan, subject, target, limit)
    return DecisiveRecords(subject_id, plan.scheme.name, plan.period, items, answer, input_state)


def state_input(
    source: Grading | Path, subject_id: str, scheme: str = "", lang: Lang = "en"
) -> tuple[list[str], dict[str, str]]:
    """Say what a grade rests on, in sentences, and as codes: `input_state` and the grade without refused rows."""
    written = read(source, subject_id, scheme)
    stated = {name: str(written.grade.get(name) or "") for name in ("input_state", "grade_without")}
    labels = labels_of(written.manifest)
    rows = refused_rows(written.refused, subject_id, written.manifest.get("accepted", []), labels)
    without = labels.named_grade(stated["grade_without"]) if stated["grade_without"] else None
    blocked = written.grade["state_reason"] == REFUSED
    return input_lines(stated["input_state"], rows, without, "", lang, blocked), stated


def _choose(gradings: Gradings, scheme: str) -> Grading:
    if not scheme and len(gradings) == 1:
        return next(iter(gradings))
    try:
        return gradings[scheme]
    except KeyError as error:
        names = ", ".join(run.plan.scheme.name for run in gradings)
        raise InputError(f"{scheme!r} is none of the schemes of this grading", allowed=names) from error
