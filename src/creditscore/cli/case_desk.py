"""What commands read of a case in an office's store: its papers, the snapshot behind them, its proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    store, name
        The open store, and the stream of the case.
    papers, snapshot
        What the store says of it, and the snapshot of the run that it contests.
    """

    store: Store
    name: str
    papers: Papers
    snapshot: Snapshot

    def prove(self) -> list[dict[str, str]]:
        """Prove that its decision, or where it is open its opening, stands in the log."""
        from creditscore.evidence.packet.proof import prove_case

        return [dict(row) for row in prove_case(self.store, self.papers.case.case_id)]


@contextmanager
def open_desk(address: str, case: str, snapshot: Path | None, key: Path | None = None) -> Iterator[CaseDesk]:
    """Open a case of a store; `snapshot` is where that of its run lies now, None where it lay; `key` signs."""
    from creditscore.evidence.papers import read_papers
    from creditscore.objections.workflow import PREFIX
    from creditscore.store.archive.runs import snapshot_of

    with open_store(address, key) as store:
        papers = read_papers(store, case)
        yield CaseDesk(store, PREFIX + papers.case.case_id, papers, snapshot_of(papers.run, snapshot))


def compile_desk(desk: CaseDesk, day: date, scheme: list[Path] | None) -> dict[str, Any]:
    """Compile the data of a case, with the schemes that a command names."""
    from creditscore.cli.acting import own_schemes
    from creditscore.evidence.case_file import compile_case_file

    return compile_case_file(desk.papers, desk.snapshot, on=day, schemes=own_schemes(scheme))


def find_case_of_packet(address: str, digest: str) -> str:
    """Find the case whose packet has a digest; DifferenceError where the log knows no such packet."""
    with open_store(address) as store:
        rows = store.rows("objection_packets")
    known = {row["digest"]: row["stream"].partition("/")[2] for row in rows}
    if digest not in known:
        raise DifferenceError(
            "cli.packet_unknown_to_log", where=digest, allowed=", ".join(known) or "none was built with --by"
        )
    return str(known[digest])
