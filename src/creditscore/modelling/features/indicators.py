"""From recipe to SQL: each aggregate over the records is filled once, and each indicator is a formula over them."""

from __future__ import annotations

from dataclasses import dataclass, field

from creditscore.core.days import add_months
from creditscore.core.quantities import MICRO
from creditscore.modelling.features.known import INSPECTED, Picks
from creditscore.modelling.features.recipe import WITHOUT_WINDOW, Pick, Recipe

MONTH = 30.4375  # days; 365.25 / 12, exact in binary
LEAST_DAYS = 30
BATCH = 16

Need = tuple[tuple[str, ...], int]  # domains whose feeds must cover the days after this one up to the observation


@dataclass(frozen=True)
class Feature:
    """A column: its name, its SQL over aggregates and `p` (subjects), the feeds without which it is missing."""

    name: str
    sql: str
    need: Need | None = None


@dataclass
class Aggregates:
    """The aggregates that some feature reads, each once: SQL → its column a0, a1, …"""

    columns: dict[str, str] = field(default_factory=dict)

    def of(self, sql: str) -> str:
        return self.columns.setdefault(sql, f"a{len(self.columns)}")

    def parts(self) -> dict[str, str]:
        """`ds_part0`, …: SELECTs over `ds_known` that together give all aggregates of its subjects.

        A row of 16 running totals stays in the cache; one of a hundred does not, and takes twice the time.
        """
        chosen = [f"{sql} AS {name}" for sql, name in self.columns.items()]
        return {
            f"ds_part{first // BATCH}": f"SELECT k.sid, {', '.join(chosen[first : first + BATCH])} "
            "FROM ds_known k GROUP BY k.sid"
            for first in range(0, len(chosen), BATCH)
        }


def features(
    recipe: Recipe, picks: Picks, day: int, declared: tuple[str, ...], aggregates: Aggregates
) -> list[Feature]:
    """The indicators of the records, in order of group, measure and window, as seen on `day`; fills `aggregates`."""
    indicators = []
    for group, pick in recipe.groups:
        for measure in recipe.indicators:
            for months in (max(recipe.windows),) if measure in WITHOUT_WINDOW else recipe.windows:
                maker = _Maker(recipe, picks, day, group, months, aggregates)
                domains = _domains(pick, declared)
                if measure == "per_inspection":
                    domains = tuple(dict.fromkeys((*domains, *_domains(recipe.inspections, declared))))
                need = (domains, maker.before if measure == "trend" else maker.lo) if declared else None
                suffix = "" if measure in WITHOUT_WINDOW else f"_{months}m"
                indicators.append(Feature(f"{group}__{measure}{suffix}", getattr(maker, measure)(), need))
    return indicators


def _domains(pick: Pick, declared: tuple[str, ...]) -> tuple[str, ...]:
    """The domains that must be fed: those the choice names, else every declared one."""
    return pick.domains or declared


class _Maker:
    """The formula of each measure for one group and one window of months."""

    def __init__(self, recipe: Recipe, picks: Picks, day: int, group: str, months: int, aggregates: Aggregates) -> None:
        self.day, self.recipe, self.picks, self.aggregates = day, recipe, picks, aggregates
        self.lo, self.before = add_months(day, -months), add_months(day, -2 * months)
        self.group = picks.has(group)

    def _total(self, what: str, lo: int | None, chosen: str | None = None, empty: str | None = "0") -> str:
        """An aggregate over the days after `lo` (NULL: all) up to the observation."""
        since = "" if lo is None else f" AND day > {lo}"
        column = self.aggregates.of(f"{what} FILTER (WHERE {chosen or self.group} AND day <= {self.day}{since})")
        return column if empty is None else f"COALESCE({column}, {empty})"

    def _records(self, lo: int) -> str:
        return self._total("COUNT(*)", lo)

    def count(self) -> str:
        return f"CAST({self._records(self.lo)} AS DOUBLE)"

    def amount(self) -> str:
        return f"CAST({self._total('SUM(amount)', self.lo)} AS DOUBLE) / {MICRO}"

    def quantity(self) -> str:
        return f"CAST({self._total('SUM(quantity)', self.lo)} AS DOUBLE) / {MICRO}"

    def points(self) -> str:
        return f"CAST(CAST({self._total('SUM(points)', self.lo)} AS BIGINT) AS DOUBLE) / {MICRO}"

    def rate(self) -> str:
        since = f"GREATEST({self.lo}, COALESCE(p.registered_day - 1, {self.lo}))"
        observed = f"GREATEST({self.day} - {since}, {LEAST_DAYS})"
        return f"{self._records(self.lo)} * CAST({MONTH} AS DOUBLE) / {observed}"

    def per_inspection(self) -> str:
        seen = self._total("COUNT(*)", self.lo, self.picks.has(INSPECTED))
        return f"CASE WHEN {seen} > 0 THEN CAST({self._records(self.lo)} AS DOUBLE) / {seen} END"

    def delay(self) -> str:
        return f"CAST({self._total(f'MAX(COALESCE(closed_day, {self.day}) - day)', self.lo)} AS DOUBLE)"

    def open(self) -> str:
        return f"CAST({self._total('COUNT(*)', self.lo, f'{self.group} AND closed_day IS NULL')} AS DOUBLE)"

    def recency(self) -> str:
        return f"CAST({self.day} - {self._total('MAX(day)', None, empty=None)} AS DOUBLE)"

    def trend(self) -> str:
        recent, both = self._records(self.lo), self._records(self.before)
        whole = f"COALESCE(p.registered_day, {self.before + 1}) <= {self.before + 1}"
        return f"CASE WHEN {whole} THEN CAST(2 * {recent} - {both} AS DOUBLE) END"
