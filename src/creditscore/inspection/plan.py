"""Plan inspections: programmes and classes in; frame, strata, visits, capacity and expected findings out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.errors import InputError, NotInForce, UsageError
from creditscore.core.json_source import parse_object, require
from creditscore.core.tables.write import csv_text
from creditscore.core.version import __version__
from creditscore.inspection.capacity import (
    Capacity,
    broken_bounds,
    changed_rates,
    check_capacity,
    person_days,
    visits_of,
)
from creditscore.inspection.classes import made_up
from creditscore.inspection.frame import Frame, Note, build_frame, expected_joint_visits
from creditscore.inspection.hit_rates import Yield, past_yields, read_past, visits_in_year
from creditscore.inspection.inspectors import Staff, read_staff
from creditscore.inspection.plan_tables import (
    CAPACITY,
    FRAME,
    STRATA,
    VISITS,
    capacity_rows,
    frame_rows,
    left_out_rows,
    off_site_rows,
    strata_rows,
    visit_rows,
)
from creditscore.inspection.programme import Programme, decimal, load_programme, project_defaults
from creditscore.inspection.rows import Row, new_folder, read_text, table_hash

FORMAT = "creditscore-inspection-plan"
FILES = (
    "frame.csv",
    "strata.csv",
    "visits.csv",
    "left_out.csv",
    "off_site.csv",
    "capacity.csv",
    "what_if.csv",
    "public.json",
    "manifest.json",
)
WHAT_IF = ("change", "visits", "joint_visits", "person_days", "enough", "breaks")


@dataclass(frozen=True)
class InspectionPlan:
    """Hold the inspection plan of a year: who can be drawn, how many visits, and what they need. Nobody is drawn yet.

    `plan_inspections` makes it; `write` writes its files to a folder.

    Parameters
    ----------
    year
        The year that is planned, 1990 to 2100.
    frame
        Everybody who can be drawn, with strata, visits and exact probabilities.
    capacity
        Person-days needed and available, by certificate and for all together; empty where no inspectors were given.
    yields
        (programme, class) → findings of past random visits, as a rate in [0, 1] with its 95 % interval.
    what_if
        One row for each set of changed rates: visits, joint visits, person-days, whether they suffice, broken bounds.
    made_up
        True where a table of classes comes from made-up data; the manifest then says so.
    """

    year: int
    frame: Frame
    capacity: tuple[Capacity, ...]
    yields: Mapping[tuple[str, str], Yield]
    what_if: tuple[Row, ...]
    made_up: bool = False

    @property
    def internal(self) -> bool:
        """Whether a class in it may not be published; then only `public.json` and the commitment may be."""
        return any(programme.internal for programme in self.frame.programmes)

    @cached_property
    def files(self) -> dict[str, str]:
        """Every file of the plan's folder by name, the same for the same input in any order of rows."""
        files = {
            "frame.csv": csv_text(FRAME, frame_rows(self.frame)),
            "strata.csv": csv_text(STRATA, strata_rows(self.frame)),
            "visits.csv": csv_text(VISITS, visit_rows(self)),
            "left_out.csv": csv_text(("programme", "subject_id", "reason", "basis"), left_out_rows(self.frame)),
            "off_site.csv": csv_text(
                ("unit", "programme", "subject_id", "data_state", "what"), off_site_rows(self.frame)
            ),
            "capacity.csv": csv_text(CAPACITY, capacity_rows(self)),
            "what_if.csv": csv_text(WHAT_IF, self.what_if),
            "public.json": json_text(_public(self), indent=2, sort_keys=True),
        }
        return files | {"manifest.json": json_text(self._manifest(files), indent=2, sort_keys=True)}

    @property
    def manifest(self) -> dict[str, Any]:
        """What manifest.json holds."""
        return dict(json.loads(self.files["manifest.json"]))

    def _manifest(self, files: Mapping[str, str]) -> dict[str, Any]:
        frame = self.frame
        content = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
        joint = expected_joint_visits(frame)
        body: dict[str, Any] = {
            "format": FORMAT,
            "creditscore": __version__,
            "year": self.year,
            "windows": frame.windows,
            "internal": self.internal,
            **({"made_up": True} if self.made_up else {}),
            "may_be_published": ["public.json"] if self.internal else sorted(content),
            "programmes": {
                programme.programme: {
                    "label": programme.label.model_dump(),
                    "classes": {cls.code: cls.label.model_dump() for cls in programme.classes if cls.label},
                    "department": programme.department.code,
                    "certificate": programme.certificate,
                    "use": programme.use,
                    "team": int(programme.team.number),
                    "visit_days": str(Fraction(programme.visit_days.number)),
                    "off_site_days": programme.off_site.days if programme.off_site.first else 0,
                    "project_default": project_defaults(programme),
                }
                for programme in frame.programmes
            },
            "frame_hash": table_hash(files["frame.csv"]),
            "counts": {
                "units": len(frame.units),
                "subjects": len(frame.joint),
                "strata": len(frame.strata),
                "visits": sum(stratum.visits for stratum in frame.strata),
                "expected_joint_visits": decimal(joint) if joint.denominator == 1 else f"{float(joint):.3f}",
                "left_out": dict(sorted(Counter(row["reason"] for row in frame.left_out).items())),
                "data_unsettled": dict(
                    sorted(Counter(unit.data_state for unit in frame.units if unit.data_state != "ok").items())
                ),
            },
            "files": content,
            "notes": [*frame.notes, *_notes(self)],
        }
        run = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        return body | {"run_id": run[:16]}

    def write(self, out: Path | str) -> Path:
        """Write the folder, whole or not at all; returns it."""
        folder = new_folder(out, FILES)
        write_texts(folder, self.files)
        return folder


def plan_inspections(
    given: Sequence[tuple[Programme | str | Path, Any]],
    year: int,
    *,
    subjects: Any = None,
    data_states: Any = None,
    past: Any = None,
    inspectors: Any = None,
    windows: int = 4,
    what_if: Sequence[Sequence[str]] = (),
) -> InspectionPlan:
    """Plan the inspections of a year: how often whom, by class; nobody is drawn yet.

    Parameters
    ----------
    given
        Pairs of a programme (id, file or loaded) and its table of classes: a table with `subject_id` and `class` or
        `grade`, a folder that `grade` or `composite` wrote, or a grading in memory (docs/supervision.md).
    year
        The year to plan, 1990 to 2100.
    subjects
        Table of where each subject is and what it does (`industry`, `district`, `size`, `ownership`, `region`), by
        `subject_id`; None where the tables of classes hold these columns.
    data_states
        Table of whose data are unsettled: `subject_id`, `data_state` (ok, faulty, disputed, missing), and `programme`
        where the state concerns one programme alone; None for no such table.
    past
        Results of earlier inspections, for expected findings and visits already made this year; None for none.
    inspectors
        Table of inspectors (`inspector_id`, `certificates`, `days`), for the capacity; None leaves the capacity out.
    windows
        Into how many parts of whole months the year is divided: 1, 2, 3, 4, 6 or 12.
    what_if
        Lists of changed rates, such as `["scale=0.8"]` or `["food_risk.D=4"]`; each list gives one row of `what_if`.

    Returns
    -------
    InspectionPlan
        The same for the same input, in whatever order the rows of the tables stand.

    Raises
    ------
    UsageError
        For a year or number of windows that is not allowed, no programme or one given twice, a change that cannot be
        read, a limit of visits per enterprise below a rate, or a class due more visits than there are windows.
    InputError
        Where nobody is left to draw from; for a natural person, an unknown class, a subject given twice, or a table
        that cannot be read.
    NotInForce
        For a programme that begins after the year.
    SchemeError
        For a programme whose file has faults.

    Examples
    --------
    >>> plan = plan_inspections([("composite", "out/composite")], 2027, subjects="subjects.csv")  # doctest: +SKIP
    >>> plan.write("out/plan")  # doctest: +SKIP
    """
    loaded = [
        (programme if isinstance(programme, Programme) else load_programme(programme), table)
        for programme, table in given
    ]
    if not 1990 <= year <= 2100:
        raise UsageError("inspection.year", year=year)
    for programme, _ in loaded:
        if programme.effective_from.year > year:
            raise NotInForce(
                "inspection.begins_after",
                programme=programme.programme,
                effective_from=programme.effective_from,
                year=year,
            )
    earlier = read_past(past)
    staff = Staff(()) if inspectors is None else read_staff(inspectors)
    options: dict[str, Any] = {
        "data_states": data_states,
        "visits_made": visits_in_year(earlier, year),
        "windows": windows,
    }
    frame = build_frame(loaded, subjects, **options)
    if not frame.units:
        raise InputError("inspection.nobody_left_draw", where="frame")
    rows = [_changed(loaded, subjects, options, changes, staff) for changes in what_if]
    return InspectionPlan(
        year,
        frame,
        tuple(check_capacity(frame, staff.inspectors)),
        past_yields(frame, earlier),
        tuple(rows),
        any(made_up(table) for _, table in loaded),
    )


def _changed(
    loaded: Sequence[tuple[Programme, Any]],
    subjects: Any,
    options: Mapping[str, Any],
    changes: Sequence[str],
    staff: Staff,
) -> Row:
    """One what-if: what the same organisations would need under other rates."""
    programmes = [programme for programme, _ in loaded]
    rates = changed_rates(programmes, changes)
    frame = build_frame(loaded, subjects, **options, rates=rates)
    by_name = {programme.programme: programme for programme in programmes}
    days = sum((person_days(by_name[name], n) for (name, _), (_, n) in visits_of(frame).items()), Fraction(0))
    capacity = check_capacity(frame, staff.inspectors)
    return {
        "change": " ".join(changes),
        "visits": str(sum(stratum.visits for stratum in frame.strata)),
        "joint_visits": f"{float(expected_joint_visits(frame)):.1f}",
        "person_days": decimal(days),
        "enough": "" if not capacity else "yes" if all(certificate.enough for certificate in capacity) else "no",
        "breaks": "; ".join(broken_bounds(programmes, rates)),
    }


def _public(plan: InspectionPlan) -> dict[str, Any]:
    """What anybody may read: totals by department, district and sector; no class, no stratum, no organisation."""
    frame = plan.frame
    by_name = {programme.programme: programme for programme in frame.programmes}
    visits: Counter[str] = Counter()
    for stratum in frame.strata:
        visits[by_name[stratum.programme].department.code] += stratum.visits
    return {
        "format": f"{FORMAT}-public",
        "year": plan.year,
        "made_by": "creditscore",
        "departments": {
            programme.department.code: {
                "label": programme.department.label.model_dump(),
                "visits": visits[programme.department.code],
            }
            for programme in frame.programmes
        },
        "organisations": len(frame.joint),
        "organisations_by": {
            name: dict(
                sorted(Counter(place for _, place in {(u.subject_id, u.place[name]) for u in frame.units}).items())
            )
            for name in ("district", "industry")
        },
        "method": "stratified random draw, seeded by a public value that is not yet known (docs/supervision.md)",
        "project_default": sum(len(project_defaults(programme)) for programme in frame.programmes),
    }


def _notes(plan: InspectionPlan) -> list[Note]:
    notes: list[Note] = []
    for programme in plan.frame.programmes:
        about = {"programme": programme.programme}
        chosen = project_defaults(programme)
        if chosen:
            notes.append({"code": "project_paths", **about, "paths": chosen})
        units = [unit for unit in plan.frame.units if unit.programme == programme.programme]
        missing = sum(unit.data_state == "missing" for unit in units)
        if missing:
            drawn_as = programme.data_errors.draw_as
            notes.append({"code": "no_class", **about, "counts": [missing, len(units)], "class": drawn_as})
    few = [stratum for stratum in plan.frame.strata if stratum.flag]
    if few:
        notes.append({"code": "small_classes", "counts": [len(few)]})
    joined = [stratum for stratum in plan.frame.strata if len(stratum.joined) > 1]
    if joined:
        small = sum(len(stratum.joined) for stratum in joined)
        notes.append({"code": "joined_strata", "counts": [small, len(joined)]})
    short = [capacity.certificate for capacity in plan.capacity if not capacity.enough]
    if short:
        notes.append({"code": "few_inspectors", "certificates": short})
    if plan.internal:
        notes.append({"code": "internal_note"})
    return notes


def read_plan(folder: Path | str) -> dict[str, Any]:
    """The manifest of a plan's folder, whose files are what they were; InputError where one was changed."""
    place = Path(folder)
    manifest = parse_object(read_text(place, "manifest.json"), "manifest.json", place)
    if manifest.get("format") != FORMAT:
        raise InputError("inspection.not_folder_plan", where=str(place))
    require(manifest, "manifest.json", place, {"files": dict}, "make the plan again")
    for name, digest in manifest["files"].items():
        if hashlib.sha256(read_text(place, name).encode()).hexdigest() != digest:
            raise InputError("inspection.not_plan_wrote", name=name, where=str(place))
    return manifest
