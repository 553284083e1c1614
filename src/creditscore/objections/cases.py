"""All cases of a store, as they stand or stood on a day, read from the log itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from creditscore.objections.case import Case
from creditscore.objections.workflow import as_case
from creditscore.store.fold import fold
from creditscore.store.log import read_streams
from creditscore.store.tables import event as event_table

if TYPE_CHECKING:
    from creditscore.store.store import Store


def read_cases(store: Store, until: date | None = None, subject_ids: Iterable[str] | None = None) -> list[Case]:
    """Read all cases as they stood at the end of a day; erased ones are left out.

    Parameters
    ----------
    store
        The open store.
    until
        Leaves out steps after this day; None: the cases as they stand.
    subject_ids
        Only cases of these organisations; None: of all.

    Returns
    -------
    list of Case
        In the order in which they were opened.
    """
    query = sa.select(event_table.c.stream).where(event_table.c.kind == "objection.opened")
    if subject_ids is not None:
        query = query.where(event_table.c.subject.in_(sorted(set(subject_ids))))
    with store.reading() as connection:
        names = connection.execute(query.order_by(event_table.c.seq)).scalars().all()
        streams = read_streams(connection, names)
    day = None if until is None else until.isoformat()
    folded = [
        fold(name, [event for event in own if day is None or event.on_day <= day]) for name, own in streams.items()
    ]
    return [as_case(stream) for stream in folded if stream.version >= 0 and not stream.is_erased]
