"""The records as known on a day, each with the groups it belongs to: tables of items and domains, and one SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.interpreter.assess import day_column
from creditscore.modelling.features.recipe import Pick, Recipe
from creditscore.records import Snapshot
from creditscore.records.fold import STATUS_REPAIRED, STATUS_WITHDRAWN, Folded, fold
from creditscore.records.schema import ONE

BITS = 62  # groups in one integer
INSPECTED, OUTCOME = "\x00inspected", "\x00outcome"  # picks of our own; no group can have such a name
NO_DOMAIN = -1


@dataclass(frozen=True)
class Picks:
    """The choices of records, each a bit of one of the mask columns m0, m1, …; the position is the place in `names`."""

    names: tuple[str, ...]
    picks: tuple[Pick, ...]
    keeps_repaired: tuple[bool, ...]

    @property
    def words(self) -> int:
        return -(-len(self.names) // BITS)

    def has(self, name: str) -> str:
        """SQL: whether a record of `ds_known` is chosen."""
        place = self.names.index(name)
        return f"(m{place // BITS} & {1 << place % BITS}) <> 0"

    def kept_bits(self, word: int) -> int:
        """The bits of those choices that keep repaired records."""
        places = range(word * BITS, min(len(self.names), (word + 1) * BITS))
        return sum(1 << place % BITS for place in places if self.keeps_repaired[place])


def picks_of(recipe: Recipe) -> Picks:
    """The groups, then the records that show an inspection, then those that are the outcome."""
    chosen = [(name, pick, recipe.repaired == "keep") for name, pick in recipe.groups]
    # repaired or not: the authority was there, and the event did happen
    chosen.append((INSPECTED, recipe.inspections, True))
    if recipe.outcome is not None:
        chosen.append((OUTCOME, recipe.outcome, True))
    names, picks, keeps = zip(*chosen, strict=True)
    return Picks(names, picks, keeps)


def put_picks(engine: DuckDBEngine, snapshot: Snapshot, recipe: Recipe, picks: Picks) -> None:
    """Tables `ds_item` (code, m0 …, points) and `ds_domain` (code, m0 …): a record has a bit when both have it."""
    level, points = dict(recipe.severity), dict(recipe.points)
    items, domains = enumerate(snapshot.items), [(NO_DOMAIN, ""), *enumerate(snapshot.domains)]
    item_rows = [
        (code, [_item_fits(pick, item, level.get(item)) for pick in picks.picks], points.get(item, 0))
        for code, item in items
    ]
    domain_rows = [
        (code, [not pick.domains or (code != NO_DOMAIN and domain in pick.domains) for pick in picks.picks])
        for code, domain in domains
    ]
    engine.table(
        "ds_item",
        {
            "code": ("SMALLINT", [code for code, *_ in item_rows]),
            **_masks([fits for _, fits, _ in item_rows], picks.words),
            "points": ("BIGINT", [value for *_, value in item_rows]),
        },
    )
    engine.table(
        "ds_domain",
        {
            "code": ("SMALLINT", [code for code, _ in domain_rows]),
            **_masks([fits for _, fits in domain_rows], picks.words),
        },
    )


def _item_fits(pick: Pick, item: str, level: str | None) -> bool:
    return (not pick.items or item in pick.items) and (not pick.severity or level in pick.severity)


def _masks(rows: list[list[bool]], words: int) -> dict[str, tuple[str, list[int]]]:
    """Columns m0 … with a bit for every True."""

    def mask(fits: list[bool], word: int) -> int:
        part = fits[word * BITS : (word + 1) * BITS]
        return sum(1 << place for place, fit in enumerate(part) if fit)

    return {f"m{word}": ("BIGINT", [mask(fits, word) for fits in rows]) for word in range(words)}


def day_of(recipe: Recipe, alias: str = "f") -> str:
    """SQL: the day of a record by the clock, NULL when it has none of these dates."""
    return f"COALESCE({', '.join(f'{alias}.{day_column(name)}' for name in recipe.clock)}, NULL)"


def known_sql(folded: Folded, recipe: Recipe, picks: Picks, closed: bool) -> str:
    """SELECT of the records known on the day, not withdrawn, with day, masks, values and the day of full correction.

    Columns: sid, day, m0 …, amount, quantity, points, known_day, closed_day (NULL while open, or when `closed` is
    not asked for). A record that belongs to no choice stays in, with masks of 0.
    """
    keep = [picks.kept_bits(word) for word in range(picks.words)]
    masks = ", ".join(
        f"i.m{word} & d.m{word} & CASE WHEN f.status = {STATUS_REPAIRED} THEN {keep[word]} ELSE -1 END AS m{word}"
        for word in range(picks.words)
    )
    join = "LEFT JOIN ds_closed c ON c.rk = f.rk " if closed else ""
    return (
        f"SELECT f.sid, {day_of(recipe)} AS day, {masks}, f.amount, f.quantity, i.points, f.known_day, "
        f"{'c.day' if closed else 'CAST(NULL AS INTEGER)'} AS closed_day FROM {folded.folded} f "
        f"JOIN ds_item i ON i.code = f.item JOIN ds_domain d ON d.code = COALESCE(f.domain, {NO_DOMAIN}) "
        f"{join}WHERE f.status <> {STATUS_WITHDRAWN}"
    )


def closed_sql(folded: Folded) -> str:
    """SELECT of the records that are fully corrected on the day: rk and the day on which the last share came."""
    return (
        f"SELECT c.rk, MAX(c.day) AS day FROM {folded.corrections} c WHERE c.day <= {folded.known_at_day} "
        f"GROUP BY c.rk HAVING SUM(c.share) >= {ONE}"
    )


@contextmanager
def folded_on(snapshot: Snapshot, day: int) -> Iterator[Folded]:
    """The log folded on a day; what the fold made is dropped afterwards unless it stood there before."""
    tag = str(day).replace("-", "m")
    views, tables = (f"folded_{tag}", f"corrections_{tag}"), (f"several_{tag}", f"several_shares_{tag}")
    there = snapshot.con.execute(f"SELECT count(*) FROM duckdb_views() WHERE view_name = '{views[0]}'").fetchall()
    try:
        yield fold(snapshot, day)
    finally:
        if not there[0][0]:
            for name in views:
                snapshot.con.execute(f"DROP VIEW IF EXISTS {name}")
            for name in tables:
                snapshot.con.execute(f"DROP TABLE IF EXISTS {name}")
