"""What a cascade does to the composite score: once with the rows that stand, once with those that would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.inputs import COLUMNS
from creditscore.core.errors import UsageError
from creditscore.lists.listings import listings
from creditscore.lists.register import Book
from creditscore.store.legacy.archive.effective import Rows

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class CompositeChange:
    """A subject's composite before and after. `score` is empty where there is none; `state_reason` then says why.

    Each grade stands as it is: an act that several domains count may weigh more than once.
    """

    subject_id: str
    config: str
    before: tuple[str, str, str]  # state or reason, score, grade
    after: tuple[str, str, str]


def composite_changes(
    config: str | CompositeConfig,
    subject_id: str,
    before: Mapping[str, Rows],
    after: Mapping[str, Rows],
    book: Book,
    without: Iterable[str],
) -> list[CompositeChange]:
    """The change of one subject under one composite, or none; `without` names entries that are to be annulled."""
    import pyarrow.compute as pc

    known = listings(book)
    known = known.filter(pc.equal(known["subject_id"], subject_id))
    left = known.filter(pc.invert(pc.is_in(known["listing_id"], value_set=_texts(sorted(without)))))
    config_name = config if isinstance(config, str) else config.name
    was, now = _score(config, subject_id, before, known), _score(config, subject_id, after, left)
    return [] if was == now else [CompositeChange(subject_id, config_name, was, now)]


def _score(
    config: str | CompositeConfig, subject_id: str, rows: Mapping[str, Rows], listed: pa.Table
) -> tuple[str, str, str]:
    import pyarrow as pa

    grades = [{name: row.get(name) for name in COLUMNS} for own in rows.values() for row in own.grades]
    table = pa.Table.from_pylist(grades, schema=pa.schema([(name, pa.string()) for name in COLUMNS]))
    entries = listed if listed.num_rows else None
    try:
        table_rows = combine(table, config, listings=entries, acts="unchecked").composite.to_pylist()
    except UsageError as error:
        if "no grading holds a scheme" in error.what:
            return ("no_domain", "", "")
        raise
    row = next((row for row in table_rows if row["subject_id"] == subject_id), None)
    if row is None:
        return ("no_domain", "", "")
    cells = [row["state_reason"] or row["state"], row["score"], row["grade"]]
    return tuple("" if value is None else str(value) for value in cells)  # type: ignore[return-value]


def _texts(words: list[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array(words, pa.string())
