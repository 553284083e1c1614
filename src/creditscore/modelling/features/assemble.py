"""From arrays to `ModelData`: one frame, its parts beside it, and what is to be said about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.days import add_months, from_day, iso
from creditscore.modelling.features.data import FORMAT, ModelData
from creditscore.modelling.features.guard import separation
from creditscore.modelling.features.population import Moment
from creditscore.modelling.features.recipe import MEASURES, Recipe
from creditscore.records import Snapshot

if TYPE_CHECKING:
    import pandas as pd


def assemble(
    snapshot: Snapshot,
    recipe: Recipe,
    moments: list[Moment],
    parts: list[dict[str, Any]],
    declared: tuple[str, ...],
    notes: list[str],
    lag: int | None,
) -> ModelData:
    """The parts of all days, one below the other; arrays are let go of as they are used."""
    import pandas as pd

    def column(name: str) -> Any:
        return joined([part["arrays"].pop(name) for part in parts])

    names = parts[0]["names"]
    text_columns = {f"attribute__{name}" for name, kind in recipe.attributes if kind == "text"}
    text_columns |= {f"subject__{name}" for name in recipe.subject_columns if name != "age_days"}
    text_columns |= {f"history__{name}" for name in recipe.history}
    X = pd.DataFrame(
        {name: (_text if name in text_columns else _number)(column(f"f{k}")) for k, name in enumerate(names)},
        copy=False,
    )
    y = None if recipe.outcome is None else pd.Series(np.asarray(column("y"), np.int64), name="y")
    code = np.asarray(column("inspected"), np.int64)
    days = [np.full(part["about"]["rows"], np.datetime64(from_day(part["day"]), "s")) for part in parts]
    about = {
        "format": FORMAT,
        "kind": "log",
        "rows": len(X),
        "events": None if y is None else int(y.sum()),
        "features": list(names),
        "target": "binary",
        "dates": [part["about"] for part in parts],
        "recipe": recipe.to_dict(),
        "measures": {name: MEASURES[name] for name in recipe.indicators},
        "complete_until": iso(moments[0].end),
        "reporting_lag_p95_days": lag,
        "feeds": list(declared),
        "inspected": {name: int((code == value).sum()) for name, value in (("yes", 1), ("no", 0), ("unknown", -1))},
        "source": {"snapshot": snapshot.content_hash(), "newest_date": iso(snapshot.newest_day)},
        "suspicious": [] if y is None else separation(X, y.to_numpy()),
        "notes": notes,
    }
    return ModelData(
        X=X,
        y=y,
        groups=_text(column("subject")).rename("groups"),
        observed_on=pd.Series(np.concatenate(days), name="observed_on"),
        inspected=pd.Series(pd.arrays.BooleanArray(code == 1, code < 0), name="inspected"),
        about=about,
    )


def notes_on(
    recipe: Recipe, moments: list[Moment], declared: tuple[str, ...], first: int | None, lag: int | None
) -> list[str]:
    """Sentences a reader of the card should see: where the data cannot carry what was asked of them."""
    notes = []
    longest = max(recipe.windows) * (2 if "trend" in recipe.indicators else 1)
    early = [iso(at.day) for at in moments if first is None or add_months(at.day, -longest) < first - 1]
    if recipe.indicators and early:
        began = "never" if first is None else f"on {iso(first)}"
        notes.append(f"the longest window ({longest} months) begins before the log, which begins {began}: {early[0]}")
    if lag is not None and max(at.hi for at in moments) + lag > moments[0].end:
        notes.append(f"95 % of the outcomes were recorded within {lag} days; of the last ones some may not be yet")
    if not declared:
        notes.append("no feeds are declared: no record may mean that nothing was supplied")
    undated = [name for name in recipe.subject_columns if name != "age_days"]
    if undated:
        notes.append(f"columns of the subjects bear no date, so nobody can say since when: {', '.join(undated)}")
    return notes


def joined(arrays: list[Any]) -> Any:
    """Arrays, masked or not, one after the other."""
    return np.ma.concatenate(arrays)  # type: ignore[no-untyped-call]


def _number(values: Any) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)


def _text(values: Any) -> pd.Series:
    import pandas as pd

    words = np.asarray(np.ma.getdata(values).astype(object))
    words[np.ma.getmaskarray(values)] = None  # filled(None) would fill with a question mark
    return pd.Series(words, dtype="str")
