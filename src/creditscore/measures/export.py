"""Joint measures as tables: where each stands on a day, every act, what was not proposed and what is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.atomic import write_json
from creditscore.core.days import iso, read_day
from creditscore.core.errors import UsageError
from creditscore.core.i18n import word
from creditscore.core.tables.write import Csv, as_queries, write_tables
from creditscore.core.version import __version__
from creditscore.measures.cases import NEVER, REFUSED, Listings, MeasureCase, due, ending, in_force
from creditscore.measures.model import TABLES, FourLists
from creditscore.measures.workflow import read_cases, read_listings, read_refusals
from creditscore.schemes.laws import Law, load_laws
from creditscore.store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

FILES = ("measures", "acts", "refusals", "due")
DAYS = ("on", "entered_on", "ends_by", "since", "executed_on", "ended_on", "by")
Rows = Sequence[Mapping[str, Any]]


def tabulate_measures(store: Store, lists: FourLists, on: int) -> dict[str, pa.Table]:
    """`measures`, `acts`, `refusals` and `due` as Arrow tables, sorted by their keys; days are dates."""
    cases = read_cases(store)
    listings = read_listings(store, {case.proposal.subject_id for case in cases.values()})
    return tabulate(cases.values(), read_refusals(store), lists, listings, on)


def tabulate(
    cases: Iterable[MeasureCase], refusals: Iterable[tuple[str, ...]], lists: FourLists, listings: Listings, on: int
) -> dict[str, pa.Table]:
    """Write cases as they stood on a day, and what was not proposed, as the tables of an export."""
    cases = [then for case in cases if (then := case.as_of(on)) is not None]
    law_by_id = load_laws()
    acts = sorted((act for case in cases for act in case.acts), key=lambda act: act.nr)
    return {
        "measures": _table(MEASURES, [_measure(case, lists, listings, on, law_by_id) for case in cases]),
        "acts": _table(ACTS, [{**vars(act), "acknowledged": "; ".join(act.acknowledged)} for act in acts]),
        "refusals": _table((*REFUSED, "message"), [*map(_refusal, refusals)]),
        "due": _table(DUES, [vars(due_step) for due_step in due(cases, lists, listings, on, law_by_id)]),
    }


def _refusal(row: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(REFUSED, row, strict=True)) | {"message": word("not_proposed", row[4]).en}


ACTS = ("nr", "proposal_id", "act", "on", "actor", "reason", "document_no", "acknowledged")
DUES = ("proposal_id", "task", "since", "by", "cause")
MEASURES = (
    "proposal_id",
    "event_id",
    "event_kind",
    "department",
    "on",
    "subject_id",
    "listing_id",
    "list",
    "entered_on",
    "conduct_id",
    "measure_id",
    "side",
    "relevance_reason",
    "basis",
    "basis_level",
    "flags",
    "evidence",
    "ends_by",
    "state",
    "since",
    "executed_on",
    "in_force",
    "ended_on",
    "ended_by",
    "tables",
)


def _measure(
    case: MeasureCase, lists: FourLists, listings: Listings, on: int, law_by_id: Mapping[str, Law]
) -> dict[str, Any]:
    end, state = ending(case, lists, listings, on, law_by_id), case.state
    ended_on, ended_by = (end.on, end.cause) if (state.open or state.to_undo) and end.on <= on else (None, "")
    if state.state in ("lifted", "lapsed"):  # as it was found when it was lifted
        ended_by, _, day = case.acts[-1].reason.partition(" ")
        ended_on = read_day(day)
    return {
        **vars(case.proposal),
        "flags": "; ".join(case.proposal.flags),
        "ends_by": ended_on or (None if end.on >= NEVER else end.on),
        "state": state.state,
        "since": state.since,
        "executed_on": state.executed_on,
        "in_force": in_force(case, lists, listings, on, law_by_id),
        "ended_on": ended_on,
        "ended_by": ended_by,
    }


def _table(columns: Iterable[str], rows: Rows) -> pa.Table:
    import pyarrow as pa

    arrays = {}
    for name in columns:
        values = [row[name] for row in rows]
        kind = pa.date32() if name in DAYS else pa.int64() if name == "nr" else pa.string()
        arrays[name] = (
            pa.array(values, pa.int32()).cast(kind)
            if name in DAYS
            else pa.array(values, pa.bool_() if name == "in_force" else kind)
        )
    return pa.table(arrays)


def export_measures(store: Store, lists: FourLists, on: int, out: Path, csv: Csv = False) -> Path:
    """Write the tables (Parquet; CSV too on request), the four lists as JSON and manifest.json; return the folder.

    The same store, lists and day give the same bytes.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError("measures.cannot_write", value=error.strerror or error, where=str(out)) from error
    if any(out.iterdir()) and not (out / "four_lists.json").is_file():
        raise UsageError("measures.folder_holds_other_files", where=str(out))
    data = tabulate_measures(store, lists, on)
    with as_queries({name: data[name] for name in FILES}) as queries:
        write_tables(out, queries, csv, level=1)
    manifest = {
        "creditscore": __version__,
        "on": iso(on),
        "four_lists": lists.head.four_lists,
        "tables": lists.digest,
        "names": {name: list_name.evidence for name, list_name in sorted(lists.head.names.items())},
        "feedback_days": {"days": lists.head.feedback.days, "evidence": lists.head.feedback.evidence},
        "counts": {name: data[name].num_rows for name in FILES},
    }
    write_json(out / "four_lists.json", as_data(lists), sort_keys=True)
    write_json(out / "manifest.json", manifest, sort_keys=True)
    return out


def as_data(lists: FourLists) -> dict[str, Any]:
    """The four lists, their links and their head as plain data."""
    data: dict[str, Any] = {"head": lists.head.model_dump(mode="json"), **{name: [] for name in TABLES}}
    for key, line in sorted({**lists.conducts, **lists.measures}.items()):
        kind = "conduct" if key in lists.conducts else "measures"
        side = lists.sides[key] if kind == "measures" or lists.sides[key] == "reward" else "dishonest"
        data[f"{side}_{kind}"].append(line.model_dump(mode="json", by_alias=True, exclude_none=True))
    data["links"] = [link.model_dump(mode="json") for link in lists.links]
    return data
