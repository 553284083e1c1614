"""Entries on lists that rest on a record which an open case contests."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from creditscore.lists.entries import list_resting_on
from creditscore.objections.disputes import Dispute, list_disputed
from creditscore.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("listing_id", "subject_id", "record_id", "case_id", "disputed_since", "decide_by")


def list_disputed_entries(store: Store, on: date | None = None) -> dict[str, tuple[Dispute, ...]]:
    """List the entries, open or standing, that rest on a record which an open case contests.

    Parameters
    ----------
    store
        The open store.
    on
        As cases and entries were known at the end of a day; None: as they stand.

    Returns
    -------
    dict of str to tuple of Dispute
        By the ids that tables of entries have for them.
    """
    disputes: dict[tuple[str, str], list[Dispute]] = {}
    for dispute in list_disputed(store, on):
        disputes.setdefault((dispute.subject_id, dispute.record_id), []).append(dispute)
    resting = list_resting_on(store, disputes, known_at=on)
    return {
        name.partition("/")[2]: tuple(dispute for pair in pairs for dispute in disputes[pair])
        for name, pairs in sorted(resting.items())
    }


def tabulate_disputes(entries: dict[str, tuple[Dispute, ...]]) -> pa.Table:
    """Write disputed entries as the table `list_disputes`: a row for each record that an open case contests."""
    import pyarrow as pa

    rows = [
        (entry, dispute.subject_id, dispute.record_id, dispute.case_id, dispute.since, dispute.decide_by)
        for entry, disputes in sorted(entries.items())
        for dispute in disputes
    ]
    kinds = {"disputed_since": pa.date32(), "decide_by": pa.date32()}
    return pa.table(
        {name: pa.array([row[k] for row in rows], kinds.get(name, pa.string())) for k, name in enumerate(COLUMNS)}
    )
