"""Strict loading: a file becomes a `Scheme` or a list of faults, each with file, line and key path."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.catalogue import Family, read_state
from creditscore.core.partial_parse import raise_faults
from creditscore.core.yaml_source import Source
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    from creditscore.schemes.laws import Law


def load_scheme(file: Path, shown: str | None = None, archived: bool = False) -> Scheme:
    """Load a scheme from a YAML file and check it.

    Legal texts in a folder `laws` beside the file may be cited too.

    Parameters
    ----------
    file
        The YAML file.
    shown
        The name of the file in faults; None: its path.
    archived
        Whether the text is that of a past grading: it may then govern periods that began before its law was in force.

    Returns
    -------
    Scheme
        The version that the file describes.

    Raises
    ------
    SchemeError
        With every fault at once, each with file, line and key path; also for a file that cannot be read.

    Examples
    --------
    >>> load_scheme(Path("configs/schemes/tax/2014.yaml")).name  # doctest: +SKIP
    'tax@2014'
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
    check = partial(_check, laws=laws, archived=archived, unreadable=unreadable)
    rules = replace(SCHEMES, check=check).read_file(read_state(str(file), shown or str(file)))
    return rules.content, rules.source


def _check(
    scheme: Scheme,
    source: Source,
    laws: Mapping[str, Law] | None = None,
    archived: bool = False,
    unreadable: Collection[str] = (),
) -> None:
    from creditscore.schemes.check import check_scheme
    from creditscore.schemes.checks import starts
    from creditscore.schemes.laws import inspect_laws, load_laws

    assert source.path is not None
    # a scheme outside the library may bring its own legal texts
    laws_beside, wrong = inspect_laws(source.path.parent / "laws")
    if laws is None:
        raise_faults(list(wrong))
    known = {**(load_laws() if laws is None else laws), **laws_beside}
    check_scheme(scheme, source, {*known, *unreadable})
    if not archived:
        starts.check(scheme, source, known)


SCHEMES = Family("schemes", "scheme", Scheme, "schemes", nested=True, is_partial=True, check=_check)
