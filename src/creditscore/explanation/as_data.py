"""An explanation in plain values: what a page of one subject shows, and what stands beside it as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core import i18n
from creditscore.core.i18n import clean, word
from creditscore.core.identity import redact
from creditscore.core.quantities import points
from creditscore.explanation.audit import Audit
from creditscore.explanation.corrections import open_corrections
from creditscore.explanation.reason_codes import paragraph, principal_reasons, what_to_do

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation


def explanation_data(
    explanation: Explanation, made_up: bool | None = None, hashes: Audit | None = None
) -> dict[str, Any]:
    """What the page of one subject shows, in plain values; decimals as text."""

    def both(label: Any) -> dict[str, str]:
        return {"zh": clean(label.zh), "en": clean(label.en)}

    def number(value: Any) -> str | None:
        return None if value is None else points(value).replace("−", "-")

    return {
        "subject_id": clean(explanation.subject_id),
        "name": clean(explanation.name),
        "scheme": explanation.scheme,
        "title": both(explanation.title),
        "period": explanation.period,
        "known_at": explanation.known_at,
        "run_id": explanation.run_id,
        "state": explanation.state,
        "state_reason": both(explanation.state_reason),
        "start": number(explanation.start),
        "score": number(explanation.score),
        "score_low": number(explanation.score_low),
        "score_high": number(explanation.score_high),
        "grade": explanation.grade,
        "grade_label": both(explanation.grade_label),
        "route": explanation.route,
        "margin": number(explanation.margin),
        "evidence": explanation.evidence,
        "evidence_label": both(word("marks", explanation.evidence)),
        "sum": explanation.sum,
        "said": {lang: clean(paragraph(explanation, lang, office=True)) for lang in i18n.LANGS},
        "by_score": explanation.by_score,
        "deciders": [
            {
                "rule": decider.rule,
                "label": both(decider.label),
                "cited": both(decider.cited),
                "effect": decider.effect,
                "grade": both(decider.grade),
                "sure": decider.sure,
                "records": [
                    {
                        "record_id": redact(clean(basis.record_id)),
                        "label": both(basis.label),
                        "day": basis.day,
                        "document_no": redact(clean(basis.document_no)),
                    }
                    for basis in decider.basis
                ],
                "entries": [
                    {
                        "list": entry.list,
                        "label": both(entry.label),
                        "listing_id": redact(clean(entry.listing_id)),
                        "entered_on": entry.entered_on,
                        "term_end": entry.term_end,
                        "basis": both(entry.basis),
                    }
                    for entry in decider.entries
                ],
            }
            for decider in explanation.deciders
        ],
        "principal_reasons": [
            {
                "label": both(reason.label),
                "points": number(reason.points),
                "records": [redact(clean(record)) for record in reason.records],
                "articles": list(reason.articles),
                "cited": both(reason.cited),
            }
            for reason in principal_reasons(explanation)
        ],
        "lines": [
            {
                "step": line.step,
                "record_id": redact(clean(line.record_id)),
                "item": clean(line.item),
                "label": both(line.label),
                "rule": line.rule,
                "article": line.article,
                "cited": both(line.cited),
                "decides": line.decides,
                "nominal": number(line.nominal),
                "effective": number(line.effective),
                "total": number(line.total),
                "reason": clean(line.reason),
                "said": both(line.said),
            }
            for line in explanation.lines
        ],
        "readings": {key: both(label) for key, label in explanation.readings.items()},
        "laws": {key: both(label) for key, label in explanation.laws.items()},
        "notes": list(explanation.notes),
        "input_state": explanation.input_state,
        "grade_without": explanation.grade_without,
        "input": {lang: [clean(line) for line in explanation.input_lines(lang)] for lang in i18n.LANGS},
        "refused": [
            {
                "table": row.table,
                "record_id": row.record_id,
                "item": row.item,
                "reason": row.reason,
                "column": row.column,
                "value": row.value,
                "message": row.message,
                "accepted_by": row.accepted_by,
                "accepted_why": row.accepted_why,
                "accepted_on": row.accepted_on,
            }
            for row in explanation.refused
        ],
        "made_up": explanation.made_up if made_up is None else made_up,
    } | ({} if hashes is None else {"audit": _hashes(hashes)})


def subject_data(explanation: Explanation, made_up: bool | None = None) -> dict[str, Any]:
    """What the subject's own page shows: the grade, why, and what to do; no marks of evidence, no codes."""
    whole = explanation_data(explanation, made_up)
    names = ("subject_id", "name", "title", "period", "grade_label", "state_reason", "made_up")
    told = ("record_id", "label", "cited", "effective", "said")
    return {name: whole[name] for name in names} | {
        "input": {lang: [clean(line) for line in explanation.input_lines(lang, office=False)] for lang in i18n.LANGS},
        "said": {lang: clean(paragraph(explanation, lang)) for lang in i18n.LANGS},
        "records": [
            {name: line[name] for name in told}
            for line in whole["lines"]
            if line["step"] == "record" and (explanation.by_score or line["decides"])
        ],
        "corrections": [
            {
                "record_id": redact(clean(correction.record_id)),
                "what": {"zh": clean(correction.rule.zh), "en": clean(correction.rule.en)},
                "until": [way.last_day for way in correction.ways],
            }
            for correction in open_corrections(explanation.inputs)
        ],
        "to_do": {lang: [clean(line) for line in what_to_do(explanation, lang)] for lang in i18n.LANGS},
    }


def _hashes(hashes: Audit) -> dict[str, Any]:
    rows = [{"table": table, "key": clean(key), "sha256": value} for table, key, value in hashes.rows]
    return {"identity": dict(hashes.identity), "digest": hashes.digest, "rows": rows}
