"""Find a scheme: by id, version, and the evaluation year or day on which it must be in force."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from creditscore.core.catalogue import read_state
from creditscore.core.errors import NotInForce, SchemeError, UsageError
from creditscore.core.i18n import Phrase
from creditscore.schemes.laws import span_of
from creditscore.schemes.load import SCHEMES
from creditscore.schemes.model import Scheme


@dataclass(frozen=True)
class Entry:
    """A version of a scheme in the library, not yet loaded."""

    scheme: str
    version: str
    file: Path


def entries(root: Path | None = None) -> tuple[Entry, ...]:
    """Every version of every scheme, in order of id and version."""
    return _entries(SCHEMES.list_paths(root and root / SCHEMES.place))


@lru_cache(maxsize=8)
def _entries(paths: tuple[tuple[str, str], ...]) -> tuple[Entry, ...]:
    versions = [(*shown.removesuffix(".yaml").split("/", 1)[1].rpartition("/"), path) for shown, path in paths]
    return tuple(sorted((Entry(scheme, version, Path(path)) for scheme, _, version, path in versions), key=_order))


def _order(entry: Entry) -> tuple[str, str]:
    return entry.scheme, entry.version


def load(entry: Entry) -> Scheme:
    """A version, read again when its file was changed since."""
    return SCHEMES.load_file(read_state(str(entry.file), f"schemes/{entry.scheme}/{entry.file.name}"))


def readable(entry: Entry) -> Scheme | None:
    """A version; None where it cannot be read, which is told with its own file."""
    try:
        return load(entry)
    except SchemeError:
        return None


def versions(scheme: str, root: Path | None = None) -> list[Scheme]:
    """All versions of one scheme, oldest first. `scheme` is an id, the last part of one, or a YAML file."""
    if scheme.endswith((".yaml", ".yml")):
        file = Path(scheme)
        if not file.is_file():
            raise UsageError("schemes.no_scheme_file_2", scheme=scheme)
        return [SCHEMES.load_file(read_state(str(file.resolve()), file.name))]
    known = entries(root)
    wanted = resolve(scheme, known)
    return [load(entry) for entry in known if entry.scheme == wanted]


def resolve(scheme: str, known: Sequence[Entry]) -> str:
    """The id that is meant by an id or the last part of one."""
    ids = sorted({entry.scheme for entry in known})
    matches = [key for key in ids if key == scheme] or [key for key in ids if key.rsplit("/", 1)[-1] == scheme]
    if len(matches) != 1:
        near = matches if matches else difflib.get_close_matches(scheme, ids, 3)
        raise UsageError(
            f"there is no scheme {scheme!r}" if not matches else f"{scheme!r} names several schemes",
            allowed=", ".join(near or ids),
            next="`creditscore scheme list` shows all",
        )
    return matches[0]


def find(name: str, at: int | date, *, law_known_at: date | None = None, root: Path | None = None) -> Scheme:
    """The version in force for an evaluation year (int) or on a day; `tax@2014` pins one.

    NotInForce names the neighbours; UsageError an unknown id or the wrong kind of period.
    """
    scheme, pinned = split(name)
    schemes = versions(scheme, root)
    for other_scheme in schemes:
        if (other_scheme.period == "year") != isinstance(at, int):
            wanted = Phrase("fragments", "year_wanted" if other_scheme.period == "year" else "day_wanted")
            raise UsageError("schemes.graded", scheme=scheme, wanted=wanted, name=other_scheme.name)
    if pinned:
        chosen = _pinned(scheme, pinned, schemes)
        if not in_force(chosen, at) or not _known(chosen, law_known_at):
            unknown = Phrase("fragments", "as_known_on", (law_known_at,)) if in_force(chosen, at) else ""
            raise NotInForce(
                "schemes.not_force",
                name=name,
                at=at,
                unknown=unknown,
                allowed=_span(chosen) + (f", known from {chosen.known_from}" if unknown else ""),
            )
        return chosen
    fitting = [scheme for scheme in schemes if in_force(scheme, at) and _known(scheme, law_known_at)]
    if fitting:
        return fitting[-1]
    raise NotInForce(
        f"no version of {scheme} is in force for {at}" + (f" as known on {law_known_at}" if law_known_at else ""),
        where=_gap_reason(schemes, at),
        allowed="; ".join(f"{neighbour.name} {_span(neighbour)}" for neighbour in _neighbours(schemes, at)),
        next="choose a period inside one of these versions",
    )


def split(name: str) -> tuple[str, str]:
    """Id and pinned version; the path of a file stays whole."""
    if name.endswith((".yaml", ".yml")):
        return name, ""
    scheme, _, pinned = name.partition("@")
    return scheme, pinned


def pick(name: str, root: Path | None = None) -> Scheme:
    """The newest version of a scheme, or the one that is pinned (`tax@2014`)."""
    scheme, pinned = split(name)
    return _newest_or_pinned(scheme, pinned, versions(scheme, root))


def pick_recorded(name: str, at: int | date | None = None, root: Path | None = None) -> Scheme:
    """The version that something kept was made under: `pick`, and by the names that earlier releases gave it too.

    Where what was one version is several now, the one in force for `at`, or the first.
    """
    scheme, pinned = split(name)
    library = versions(scheme, root)
    heirs = [version for version in library if pinned and pinned in map(str, version.formerly)]
    if not heirs or pinned in [version.version for version in library]:
        return _newest_or_pinned(scheme, pinned, library)
    fitting = [version for version in heirs if at is not None and in_force(version, moment(version.period, at))]
    return [*fitting, *heirs][0]


def _newest_or_pinned(scheme: str, pinned: str, schemes: list[Scheme]) -> Scheme:
    return _pinned(scheme, pinned, schemes) if pinned else schemes[-1]


def _pinned(scheme: str, pinned: str, schemes: list[Scheme]) -> Scheme:
    """A year is enough to name a version that begins on a day."""
    chosen = [scheme for scheme in schemes if scheme.version == pinned or scheme.version.startswith(f"{pinned}-")]
    if len(chosen) == 1:
        return chosen[0]
    meant = _meant(pinned, schemes)
    use = f"use {meant.name}" if meant is not None else "leave the version away to take the one in force"
    raise UsageError(
        f"{scheme} has no version {pinned!r}" if not chosen else f"several versions of {scheme} begin in {pinned}",
        allowed=", ".join(f"{version.version} {_span(version)}" for version in schemes),
        next=f"{use}; a version is named by the day or year on which it begins, and some of earlier releases begin on "
        "another day now (CHANGELOG.md)",
    )


def _meant(pinned: str, versions: list[Scheme]) -> Scheme | None:
    """The version that says it was named so, else one that begins later in that year, else the one in force on that
    day, else the first. None for what is no day or year.
    """
    named = [version for version in versions if pinned in map(str, version.formerly)]
    if named:
        return named[0]
    span = span_of(pinned)
    if span is None or not versions:
        return None
    begins = {version.name: _first_day(version.effective_from) for version in versions}
    later = [version for version in versions if span[0] <= begins[version.name] <= date(span[0].year, 12, 31)]
    earlier = [version for version in versions if begins[version.name] <= span[0]]
    return [*versions[:1], *earlier[-1:], *later[:1]][-1]


def _first_day(bound: int | date) -> date:
    return date(bound, 1, 1) if isinstance(bound, int) else bound


def moment(kind: str, at: int | date) -> int | date:
    """A period in a scheme's own terms: the last evaluation year complete on a day, or the last day of a year."""
    if kind == "year" and isinstance(at, date):
        return at.year if (at.month, at.day) == (12, 31) else at.year - 1
    return last_day(at) if kind == "day" else at


def last_day(at: int | date) -> date:
    """The day on which a period stands: 31 December of an evaluation year."""
    return date(at, 12, 31) if isinstance(at, int) else at


def in_force(scheme: Scheme, at: int | date) -> bool:
    start, end = scheme.effective_from, scheme.effective_to
    return start <= at and (end is None or at < end)  # type: ignore[operator]


def _known(scheme: Scheme, day: date | None) -> bool:
    return day is None or scheme.known_from is None or scheme.known_from <= day


def _span(scheme: Scheme) -> str:
    end = f"before {scheme.effective_to}" if scheme.effective_to is not None else "today"
    return f"(from {scheme.effective_from} to {end})"


def _neighbours(schemes: list[Scheme], at: int | date) -> list[Scheme]:
    before = [scheme for scheme in schemes if scheme.effective_from <= at]  # type: ignore[operator]
    after = [scheme for scheme in schemes if scheme.effective_from > at]  # type: ignore[operator]
    return before[-1:] + after[:1]


def _gap_reason(schemes: list[Scheme], at: int | date) -> str | None:
    for scheme in schemes:
        for gap in scheme.gap:
            if gap.from_ <= at < gap.to:  # type: ignore[operator]
                return f"a declared gap: {gap.reason}"
    return None
