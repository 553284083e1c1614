"""A case as rows of a packet: grounds, questions, decision, days; and its run from the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from creditscore.cascade.inputs import as_kept, as_table, decided, fitting
from creditscore.core.errors import DifferenceError
from creditscore.core.i18n import LANGS
from creditscore.core.identity import redact
from creditscore.evidence.case_file import compile_case_file, pair
from creditscore.evidence.packet.form import Packet
from creditscore.evidence.packet.gather import Added, Run
from creditscore.evidence.packet.results import build_packet
from creditscore.explanation.audit import row_hash
from creditscore.explanation.page_words import word
from creditscore.objections.case import Case
from creditscore.objections.disputes import case_run
from creditscore.records import Snapshot
from creditscore.schemes.citing import cited_text
from creditscore.schemes.model import Scheme
from creditscore.store import Database, Log
from creditscore.store.archive.runs import KeptRun, kept_rows

ACTION = "packet.build"
NOTHING = {"zh": "", "en": ""}
PROVISIONAL = {"zh": "节假日安排未公布，日期为暂定", "en": "public holidays not yet known, the day is provisional"}


def run_of_case(store: Database, case: Case, snapshot: Snapshot, schemes: Mapping[str, Scheme] | None = None) -> Run:
    """The run that a case contests, as the store keeps it."""
    kept: KeptRun = case_run(store, case)
    rows = [
        row_hash(row) for table in ("grades", "ledger") for row in kept_rows(store, kept.run_id, table, case.subject_id)
    ]
    digest = "sha256:" + hashlib.sha256("\n".join(rows).encode()).hexdigest()
    grading = as_kept(kept, snapshot, [case.subject_id], schemes)
    columns = '"table", record_id, event_no, item, reason, "column", value, message'
    query = "SELECT DISTINCT {} FROM {} WHERE subject_id = ? ORDER BY ALL"
    refused = []
    for con, table in ((snapshot.con, snapshot.quarantine), (grading.con, "result_quarantine")):
        cursor = con.execute(query.format(columns, table), [case.subject_id])
        names = [column[0] for column in cursor.description or []]
        refused += [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    shown = [{name: redact(str(value)) for name, value in row.items() if value is not None} for row in refused]
    return Run(kept.manifest, case.subject_id, digest, [row for k, row in enumerate(shown) if row not in shown[:k]])


def build_case_packet(store: Database, case: Case, snapshot: Snapshot, *, on: date) -> Packet:
    """Build the packet of a case as it stands on a day: the run that it contests, and what the case adds."""
    run, added = run_of_case(store, case, snapshot), added_by_case(store, case, snapshot, on)
    return build_packet(run, snapshot, added=added)


def added_by_case(
    store: Database,
    case: Case,
    snapshot: Snapshot,
    on: date,
    schemes: Mapping[str, Scheme] | None = None,
    model: Mapping[str, Any] | None = None,
) -> Added:
    """What a case adds to its run: its rows, the contested records, the record events decided since."""
    events = fitting(snapshot, decided(store, [case.subject_id]))
    rows = list(case_rows(compile_case_file(store, case, snapshot, on=on, schemes=schemes, weighed=False)))
    return Added(model, rows, case.records if case.open else (), as_table(events) if events else None)


def case_rows(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A dossier as flat rows: `what`, `day`, words in both languages, and fields; without the accounts of persons.

    What the grade is with and without each record is not among them: the packet computes it again.
    """
    clock = data["clock"]
    yield {
        "what": "case", "day": data["opened_on"], **_said(data["procedure_label"]), "case_id": data["case_id"],
        **_named("state", data["state"], data["state_label"]),
        **_named("clock", clock["id"], clock["label"] or pair("texts", "own_clock")),
        **_cited("basis", clock["basis"]), **_named("mark", clock["mark"], clock["mark_label"]),
    }  # fmt: skip
    for one in data["contested"]:
        yield {
            "what": "ground", "day": "", **_said(one["ground_label"]), "record_id": one["record_id"],
            "statement": redact(one["statement"]), "effective": one["effective"] or "",
            **_cited("article", one["article"] or ""),
        }  # fmt: skip
    for one in data["questions"]:
        yield {
            "what": "question", "day": one["asked_on"], "zh": "询问", "en": "question", "to": redact(one["department"]),
            "text": redact(one["text"]), "due": one["due"], "answered_on": one["answered_on"] or "",
            "answer": redact(one["answer"]),
        }  # fmt: skip
    for name, words in (("mark_by", ("标注期限", "mark by")), ("decide_by", ("答复期限", "decide by"))):
        if clock[name]:
            note = _named("note", "provisional", PROVISIONAL) if clock["provisional"] else {"note": ""}
            yield {"what": "deadline", "day": clock[name], "zh": words[0], "en": words[1], **note}
    if data["decision"] is not None:
        yield from _decided(data["decision"])
    for one in data["life"]:
        yield {
            "what": "state", "day": one["on"], **_said(one["label"]),
            **_named("grade", one["grade"], one["grade_label"]), "case_id": one["case_id"],
            **_cited("basis", one["basis"]), **_named("mark", one["mark"], pair("marks", one["mark"])),
        }  # fmt: skip


def _decided(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "what": "decision", "day": made["on"], "zh": "决定", "en": "decision", "reason": redact(made["reason"]),
        **_cited("articles", "; ".join(made["articles"])),
        **_named("before", made["before"]["said"], made["before"]["words"]),
        **_named("after", made["after"]["said"], made["after"]["words"]),
    }  # fmt: skip
    for one in made["findings"]:
        changes: dict[str, str] = {
            lang: "; ".join(
                f"{word('columns', name).model_dump()[lang]} {value}" for name, value in one["changes"].items()
            )
            for lang in LANGS
        }
        yield {
            "what": "finding",
            "day": made["on"],
            **_said(one["label"]),
            "record_id": one["record_id"],
            **_named("changes", changes["en"], changes),
        }
    follows = made["follows"]
    for one in follows["changes"]:
        if not one["own"]:
            yield {
                "what": "follows", "day": made["on"], **_said(one["title"]), "scheme": one["scheme"],
                "period": one["period"], **_named("before", one["before"], one["before_words"]),
                **_named("after", one["after"], one["after_words"]),
            }  # fmt: skip
    for one in follows["composites"]:
        yield {
            "what": "follows", "day": made["on"], "zh": "综合信用评价", "en": "composite",
            **_named("composite", one["config"], one["title"]), **_named("before", one["before"], one["before_words"]),
            **_named("after", one["after"], one["after_words"]),
        }  # fmt: skip
    for one in follows["tasks"]:
        if one["own"]:
            yield {
                "what": "task", "day": one["told"] or made["on"], **_said(one["label"]),
                **_named("about", one["thing"], one["thing_label"] or NOTHING),
                **_named("who", redact(one["who"]), one["who_label"]), **_named("why", one["why"], one["why_label"]),
                "told": one["told"] or "",
            }  # fmt: skip
    for one in made["remedies"]:
        yield {
            "what": "deadline", "day": one["until"], **_said(one["label"]), **_cited("note", one["basis"]),
        }  # fmt: skip


def log_packet(log: Log, case: Case, by: str, digest: str) -> None:
    """The packet of a case was built: its digest stands in the log, so that a packet made anew is told from it."""
    with log.act(by, "reviewer", ACTION, case.case_id, {"digest": digest}):
        pass


def logged_digests(log: Log) -> dict[str, str]:
    """Digest → case of every packet that the log speaks of."""
    return {
        str(one.data["digest"]): one.subject
        for one in log.entries(action=ACTION)
        if one.phase == "begun" and isinstance(one.data, dict)
    }


def check_logged(log: Log, digest: str) -> str:
    """The case whose packet has this digest; DifferenceError where the log knows no such packet."""
    known = logged_digests(log)
    if digest not in known:
        raise DifferenceError(
            "the log speaks of no packet with this digest", where=digest,
            allowed=", ".join(known) or "none was built with --by",
            next="it was made anew after it was handed out, or comes from another store",
        )  # fmt: skip
    return known[digest]


def _named(name: str, code: str, label: Mapping[str, str]) -> dict[str, str]:
    """A field as its code, and beside it in words (`state_zh`, `state_en`), which a page shows."""
    return {name: code} | {f"{name}_{lang}": redact(label[lang]) for lang in LANGS if label[lang] and code}


def _cited(name: str, articles: str) -> dict[str, str]:
    """A field of articles, and beside it as a person reads them."""
    return _named(name, articles, cited_text(articles).model_dump() if articles else NOTHING)


def _said(label: Mapping[str, str]) -> dict[str, str]:
    return {"zh": label["zh"], "en": label["en"]}


__all__ = ["added_by_case", "case_rows", "check_logged", "log_packet", "logged_digests", "run_of_case"]
