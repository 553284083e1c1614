"""One tree of errors. Each says what is wrong, where, what is allowed and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "CreditscoreError",
    "InputError",
    "InternalError",
    "LeakageError",
    "NotAllowed",
    "NotInForce",
    "SchemeError",
    "StoreBusy",
    "StoreError",
    "TableError",
    "TooManyRejected",
    "UsageError",
]


class CreditscoreError(Exception):
    """Base of every error this package raises on purpose.

    `what` is one sentence; `where` a file, table, key path or day; `allowed` the values that would be right;
    `next` what the reader can do. Absent parts are left out of the message.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        where: str | None = None,
        allowed: str | Iterable[str] | None = None,
        next: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.allowed = allowed if allowed is None or isinstance(allowed, str) else ", ".join(map(str, allowed))
        self.next = next
        super().__init__(what)

    def __str__(self) -> str:
        parts = (("where", self.where), ("allowed", self.allowed), ("next", self.next))
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in parts if text)])

    def __reduce__(self) -> tuple[type[CreditscoreError], tuple[str, str | None, str | None, str | None]]:
        return type(self), (self.what, self.where, self.allowed, self.next)


class UsageError(CreditscoreError):
    """The command or function was called in a way that cannot work."""

    exit_code = 2


class InputError(CreditscoreError):
    """The data cannot be read at all, or lack what is needed."""

    exit_code = 3


class TableError(InputError, ValueError):
    """A table of numbers and categories that a model cannot be fitted to or applied to; a ValueError, as
    scikit-learn asks.
    """


class TooManyRejected(InputError):
    """More rows were refused than the caller allows."""


class LeakageError(InputError):
    """A feature holds what was not known on the day of observation."""


class StoreError(InputError):
    """The store cannot be opened, is damaged, or does not match its own record."""


class StoreBusy(StoreError):
    """Somebody else writes to the store."""


class NotAllowed(UsageError):
    """The actor does not have the role, or is not a second person."""


class SchemeError(CreditscoreError):
    """A scheme is wrong, or cannot be applied as asked. `faults`: each with code, file, line and key path."""

    exit_code = 4
    faults: tuple[Any, ...] = ()


class NotInForce(SchemeError):
    """No version of the scheme is in force and known for that period."""


class InternalError(CreditscoreError):
    """A fault of this package, not of the data or of the call."""

    exit_code = 6
