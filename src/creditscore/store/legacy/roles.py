"""Who may do what: one YAML file of roles and their people, read strictly; and the rule of the second person."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.core.yaml_source import Fault, Source, read

ROLES = ("analyst", "grader", "reviewer", "approver")
# signs without a shape whose category does not say so
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164" + "".join(map(chr, range(0xFE00, 0xFE10))))


@dataclass(frozen=True)
class Roles:
    """Who has which role.

    Parameters
    ----------
    people
        For each role (`analyst`, `grader`, `reviewer`, `approver`) the people who have it, as the file names them.
    origin
        Where the roles come from, for messages.
    """

    people: Mapping[str, tuple[str, ...]]
    origin: str = "roles"

    def of(self, actor: str) -> tuple[str, ...]:
        """The roles of an actor, in the order of `ROLES`."""
        return tuple(role for role in ROLES if _plain(actor) in map(_plain, self.people.get(role, ())))

    def require(self, role: str, actor: str) -> None:
        """Nothing, or NotAllowed when the actor does not have the role; UsageError for a role that does not exist."""
        if role not in ROLES:
            raise UsageError(f"there is no role {role!r}", allowed=ROLES)
        if role not in self.of(actor):
            raise NotAllowed(
                f"{actor!r} is no {role}",
                where=self.origin,
                allowed=self.people.get(role) or f"nobody has the role {role}",
                next=f"let somebody act who has the role, or add the name under {role}",
            )

    def same(self, other: Roles) -> bool:
        """Whether both give the same people the same roles."""
        return all(
            {*map(_plain, self.people.get(role, ()))} == {*map(_plain, other.people.get(role, ()))} for role in ROLES
        )


def load_roles(file: str | Path) -> Roles:
    """Read a file of roles.

        roles:
          analyst: [wang.fang]
          grader: [li.na]
          reviewer: [zhang.min]
          approver: [chen.jie]

    Every role must be named; an empty list is allowed. Other keys, a name given twice in a role, and names that are
    empty or no text are faults.

    Parameters
    ----------
    file
        The YAML file.

    Returns
    -------
    Roles
        Who has which role.

    Raises
    ------
    UsageError
        With every fault of the file, each with its line.

    Examples
    --------
    >>> load_roles("roles.yaml").of("chen.jie")  # doctest: +SKIP
    ('approver',)
    """
    path = Path(file)
    source = read(path, path.name)
    people = {} if source.faults else _people(source)
    if source.faults:
        ordered = sorted(source.faults, key=lambda fault: (fault.line, fault.path))
        raise UsageError(
            "the roles cannot be read:\n  " + "\n  ".join(map(str, ordered)),
            where=str(path),
            allowed=f"roles: with {', '.join(ROLES)}, each a list of names",
        )
    return Roles(people, str(path))


def second_person(actor: str, *others: str, act: str = "this act") -> None:
    """Check that the actor is none of those who acted before.

    Names are compared without case, width, blanks and signs that cannot be seen.

    Parameters
    ----------
    actor
        Who acts now.
    *others
        Who acted before.
    act
        What the message calls the act.

    Returns
    -------
    None
        Where the actor is another person.

    Raises
    ------
    NotAllowed
        Where `actor` is among `others`, or one of the names is empty.

    Examples
    --------
    >>> second_person("chen.jie", "li.na")
    """
    if not all(map(_plain, (actor, *others))):
        raise NotAllowed(
            f"{act} needs a second person, and none is named",
            next="name both by their accounts: who prepared it and who approves",
        )
    if _plain(actor) in map(_plain, others):
        raise NotAllowed(
            f"{act} needs a second person; {actor!r} acted before",
            allowed="anybody other than " + ", ".join(sorted(set(others))),
        )


def _plain(name: str) -> str:
    """Without case, width, blanks and signs that nobody sees (joiners, marks of direction, fillers)."""
    seen = (sign for sign in unicodedata.normalize("NFKC", name) if sign not in UNSEEN)
    return "".join(sign for sign in seen if unicodedata.category(sign)[0] not in "CZ").casefold()


def _people(source: Source) -> dict[str, tuple[str, ...]]:
    data = source.data
    if not isinstance(data, dict) or set(data) != {"roles"} or not isinstance(data["roles"], dict):
        source.faults.append(Fault(source.file, 1, "", "the file must hold the key roles: and nothing else"))
        return {}
    people_by_role: dict[str, tuple[str, ...]] = {}
    for role, names in data["roles"].items():
        if role not in ROLES:
            source.fault(("roles", role), f"there is no such role; allowed: {', '.join(ROLES)}")
        else:
            people_by_role[role] = _names(source, role, names)
    for role in ROLES:
        if role not in data["roles"]:
            source.fault(("roles",), f"{role} is not named; write {role}: [] if nobody has it")
    return people_by_role


def _names(source: Source, role: str, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list):
        source.fault(("roles", role), "must be a list of names")
        return ()
    seen: set[str] = set()
    for place, name in enumerate(names):
        path = ("roles", role, place)
        if not isinstance(name, str) or not _plain(name):
            source.fault(path, f"{name!r} is no name; write text")
        elif _plain(name) in seen:
            source.fault(path, f"{name!r} stands twice")
        else:
            seen.add(_plain(name))
    return tuple(name for name in names if isinstance(name, str))
