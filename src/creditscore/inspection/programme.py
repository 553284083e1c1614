"""A programme: how often one department inspects each class. One YAML file in configs/supervision/inspection/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from creditscore.core.catalogue import Family
from creditscore.core.model import Label, Model
from creditscore.core.references import Citing, Names, Unique, find_cited
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes import registry
from creditscore.schemes.parts import Number, Rule, Use
from creditscore.schemes.references import LAWS, NO_READINGS, VERSIONS

UNCITED = ("project_default", "inference", "unknown")  # marks of numbers that no text gives
COLUMNS = ("industry", "district", "size", "ownership", "region")
Reason = Literal["complaint", "data_finding", "assigned", "statutory"]


class Amount(Rule):
    """One number with where it comes from."""

    number: Number


class Bounds(Rule):
    """What a text says of visits per organisation and year: a share where below 1."""

    at_least: Number | None = None
    at_most: Number | None = None


class Exempt(Rule):
    """A text that leaves a class out of random visits; `but` names the grounds on which a visit still happens."""

    but: list[Reason] = Field(default_factory=list)


class InspectionClass(Rule):
    """A class and how often it is visited: `ratio` (share visited in a year) or `frequency` (visits each in a year)."""

    code: str
    grades: list[str] = Field(default_factory=list)  # values of the table of classes; the code itself where empty
    ratio: Number | None = None
    frequency: Number | None = None
    bounds: list[Bounds] = Field(default_factory=list)
    exempt: Exempt | None = None

    @property
    def rate(self) -> Fraction:
        """Visits per organisation and year, exactly; 0 for an exempt class."""
        chosen = self.ratio if self.ratio is not None else self.frequency
        return Fraction(0) if self.exempt is not None or chosen is None else Fraction(chosen)

    @property
    def lowest(self) -> Fraction:
        """The largest `at_least` of its bounds; 0 where there is none."""
        return max(
            (Fraction(bound.at_least) for bound in self.bounds if bound.at_least is not None), default=Fraction(0)
        )

    @property
    def highest(self) -> Fraction | None:
        """The smallest `at_most` of its bounds."""
        return min((Fraction(bound.at_most) for bound in self.bounds if bound.at_most is not None), default=None)


class Department(Model):
    code: str = Field(pattern="[a-z][a-z0-9_]*")
    label: Label


class OffSite(Rule):
    """`first`: what files and data can settle is checked `days` before the visit, so that the visit is short."""

    first: bool
    days: int = Field(ge=0)


class DataErrors(Rule):
    """Whose data are faulty, disputed or missing is drawn as `draw_as`, and checked off-site before a visit."""

    draw_as: str


class Programme(Rule):
    """How one department inspects: classes with their rates, strata, teams, and what protects the inspected."""

    programme: str = Field(pattern="[a-z][a-z0-9_]*")
    label: Label
    department: Department
    certificate: str = Field(min_length=1)  # which an inspector must hold
    use: Use
    scheme: Annotated[str | None, Names("version")] = None
    where: Label | None = None
    effective_from: date
    checked_on: date
    classes: list[InspectionClass] = Field(min_length=1)
    strata: list[Literal["industry", "district", "size", "ownership", "region"]] = Field(min_length=1)
    minimum_per_stratum: Amount
    visits_per_enterprise: Amount | None = None  # of all departments together, in a year
    team: Amount
    visit_days: Amount
    off_site: OffSite
    data_errors: DataErrors
    sole_traders: Rule | None = None  # the text that names them; without it they are left out

    @property
    def internal(self) -> bool:
        """Whether its classes may not be published."""
        return self.use != "public_grade"

    def class_of(self, code: str) -> InspectionClass:
        return next(group for group in self.classes if group.code == code)

    def by_grade(self) -> dict[str, InspectionClass]:
        """Values of the table of classes → class."""
        return {grade: group for group in self.classes for grade in group.grades or [group.code]}


def rules_of(programme: Programme) -> Iterator[tuple[KeyPath, Rule]]:
    """Every rule of a programme with its key path: what carries a number, a mark and a source."""
    return find_cited(programme)


def project_defaults(programme: Programme) -> list[str]:
    """Key paths of what nobody published and the project chose."""
    return [
        ".".join(map(str, path)) or "programme"
        for path, rule in rules_of(programme)
        if rule.evidence == "project_default"
    ]


def _check(programme: Programme, source: Source) -> None:
    for name, least in (("minimum_per_stratum", 1), ("visits_per_enterprise", 1), ("team", 2)):
        amount = getattr(programme, name)
        if amount is not None and (amount.number < least or amount.number != int(amount.number)):
            source.fault((name, "number"), f"must be a whole number of at least {least}")
    if programme.visit_days.number <= 0:
        source.fault(("visit_days", "number"), "must be above 0")
    seen: dict[str, str] = {}
    for i, visited in enumerate(programme.classes):
        _check_class(visited, source, ("classes", i))
        for grade in visited.grades or [visited.code]:
            if grade in seen:
                source.fault(("classes", i), f"{grade!r} belongs to class {seen[grade]!r} already")
            seen.setdefault(grade, visited.code)
    codes = [visited.code for visited in programme.classes]
    drawn_as = next((visited for visited in programme.classes if visited.code == programme.data_errors.draw_as), None)
    if drawn_as is None or drawn_as.exempt is not None:
        source.fault(("data_errors", "draw_as"), f"must be a class that is visited, among {', '.join(codes)}")
    _check_scheme(programme, seen, source)


def _check_class(inspection_class: InspectionClass, source: Source, path: KeyPath) -> None:
    given = [name for name in ("ratio", "frequency", "exempt") if getattr(inspection_class, name) is not None]
    if len(given) != 1:
        source.fault(path, "needs exactly one of: ratio, frequency, exempt (with the text that exempts it)")
    if inspection_class.exempt is not None:
        if not inspection_class.exempt.cite or inspection_class.exempt.evidence in UNCITED:
            source.fault((*path, "exempt"), "a class is left out only by a cited rule; cite the text, or give a ratio")
        return
    if inspection_class.rate <= 0:
        source.fault(path, "is never visited; give a ratio above 0, or exempt with the rule that leaves it out")
    if inspection_class.ratio is not None and inspection_class.ratio > 1:
        source.fault((*path, "ratio"), "is a share of at most 1; several visits in a year are a frequency")
    for j, bounds in enumerate(inspection_class.bounds):
        if bounds.at_least is None and bounds.at_most is None:
            source.fault((*path, "bounds", j), "needs at_least, at_most, or both")
    if inspection_class.rate < inspection_class.lowest:
        source.fault(
            path, f"{decimal(inspection_class.rate)} is below the {decimal(inspection_class.lowest)} of its bounds"
        )
    if inspection_class.highest is not None and inspection_class.rate > inspection_class.highest:
        source.fault(
            path, f"{decimal(inspection_class.rate)} is above the {decimal(inspection_class.highest)} of its bounds"
        )


def _check_scheme(programme: Programme, grades: Sequence[str] | dict[str, str], source: Source) -> None:
    """A programme that names a scheme takes its use and its grades."""
    if programme.scheme is None:
        return
    scheme, _, pinned = programme.scheme.partition("@")
    chosen = [entry for entry in registry.entries() if entry.scheme == scheme and pinned in ("", entry.version)]
    if not chosen:  # said where names are checked
        return
    loaded = registry.load(chosen[-1])
    if loaded.use != programme.use:
        source.fault(("use",), f"must be {loaded.use}, as {chosen[-1].scheme}@{chosen[-1].version} says")
    codes = [grade.code for grade in loaded.grades]
    for grade in grades:
        if grade not in codes:
            source.fault(("classes",), f"{grade!r} is not a grade of {programme.scheme}; there are: {', '.join(codes)}")
    for code in codes:
        if code not in grades:
            source.fault(("classes",), f"the grade {code!r} of {programme.scheme} has no class: no class is forgotten")


PROGRAMMES = Family(
    "inspection",
    "inspection programme",
    Programme,
    "supervision/inspection",
    named_by=("programme",),
    references=(LAWS, VERSIONS, NO_READINGS),
    citing=Citing(uncited="is {evidence} and names no law; cite it, or mark it project_default", free=UNCITED),
    unique=(
        Unique("classes.*.code", "the class {value!r} stands twice"),
        Unique("strata.*", "the column {value!r} stands twice"),
    ),
    check=_check,
)


def load_programme(name: str | Path, folder: Path | None = None) -> Programme:
    """Load an inspection programme by its id, or from a YAML file.

    Parameters
    ----------
    name
        The id of a programme (`food_risk`), or the path of a YAML file.
    folder
        The folder in which ids are looked up; None for the one of this package, configs/supervision/inspection/.

    Returns
    -------
    Programme
        How one department inspects: classes with their rates, strata, teams.

    Raises
    ------
    UsageError
        Where there is no such programme.
    SchemeError
        With every fault of the file, each with its line and key path.

    Examples
    --------
    >>> load_programme("food_risk").programme
    'food_risk'
    """
    return PROGRAMMES.pick(str(name), folder)


def programmes(folder: Path | None = None) -> list[str]:
    """The ids of the programmes that are there."""
    return PROGRAMMES.names(folder)


def decimal(value: Fraction) -> str:
    """A fraction as people write it, at most six places; the fraction itself where it has more."""
    text = f"{Decimal(value.numerator) / Decimal(value.denominator):.6f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == value else str(value)
