"""Decisive records of one subject of a finished grading, in words and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import LANGS, Lang, language
from creditscore.explanation.decisive.answer import LIMIT, Decisive, as_json
from creditscore.explanation.decisive.decisive import decisive as search
from creditscore.explanation.input_lines import input_lines, refused_rows
from creditscore.explanation.labels import Labels, labels_of
from creditscore.explanation.read import read
from creditscore.grading.batch import Gradings
from creditscore.grading.input_state.state import REFUSED
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading

if TYPE_CHECKING:
    from creditscore.present.document import Document


@dataclass(frozen=True)
class Asked:
    """Whose grade is asked about, and what that grade rests on, in codes and in sentences of both languages."""

    subject_id: str
    name: str = ""
    made_up: bool = False
    input_state: Mapping[str, str] = field(default_factory=dict)
    input_lines: Mapping[Lang, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class DecisiveRecords:
    """The records whose withdrawal changes the grade of one subject.

    Parameters
    ----------
    asked
        The subject, its name, and what its grade rests on.
    labels
        What grades and items are called.
    scheme
        The version of the scheme (`tax@2014`).
    period
        The evaluation year or day that was graded.
    items
        The item of each record, by record id.
    answer
        The whole answer: single records, smallest and minimal sets, and what was proved.
    """

    asked: Asked
    labels: Labels
    scheme: str
    period: str
    items: Mapping[str, str]
    answer: Decisive

    def __repr__(self) -> str:
        reached = self.answer.grade or self.answer.state
        return (
            f"<DecisiveRecords of {self.subject_id}, {self.scheme} {self.period}: {reached}, fewest {len(self.fewest)}>"
        )

    def _repr_html_(self) -> str:
        from creditscore.present.html import render_cell

        return render_cell(self.document(language()))

    @property
    def subject_id(self) -> str:
        return self.asked.subject_id

    @property
    def input_state(self) -> Mapping[str, str]:
        """What the grade rests on, in codes: `input_state` and `grade_without` (the grade without refused rows)."""
        return self.asked.input_state

    @property
    def fewest(self) -> tuple[str, ...]:
        """The fewest records whose withdrawal reaches the target; empty where none does."""
        return self.answer.witness

    def document(self, lang: Lang = "zh") -> Document:
        """Tell the answer as a document, which terminals, pages and notebooks show."""
        from creditscore.explanation.decisive.document import decisive_document

        return decisive_document(self, lang)

    def text(self, lang: Lang = "zh", width: int = 80) -> str:
        """Render the answer for a terminal, at most `width` columns wide."""
        from creditscore.present.terminal import render_text

        return render_text(self.document(lang), width)

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
        A grading in memory. For a written one, `creditscore decisive show GRADING SUBJECT --snapshot DIR`.
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
        raise UsageError("explanation.needs_records", where=str(grading)[:100])
    asked = ask_about(grading, subject_id)
    ((_, subject),) = inputs(grading, [asked.subject_id])
    return answer_for(grading.plan, asked, subject, target, limit)


def answer_for(plan: Plan, asked: Asked, subject: Subject, target: str | None, limit: int) -> DecisiveRecords:
    """Search for what decides, and keep with the answer whose it is."""
    items = {str(record["record_id"]): str(record["item"]) for record in subject.records}
    answer = search(plan, subject, target, limit)
    return DecisiveRecords(asked, Labels(plan.scheme, plan.scheme.name), plan.scheme.name, plan.period, items, answer)


def ask_about(source: Grading | Path, subject_id: str, scheme: str = "") -> Asked:
    """Read whose grade it is and what it rests on: codes, and the sentences about refused rows."""
    written = read(source, subject_id, scheme)
    own_id = str(written.grade["subject_id"])
    stated = {name: str(written.grade.get(name) or "") for name in ("input_state", "grade_without")}
    labels = labels_of(written.manifest)
    rows = refused_rows(written.refused, own_id, written.manifest.get("accepted", []), labels)
    without = labels.named_grade(stated["grade_without"]) if stated["grade_without"] else None
    blocked = written.grade["state_reason"] == REFUSED
    sentences = {lang: input_lines(stated["input_state"], rows, without, "", lang, blocked) for lang in LANGS}
    made_up = bool(written.manifest.get("made_up", False))
    return Asked(own_id, written.name, made_up, stated, sentences)


def _choose(gradings: Gradings, scheme: str) -> Grading:
    if not scheme and len(gradings) == 1:
        return next(iter(gradings))
    try:
        return gradings[scheme]
    except KeyError as error:
        names = ", ".join(run.plan.scheme.name for run in gradings)
        raise InputError("explanation.no_scheme_in_grading", scheme=scheme, allowed=names) from error
