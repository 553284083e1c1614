"""Strict loading: a file becomes a `Scheme` or a list of faults, each with file, line and key path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from creditscore.core.errors import SchemeError
from creditscore.core.partial_parse import salvage
from creditscore.schemes.model import Scheme
from creditscore.schemes.source import Fault, Source, read

if TYPE_CHECKING:
    from creditscore.schemes.laws import Law

M = TypeVar("M", bound=BaseModel)


def load_scheme(file: Path, shown: str | None = None, archived: bool = False) -> Scheme:
    """The scheme in `file`; SchemeError lists every fault at once.

    `archived`: the text of a grading that was made; it still grades what it graded, although it began before its law.
    """
    scheme, source = inspect(file, shown, archived=archived)
    raise_faults(source.faults)
    assert scheme is not None
    return scheme


def inspect(
    file: Path,
    shown: str | None = None,
    laws: Mapping[str, Law] | None = None,
    archived: bool = False,
    unreadable: Collection[str] = (),
) -> tuple[Scheme | None, Source]:
    """What can be read of a scheme and all that is wrong with it, in one round; never raises for its content.

    `unreadable`: ids of laws whose files have faults of their own; citing them is no second one.
    """
    from creditscore.schemes.check import check_scheme
    from creditscore.schemes.checks import starts
    from creditscore.schemes.laws import inspect_laws, load_laws

    source = read(file, shown)
    scheme = salvage(source, Scheme)
    if scheme is not None:
        # a scheme outside the library may bring its own legal texts
        laws_beside, wrong = inspect_laws(file.parent / "laws")
        if laws is None:
            raise_faults(list(wrong))
        known = {**(load_laws() if laws is None else laws), **laws_beside}
        check_scheme(scheme, source, {*known, *unreadable})
        if not archived:
            starts.check(scheme, source, known)
    return scheme, source


def parse(source: Source, model: type[M]) -> M | None:
    """`source.data` as `model`; None when there were faults (kept in `source.faults`)."""
    result = salvage(source, model)
    return None if source.faults else result


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda one: (one.file, one.severity, one.line, one.path, one.code, one.message))


def raise_faults(faults: list[Fault]) -> None:
    if faults:
        ordered = in_order(faults)
        error = SchemeError(
            f"{len(ordered)} fault{'s' if len(ordered) > 1 else ''} in the configuration:\n  "
            + "\n  ".join(str(fault) for fault in ordered),
            next="mend the lines named above; docs/checks.md explains each code, docs/schemes.md every key",
        )
        error.faults = tuple(ordered)
        raise error
