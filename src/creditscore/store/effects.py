"""Effects outside the store: an alias in MLflow, a file, a mail. Each is asked for in the log before it is tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from creditscore.core.clock import today
from creditscore.core.errors import CreditscoreError
from creditscore.store.context import Context
from creditscore.store.fold import Stream, fold
from creditscore.store.log import NewEvent, read_streams
from creditscore.store.store import Store

OUTCOMES = ("effect.done", "effect.failed")
Doer = Callable[[str, str, Mapping[str, Any]], str]  # id of the effect, to what, content -> what came of it


def ask_effect(context: Context, what: str, to: str, content: Mapping[str, Any]) -> str:
    """Ask for an effect in the act that is being worked out; it is done after the act is written, once.

    Returns
    -------
    str
        The stream of the effect, which is also the id under which it must be idempotent.
    """
    stream = f"effect/{context.stream.replace('/', '.')}-{context.before.version + 1}-{len(context.emitted)}"
    values = {"what": what, "to": to, "content": dict(content), "because": context.stream, "tries": 0}
    context.emit(stream, "effect.asked", set=values, state="open")
    return stream


def list_open_effects(store: Store) -> list[dict[str, Any]]:
    """List the effects that were asked for and are not done, oldest first."""
    return sorted(store.rows("effect", state="open"), key=lambda row: row["newest_seq"])


def do_effects(store: Store, doers: Mapping[str, Doer], *, by: str = "") -> list[str]:
    """Try every open effect for which there is somebody who does it, and log what came of it.

    Parameters
    ----------
    store
        The open store.
    doers
        By what is to be done. An effect may be tried again after a crash: a doer that gets the same id twice does it
        once.

    Returns
    -------
    list of str
        The effects that are still open.

    Raises
    ------
    NotAllowed
        Before anything is done, for a person who may not log what came of it.
    """
    for row in list_open_effects(store):
        doer = doers.get(row["what"])
        if doer is None:
            continue
        with store.reading() as connection:
            effect = fold(row["stream"], read_streams(connection, [row["stream"]])[row["stream"]])
            people = store.read_people(connection)
        if effect.state != "open":
            continue
        asking = effect.events[0]
        store.require_right(people, by, asking.role, OUTCOMES, office=asking.office)  # before anything is done
        tries = int(effect.fields.get("tries") or 0) + 1
        try:
            result = doer(effect.name, effect.fields["to"], effect.fields["content"])
        except CreditscoreError as error:
            _log_outcome(store, effect, OUTCOMES[1], {"failed": error.what, "tries": tries}, "open", by)
        else:
            values = {"result": result or "done", "done_on": today().isoformat(), "tries": tries}
            _log_outcome(store, effect, OUTCOMES[0], values, "done", by)
    return [row["stream"] for row in list_open_effects(store)]


def _log_outcome(store: Store, effect: Stream, kind: str, values: Mapping[str, Any], state: str, by: str) -> None:
    asking = effect.events[0]
    new = NewEvent(effect.name, kind, {"set": dict(values)}, state, effect.subject, "", effect.version)
    store.record(lambda people: [new], by=by, role=asking.role, office=asking.office)
