"""`explain_composite`: from the reference to the score, domain by domain, and inside a domain item by item and record
by record, each with its article.

Inside a domain the parts follow its ledger: a hard rule, or a grade that was decided directly, takes the whole share;
else items share it by what they cost (or brought) after caps, and the records of an item likewise, in whole points by
the largest remainder. The rules that decided a grade stand beside the parts, with what they rest on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.config import CompositeConfig
from creditscore.composite.result import Composite, read_composite
from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.core.i18n import LANGS, Lang, Phrase, language, plain, say
from creditscore.core.identity import canonical_code, redact
from creditscore.core.model import Label
from creditscore.core.tables.frames import as_pandas, as_polars
from creditscore.explanation.composite_shares import GradeLedger, SharePart, share_out
from creditscore.explanation.deciders import Decider, deciders_of
from creditscore.explanation.labels import Labels, labels_of, law_titles
from creditscore.explanation.ledger import explain, lines_of
from creditscore.explanation.read import SubjectRows
from creditscore.grading.batch import Gradings
from creditscore.grading.manifest import read_manifest
from creditscore.grading.result import Grading

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from creditscore.present.document import Document
    from creditscore.present.svg import Picture


@dataclass(frozen=True)
class DomainShare:
    """A domain: what entered, what it moved, and why.

    `deciders` are the rules that gave or changed its grade, with the conduct, records and entries they rest on; without
    bands of a score, whose items and records are `parts`.
    """

    id: str
    label: Label
    group: str
    scheme: str
    title: Label
    version: str
    period: str
    grade: str
    grade_label: Label
    value: int
    reference: int
    weight: int
    contribution: int | None
    evidence: str
    notes: tuple[str, ...]
    why: Label  # why there is no grade
    parts: tuple[SharePart, ...]
    deciders: tuple[Decider, ...] = ()


@dataclass(frozen=True, repr=False)
class CompositeExplanation:
    """The score of one subject and how it came about; labels are in Chinese and English.

    Parameters
    ----------
    subject_id
        The subject.
    composite, title
        The version of the composite (`jilin_edz@2018-06-27`) and its title.
    as_of
        The day of the score.
    run_id
        The run that computed it.
    state, state_reason
        `graded` or `not_graded`, and the code of the reason (`coverage`, `individual_business`, `refused_rows`).
    score
        Whole points, 0 to 1000; None without a grade.
    grade, grade_label
        The code of the grade and its name; empty without one.
    reference
        The score of a subject of which nothing is known, in points.
    coverage, coverage_needed
        The weight of the domains with a grade, and the least that is needed; both out of 1000.
    fragile
        Whether some weights within a tenth of the configured ones give another grade; None without a grade.
    evidence
        The weakest mark of evidence among what touched the score.
    hard_rules
        Hard rules that fired, each as (id, label, grade that is its ceiling).
    groups
        Groups of domains, each as (id, label, points of its domains; None without a grade).
    domains
        The share of each domain with its parts.
    shared_acts
        Acts that several domains would count.
    drilled
        Whether the ledgers of the domains were given, so that parts below a domain are shown.
    laws
        The legal texts cited, by id, with their titles.
    notes
        What the composite could not look at, in sentences.
    marks
        The marks of evidence of weights, values of grades (`maps`) and bands.
    made_up
        Whether the data is synthetic.
    input_state
        Codes of what the input of its grades lacks; empty where an earlier version did not state it.
    grade_labels
        The names of all grades by code.
    name
        The name of the subject; empty where no grading of a domain has it at hand.
    """

    subject_id: str
    composite: str
    title: Label
    as_of: str
    run_id: str
    state: str
    state_reason: str
    score: int | None
    grade: str
    grade_label: Label
    reference: int
    coverage: int
    coverage_needed: int
    fragile: bool | None
    evidence: str
    hard_rules: tuple[tuple[str, Label, str], ...]  # id, words, the grade that is its ceiling
    groups: tuple[tuple[str, Label, int | None], ...]  # id, words, Σ of its domains
    domains: tuple[DomainShare, ...]
    shared_acts: tuple[Mapping[str, Any], ...]
    drilled: bool  # whether the ledgers of the domains were there
    laws: Mapping[str, Label]
    notes: tuple[str, ...]
    marks: Mapping[str, str]  # of weights, maps and bands
    made_up: bool
    input_state: str = ""  # codes of what the input of its grades lacks; empty where an earlier version did not say
    grade_labels: Mapping[str, Label] = field(default_factory=dict)
    name: str = ""

    def __repr__(self) -> str:
        reached = self.state if self.score is None else f"{self.grade}, {self.score} points"
        return f"<CompositeExplanation of {self.subject_id}, {self.composite} {self.as_of}: {reached}>"

    @property
    def sum(self) -> str:
        """`800 + 80 − 90 + 10 = 800 → BBB`."""
        if self.score is None:
            return ""
        terms = [domain.contribution for domain in self.domains if domain.contribution]
        terms_words = "".join(f" {'−' if term < 0 else '+'} {abs(term)}" for term in terms)
        return f"{self.reference}{terms_words} = {self.score} → {self.grade}"

    def text(self, lang: Lang = "zh", width: int = 120) -> str:
        """Render the explanation for a terminal, at most `width` columns wide."""
        from creditscore.present.terminal import render_text

        return render_text(self.document(lang), width)

    def document(self, lang: Lang = "zh") -> Document:
        """Tell the explanation as a document, which pages, terminals and notebooks show."""
        from creditscore.explanation.composite_document import composite_document

        return composite_document(self, lang)

    def _repr_html_(self) -> str:
        from creditscore.present.html import render_cell

        return render_cell(self.document(language()))

    def plot(self, lang: Lang | None = None) -> Picture:
        """Draw the way from the reference to the score (SVG, which a notebook shows); empty without a score."""
        from creditscore.explanation.composite_document import draw_shares

        return draw_shares(self, lang or language())

    def to_pandas(self) -> pd.DataFrame:
        """Give the shares as a pandas DataFrame, one row per domain, with its words in both languages."""
        return as_pandas(self._table())

    def to_polars(self) -> pl.DataFrame:
        """Give the shares as a Polars DataFrame."""
        return as_polars(self._table())

    def _table(self) -> pa.Table:
        import pyarrow as pa

        whole = dict.fromkeys(("value", "reference", "weight", "contribution"), pa.int64())
        columns: dict[str, Any] = dict.fromkeys(("group", "scheme", "version", "period", "grade"), pa.string()) | whole
        arrays = {"domain": pa.array([domain.id for domain in self.domains], pa.string())}
        arrays |= {
            name: pa.array([getattr(domain, name) for domain in self.domains], kind) for name, kind in columns.items()
        }
        for lang in LANGS:
            arrays[f"label_{lang}"] = pa.array([say(domain.label, lang) for domain in self.domains], pa.string())
        return pa.table(arrays)


def explain_composite(source: Composite | Path | str, subject_id: str, gradings: Any = None) -> CompositeExplanation:
    """Explain the score of one subject: from the reference score, domain by domain, to the score.

    Parameters
    ----------
    source
        A composite in memory, or the folder that one was written to.
    subject_id
        The subject.
    gradings
        What was scored: a Grading, Gradings, the folder of a written grading, or a list of these. It adds the items,
        records and articles of each domain; None: the explanation ends at the domains.

    Returns
    -------
    CompositeExplanation
        Its `.text(lang)` for a terminal; `.sum` is the arithmetic.

    Raises
    ------
    InputError
        Where the subject or a file is missing.
    UsageError
        Where none of `gradings` was scored.
    DifferenceError
        Where the parts do not add up to the score, or do not follow from the rules.

    Notes
    -----
    score = reference + Σ contribution over domains, in whole points. Inside a domain a hard rule, or a grade decided
    without points, takes the whole contribution; otherwise items share it in proportion to their effective points after
    caps, and the records of an item likewise, in whole points by the largest remainder.

    Examples
    --------
    >>> explain_composite("scores", "91500000MAAAAAA188").sum  # doctest: +SKIP
    '800 + 80 − 90 + 10 = 800 → BBB'
    """
    composite = source if isinstance(source, Composite) else read_composite(source)
    config = composite.config
    row = _row(composite, subject_id)
    shares = _rows_of(composite.coded["contributions"], row["subject_id"])
    sources = _sources(composite, gradings)
    again = _rows_of(composite.coded["regraded"], row["subject_id"])
    ledgers = [_ledger(share, sources, again, row["subject_id"]) for share in shares]
    domains = tuple(_domain(config, share, ledger) for share, ledger in zip(shares, ledgers, strict=True))
    ids = [part for part in (row["hard_rules"] or "").split(";") if part]
    rules = {rule.id: rule for rule in config.hard_rules}
    labels = {grade.code: grade.label or plain(grade.code) for grade in config.grades}
    graded = row["state"] == "graded"
    groups = tuple(
        (
            group.id,
            group.label or plain(group.id),
            sum(domain.contribution or 0 for domain in domains if domain.group == group.id) if graded else None,
        )
        for group in config.groups
    )
    composite_explanation = CompositeExplanation(
        subject_id=row["subject_id"],
        composite=config.name,
        title=config.label,
        as_of=str(row["as_of"]),
        run_id=str(composite.manifest["run_id"]),
        state=row["state"],
        state_reason=row["state_reason"] or "",
        score=row["score"],
        grade=row["grade"] or "",
        grade_label=labels.get(row["grade"] or "", plain("")),
        reference=int(composite.manifest["reference"]),
        coverage=row["coverage"],
        coverage_needed=config.coverage.at_least,
        fragile=row["fragile"],
        evidence=row["evidence"],
        hard_rules=tuple((key, rules[key].label or plain(key), rules[key].ceiling) for key in ids),
        groups=groups,
        domains=domains,
        shared_acts=tuple(_rows_of(composite.coded["shared_acts"], row["subject_id"])),
        drilled=bool(sources),
        laws=law_titles(
            [part.article for domain in domains for part in domain.parts]
            + [article for ledger in ledgers if ledger is not None for article in ledger.articles]
        ),
        notes=tuple(composite.manifest["notes"]),
        marks=config.marks.model_dump(),
        made_up=bool(composite.manifest.get("made_up", False)),
        input_state=row.get("input_state") or "",
        grade_labels=labels,
        name=next((ledger.name for ledger in ledgers if ledger is not None and ledger.name), ""),
    )
    _check(config, composite_explanation)
    return composite_explanation


def _row(composite: Composite, subject_id: str) -> dict[str, Any]:
    for wanted in dict.fromkeys((subject_id, canonical_code(subject_id), canonical_code(subject_id).upper())):
        rows = _rows_of(composite.coded["composite"], wanted)
        if rows:
            return rows[0]
    total = composite.coded["composite"].num_rows
    raise InputError("explanation.no_subject_among_scored", subject_id=redact(subject_id), total=total)


def _rows_of(table: pa.Table, subject_id: str) -> list[dict[str, Any]]:
    import pyarrow.compute as pc

    rows: list[dict[str, Any]] = table.filter(pc.equal(table["subject_id"], subject_id)).to_pylist()
    return rows


def _sources(composite: Composite, gradings: Any) -> dict[tuple[str, str], Grading | Path]:
    """(scheme, period) → where its ledger lies, for the gradings that were scored."""
    if gradings is None:
        return {}
    known = {source.get("run_id") for source in composite.manifest["inputs"]}
    sources: dict[tuple[str, str], Grading | Path] = {}
    strange = []
    for manifest, place in _runs(gradings):
        if manifest["run_id"] in known:
            sources[manifest["scheme"].partition("@")[0], str(manifest["period"])] = place
        else:
            strange.append(manifest["scheme"])
    if not sources:
        raise UsageError(
            "explanation.not_gradings_scored",
            where=", ".join(strange),
            allowed=[str(source.get("scheme")) for source in composite.manifest["inputs"]],
        )
    return sources


def _runs(gradings: Any) -> Iterable[tuple[Mapping[str, Any], Grading | Path]]:
    if isinstance(gradings, list | tuple):
        for grading in gradings:
            yield from _runs(grading)
    elif isinstance(gradings, Gradings):
        yield from ((run.manifest, run) for run in gradings)
    elif isinstance(gradings, Grading):
        yield gradings.manifest, gradings
    else:
        manifest = read_manifest(Path(gradings))
        for run in manifest.get("schemes", {"": manifest}).values():
            yield run, Path(gradings)


def _ledger(
    row: Mapping[str, Any], sources: Mapping[tuple[str, str], Grading | Path], again: list[dict[str, Any]], sid: str
) -> GradeLedger | None:
    """The ledger behind the grade of a domain: of its grading, or of the grade without acts that count elsewhere."""
    scheme, version, period = row["scheme"] or "", row["version"] or "", row["period"]
    if (scheme, period) not in sources:
        return None
    manifest = {"scheme": f"{scheme}@{version}"}
    labels = labels_of(manifest)
    own = tuple(line for line in again if (line["scheme"], line["period"]) == (scheme, period))
    if own:
        written = SubjectRows({"score": None, "state": "graded", "state_reason": None, "route": ""}, own, manifest)
        return GradeLedger(lines_of(written, labels), labels, deciders_of(written, labels, None, None))
    explanation = explain(sources[scheme, period], sid, scheme)
    return GradeLedger(explanation.lines, labels, explanation.deciders, explanation.name)


def _domain(config: CompositeConfig, row: Mapping[str, Any], ledger: GradeLedger | None) -> DomainShare:
    group, domain = next(
        (group, domain) for group in config.groups for domain in group.domains if domain.id == row["domain"]
    )
    scheme, version = row["scheme"] or "", row["version"] or ""
    labels = labels_of({"scheme": f"{scheme}@{version}"}) if scheme else None
    notes = tuple(part for part in (row["note"] or "").split(";") if part)
    share = row["contribution"]
    code = row["grade"] or ""
    grade_label = (labels.grade(code) if labels else None) or plain(code)
    return DomainShare(
        id=domain.id,
        label=domain.label or plain(domain.id),
        group=group.id,
        scheme=scheme,
        title=labels.title if labels else plain(""),
        version=version,
        period=row["period"] or "",
        grade=code,
        grade_label=grade_label,
        value=row["value"],
        reference=config.stands_at(domain),
        weight=row["weight"],
        contribution=share,
        evidence=row["evidence"],
        notes=notes,
        why=_why(notes, labels),
        parts=share_out(config, share or 0, notes, code, grade_label, ledger),
        deciders=ledger.deciders if ledger else (),
    )


def _why(notes: tuple[str, ...], labels: Labels | None) -> Label:
    absent = [note.split(":", 2) for note in notes if note.startswith("absent:")]
    if labels is None or not absent or len(absent[0]) < 3:
        return plain("")
    return labels.state_reason(absent[0][2])


def _check(config: CompositeConfig, composite_explanation: CompositeExplanation) -> None:
    """Refuse an explanation whose numbers do not come out of the rules it names, or do not add up."""
    from creditscore.composite.recompute import again

    if composite_explanation.state != "graded":
        return
    score, grade, shares = again(
        config,
        [domain.value for domain in composite_explanation.domains],
        [
            [note.partition(":")[2] for note in domain.notes if note.startswith("hard_rule:")]
            for domain in composite_explanation.domains
        ],
    )
    contributions = [domain.contribution for domain in composite_explanation.domains]
    wrong: Phrase | None = None
    total = sum(number or 0 for number in contributions) + composite_explanation.reference
    if total != composite_explanation.score:
        wrong = Phrase("faults", "shares_sum", (total, composite_explanation.score))
    elif (score, grade, shares) != (composite_explanation.score, composite_explanation.grade, contributions):
        wrong = Phrase("faults", "shares_by_values", (score, grade, [str(share) for share in shares]))
    for domain in composite_explanation.domains:
        top = [part.points for part in domain.parts if part.kind != "record"]
        if domain.parts and sum(top) != domain.contribution:
            wrong = Phrase("faults", "parts_sum", (domain.label, sum(top), domain.contribution))
    if wrong:
        raise DifferenceError(
            "explanation.composite_not_add_up", subject_id=composite_explanation.subject_id, wrong=wrong
        )
