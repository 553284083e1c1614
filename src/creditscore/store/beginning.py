"""How a log begins: its mode, its first persons, keys and roles; and in which mode one is."""

from __future__ import annotations

from dataclasses import dataclass

from creditscore.core.clock import office_zone
from creditscore.core.errors import StoreDiffers, UsageError
from creditscore.store import people as persons
from creditscore.store.database import Database
from creditscore.store.keys import Key
from creditscore.store.log import NewEvent, read_streams
from creditscore.store.people import Person

MODES = ("open", "keys", "accounts")
FORMAT = 1  # of the log: what its hashes cover, what its payloads say
FIRST = "log/0"


@dataclass(frozen=True)
class Beginning:
    """How a new log begins: its mode, who opens it, and the events of the first persons, keys and roles."""

    mode: str = "open"
    actor: str = "system"
    events: tuple[NewEvent, ...] = ()

    def make_events(self) -> list[NewEvent]:
        """Make the events of the first act; UsageError for a mode that there is not."""
        if self.mode not in MODES:
            raise UsageError("store.no_mode", mode=self.mode, allowed=MODES)
        values = {"format": FORMAT, "mode": self.mode, "zone": str(office_zone())}
        return [NewEvent(FIRST, "log.opened", {"set": values}, "open", expected=-1), *self.events]


def begin_signed(mode: str, key: Key, approver: str) -> Beginning:
    """Make the beginning of a log in which acts are signed.

    Parameters
    ----------
    mode
        `keys` or `accounts`.
    key
        The key of the first approver, or of the application.
    approver
        The name of the first approver.

    Raises
    ------
    UsageError
        For another mode.
    """
    if mode not in ("keys", "accounts"):
        raise UsageError("store.store_whose_acts_signed_no_mode", mode=mode, allowed=("keys", "accounts"))
    first = Person(persons.make_id(), approver)
    signer = first if mode == "keys" else Person(persons.make_id(), persons.APPLICATION)
    events = [persons.add_person(first.id, approver)]
    if signer is not first:
        events += [persons.add_person(signer.id, signer.name), persons.grant_role(signer, persons.APPLICATION)]
    events += [persons.add_key(signer, key.public, key.key_id), persons.grant_role(first, "approver")]
    return Beginning(mode, signer.id, tuple(events))


def read_mode(database: Database) -> str:
    """Read the mode of a log; empty where nothing was written yet, StoreDiffers where its first event names none."""
    with database.read() as connection:
        opened = read_streams(connection, [FIRST])[FIRST]
    if not opened:
        return ""
    mode = str((opened[0].payload or {}).get("set", {}).get("mode", ""))
    if mode not in MODES:
        raise StoreDiffers("store.first_event_log_not_say_mode", where=database.shown, allowed=MODES)
    return mode
