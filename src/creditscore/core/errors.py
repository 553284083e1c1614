"""One tree of errors. Each says what is wrong, where, what is allowed and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import IntEnum
from numbers import Number
from typing import Any

from creditscore.core.messages import Lang, Message, language, language_of, message, show

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
    "WordingDiffers",
]


KEPT = (str, Number, date, list, tuple, type(None))


def _is_kept(value: object) -> bool:
    """Whether a value of a message is told as it is, or in the language: plain values, labels, phrases."""
    return isinstance(value, KEPT) or hasattr(value, "zh") or hasattr(value, "say")


class ExitCode(IntEnum):
    """How a command ends, the same for all commands. `words`: what it means; `docs/contract.md` lists them."""

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

    Parameters
    ----------
    code
        The message, `package.name`, as `core/words/errors/<package>.yaml` has it in both languages: what is wrong (one
        sentence) and, as far as they are the same for every place that raises it, `where`, `allowed` and `next`. A
        sentence that is no code stands for itself.
    where
        A file, table, key path or day.
    allowed
        The values that would be right; texts as they stand, messages (`core.messages.Message`) in the language.
    next
        What the reader can do.
    values
        What is filled into the message, by name.

    Attributes
    ----------
    what, where, allowed, next : str or None
        The parts in the language that is chosen (`core.i18n.language`); absent parts are left out of the message.
    """

    exit_code = ExitCode.OURS
    usual_next: str | None = None  # what to do next, where the error itself does not say

    def __init__(
        self,
        code: str,
        /,
        where: str | Message | None = None,
        allowed: str | Message | Iterable[str | Message] | None = None,
        next: str | Message | None = None,
        **values: Any,
    ) -> None:
        self.code = code
        self.values = {name: value if _is_kept(value) else str(value) for name, value in values.items()}
        listed = allowed if allowed is None or isinstance(allowed, str | Message) else [*allowed]
        self.given: dict[str, Any] = {"where": where, "allowed": listed, "next": next}
        super().__init__(code)

    def part(self, name: str, lang: Lang | None = None) -> str | None:
        """Return a part of the message in a language; None where it has none."""
        given = self.given.get(name)
        if given is not None:
            return show(given, language_of(self.code, lang or language()))
        text = message(self.code, name, language_of(self.code, lang or language()), self.values)
        if text is None and name == "what":
            return self.code
        return self.usual_next if text is None and name == "next" else text

    def say(self, lang: Lang | None = None) -> str:
        """Return the whole message in a language."""
        lang = language_of(self.code, lang or language())
        colon = "：" if lang == "zh" else ": "
        lines = [self.part("what", lang) or ""]
        for name in ("where", "allowed", "next"):
            text = self.part(name, lang)
            if text:
                lines.append(f"  {message(f'labels.{name}', 'what', lang, {})}{colon}{text}")
        return "\n".join(lines)

    def say_as_error(self) -> str:
        """Return the whole message behind the word for an error."""
        lang = language_of(self.code, language())
        return f"{message('labels.error', 'what', lang, {})}{'：' if lang == 'zh' else ': '}{self.say(lang)}"

    @property
    def what(self) -> str:
        return self.part("what") or ""

    @property
    def where(self) -> str | None:
        return self.part("where")

    @where.setter
    def where(self, text: str | Message | None) -> None:
        self.given["where"] = text

    @property
    def allowed(self) -> str | None:
        return self.part("allowed")

    @property
    def next(self) -> str | None:
        return self.part("next")

    @next.setter
    def next(self, text: str | Message | None) -> None:
        self.given["next"] = text

    def __str__(self) -> str:
        return self.say()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.given, self.values)


def _rebuild(kind: type[CreditscoreError], code: str, given: dict[str, str | None], values: dict[str, Any]) -> Any:
    return kind(code, **given, **values)


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


class WordingDiffers(DifferenceError):
    """What was written says the same in the words of another version of this package."""

    exit_code = ExitCode.OTHER_WORDS


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
