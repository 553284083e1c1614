"""What follows when an entry is annulled: grades and scores that read it are drawn anew without it, in the same act."""

from __future__ import annotations

from collections.abc import Callable

from creditscore.cascade.follow import FindSnapshot, follow_events
from creditscore.cascade.record_streams import read_record_events
from creditscore.lists.beside import find_annulled, look_beside, make_id
from creditscore.objections.workflow import find_decided_laws
from creditscore.store.archive.files import Archive
from creditscore.store.context import Context

ANNULLED = "annulled"


def make_follower(find_archive: Callable[[], Archive], find_snapshot: FindSnapshot) -> Callable[[Context], None]:
    """Return what is asked at the end of every act on an entry: other cases, and what an annulment changes.

    Parameters
    ----------
    find_archive, find_snapshot
        The archive of the store, and what opens the snapshot of a run.
    """

    def look_and_follow(context: Context) -> None:
        look_beside(context)
        was = context.before.fields.get("exit_reason") == ANNULLED
        now = context.changes.get("exit_reason", context.before.fields.get("exit_reason")) == ANNULLED
        if was == now:
            return
        subject, own = context.subject, {make_id(context.before)}
        others = find_annulled(context, subject)
        follow_events(
            context,
            find_archive(),
            find_snapshot,
            [subject],
            read_record_events(context.connection, [subject]),
            annulled=others | own if now else others - own,
            under_law=find_decided_laws(context, subject),
        )

    return look_and_follow
