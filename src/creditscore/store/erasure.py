"""Erasure: what a stream says goes when its time has ended; its events, their hashes and the reason stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from creditscore.core.clock import check_day_has_come, today
from creditscore.core.days import day_of
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.store.fold import Stream, fold
from creditscore.store.log import Act, Event, NewEvent, list_files, name_erasure, read_streams
from creditscore.store.store import Store
from creditscore.store.tables import event as event_table

NAMING_FILES = ("run.kept", "grade.redrawn")
STAYS = ("log", "workflow", "retention", "witness")  # without them the log could not be checked


def erase_stream(
    store: Store, stream: str, *, reason: str, article: str = "", by: str = "", on: date | str | None = None
) -> Stream:
    """Erase what the events of a stream say, and the files of the archive that only they name.

    Parameters
    ----------
    store
        The open store.
    stream
        Whose payloads go.
    reason, article
        Why, and under which law: its id and article.
    by, on
        Who (an approver), and when.

    Returns
    -------
    Stream
        What remains of the stream.

    Raises
    ------
    UsageError
        Where there is nothing to erase, or the stream is one that the log is checked by.
    """
    (remains,) = erase_streams(store, {stream: reason}, article=article, by=by, on=on)
    return remains


def erase_streams(
    store: Store, reasons: Mapping[str, str], *, article: str = "", by: str = "", on: date | str | None = None
) -> list[Stream]:
    """Erase what the events of several streams say in one act, as `erase_stream` does; `reasons` says why of each."""
    day = day_of(on, "on") or today()
    check_day_has_come(day, "on")
    for stream, reason in reasons.items():
        _require_erasable(stream, reason)
    with store.log.write() as connection:
        person, extra = store.require_right(store.read_people(connection), by, "approver", ["retention.erased"])
        streams = read_streams(connection, reasons)
        versions = {
            stream: [event.version for event in events if event.payload is not None]
            for stream, events in streams.items()
        }
        new = [
            NewEvent(
                name_erasure(stream),
                "retention.erased",
                {
                    "set": {
                        "of": stream,
                        "reason": reasons[stream].strip(),
                        "article": article or None,
                        "versions": _require_said(stream, events, versions[stream]),
                        "erased_on": day.isoformat(),
                    }
                },
                "erased",
            )
            for stream, events in streams.items()
        ]
        store.write_act(connection, Act(person.id, "approver", "", day.isoformat(), day.isoformat(), [*new, *extra]))
        for stream, numbers in versions.items():
            own = (event_table.c.stream == stream) & (event_table.c.version.in_(numbers))
            connection.execute(sa.update(event_table).where(own).values(payload=None))
        remains = [fold(stream, events) for stream, events in read_streams(connection, reasons).items()]
        store.projections.apply(connection, remains)
        named = {name for events in streams.values() for event in events for name in list_files(event)}
        files = _find_unnamed(connection, named)
    store.tell_witnesses()
    _remove_files(store, files)
    return remains


def _require_erasable(stream: str, reason: str) -> None:
    if not reason.strip():
        raise UsageError("store.erasure_needs_reason", where=stream)
    if stream.partition("/")[0] in STAYS:
        raise UsageError("store.not_erased_log_checked", stream=stream)


def _require_said(stream: str, events: Sequence[Event], versions: list[int]) -> list[int]:
    """The versions that say something; UsageError where none does, or acts are checked by what they say."""
    if not versions:
        raise UsageError("store.nothing_erase", stream=stream)
    if stream.startswith("person/") and any(event.name in ("key_added", "role_granted") for event in events):
        raise UsageError("store.holds_keys_roles_acts_checked", stream=stream, where=stream)
    return versions


def _find_unnamed(connection: sa.Connection, files: set[str]) -> list[str]:
    """Return those of some files of the archive that no event names any more."""
    if not files:
        return []
    naming = sa.select(event_table.c.payload).where(
        event_table.c.kind.in_(NAMING_FILES),
        event_table.c.payload.is_not(None),
        sa.or_(*(event_table.c.payload.contains(name) for name in files)),
    )
    payloads = connection.execute(naming).scalars().all()
    return sorted(name for name in files if not any(name in payload for payload in payloads))


def _remove_files(store: Store, files: Sequence[str]) -> None:
    """Remove files of the archive; the erasure stands where one cannot be removed, which is said."""
    try:
        for name in files:
            store.archive.remove(name)
    except CreditscoreError as error:
        store.say(f"the erasure is written, but files of the archive are left ({', '.join(files)}): {error}")
