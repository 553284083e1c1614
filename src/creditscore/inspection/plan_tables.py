"""The tables of an inspection plan: who can be drawn, strata, visits, people needed; all values as text."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from creditscore.inspection.capacity import person_days, visits_of
from creditscore.inspection.frame import Frame
from creditscore.inspection.programme import COLUMNS, decimal
from creditscore.inspection.rows import Row, probability_text

if TYPE_CHECKING:
    from creditscore.inspection.plan import InspectionPlan

FRAME = (
    "unit",
    "stratum",
    "programme",
    "department",
    "subject_id",
    "class",
    "drawn_as",
    "data_state",
    *COLUMNS,
    "visits_left",
    "probability",
    "probability_decimal",
    "joint_probability",
    "joint_probability_decimal",
)
STRATA = (
    "stratum",
    "programme",
    "class",
    "place",
    "units",
    "visits",
    "probability",
    "probability_decimal",
    "joined",
    "flag",
)
PLANNED = ("programme", "department", "class", "units", "rate", "visits", "person_days")
EXPECTED = (
    "past_visits",
    "past_findings",
    "yield",
    "yield_low",
    "yield_high",
    "expected_findings",
    "expected_low",
    "expected_high",
)
VISITS = (*PLANNED, *EXPECTED)
CAPACITY = ("certificate", "inspectors", "visits", "needed_days", "available_days", "enough", "fits_at")


def frame_rows(frame: Frame) -> Iterator[Row]:
    departments = {programme.programme: programme.department.code for programme in frame.programmes}
    texts: dict[Fraction, tuple[str, str]] = {}
    for unit in frame.units:
        stratum, joint = frame.stratum_of[unit.unit], frame.joint[unit.subject_id]
        for value in (stratum.probability, joint):
            if value not in texts:
                texts[value] = probability_text(value)
        (own, own_decimal), (all_, all_decimal) = texts[stratum.probability], texts[joint]
        yield {
            "unit": unit.unit,
            "stratum": stratum.name,
            "programme": unit.programme,
            "department": departments[unit.programme],
            "subject_id": unit.subject_id,
            "class": unit.class_,
            "drawn_as": unit.drawn_as,
            "data_state": unit.data_state,
            **unit.place,
            "visits_left": "" if unit.cap is None else str(unit.cap),
            "probability": own,
            "probability_decimal": own_decimal,
            "joint_probability": all_,
            "joint_probability_decimal": all_decimal,
        }


def strata_rows(frame: Frame) -> list[Row]:
    columns = {programme.programme: programme.strata for programme in frame.programmes}
    rows = []
    for stratum in frame.strata:
        own, own_decimal = probability_text(stratum.probability)
        place = "; ".join(
            f"{name}={value}" for name, value in zip(columns[stratum.programme], stratum.place, strict=True)
        )
        rows.append(
            {
                "stratum": stratum.name,
                "programme": stratum.programme,
                "class": stratum.class_,
                "place": place,
                "units": str(stratum.units),
                "visits": str(stratum.visits),
                "probability": own,
                "probability_decimal": own_decimal,
                "joined": "" if len(stratum.joined) < 2 else str(len(stratum.joined)),
                "flag": stratum.flag,
            }
        )
    return rows


def visit_rows(plan: InspectionPlan) -> list[Row]:
    """List the planned visits by programme and class, with the findings to be expected from past random visits.

    Parameters
    ----------
    plan
        A plan of `plan_inspections`.

    Returns
    -------
    list of dict
        One row for each programme and class, sorted, all values as text. `units` counts organisations, `rate` is visits
        per organisation and year, `visits` the planned visits, `person_days` what they take. From past random visits:
        `past_visits`, `past_findings`, `yield` (a rate in [0, 1] with its interval, `yield_low` to `yield_high`) and
        `expected_findings` (with `expected_low` and `expected_high`); all of these are empty where no past random visit
        of the class is known.

    Notes
    -----
    `yield` is p = findings / visits. Expected findings are p × planned visits. The interval is Wilson's at 95 %:
    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n) for n past visits.

    References
    ----------
    Wilson 1927, JASA 22, 209-212.

    Examples
    --------
    >>> visit_rows(plan)[0]["expected_findings"]  # doctest: +SKIP
    '3.2'
    """
    by_name = {programme.programme: programme for programme in plan.frame.programmes}
    rows = []
    for (name, code), (units, visits) in visits_of(plan.frame).items():
        programme = by_name[name]
        row = {
            "programme": name,
            "department": programme.department.code,
            "class": code,
            "units": str(units),
            "rate": decimal(programme.class_of(code).rate),
            "visits": str(visits),
            "person_days": decimal(person_days(programme, visits)),
        }
        past = plan.yields.get((name, code))
        rest = dict.fromkeys(VISITS[len(row) :], "")
        if past is not None:
            rest |= {
                "past_visits": str(past.visits),
                "past_findings": str(past.findings),
                "yield": f"{past.rate:.4f}",
                "yield_low": f"{past.low:.4f}",
                "yield_high": f"{past.high:.4f}",
                "expected_findings": f"{past.rate * visits:.1f}",
                "expected_low": f"{past.low * visits:.1f}",
                "expected_high": f"{past.high * visits:.1f}",
            }
        rows.append(row | rest)
    return rows


def capacity_rows(plan: InspectionPlan) -> list[Row]:
    """List the person-days needed and available, by certificate.

    Somebody with two certificates counts under both; the last row counts everybody who holds a needed certificate once.

    Parameters
    ----------
    plan
        A plan of `plan_inspections`.

    Returns
    -------
    list of dict
        One row for each certificate, and a last one for all together, all values as text; empty where the plan was made
        without inspectors. `needed_days` and `available_days` are person-days of the year (`available_days` is empty
        where somebody has no known limit), `enough` is yes or no, `fits_at` is the factor on all rates at which the
        visits would just fit, rounded down to three places (empty without a limit or without a need).

    Examples
    --------
    >>> [row["certificate"] for row in capacity_rows(plan) if row["enough"] == "no"]  # doctest: +SKIP
    ['food']
    """
    return [
        {
            "certificate": capacity.certificate,
            "inspectors": str(capacity.inspectors),
            "visits": str(capacity.visits),
            "needed_days": decimal(capacity.needed),
            "available_days": "" if capacity.available is None else decimal(capacity.available),
            "enough": "yes" if capacity.enough else "no",
            "fits_at": "" if capacity.fits_at is None else f"{int(capacity.fits_at * 1000) / 1000:.3f}",
        }
        for capacity in plan.capacity
    ]


def left_out_rows(frame: Frame) -> list[Row]:
    """Who cannot be drawn, each with the text that says so."""
    basis = {}
    for programme in frame.programmes:
        cites = [cite for group in programme.classes if group.exempt is not None for cite in group.exempt.cite]
        exempt = "; ".join(dict.fromkeys(f"{cite.law} {cite.article}".strip() for cite in cites))
        basis[(programme.programme, "exempt")] = exempt
        basis[(programme.programme, "cap_reached")] = "visits_per_enterprise"
        basis[(programme.programme, "sole_trader")] = "no rule of the programme names sole traders"
    return [row | {"basis": basis[(row["programme"], row["reason"])]} for row in frame.left_out]


def off_site_rows(frame: Frame) -> list[Row]:
    """Whose data are checked from the desk and corrected before anybody visits them."""
    what = {
        "faulty": "correct the faulty data, grade again",
        "disputed": "decide the objection",
        "missing": "find the missing data, or grade",
    }
    return [
        {
            "unit": unit.unit,
            "programme": unit.programme,
            "subject_id": unit.subject_id,
            "data_state": unit.data_state,
            "what": what[unit.data_state],
        }
        for unit in frame.units
        if unit.data_state != "ok"
    ]
