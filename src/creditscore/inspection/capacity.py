"""Capacity: the days of inspectors that a plan needs beside those there are, and what other rates would need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from creditscore.core.errors import UsageError
from creditscore.inspection.frame import Frame
from creditscore.inspection.inspectors import Inspector
from creditscore.inspection.programme import Programme

ALL = "(all)"


@dataclass(frozen=True)
class Capacity:
    """Person-days of a year under one certificate (or all together); `available` is None where one has no limit."""

    certificate: str
    inspectors: int
    visits: int
    needed: Fraction
    available: Fraction | None

    @property
    def enough(self) -> bool:
        return self.available is None or self.available >= self.needed

    @property
    def fits_at(self) -> Fraction | None:
        """The factor on all rates at which it would just fit; None without a limit or without a need."""
        return None if self.available is None or not self.needed else self.available / self.needed


def person_days(programme: Programme, visits: int) -> Fraction:
    """visits × team × days of a visit."""
    return visits * Fraction(programme.team.number) * Fraction(programme.visit_days.number)


def visits_of(frame: Frame) -> dict[tuple[str, str], tuple[int, int]]:
    """(programme, class) → organisations and visits."""
    units_and_visits: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for stratum in frame.strata:
        units, visits = units_and_visits[(stratum.programme, stratum.class_)]
        units_and_visits[(stratum.programme, stratum.class_)] = units + stratum.units, visits + stratum.visits
    return dict(sorted(units_and_visits.items()))


def check_capacity(frame: Frame, inspectors: Sequence[Inspector]) -> list[Capacity]:
    """One row per certificate, and one for all together; [] where no inspectors are given.

    Somebody with two certificates counts under both, so that each row alone may hold and all together not: the last
    row says so, and the draw finds whether teams can in fact be formed.
    """
    if not inspectors:
        return []
    needed: dict[str, Fraction] = defaultdict(Fraction)
    visits: dict[str, int] = defaultdict(int)
    by_name = {programme.programme: programme for programme in frame.programmes}
    for (name, _), (_, count) in visits_of(frame).items():
        certificate = by_name[name].certificate
        needed[certificate] += person_days(by_name[name], count)
        visits[certificate] += count
    rows = []
    for certificate in sorted(needed):
        holders = [inspector for inspector in inspectors if certificate in inspector.certificates]
        rows.append(Capacity(certificate, len(holders), visits[certificate], needed[certificate], _days(holders)))
    used = [inspector for inspector in inspectors if inspector.certificates & needed.keys()]
    rows.append(Capacity(ALL, len(used), sum(visits.values()), sum(needed.values(), Fraction(0)), _days(used)))
    return rows


def _days(people: Sequence[Inspector]) -> Fraction | None:
    if any(person.days is None for person in people):
        return None
    return sum((person.days for person in people if person.days is not None), Fraction(0))


def changed_rates(programmes: Sequence[Programme], changes: Sequence[str]) -> dict[tuple[str, str], Fraction]:
    """Rates by (programme, class) after changes such as `scale=1/2`, `scale=0.8`, `food_risk.D=4`, one after another.

    An exempt class stays exempt under a scale. UsageError for what is none of these.
    """
    rates: dict[tuple[str, str], Fraction] = {
        (programme.programme, group.code): group.rate
        for programme in programmes
        for group in programme.classes
        if group.rate
    }
    known = {(programme.programme, group.code) for programme in programmes for group in programme.classes}
    for change in changes:
        name, _, number = change.partition("=")
        try:
            value = Fraction(number.strip())
        except (ValueError, ZeroDivisionError):
            value = Fraction(0)
        if value <= 0:
            raise UsageError(
                "inspection.change_no_number_above", change=change, allowed="scale=1/2, scale=0.8, PROGRAMME.CLASS=0.1"
            )
        if name.strip() == "scale":
            rates = {key: rate * value for key, rate in rates.items()}
            continue
        programme, _, code = name.strip().partition(".")
        if (programme, code) not in known:
            raise UsageError(
                "inspection.no_class_plan",
                name=name.strip(),
                allowed="scale, " + ", ".join(".".join(k) for k in sorted(known)),
            )
        rates[(programme, code)] = value
    return rates


def broken_bounds(programmes: Sequence[Programme], rates: Mapping[tuple[str, str], Fraction]) -> list[str]:
    """Classes whose changed rate lies outside what a text says, as `food_risk.D below 3`."""
    from creditscore.inspection.programme import decimal

    breaches = []
    for programme in programmes:
        for group in programme.classes:
            rate, name = rates.get((programme.programme, group.code)), f"{programme.programme}.{group.code}"
            if rate is None:
                continue
            if group.exempt is not None:
                breaches.append(f"{name} is exempt")
            elif rate < group.lowest:
                breaches.append(f"{name} below {decimal(group.lowest)}")
            elif group.highest is not None and rate > group.highest:
                breaches.append(f"{name} above {decimal(group.highest)}")
    return breaches
