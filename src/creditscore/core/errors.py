"""One tree of errors. Each says what is wrong, where, what is allowed and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

__all__ = [
    "CreditscoreError",
    "DifferenceError",
    "ExitCode",
    "InputError",
    "InternalError",
    "LeakageError",
    "MissingExtra",
    "NotAllowed",
    "NotInForce",
    "SchemeError",
    "StoreBusy",
    "StoreDiffers",
    "StoreError",
    "TableError",
    "TooManyRejected",
    "UsageError",
]


class ExitCode(IntEnum):
    """How a command ends, the same for all commands. `words`: what it means; `docs/contract.md` lists them.

    OTHER_WORDS is reserved: no command ends in it yet.
    """

    words: str

    DONE = 0, "done"
    USAGE = 2, "usage"
    INPUT = 3, "bad input"
    SCHEME = 4, "scheme fault"
    DIFFERENCE = 5, "difference"
    OURS = 6, "our fault"
    NOT_ANCHORED = 7, "not anchored"
    NAMES_UNPROVEN = 8, "names unproven"
    OTHER_WORDS = 9, "words of another version"
    INTERRUPTED = 130, "interrupted"

    def __new__(cls, value: int, words: str) -> ExitCode:
        code = int.__new__(cls, value)
        code._value_ = value
        code.words = words
        return code


class CreditscoreError(Exception):
    """Base of every error this package raises on purpose.

    `what` is one sentence; `where` a file, table, key path or day; `allowed` the values that would be right;
    `next` what the reader can do. Absent parts are left out of the message.
    """

    exit_code = ExitCode.OURS
    usual_next: str | None = None  # what to do next, where the error itself does not say

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
        self.next = self.usual_next if next is None else next
        super().__init__(what)

    def __str__(self) -> str:
        parts = (("where", self.where), ("allowed", self.allowed), ("next", self.next))
        return "\n".join([self.what, *(f"  {label}: {text}" for label, text in parts if text)])

    def __reduce__(self) -> tuple[type[CreditscoreError], tuple[str, str | None, str | None, str | None]]:
        return type(self), (self.what, self.where, self.allowed, self.next)


class UsageError(CreditscoreError):
    """The command or function was called in a way that cannot work."""

    exit_code = ExitCode.USAGE


class MissingExtra(UsageError, ImportError):
    """A library that only an extra of the package brings is not installed; also an ImportError."""


class InputError(CreditscoreError):
    """The data cannot be read at all, or lack what is needed."""

    exit_code = ExitCode.INPUT


class TableError(InputError, ValueError):
    """A table of numbers and categories that a model cannot be fitted to or applied to; a ValueError, as
    scikit-learn asks.
    """


class TooManyRejected(InputError):
    """More rows were refused than the caller allows."""


class LeakageError(InputError):
    """A feature holds what was not known on the day of observation."""


class DifferenceError(CreditscoreError):
    """What was written, kept or logged is not what comes out again; or two ways to one result do not agree."""

    exit_code = ExitCode.DIFFERENCE


class InternalError(CreditscoreError):
    """A fault of this package: a result that contradicts itself. Nothing is written."""

    exit_code = ExitCode.OURS
    usual_next = "please report this fault"


class StoreError(InputError):
    """The store cannot be opened, or is damaged."""


class StoreDiffers(DifferenceError, StoreError):
    """The store is not what its own log says."""


class StoreBusy(StoreError):
    """Somebody else writes to the store."""


class NotAllowed(UsageError):
    """The actor does not have the role, or is not a second person."""


class SchemeError(CreditscoreError):
    """A scheme is wrong, or cannot be applied as asked. `faults`: each with code, file, line and key path."""

    exit_code = ExitCode.SCHEME
    faults: tuple[Any, ...] = ()


class NotInForce(SchemeError):
    """No version of the scheme is in force and known for that period."""
