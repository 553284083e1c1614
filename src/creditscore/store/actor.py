"""Who acts: the owner of the key at hand, an account, or in mode `open` a name at its word."""

from __future__ import annotations

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.store.keys import Key
from creditscore.store.log import NewEvent
from creditscore.store.people import People, Person, add_person, make_id


def require_key(mode: str, key: Key | None, where: str) -> None:
    """Raise NotAllowed where acts are signed and no key is at hand."""
    if mode != "open" and key is None:
        raise NotAllowed(
            "store.act_here_signed",
            where=where,
            allowed="the key of who acts" if mode == "keys" else "the key of the application",
        )


def find_actor(people: People, by: str, *, mode: str, key: Key | None, where: str) -> tuple[Person, list[NewEvent]]:
    """Find who acts; in mode `open` a new name becomes a person with its first act.

    Parameters
    ----------
    people
        All persons.
    by
        A name or an id; in mode `keys` empty, or that of the key's owner.
    mode, key
        Of the log, and the key at hand.
    where
        The store, for messages.

    Returns
    -------
    person, events
        Who acts, and the event that adds a newcomer.

    Raises
    ------
    NotAllowed
        For a key that is nobody's, another's name, who has left, or a stranger where roles hold.
    UsageError
        Where nobody is named.
    """
    require_key(mode, key, where)
    if mode == "keys" and key:
        owner = people.find_key(key.key_id)
        if owner is None:
            raise NotAllowed("store.key_nobody_s_here_revoked", where=where)
        if by and people.find(by) is not owner:
            raise NotAllowed("store.key_s_not_s", name=owner.name, by=by, where=where, allowed=owner.name)
        return owner, []
    if not by.strip():
        raise UsageError("store.nobody_said_act", where=where)
    if (
        mode == "accounts"
        and key
        and not any(people.is_application(person, key.key_id) for person in people.persons.values())
    ):
        raise NotAllowed("store.key_no_application_s_here_revoked", where=where)
    known = people.find(by)
    if known is not None and known.has_left():
        raise NotAllowed("store.left", name=known.name, where=where)
    if known is not None:
        return known, []
    if mode == "accounts" or people.holds_roles():
        raise NotAllowed(
            "store.nobody_here",
            by=by,
            where=where,
            allowed=[person.name for person in people.persons.values() if person.name][:20],
        )
    people.require_new(by)
    fresh = Person(make_id(), by)
    return fresh, [add_person(fresh.id, by)]
