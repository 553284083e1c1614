"""One objection in the made-up district: opened, asked, decided; what follows, the letter, the packet, the timeline."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import as_table, decided, fitting
from creditscore.cascade.preview import Bench, bench
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import InputError, InternalError
from creditscore.core.folders import whole
from creditscore.core.i18n import LANGS
from creditscore.demo.district import NOTE
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.first_papers import read_first_papers
from creditscore.evidence.letter import compose_letter, write_letters
from creditscore.evidence.packet.files import verify_packet, write_packet
from creditscore.evidence.packet.of_case import build_case_packet, log_packet
from creditscore.explanation.timeline.timeline import Timeline, timeline
from creditscore.grading.batch import Gradings
from creditscore.objections.actions import answer, ask, notify, open_case
from creditscore.objections.case import Case, Ground
from creditscore.objections.decision import Weighed, decide, weigh
from creditscore.objections.ruling import Ruling
from creditscore.pages.cascade import write_cascade
from creditscore.pages.timeline import write_timeline
from creditscore.records import Snapshot
from creditscore.records.snapshot_files import read_snapshot
from creditscore.records.subset import subset
from creditscore.status.rules import life_rules
from creditscore.status.transitions import move
from creditscore.store import Database, Log, Roles
from creditscore.store.legacy.archive.runs import KeptRun, keep

if TYPE_CHECKING:
    import pyarrow as pa

MARK = "MADE_UP.txt"
IDS = "ids.sh"
GRADER, REVIEWER = "li.na", "zhang.min"
ROLES = Roles(
    {"analyst": (), "grader": (GRADER,), "reviewer": (REVIEWER,), "approver": (REVIEWER,)}, "the demo's roles"
)
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


def contest(
    out: Path, gradings: Path, snapshot: Path, composite: str, scheme: str, subject_id: str, record_id: str
) -> Objection:
    """Play one case on a written grading into the folder `out`: `record_id` of one subject is contested."""
    source = read_snapshot(snapshot)
    with whole(out, MARK) as folder:
        (folder / MARK).write_text(NOTE, encoding="utf-8")
        with Database(folder / "credit.store") as store:
            log = Log(store, roles=ROLES)
            kept_runs = keep(store, log, gradings, snapshot, by=GRADER, check=False)
            run = next(kept_run for kept_run in kept_runs if kept_run.scheme == scheme)
            write_ids(folder / IDS, run.run_id, subject_id, record_id)
            opened = _opened(log, run, source, subject_id, record_id)
            desk = bench(store, [source], composites=[composite])
            weighed = _weighed(log, desk, opened, record_id)
            cascade = weighed.cascade
            if cascade is None:
                raise InternalError("nothing follows from the decision", where=str(out))
            case = decide(log, desk, weighed)
            write_cascade(replace(cascade, seq=case.events[-1].seq), folder, made_up=True)
            case = _told(log, case, source, folder)
            packet = build_case_packet(read_first_papers(store, case), source, on=TOLD)
            log_packet(log, case, REVIEWER, packet["digest"])
            write_packet(packet, folder / "packet")
            decided_rows = as_table(fitting(source, decided(store, [subject_id])))
        if verify_packet(folder / "packet"):
            raise InternalError("the packet is not as it was written", where=str(out))
        write_timeline(_over_time(decided_rows, source, run, subject_id), folder)
    pages = [f"{name}.{kind}" for name in ("cascade", "timeline") for kind in ("html", "en.html", "json")]
    pages += [f"letter.{lang}.{kind}" for lang in LANGS for kind in ("html", "txt")] + ["packet/packet.html"]
    decision = case.decision
    assert decision is not None
    return Objection(
        case.case_id,
        run.pinned,
        subject_id,
        record_id,
        str(decision.before["grade"]),
        str(decision.after["grade"]),
        len(cascade.changes),
        len(cascade.tasks),
        packet["digest"],
        tuple(out / name for name in pages),
    )


def _opened(log: Log, run: KeptRun, source: Snapshot, subject_id: str, record_id: str) -> Case:
    """The grade announced, then contested; a department is asked and answers."""
    move(log, run, "announce", by=REVIEWER, on=ANNOUNCED)
    known = life_rules(run.scheme).procedure("reevaluation", int(run.period[:4]))
    case = open_case(
        log,
        run,
        source,
        subject_id,
        [Ground("not_my_record", record_id, STATEMENT)],
        by=REVIEWER,
        on=OPENED,
        procedure="reevaluation" if known else "objection",
    )
    ask(log, case.case_id, department=ASKED_OF, text=QUESTION, by=REVIEWER, on=ASKED, due=DUE)
    return answer(log, case.case_id, 1, text=ANSWER, by=REVIEWER, on=ANSWERED, document_no="示范函〔2021〕7号")


def _weighed(log: Log, desk: Bench, case: Case, record_id: str) -> Weighed:
    """The record is to be withdrawn: with all that follows."""
    return weigh(log, desk, case.case_id, Ruling({record_id: "withdraw"}, REASON), by=REVIEWER, on=DECIDED)


def _told(log: Log, case: Case, source: Snapshot, folder: Path) -> Case:
    """The letter in both languages; its hash stands in the log."""
    data = compile_case_file(read_first_papers(log.store, case), source, on=TOLD)
    letters = {
        lang: compose_letter(data, lang, document_no=LETTER_NO, on=TOLD.isoformat(), office=OFFICE) for lang in LANGS
    }
    content = "sha256:" + hash_text(canonical({lang: str(text) for lang, text in letters.items()}))
    done = notify(log, case.case_id, by=REVIEWER, on=TOLD, document_no=LETTER_NO, content_hash=content)
    write_letters(letters, data, folder)
    return done


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


def telling_record(gradings: Gradings) -> tuple[str, str, str]:
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
        raise InputError("no organisation has a record to contest", next="give more --subjects")
    best = max(candidates, key=lambda row: (row[0], row[1], row[4], row[2:]))  # of tax, of the worst grade, the newest
    return best[2], best[3], best[4]
