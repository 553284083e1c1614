"""One objection in the made-up district: opened, asked, decided; what follows, the letter, the packet, the timeline."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import as_table, fitting
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import InputError, InternalError
from creditscore.core.folders import whole
from creditscore.core.i18n import LANGS
from creditscore.demo.district import NOTE
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.letter import compose_letter, letter_text, write_letters
from creditscore.evidence.packet.files import PAGES, verify_packet, write_packet
from creditscore.evidence.packet.of_case import build_case_packet
from creditscore.evidence.papers import read_papers
from creditscore.explanation.timeline.document import timeline_document
from creditscore.explanation.timeline.timeline import Timeline, timeline
from creditscore.grading.batch import Gradings
from creditscore.office.opening import Store
from creditscore.pages.cascade import write_cascade
from creditscore.present.html import write_pages
from creditscore.records import Snapshot
from creditscore.records.snapshot_files import read_snapshot
from creditscore.records.subset import subset
from creditscore.status.rules import life_rules
from creditscore.status.workflow import name_status
from creditscore.store.archive.runs import KeptRun

if TYPE_CHECKING:
    import pyarrow as pa

Telling = tuple[str, str, str]  # scheme, organisation, record
MARK = "MADE_UP.txt"
IDS = "ids.sh"
GRADER, REVIEWER = "li.na", "zhang.min"
OFFICE = "示范区信用办（虚构） / made-up credit office"
ANNOUNCED, OPENED, ASKED, ANSWERED, DECIDED, TOLD = (
    date(2021, 4, 28),
    date(2021, 5, 10),
    date(2021, 5, 11),
    date(2021, 5, 17),
    date(2021, 5, 20),
    date(2021, 5, 21),
)
DUE = date(2021, 5, 18)
ASKED_OF = "示范区办税服务厅（虚构） / made-up service hall"
LETTER_NO = "示范信评〔2021〕12号"
STATEMENT = "该事项不属于本单位 / the matter is not ours"
QUESTION = "该事项登记在何单位名下？ / In whose name was the matter booked?"
ANSWER = "登记时录入了相近的代码 / a similar code was entered when it was booked"
REASON = "经核实，该记录属于另一单位 / on inquiry the record belongs to another organisation"


@dataclass(frozen=True)
class Objection:
    """The case, as it ended. `files` are its pages; `digest` is that of the packet."""

    case_id: str
    scheme: str
    subject_id: str
    record_id: str
    before: str
    after: str
    changed: int
    tasks: int
    digest: str
    files: tuple[Path, ...]


def contest(out: Path, gradings: Path, snapshot: Path, composite: Path, listings: Any, telling: Telling) -> Objection:
    """Play one case into the folder `out`: a record of one subject in a written grading is contested.

    `composite` is the written composite of these gradings, `listings` what it was given, `telling` the scheme, the
    subject and its record.
    """
    scheme, subject_id, record_id = telling
    source = read_snapshot(snapshot)
    with whole(out, MARK) as folder:
        (folder / MARK).write_text(NOTE, encoding="utf-8")
        with Store(folder / "credit.db", snapshots=[source]) as store:
            store.grant(REVIEWER, "reviewer", "approver", by=REVIEWER)
            store.grant(GRADER, "grader", by=REVIEWER)
            runs = store.keep(gradings, snapshot, by=GRADER, check=False)
            store.keep(composite, listings=listings, by=GRADER)
            run = next(kept_run for kept_run in runs if kept_run.scheme == scheme)
            write_ids(folder / IDS, run.run_id, subject_id, record_id)
            name = _open(store, run, subject_id, record_id)
            ruling: dict[str, Any] = {"findings": {record_id: "withdraw"}, "reason": REASON}
            store.act("objection", "decide", name, by=REVIEWER, on=DECIDED, **ruling)
            _write_letter(store, name, source, folder)
            papers = read_papers(store, name)
            write_cascade(papers, folder, made_up=True, index="../index.html")
            packet = build_case_packet(papers, source, on=TOLD)  # a proof would say when its act was written
            store.act("objection", "packet", name, by=REVIEWER, on=TOLD, digest=packet["digest"])
            write_packet(packet, folder / "packet")
        if verify_packet(folder / "packet"):
            raise InternalError("demo.packet_not_written", where=str(out))
        changes = _over_time(as_table(fitting(source, papers.newest)), source, run, subject_id)
        write_pages(lambda lang: timeline_document(changes, lang), folder, "timeline", index="../index.html")
    pages = [f"{name}.{kind}" for name in ("cascade", "timeline") for kind in ("html", "en.html", "json")]
    pages += [f"letter.{lang}.{kind}" for lang in LANGS for kind in ("html", "txt")] + [
        f"packet/{name}" for name in PAGES.values()
    ]
    decision = papers.case.decision
    assert decision is not None
    return Objection(
        papers.case.case_id,
        run.pinned,
        subject_id,
        record_id,
        str(decision.before["grade"]),
        str(decision.after["grade"]),
        len(papers.follows["changes"]),
        len(papers.follows["tasks"]),
        packet["digest"],
        tuple(out / name for name in pages),
    )


def _open(store: Store, run: KeptRun, subject_id: str, record_id: str) -> str:
    """The grade announced, then contested; a department is asked and answers. Returns the name of the case."""
    year = int(run.period[:4])
    known = life_rules(run.scheme).procedure("reevaluation", year)
    name = name_status(run.scheme, run.period)
    store.act("status", "open", by=GRADER, on=ANNOUNCED, scheme=run.scheme, period=run.period)
    store.act("status", "announce", name, by=REVIEWER, on=ANNOUNCED, run=run.run_id)
    contested: dict[str, Any] = {
        "subject": subject_id,
        "run": run.run_id,
        "grounds": [{"ground": "not_my_record", "record_id": record_id, "statement": STATEMENT}],
        "procedure": "reevaluation" if known else "objection",
    }
    case = store.act("objection", "open", by=REVIEWER, on=OPENED, **contested).name
    question: dict[str, Any] = {"department": ASKED_OF, "text": QUESTION, "due": DUE}
    store.act("objection", "ask", case, by=REVIEWER, on=ASKED, **question)
    answer: dict[str, Any] = {"question": 1, "text": ANSWER, "document_no": "示范函〔2021〕7号"}
    store.act("objection", "answer", case, by=REVIEWER, on=ANSWERED, **answer)
    return case


def _write_letter(store: Store, name: str, source: Snapshot, folder: Path) -> None:
    """The letter in both languages; its hash stands in the log."""
    data = compile_case_file(read_papers(store, name), source, on=TOLD)
    letters = {
        lang: compose_letter(data, lang, document_no=LETTER_NO, on=TOLD.isoformat(), office=OFFICE) for lang in LANGS
    }
    content = "sha256:" + hash_text(canonical({lang: letter_text(letter) for lang, letter in letters.items()}))
    store.act("objection", "letter", name, by=REVIEWER, on=TOLD, document_no=LETTER_NO, content=content)
    write_letters(letters, folder)


def _over_time(events: pa.Table, source: Snapshot, run: KeptRun, subject_id: str) -> Timeline:
    """Three years of the grade, with what the case decided."""
    own, last = subset(source, [subject_id], events=events), date.fromisoformat(str(run.manifest["as_of"]))
    first: date | int = last.replace(year=last.year - 2)
    end: date | int = max(last, TOLD)
    if life_rules(run.scheme).procedure("announce", last.year):  # graded by evaluation years
        first, end = last.year - 2, last.year
    return timeline(own, subject_id, run.scheme, first=first, last=end, made_up=True)


def write_ids(file: Path, run_id: str, subject_id: str, record_id: str) -> None:
    """The ids of the case as variables of a shell, for the commands of the README."""
    ids = {"RUN": run_id, "SUBJECT": subject_id, "RECORD": record_id}
    text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in ids.items())
    file.write_text(text, encoding="utf-8", newline="\n")


def telling_record(gradings: Gradings) -> Telling:
    """(scheme, subject, record) where one record alone made a bad grade: of tax if there is one, else of any scheme."""
    candidates: list[tuple[Any, ...]] = []
    for run in gradings:
        rows = run.con.execute(
            "SELECT g.scheme = 'tax', g.grade = 'D', g.scheme, g.subject_id, min(l.record_id) FROM result_grades g"
            " JOIN result_ledger l ON l.subject_id = g.subject_id WHERE g.state = 'graded' AND l.record_id <> ''"
            " GROUP BY ALL HAVING count(DISTINCT l.record_id) = 1"
        ).fetchall()
        candidates += rows
    if not candidates:
        raise InputError("demo.no_organisation_record_contest")
    best = max(candidates, key=lambda row: (row[0], row[1], row[4], row[2:]))  # of tax, of the worst grade, the newest
    return best[2], best[3], best[4]
