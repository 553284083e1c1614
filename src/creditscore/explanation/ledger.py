"""`explain`: from the start score to the grade, line by line, each with its record and article."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import LANGS, Lang, language, plain, say, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.core.tables.frames import as_pandas, as_polars
from creditscore.explanation.audit import Audit, audit_of
from creditscore.explanation.check import check, plan_of
from creditscore.explanation.deciders import NOTHING, Decider, deciders_of, earlier_of, earlier_said, is_result
from creditscore.explanation.deciding import RuleInputs, find_day_and_number, find_earlier, read_by_rules
from creditscore.explanation.input_lines import RefusedRow, input_lines, refused_rows
from creditscore.explanation.labels import Labels, labels_of, law_titles
from creditscore.explanation.read import SubjectRows, read
from creditscore.explanation.written_sum import write_sum
from creditscore.grading.input_state.state import REFUSED
from creditscore.grading.interpreter.exact import Outcome
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading
from creditscore.schemes.citing import all_laws, cited_text, without_ids
from creditscore.schemes.expressions import names, parse
from creditscore.schemes.model import NO_GRADE, Scheme

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from creditscore.explanation.document import Depth
    from creditscore.present.document import Document
    from creditscore.present.svg import Picture


@dataclass(frozen=True)
class Line:
    """One row of the ledger in words.

    Parameters
    ----------
    step
        `start`, `record`, `condition`, `cap`, `limit` or `decide`.
    record_id, item
        The record and its item; empty where the row has none.
    label
        What the row is called, in Chinese and English.
    rule, article
        The id of the rule and the article it rests on (`LAW place`); empty where there is none.
    nominal, effective
        Points before and after caps, corrections and displacement; None where nobody knows the number.
    total
        The score after this row; None where nobody knows it.
    reason
        The code of why the row counts as it does (`counted`, `corrected:…`, `displaced:…`, `exempt:…`, `withdrawn`, …).
    said
        The reason in words.
    under
        The group or pool of the record's item, where a cap row of it stands in the ledger; else empty.
    cited
        The article as a person reads it.
    decides
        Whether this is a record behind the rule that decided.
    derived
        How the points follow from the item and its number (`3 + 8.5 % → 11.5`); empty where they stand in the rule.
    day
        The day of the record that counts; empty where it is not at hand.
    """

    step: str
    record_id: str
    item: str
    label: Label
    rule: str
    article: str
    nominal: Decimal | None
    effective: Decimal | None
    total: Decimal | None
    reason: str
    said: Label
    under: str = ""
    cited: Label = NOTHING  # the article, as a person reads it
    decides: bool = False  # a record behind the rule that decided
    derived: Label = NOTHING
    day: str = ""

    @property
    def given_back(self) -> bool:
        return self.reason.partition(":")[0] in ("corrected", "repaired")


@dataclass(frozen=True, repr=False)
class Explanation:
    """A grade and how it came about; labels are in Chinese and English.

    Parameters
    ----------
    subject_id, name
        The subject and its name; the name is empty where it is not known.
    scheme, title
        The version of the scheme (`tax@2014`) and its title.
    period
        The evaluation year or day that was graded.
    known_at
        The day as of which records were known.
    run_id
        The run that graded.
    state, state_reason
        `graded`, `not_graded` or `not_computable`, and why in words.
    start, score
        Points at the start and at the end; None for a scheme without points or where they are not known.
    score_low, score_high
        The bounds of the score; they differ from it only where a number is unknown; None: no bound is known.
    grade, grade_label
        The code of the grade and its name; empty without one.
    route
        How the grade was reached (`score`, `direct`, …); empty without one.
    margin
        Points between the score and the edge of its band towards the worse grade; None where no band gave the grade.
    evidence
        The weakest mark of evidence among the rules that touched the subject.
    readings
        Readings of doubtful rules that touched the subject, by id.
    lines
        The ledger, row by row.
    laws
        The legal texts cited, by id, with their titles.
    notes
        Codes of notes, such as `rules_missing` or `computed_again`.
    made_up
        Whether the data is synthetic.
    lower_is_better
        Whether fewer points are the better score.
    input_state
        Codes of what the input lacks, separated by `;`; empty where an earlier version did not state it.
    grade_without, without
        The grade without the refused rows, where these leave it open, as code and in words; empty and None otherwise.
    blocked
        Whether refused rows leave the grade open.
    refused
        The refused rows of the subject.
    deciders
        The rules that gave or changed the grade, without score bands.
    by_score
        Whether the score had a part in the grade.
    audit
        The identity of the run and a hash of every row.
    inputs
        What the rules read of the subject; None where only the results are at hand.
    """

    subject_id: str
    name: str
    scheme: str
    title: Label
    period: str
    known_at: str
    run_id: str
    state: str
    state_reason: Label
    start: Decimal | None
    score: Decimal | None
    score_low: Decimal | None
    score_high: Decimal | None
    grade: str
    grade_label: Label
    route: str
    margin: Decimal | None
    evidence: str
    readings: Mapping[str, Label]
    lines: tuple[Line, ...]
    laws: Mapping[str, Label]
    notes: tuple[str, ...]  # codes of texts
    made_up: bool
    lower_is_better: bool = False
    input_state: str = ""  # codes of what the input lacks; empty where an earlier version did not say
    grade_without: str = ""  # the grade without the refused rows, where these leave it open
    without: Label | None = None  # the same in words
    blocked: bool = False  # whether the refused rows leave open what stands here
    refused: tuple[RefusedRow, ...] = ()
    deciders: tuple[Decider, ...] = ()  # rules that gave or changed the grade, without score bands
    by_score: bool = True  # whether the score had a part in the grade
    audit: Audit | None = None
    inputs: RuleInputs | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        reached = self.grade or self.state
        score = "" if self.score is None else f", {points(self.score)} points"
        return f"<Explanation of {self.subject_id}, {self.scheme} {self.period}: {reached}{score}>"

    def _repr_html_(self) -> str:
        from creditscore.present.html import render_cell

        return render_cell(self.document(language()))

    @property
    def interval(self) -> tuple[Decimal | None, Decimal | None] | None:
        """Lowest and highest admissible score, where an unknown number leaves it open; None: no bound is known."""
        if self.score is not None or (self.start is None and self.score_low is None and self.score_high is None):
            return None
        return self.score_low, self.score_high

    @property
    def sum(self) -> str:
        """`90 − 3 + 2.4 = 89.4 → B`; empty for a scheme without points or an open score.

        A grade whose code is a word of ours (`red`) has its name beside the sum and not in it.
        """
        if self.start is None or self.score is None:
            return ""
        return write_sum(self.lines, self.score, self.grade if self.by_score and not self.grade.islower() else "")

    @property
    def sum_without(self) -> str:
        """The same for the grade without the refused rows."""
        scored = [line.total for line in self.lines if line.step != "decide"]
        if self.start is None or not self.grade_without or not scored or scored[-1] is None:
            return ""
        result = write_sum(self.lines, scored[-1])
        return result if " " in result.partition(" = ")[0] else ""  # one number is no sum

    def document(self, lang: Lang = "zh", depth: Depth = "reviewer") -> Document:
        """Tell the explanation as a document, which pages, terminals and notebooks show.

        `depth`: `subject` is for the organisation itself, `reviewer` adds the ledger, rules and codes, `auditor` marks
        of evidence, readings, versions and hashes.
        """
        from creditscore.explanation.document import explanation_document

        return explanation_document(self, lang, depth)

    def text(self, lang: Lang = "zh", width: int = 120, depth: Depth = "reviewer") -> str:
        """Render the explanation for a terminal, at most `width` columns wide; depths as for `document`."""
        from creditscore.present.terminal import render_text

        return render_text(self.document(lang, depth), width)

    def page(self, lang: Lang = "zh", depth: Depth = "reviewer") -> str:
        """Render a page of HTML that needs no network and prints on A4; depths as for `document`."""
        from creditscore.present.html import render_page

        return render_page(self.document(lang, depth))

    def data(self) -> dict[str, Any]:
        """Give what a page shows as plain values for JSON: numbers as text, labels in both languages."""
        from creditscore.explanation.as_data import explanation_data

        return explanation_data(self)

    def plot(self, lang: Lang | None = None) -> Picture:
        """Draw the way from the start to the score (SVG, which a notebook shows); empty without points."""
        from creditscore.explanation.waterfall import draw_waterfall

        return draw_waterfall(self, lang or language())

    def to_pandas(self) -> pd.DataFrame:
        """Give the ledger as a pandas DataFrame, one row per line, with its words in both languages."""
        return as_pandas(self._table())

    def to_polars(self) -> pl.DataFrame:
        """Give the ledger as a Polars DataFrame."""
        return as_polars(self._table())

    def _table(self) -> pa.Table:
        import pyarrow as pa

        numbers = dict.fromkeys(("nominal", "effective", "total"), pa.decimal128(38, 6))
        columns: dict[str, Any] = dict.fromkeys(("step", "record_id", "item", "rule", "article"), pa.string())
        columns |= numbers | {"reason": pa.string()}
        arrays = {name: pa.array([getattr(line, name) for line in self.lines], kind) for name, kind in columns.items()}
        for name in ("label", "said"):
            for lang in LANGS:
                arrays[f"{name}_{lang}"] = pa.array(
                    [say(getattr(line, name), lang) for line in self.lines], pa.string()
                )
        return pa.table(arrays)

    def input_lines(self, lang: Lang, office: bool = True) -> list[str]:
        """What the grade rests on, in sentences; none where the input was whole. `office`: with names of its people."""
        return input_lines(self.input_state, self.refused, self.without, self.sum_without, lang, self.blocked, office)


def explain(
    source: Grading | os.PathLike[str] | str,
    subject_id: str,
    scheme: str = "",
    words_of: Scheme | None = None,
    laws: Path | None = None,
    outcome: Outcome | None = None,
    row_again: Mapping[str, Any] | None = None,
    rule_inputs: RuleInputs | None = None,
) -> Explanation:
    """Explain the grade of one subject, line by line, each with its record and article.

    Parameters
    ----------
    source
        A grading in memory, or the folder that one was written to.
    subject_id
        Whose grade.
    scheme
        Which one, where the folder holds several; absent, the first.
    words_of
        The scheme whose labels are used, for one outside the library.
    laws
        The folder of its legal texts.
    outcome, row_again
        The subject graded again from what was graded, and its row of grades, where they are at hand: every number and
        code is then compared.
    rule_inputs
        What the rules read of the subject: it says which records decided. A grading in memory has it itself.

    Returns
    -------
    Explanation
        Its `.document(lang, depth)`, the same as `.text` for a terminal and `.page` as HTML, `.data()` for JSON; `.sum`
        is the arithmetic, `.plot()` its picture. A notebook shows it as it stands.

    Raises
    ------
    InputError
        Where the folder, one of its files or the subject is missing.
    DifferenceError
        Where the parts of the page do not fit (`explanation.check`).

    Examples
    --------
    >>> explain("out", "91500000MAAAAAA188").sum  # doctest: +SKIP
    '90 − 3 − 5 = 82 → B'
    """
    written = read(source, subject_id, scheme)
    labels = labels_of(written.manifest, source.plan.scheme if isinstance(source, Grading) else words_of)
    plan = source.plan if isinstance(source, Grading) else None
    if plan is None and labels.scheme is not None and not labels.changed:
        plan = plan_of(written.manifest, labels.scheme)
    check(written, plan, outcome, row_again)
    if isinstance(source, Grading):
        ((_, subject),) = inputs(source, [written.grade["subject_id"]])
        rule_inputs = read_by_rules(source.plan, subject)
    deciders = deciders_of(written, labels, rule_inputs, laws)
    behind = {record.record_id: decider for decider in deciders for record in decider.basis if decider.sure}
    grade, manifest = written.grade, written.manifest
    result = is_result(grade["grade"] or "", grade["start"], grade["score"])
    lines = tuple(
        _with_inputs(_marked(line, behind, result), labels, rule_inputs) for line in lines_of(written, labels, laws)
    )
    readings = [part for part in (grade["readings"] or "").split(";") if part]
    known = manifest.get("readings", {})
    own = labels.texts(laws)
    notes = ["computed_again"] if outcome is not None else []
    notes += ["rules_missing"] if labels.scheme is None else ["rules_changed"] if labels.changed else []
    has_points = any(line.step == "start" for line in lines)
    if grade["state"] == "graded" and not has_points:
        notes.append("no_points")
    if grade["state"] == "graded" and grade["score"] is None and has_points:
        notes.append("any_value")
    code = grade["grade"] or ""
    return Explanation(
        subject_id=grade["subject_id"],
        name=written.name or (redact(str(rule_inputs.subject.columns.get("name", ""))) if rule_inputs else ""),
        scheme=str(manifest["scheme"]),
        title=labels.title,
        period=str(grade["period"]),
        known_at=str(grade["known_at"]),
        run_id=str(manifest.get("run_id", "")),
        state=grade["state"],
        state_reason=labels.state_reason(
            grade["state_reason"] or "", next((line.rule for line in lines if line.step == "decide"), "")
        ),
        start=grade["start"],
        score=grade["score"],
        score_low=grade["score_low"],
        score_high=grade["score_high"],
        grade=code,
        grade_label=labels.grade(code) or plain(code),
        route=grade["route"] or "",
        margin=grade["margin"],
        evidence=grade["evidence"],
        readings={name: without_ids(Label(**known[name]), own) if name in known else plain(name) for name in readings},
        lines=lines,
        laws=law_titles([line.article for line in lines], laws),
        notes=tuple(notes),
        made_up=bool(manifest.get("made_up", False)),
        lower_is_better=_lower_is_better(labels, lines),
        input_state=grade.get("input_state") or "",
        grade_without=grade.get("grade_without") or "",
        without=labels.named_grade(grade["grade_without"]) if grade.get("grade_without") else None,
        blocked=grade["state_reason"] == REFUSED,
        refused=refused_rows(written.refused, grade["subject_id"], manifest.get("accepted", []), labels),
        deciders=deciders,
        by_score=_by_score(labels, written),
        audit=audit_of(written),
        inputs=rule_inputs,
    )


def _marked(line: Line, behind: Mapping[str, Decider], result: bool) -> Line:
    """A line of a record behind a rule that decided says so, also where it carries no points."""
    if line.step != "record" or line.record_id not in behind:
        return line
    decider = behind[line.record_id]
    frame = "decides_state" if decider.effect in NO_GRADE else "decides_result" if result else "decides"
    words = word("reasons", f"{frame}:{line.rule}", decider.grade) if line.reason == "noted" else line.said
    return replace(line, decides=True, said=words)


def _with_inputs(line: Line, labels: Labels, rule_inputs: RuleInputs | None) -> Line:
    """A record has its day; a condition or bonus that reads earlier grades names them."""
    if rule_inputs is None:
        return line
    if line.step == "record":
        return replace(line, day=find_day_and_number(rule_inputs, line.record_id)[0])
    earlier = earlier_of(labels, find_earlier(labels.read_by(line.step, line.rule), rule_inputs))
    if not earlier:
        return line
    zh = "、".join(earlier_said(row, "zh") for row in earlier)
    en = ", ".join(earlier_said(row, "en") for row in earlier)
    return replace(line, label=Label(zh=f"{line.label.zh}（{zh}）", en=f"{line.label.en} ({en})"))


def _by_score(labels: Labels, written: SubjectRows) -> bool:
    """Whether a rule on the way to the grade looked at the score; without the rules, as the route says."""
    if labels.scheme is None:
        return str(written.grade["route"]) == "score"
    rules = [labels.rule(row["rule"] or "") for row in written.ledger if row["step"] == "decide"]
    return any(
        rule.bands is not None or (rule.when is not None and "score" in names(parse(rule.when)))
        for rule in rules
        if rule is not None
    )


def _lower_is_better(labels: Labels, lines: tuple[Line, ...]) -> bool:
    """As the scheme says; without its file, as its points go: more of them raise the score than lower it."""
    if labels.scheme is not None:
        return labels.scheme.direction == "lower_is_better"
    return sum((line.effective or Decimal(0) for line in lines if line.step == "record"), Decimal(0)) > 0


def lines_of(written: SubjectRows, labels: Labels, laws: Path | None = None) -> tuple[Line, ...]:
    """The ledger in words, line by line."""
    law_by_id = all_laws(laws)
    totals = _totals(written)
    lines: list[Line] = []
    capped = {row["item"] for row in written.ledger if row["step"] == "cap"}
    for row, total in zip(written.ledger, totals, strict=True):
        step = row["step"]
        lines.append(
            Line(
                step=step,
                record_id=row["record_id"] or "",
                item=row["item"] or "",
                label=labels.line(step, row["item"] or "", row["rule"] or "", row["article"] or ""),
                rule=row["rule"] or "",
                article=row["article"] or "",
                nominal=row["nominal"],
                effective=row["effective"],
                total=total,
                reason=row["reason"] or "",
                said=labels.reason(row["reason"] or "", row["item"] or "", step),
                under=labels.under(row["item"] or "", row["article"] or "", capped) if step == "record" else "",
                cited=cited_text(row["article"] or "", law_by_id),
                derived=labels.derivation(row["item"] or "", row["article"] or "", row["nominal"])
                if step == "record"
                else NOTHING,
            )
        )
    return tuple(lines)


def _totals(written: SubjectRows) -> list[Decimal | None]:
    """The score after each row; None after a number nobody knows, until the last cap has absorbed it."""
    rows = written.ledger
    caps = [k for k, row in enumerate(rows) if row["step"] == "cap" and row["effective"] is not None]
    absorbed = caps[-1] if caps and written.grade["score"] is not None else len(rows)
    total, is_open = Decimal(0), not any(row["step"] == "start" for row in rows)
    totals: list[Decimal | None] = []
    for k, row in enumerate(rows):
        moved = row["nominal"] if row["step"] == "start" else row["effective"]
        total += moved or 0
        is_open = (is_open or moved is None) and k != absorbed
        totals.append(None if is_open or row["step"] == "decide" else total)
    return totals
