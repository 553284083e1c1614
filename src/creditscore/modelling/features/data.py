"""`ModelData`: what a model is trained on, with where it came from and a hash of every cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features.fingerprint import content_hash
from creditscore.modelling.features.guard import days_of, guard, separation

if TYPE_CHECKING:
    import pandas as pd

FORMAT = "creditscore-model-data/1"


@dataclass(frozen=True, eq=False)
class ModelData:
    """Hold the data that a model is trained on; all parts have the same rows in the same order, with the index 0 … n-1.

    Parameters
    ----------
    X
        The features, numbers as float64 and text as str, missing as NaN.
    y
        The outcome: 1 the adverse event, 0 none (int64); text or whole numbers for `target="grade"`; None for data that
        are only to be scored.
    weight
        Weight of each row, above 0; None for none.
    groups
        The subject or company of each row; None where rows do not belong together.
    observed_on
        The day of observation of each row (datetime64); None where it is not known.
    inspected
        Whether the subject was ever inspected (boolean, NA where nobody could tell), or None. It is kept apart, because
        who is looked at is not what a model should learn.
    about
        Where the data come from, as plain JSON for cards and reports.
    """

    X: pd.DataFrame
    y: pd.Series | None
    weight: pd.Series | None = None
    groups: pd.Series | None = None
    observed_on: pd.Series | None = None
    inspected: pd.Series | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.X)

    def __repr__(self) -> str:
        events = "no outcome" if self.y is None else f"mean of y {_mean(self.y)}"
        return f"ModelData({len(self.X)} rows x {self.X.shape[1]} features, {events})"

    def columns(self) -> dict[str, pd.Series]:
        """Every column that the hash covers: `X:<feature>`, then y, weight, groups, observed_on, inspected if given."""
        parts = {f"X:{name}": self.X[name] for name in self.X.columns}
        for name in ("y", "weight", "groups", "observed_on", "inspected"):
            part = getattr(self, name)
            if part is not None:
                parts[name] = part
        return parts

    def content_hash(self) -> str:
        """`sha256:…`: any cell, column name or column order changes it; the order of rows and `about` do not."""
        return content_hash(self.columns())

    def take(self, rows: np.ndarray | list[int]) -> ModelData:
        """The rows at these places, for example of a split; `about` counts these, and says of how many."""
        places = np.asarray(rows)
        if places.dtype == bool or (len(places) and not np.issubdtype(places.dtype, np.integer)):
            raise UsageError("modelling.rows_places_whole_numbers")
        places = places.astype(np.int64)

        def pick(part: Any) -> Any:
            return None if part is None else part.iloc[places].reset_index(drop=True)

        about = {**self.about, "rows": len(places), "taken_from": self.about.get("rows", len(self.X))}
        if self.y is not None and self.about.get("events") is not None:
            about["events"] = int(self.y.iloc[places].sum())
        names = ("X", "y", "weight", "groups", "observed_on", "inspected")
        return ModelData(**{name: pick(getattr(self, name)) for name in names}, about=about)

    @staticmethod
    def from_frame(
        frame: Any,
        y: str | Any = None,
        *,
        event: Any = None,
        weight: str | Any = None,
        groups: str | Any = None,
        observed_on: str | Any = None,
        inspected: str | Any = None,
        known_on: str | Any | Mapping[str, Any] = None,
        drop: tuple[str, ...] | list[str] = (),
        target: Literal["binary", "grade"] = "binary",
        name: str = "",
    ) -> ModelData:
        """Take a table as ModelData: pandas, Polars, Arrow, a DuckDB relation, a list of mappings, a mapping of arrays.

        Each part is the name of a column (which then is no feature) or values of the same length. `event` is the value
        of y that means the adverse event; without it y must be 0/1 or boolean. `known_on` are the days on which the
        features (or, as a mapping, single ones) became known: given with `observed_on`, a later one is refused
        (LeakageError). Features that separate y almost perfectly are named in `about["suspicious"]`.

        Raises InputError for missing y, names that occur twice, parts of another length, weights that are not positive
        and finite; UsageError for a column that does not exist.

            data = ModelData.from_frame(df, "default", event=1, groups="company")
        """
        from creditscore.modelling.features.frames import as_frame

        table = as_frame(frame).reset_index(drop=True)
        taken = {word for word in (y, weight, groups, observed_on, inspected, known_on) if isinstance(word, str)}
        taken |= {
            word for word in (known_on.values() if isinstance(known_on, Mapping) else ()) if isinstance(word, str)
        }
        unknown = [word for word in (*sorted(taken), *drop) if word not in table.columns]
        if unknown:
            raise UsageError(
                "modelling.no_column", listed=", ".join(map(repr, unknown)), allowed=map(str, table.columns[:40])
            )
        series = {
            key: _part(table, value, key)
            for key, value in (
                ("y", y),
                ("weight", weight),
                ("groups", groups),
                ("observed_on", observed_on),
                ("inspected", inspected),
            )
        }
        X = table.drop(columns=[*taken, *drop])
        if not X.shape[1] or not len(X):
            raise InputError("modelling.rows_features", x_count=len(X), shape=X.shape[1])
        target_y = None if series["y"] is None else _target(series["y"], event, target)
        days = series["observed_on"]
        if days is not None:
            import pandas as pd

            observation_days = days_of(days, len(X), "observed_on")
            if np.isnat(observation_days).any():
                raise InputError(
                    "modelling.rows_without_day_observation",
                    sum=int(np.isnat(observation_days).sum()),
                    where="observed_on",
                )
            days = pd.Series(observation_days.astype("datetime64[s]"), name="observed_on")
        known = {k: _part(table, v, k) for k, v in known_on.items()} if isinstance(known_on, Mapping) else known_on
        if isinstance(known, str):
            known = table[known]
        guard(X, known_on=known, observed_on=days)
        about = {
            "format": FORMAT,
            "kind": "table",
            "name": name,
            "rows": len(X),
            "features": [str(column) for column in X.columns],
            "target": target,
            "events": None if target_y is None or target != "binary" else int(target_y.sum()),
            "suspicious": [] if target_y is None or target != "binary" else separation(X, target_y.to_numpy()),
            "known_on": "checked" if known is not None and days is not None else "not given",
        }
        return ModelData(
            X, target_y, _weight(series["weight"]), series["groups"], days, _inspected(series["inspected"]), about
        )


def _mean(y: pd.Series) -> str:
    return f"{y.mean():.4f}" if np.issubdtype(y.to_numpy().dtype, np.number) else "of grades"


def _part(table: pd.DataFrame, value: Any, name: str) -> pd.Series | None:
    import pandas as pd

    if value is None:
        return None
    if isinstance(value, str):
        return table[value].rename(name)
    part = pd.Series(np.asarray(value) if not isinstance(value, pd.Series) else value.to_numpy(), name=name)
    if len(part) != len(table):
        raise InputError("modelling.rows", name=name, part_count=len(part), table_count=len(table))
    return part


def _target(y: pd.Series, event: Any, target: str) -> pd.Series:
    if y.isna().any():
        raise InputError("modelling.y_missing_rows", sum=int(y.isna().sum()))
    if target == "grade":
        return y
    column: pd.Series
    if event is not None:
        column = (y == event).astype(np.int64)
        if not column.any():
            raise InputError(
                "modelling.no_row_event", event=event, allowed=map(str, sorted(y.astype(str).unique())[:20])
            )
        return column
    values = set(y.unique().tolist())
    if not values <= {0, 1}:
        raise InputError("modelling.y_holds", listed=", ".join(sorted(map(repr, values))[:6]))
    column = y.astype(np.int64)
    return column


def _weight(weight: pd.Series | None) -> pd.Series | None:
    if weight is None:
        return None
    values = weight.to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise InputError("modelling.weights_must_finite_above")
    return weight.astype(np.float64)


def _inspected(inspected: pd.Series | None) -> pd.Series | None:
    if inspected is None:
        return None
    try:
        return inspected.astype("boolean")
    except (TypeError, ValueError) as error:
        raise InputError(
            "modelling.inspected_neither_true_false_nor_missing", allowed="true, false, 1, 0, missing"
        ) from error
