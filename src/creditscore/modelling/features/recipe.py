"""What a data set is made of, checked once: groups of records, windows, indicators, gap and outcome. Plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from creditscore.core.errors import UsageError
from creditscore.core.quantities import to_micro
from creditscore.schemes.parts import DATES

MEASURES = {
    "count": "records",
    "amount": "sum of amounts, CNY",
    "quantity": "sum of quantities",
    "points": "sum of the points of their items",
    "rate": "records per month observed (a month is 30.4375 days; at least 30 days)",
    "per_inspection": "records per inspection record; missing without any inspection",
    "delay": "longest days from a record to its full correction, or to the day of observation; 0 without records",
    "open": "records not fully corrected",
    "recency": "days since the last record; missing without any",
    "trend": "records in the window less those in the window of the same length before it",
}
WITHOUT_WINDOW = ("recency",)
SUBJECT_COLUMNS = ("kind", "region", "district", "industry", "size", "ownership", "age_days")
KINDS = ("text", "number", "bool", "date")
MOST_MONTHS = 600
DEFAULT_INDICATORS = ("count", "amount", "delay", "open", "recency", "trend")


@dataclass(frozen=True)
class Pick:
    """Which records: every condition that is given must hold; without any, all records.

    `items` and `domains` are codes of the log; `severity` names levels of the mapping given to `build_dataset`.
    """

    items: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()

    @staticmethod
    def of(value: Any, where: str) -> Pick:
        """A Pick, a mapping of its parts, or a list of items."""
        if isinstance(value, Pick):
            value = asdict(value)
        elif not isinstance(value, Mapping):
            value = {"items": value}
        unknown = sorted(set(value) - {field.name for field in fields(Pick)})
        if unknown:
            raise UsageError(
                "modelling.choice_records_no", unknown=unknown[0], where=where, allowed="items, domains, severity"
            )
        return Pick(**{name: _words(words, f"{where}, {name}") for name, words in value.items()})


@dataclass(frozen=True)
class Recipe:
    """A checked definition of features and outcome; `to_dict` and `from_dict` are inverse."""

    groups: tuple[tuple[str, Pick], ...]
    windows: tuple[int, ...]
    indicators: tuple[str, ...]
    gap: int
    horizon: int
    outcome: Pick | None
    inspections: Pick
    severity: tuple[tuple[str, str], ...] = ()
    points: tuple[tuple[str, int], ...] = ()  # in 10⁻⁶ point
    attributes: tuple[tuple[str, str], ...] = ()
    subject_columns: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    clock: tuple[str, ...] = ("occurred_on", "event_on", "decided_on", "booked_on", "published_on", "recorded_on")
    repaired: Literal["leave_out", "keep"] = "leave_out"
    inspected_attribute: str = "inspected"
    ended_attribute: str = "ended_on"

    def to_dict(self) -> dict[str, Any]:
        """Lists and mappings in place of tuples, so that JSON gives the same back."""
        data: dict[str, Any] = {
            field.name: list(value) if isinstance(value := getattr(self, field.name), tuple) else value
            for field in fields(self)
        }
        data["groups"] = {name: _lists(pick) for name, pick in self.groups}
        data["outcome"] = None if self.outcome is None else _lists(self.outcome)
        data["inspections"] = _lists(self.inspections)
        data |= {name: dict(getattr(self, name)) for name in ("severity", "points", "attributes")}
        return data

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Recipe:
        """UsageError for anything that `make_recipe` would refuse."""
        known = {field.name for field in fields(Recipe)}
        if set(data) != known:
            raise UsageError("modelling.not_recipe_data_set", allowed=sorted(known))
        points = {item: Decimal(value).scaleb(-6) for item, value in data["points"].items()}
        return make_recipe(**{**data, "points": points})


def make_recipe(
    *,
    groups: Any,
    windows: Any,
    indicators: Any,
    gap: Any,
    horizon: Any,
    outcome: Any,
    inspections: Any = None,
    severity: Any = None,
    points: Any = None,
    attributes: Any = (),
    subject_columns: Any = (),
    history: Any = (),
    clock: Any = Recipe.clock,
    repaired: Any = "leave_out",
    inspected_attribute: Any = "inspected",
    ended_attribute: Any = "ended_on",
) -> Recipe:
    """The checked recipe; UsageError names the first part that cannot be, with what is allowed."""
    measures = _words(indicators, "indicators")
    _among(measures, MEASURES, "indicators")
    months = tuple(_months(window, "windows", 1) for window in windows)
    if not months or len(set(months)) < len(months):
        raise UsageError("modelling.windows", windows=list(windows))
    levels = {str(item): str(level) for item, level in dict(severity or {}).items()}
    picks = {str(name): Pick.of(value, f"groups, {name}") for name, value in dict(groups).items()}
    outcome = None if outcome is None else Pick.of(outcome, "outcome")
    inspections = Pick() if inspections is None else Pick.of(inspections, "inspections")
    for where, pick in (*picks.items(), ("outcome", outcome), ("inspections", inspections)):
        _among(() if pick is None else pick.severity, set(levels.values()), f"{where}, severity")
    kinds = (
        dict(attributes) if isinstance(attributes, Mapping) else dict.fromkeys(_words(attributes, "attributes"), "text")
    )
    _among(kinds.values(), KINDS, "attributes")
    columns = _words(subject_columns, "subject_columns")
    _among(columns, SUBJECT_COLUMNS, "subject_columns")
    dates = _words(clock, "clock")
    _among(dates, DATES, "clock")
    if repaired not in ("leave_out", "keep"):
        raise UsageError("modelling.repaired", repaired=repaired, allowed="leave_out, keep")
    weights = {str(item): _micro(item, value) for item, value in dict(points or {}).items()}
    if "points" in measures and not weights:
        raise UsageError("modelling.indicator_points_needs_points_items")
    if "per_inspection" in measures and inspections == Pick():
        raise UsageError("modelling.per_inspection_needs_know_records_inspections")
    if not measures and not kinds and not columns and not history:
        raise UsageError("modelling.no_indicator_attribute_column_history_would")
    if not dates or (measures and not picks):
        raise UsageError("no clock" if not dates else "no group of records", next="leave it away for the usual one")
    return Recipe(
        groups=tuple(picks.items()),
        windows=months,
        indicators=measures,
        gap=_months(gap, "gap", 0),
        horizon=_months(horizon, "horizon", 1),
        outcome=outcome,
        inspections=inspections,
        severity=tuple(sorted(levels.items())),
        points=tuple(sorted(weights.items())),
        attributes=tuple((str(name), kind) for name, kind in kinds.items()),
        subject_columns=columns,
        history=_words(history, "history"),
        clock=dates,
        repaired=repaired,
        inspected_attribute=str(inspected_attribute),
        ended_attribute=str(ended_attribute),
    )


def _lists(pick: Pick) -> dict[str, list[str]]:
    return {name: list(words) for name, words in asdict(pick).items()}


def _words(value: Any, where: str) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else tuple(value)
    wrong = [word for word in words if not isinstance(word, str) or not word]
    if wrong or len(set(words)) < len(words):
        raise UsageError(
            f"{where}: {wrong[0]!r} is no name" if wrong else f"{where}: a name stands twice",
            allowed="texts that are not empty, each once",
        )
    return words


def _among(words: Any, allowed: Any, where: str) -> None:
    for word in words:
        if word not in allowed:
            raise UsageError(
                "modelling.no_such",
                where_value=where,
                word=word,
                allowed=sorted(allowed) or "none, no mapping was given",
            )


def _months(value: Any, where: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_MONTHS:
        raise UsageError(
            "modelling.no_number_months", where_value=where, value=value, least=least, most_months=MOST_MONTHS
        )
    return value


def _micro(item: Any, value: Any) -> int:
    try:
        if isinstance(value, bool | float):
            raise ValueError("a binary number")
        return to_micro(value)
    except (ValueError, TypeError) as error:
        raise UsageError("modelling.points", item=item, value=value) from error


def dates_of(observed_on: Any) -> list[date]:
    """The days of observation, in order; UsageError for none, one given twice, or what is no date."""
    given: Sequence[Any] = [observed_on] if isinstance(observed_on, str | date) else list(observed_on)
    days = [one_date(value, "observed_on") for value in given]
    if not days or len(set(days)) < len(days):
        raise UsageError("observed_on: " + ("no day" if not days else "a day stands twice"), allowed="2023-12-31, …")
    return sorted(days)


def one_date(value: Any, where: str) -> date:
    """A day from a date, a time or ISO text."""
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
        return date(value.year, value.month, value.day)
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError("modelling.no_date", where_value=where, value=value, allowed="YYYY-MM-DD") from error
