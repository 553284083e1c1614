"""What commands read of a case in an office's store: its papers, the snapshot behind them, and what they write back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.cli.office import open_store
from creditscore.core.errors import DifferenceError

if TYPE_CHECKING:
    from creditscore.evidence.papers import Papers
    from creditscore.records import Snapshot
    from creditscore.store.store import Store


@dataclass(frozen=True)
class CaseDesk:
    """A case as commands read it.

    Parameters
    ----------
    papers, snapshot
        What the store says of it, and the snapshot of the run that it contests.
    note_letter
        Writes that a letter was made: its number, the hash of its words, by whom, on which day.
    note_packet
        Writes that a packet was built: its digest, by whom, on which day.
    proof
        That its decision, or where it is open its opening, stands in the log; none in a store without one.
    """

    papers: Papers
    snapshot: Snapshot
    note_letter: Callable[[str, str, str, date], None]
    note_packet: Callable[[str, str, date], None]
    proof: Sequence[dict[str, str]] = ()


@contextmanager
def open_desk(
    address: str,
    case: str,
    snapshot: Path | None,
    *,
    key: Path | None = None,
    proves: bool = False,
) -> Iterator[CaseDesk]:
    """Open a case of a store.

    Parameters
    ----------
    address
        The store.
    case
        The id of the case.
    snapshot
        Where the snapshot of its run lies now; None: where it lay.
    key
        Who signs.
    proves
        Whether the proof of its newest step is wanted.
    """
    with open_store(address, key) as store:
        yield _read_desk(store, case, snapshot, proves)


def _read_desk(store: Store, case: str, snapshot: Path | None, proves: bool) -> CaseDesk:
    from creditscore.evidence.packet.proof import prove_case
    from creditscore.evidence.papers import read_papers
    from creditscore.objections.workflow import PREFIX
    from creditscore.store.archive.runs import snapshot_of

    papers = read_papers(store, case)
    name = PREFIX + papers.case.case_id

    def note_letter(document_no: str, content: str, by: str, on: date) -> None:
        store.act("objection", "letter", name, by=by, on=on, document_no=document_no, content=content)

    def note_packet(digest: str, by: str, on: date) -> None:
        store.act("objection", "packet", name, by=by, on=on, digest=digest)

    proof = [dict(row) for row in prove_case(store, papers.case.case_id)] if proves else []
    return CaseDesk(papers, snapshot_of(papers.run, snapshot), note_letter, note_packet, proof)


def find_case_of_packet(address: str, digest: str) -> str:
    """Find the case whose packet has a digest; DifferenceError where the log knows no such packet."""
    with open_store(address) as store:
        rows = store.rows("objection_packets")
    known = {row["digest"]: row["stream"].partition("/")[2] for row in rows}
    if digest not in known:
        raise DifferenceError(
            "the log speaks of no packet with this digest",
            where=digest,
            allowed=", ".join(known) or "none was built with --by",
            next="it was made anew after it was handed out, or comes from another store",
        )
    return str(known[digest])
