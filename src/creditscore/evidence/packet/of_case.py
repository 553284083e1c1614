"""A case as rows of a packet: grounds, questions, decision, days; and its run from the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from creditscore.cascade.inputs import as_kept, as_table, fitting
from creditscore.core.i18n import LANGS, say
from creditscore.core.identity import redact
from creditscore.evidence.case_file import compile_case_file, pair
from creditscore.evidence.packet.cells import column_label
from creditscore.evidence.packet.form import Packet
from creditscore.evidence.packet.gather import Added, Run
from creditscore.evidence.packet.results import build_packet
from creditscore.evidence.papers import Papers
from creditscore.explanation.audit import row_hash
from creditscore.objections.case import WHOLE
from creditscore.records import Snapshot
from creditscore.schemes.citing import cited_text
from creditscore.schemes.model import Scheme

NOTHING = {"zh": "", "en": ""}
PROVISIONAL = {"zh": "节假日安排未公布，日期为暂定", "en": "public holidays not yet known, the day is provisional"}


def run_of_case(papers: Papers, snapshot: Snapshot, schemes: Mapping[str, Scheme] | None = None) -> Run:
    """The run that a case contests, as the store keeps it."""
    run, subject = papers.run, papers.case.subject_id
    rows = [row_hash(row) for table in (papers.grades, papers.ledger) for row in table]
    digest = "sha256:" + hashlib.sha256("\n".join(rows).encode()).hexdigest()
    grading = as_kept(run, snapshot, [subject], schemes)
    columns = '"table", record_id, event_no, item, reason, "column", value, message'
    query = "SELECT DISTINCT {} FROM {} WHERE subject_id = ? ORDER BY ALL"
    refused = []
    for con, table in ((snapshot.con, snapshot.quarantine), (grading.con, "result_quarantine")):
        cursor = con.execute(query.format(columns, table), [subject])
        names = [column[0] for column in cursor.description or []]
        refused += [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    refused_cells = [{name: redact(str(value)) for name, value in row.items() if value is not None} for row in refused]
    return Run(
        run.manifest,
        subject,
        digest,
        [row for k, row in enumerate(refused_cells) if row not in refused_cells[:k]],
    )


def build_case_packet(
    papers: Papers, snapshot: Snapshot, *, on: date, proof: Sequence[Mapping[str, str]] = ()
) -> Packet:
    """Build the packet of a case as it stands on a day: the contested run, and what the case adds.

    The case adds its rows (grounds, questions, decision, days), the contested records while it is open, and the record
    events decided since.

    Parameters
    ----------
    papers
        What the store says of an open or decided case under a scheme of the library (`read_papers`).
    snapshot
        The snapshot from which the contested run was graded.
    on
        The day that counts as today.
    proof
        That the decision stands in the log (`creditscore.evidence.packet.proof.prove_case`); it is carried along.

    Returns
    -------
    dict
        The packet, as `write_packet` takes it.

    Raises
    ------
    InputError
        Where the snapshot differs from what was graded, or the library no longer has the version of the scheme.
    DifferenceError
        Where a grade is not reproduced as the store holds it.
    InternalError
        Where the two interpreters give different grades.

    Examples
    --------
    >>> papers = read_papers(store, "C2025-0001")  # doctest: +SKIP
    >>> packet = build_case_packet(papers, snapshot, on=date(2025, 3, 3))  # doctest: +SKIP
    >>> write_packet(packet, "packet")  # doctest: +SKIP
    [PosixPath('packet/packet.json'), PosixPath('packet/packet.html'), PosixPath('packet/packet.en.html')]
    """
    run, added = run_of_case(papers, snapshot), added_by_case(papers, snapshot, on, proof=proof)
    return build_packet(run, snapshot, added=added)


def added_by_case(
    papers: Papers,
    snapshot: Snapshot,
    on: date,
    schemes: Mapping[str, Scheme] | None = None,
    model: Mapping[str, Any] | None = None,
    proof: Sequence[Mapping[str, str]] = (),
) -> Added:
    """What a case adds to its run: its rows, the contested records, the record events decided since."""
    events = fitting(snapshot, papers.newest)
    case = papers.case
    rows = list(case_rows(compile_case_file(papers, snapshot, on=on, schemes=schemes, weighed=False)))
    return Added(model, rows, case.records if case.open else (), as_table(events) if events else None, proof)


def case_rows(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A dossier as flat rows: `what`, `day`, words in both languages, and fields; without the accounts of persons.

    What the grade is with and without each record is not among them: the packet computes it again.
    """
    clock = data["clock"]
    yield {
        "what": "case",
        "day": data["opened_on"],
        **_said(data["procedure_label"]),
        "case_id": data["case_id"],
        **_named("state", data["state"], data["state_label"]),
        **_named("clock", clock["id"], clock["label"] or pair("case", "own_clock")),
        **_cited("basis", clock["basis"]),
        **_named("mark", clock["mark"], clock["mark_label"]),
    }
    for question in data["contested"]:
        yield {
            "what": "ground",
            "day": "",
            **_said(question["ground_label"]),
            **_of_record(question["record_id"]),
            "statement": redact(question["statement"]),
            "effective": question["effective"] or "",
            **_cited("article", question["article"] or ""),
        }
    for question in data["questions"]:
        yield {
            "what": "question",
            "day": question["asked_on"],
            "zh": "询问",
            "en": "question",
            "to": redact(question["department"]),
            "text": redact(question["text"]),
            "due": question["due"],
            "answered_on": question["answered_on"] or "",
            "answer": redact(question["answer"]),
        }
    for name, words in (("mark_by", ("标注期限", "mark by")), ("decide_by", ("答复期限", "decide by"))):
        if clock[name]:
            note = _named("note", "provisional", PROVISIONAL) if clock["provisional"] else {"note": ""}
            yield {"what": "deadline", "day": clock[name], "zh": words[0], "en": words[1], **note}
    if data["decision"] is not None:
        yield from _decided(data["decision"])
    for question in data["life"]:
        yield {
            "what": "state",
            "day": question["on"],
            **_said(question["label"]),
            **_named("grade", question["grade"], question["grade_label"]),
            "case_id": question["case_id"],
            **_cited("basis", question["basis"]),
            **_named("mark", question["mark"], pair("case_marks", question["mark"])),
        }


def _decided(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "what": "decision",
        "day": row["on"],
        "zh": "决定",
        "en": "decision",
        "reason": redact(row["reason"]),
        **_cited("articles", "; ".join(row["articles"])),
        **_named("before", row["before"]["said"], row["before"]["words"]),
        **_named("after", row["after"]["said"], row["after"]["words"]),
    }
    for finding in row["findings"]:
        changes: dict[str, str] = {
            lang: "; ".join(f"{say(column_label(name), lang)} {value}" for name, value in finding["changes"].items())
            for lang in LANGS
        }
        yield {
            "what": "finding",
            "day": row["on"],
            **_said(finding["label"]),
            **_of_record(finding["record_id"]),
            **_named("changes", changes["en"], changes),
        }
    follows = row["follows"]
    for finding in follows["changes"]:
        if not finding["own"]:
            yield {
                "what": "follows",
                "day": row["on"],
                **_said(finding["title"]),
                "scheme": finding["scheme"],
                "period": finding["period"],
                **_named("before", finding["before"], finding["before_words"]),
                **_named("after", finding["after"], finding["after_words"]),
            }
    for finding in follows["composites"]:
        yield {
            "what": "follows",
            "day": row["on"],
            "zh": "综合信用评价",
            "en": "composite",
            **_named("composite", finding["config"], finding["title"]),
            **_named("before", finding["before"], finding["before_words"]),
            **_named("after", finding["after"], finding["after_words"]),
        }
    for finding in follows["tasks"]:
        if finding["own"]:
            yield {
                "what": "task",
                "day": finding["done"] or row["on"],
                **_said(finding["label"]),
                **_named("about", finding["thing"], finding["thing_label"] or NOTHING),
                "done": finding["done"] or "",
            }
    for finding in row["remedies"]:
        yield {
            "what": "deadline",
            "day": finding["until"],
            **_said(finding["label"]),
            **_cited("note", finding["basis"]),
        }


def _of_record(record_id: str) -> dict[str, str]:
    """The record of a row, or the words for the grade itself."""
    return _named("record_id", WHOLE, pair("whole", WHOLE)) if record_id == WHOLE else {"record_id": record_id}


def _named(name: str, code: str, label: Mapping[str, str]) -> dict[str, str]:
    """A field as its code, and beside it in words (`state_zh`, `state_en`), which a page shows."""
    return {name: code} | {f"{name}_{lang}": redact(label[lang]) for lang in LANGS if label[lang] and code}


def _cited(name: str, articles: str) -> dict[str, str]:
    """A field of articles, and beside it as a person reads them."""
    return _named(name, articles, cited_text(articles).model_dump() if articles else NOTHING)


def _said(label: Mapping[str, str]) -> dict[str, str]:
    return {"zh": label["zh"], "en": label["en"]}


__all__ = ["added_by_case", "build_case_packet", "case_rows", "run_of_case"]
