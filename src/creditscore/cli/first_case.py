"""Cases in a store of one file, of the kind that came before the log of events, as commands read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.cli.acting import open_log
from creditscore.cli.log import is_first_store
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.evidence.papers import Papers
    from creditscore.objections.due import Due
    from creditscore.records import Snapshot

    Parts = tuple[Papers, Snapshot, Callable[[str, str, str, date], None], Callable[[str, str, date], None]]

MADE_BY = "creditscore keep"


@contextmanager
def open_first_desk(store: Path, case: str, snapshot: Path | None, roles: Path | None, writes: bool) -> Iterator[Parts]:
    """Open a case, as `open_desk` does; give what a `CaseDesk` is made of."""
    from creditscore.evidence.first_papers import read_first_papers
    from creditscore.evidence.packet.of_case import log_packet
    from creditscore.objections.actions import notify
    from creditscore.objections.case import case_of
    from creditscore.objections.disputes import case_run
    from creditscore.store.legacy.archive.runs import snapshot_of

    with open_log(store, roles, read_only=not writes, made_by=MADE_BY) as log:
        opened_case = case_of(log.store, case)
        source = snapshot_of(case_run(log.store, opened_case), snapshot)

        def note_letter(document_no: str, content: str, by: str, on: date) -> None:
            notify(log, case, by=by, on=on, document_no=document_no, content_hash=content)

        def note_packet(digest: str, by: str, on: date) -> None:
            log_packet(log, opened_case, by, digest)

        yield read_first_papers(log.store, opened_case), source, note_letter, note_packet


def list_first_due(store: Path, on: date) -> Sequence[Due]:
    """What is due about cases, and who is to be told."""
    from creditscore.cascade.apply import told_on
    from creditscore.objections.case import cases
    from creditscore.objections.due import due

    with open_log(store, read_only=True, made_by=MADE_BY) as log:
        return due(cases(log.store, on).values(), on, told_on(log.store))


def read_first_events(store: Path, known_at: date | None) -> pa.Table:
    """The record events that were decided."""
    from creditscore.cascade.inputs import record_events

    with open_log(store, read_only=True, made_by=MADE_BY) as log:
        return record_events(log.store, known_at)


def find_first_case_of_packet(store: Path, digest: str) -> str:
    """Find the case whose packet has a digest."""
    from creditscore.evidence.packet.of_case import check_logged

    with open_log(store, read_only=True, made_by=MADE_BY) as log:
        return check_logged(log, digest)


def require_first(store: str, act: str) -> None:
    """UsageError for a log of events, on which the act is one of the workflow of objections."""
    if not is_first_store(store):
        raise UsageError(
            "cases of this store are opened and decided by acts",
            where=store,
            allowed=f"creditscore act objection {act}",
            next=f"see `creditscore act objection {act} --help`",
        )
