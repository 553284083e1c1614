"""Legal texts: one YAML file each in configs/laws/, named by its id, and the days from which they are sure to hold."""

from __future__ import annotations

import calendar
import itertools
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from creditscore.core.catalogue import Family, RuleFile
from creditscore.core.model import Label, Model
from creditscore.core.partial_parse import raise_faults
from creditscore.core.yaml_source import Fault, Source
from creditscore.schemes.model import Mark
from creditscore.schemes.parts import Year

BasisLevel = Literal[
    "law",
    "admin_regulation",
    "central_policy",
    "local_regulation",
    "department_rule",
    "normative_document",
    "standard",
    "foreign",
]
# from the strongest basis to the weakest; cutting rights needs one of the first five
LEVELS: tuple[BasisLevel, ...] = get_args(BasisLevel)


UNKNOWN = "unknown"


class Law(Model):
    """A legal text: what it is called, who issued it, when it was in force.

    `promulgated` and `in_force` are a year, month or day, as far as known, or `unknown`; `days_evidence` is their
    mark where it is weaker than that of the text. `described`: the title tells what the text is about, because its own
    was not seen; it is cited without the marks of a title. `rates_from` is the first evaluation year that the text
    itself rates, where this began before the text came into force.
    """

    id: str
    title: Label
    described: bool = False
    number: str = ""
    issuer: str = ""
    level: BasisLevel
    promulgated: str = ""
    in_force: str = ""
    repealed: str = ""
    rates_from: Year | None = None
    known_from: date | None = None
    evidence: Mark
    days_evidence: Mark | None = None
    note: str = ""

    @property
    def surely_from(self) -> date | None:
        """The first day on which the text is sure to be in force: the last possible one where a month or year is known,
        of the day of issue where the day of effect is not known at all; None where neither is.
        """
        span = span_of(self.in_force) or span_of(self.promulgated)
        return span[1] if span else None

    def ended_before(self, bound: int | date) -> bool:
        """Whether the text is sure to have ended when a year or a day begins."""
        span = span_of(self.repealed)
        return span is not None and span[1] <= (bound if isinstance(bound, date) else date(bound, 1, 1))

    def governs(self, bound: int | date) -> bool:
        """Whether what begins with a year (as a whole) or on a day begins no earlier than the text."""
        if isinstance(bound, int) and self.rates_from is not None and bound >= self.rates_from:
            return True
        return (
            self.surely_from is None or (bound if isinstance(bound, date) else date(bound, 12, 31)) >= self.surely_from
        )

    @property
    def day_is_known(self) -> bool:
        """Whether the day of effect is known to the day."""
        span = span_of(self.in_force)
        return span is not None and span[0] == span[1]


def span_of(text: str) -> tuple[date, date] | None:
    """First and last day that a year, month or day as text can mean; None for an empty or unreadable one.

    >>> span_of("2016-02")
    (datetime.date(2016, 2, 1), datetime.date(2016, 2, 29))
    """
    try:
        parts = [int(part) for part in text.split("-")]
        if len(parts) == 1:
            return date(parts[0], 1, 1), date(parts[0], 12, 31)
        if len(parts) == 2:
            year, month = parts
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date.fromisoformat(text), date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def load_laws(folder: Path | None = None) -> dict[str, Law]:
    """Load every legal text; a changed file is read again.

    Parameters
    ----------
    folder
        A folder of YAML files; None: the library's own.

    Returns
    -------
    dict
        The texts by id: title, number, issuer, level, days and mark of evidence.

    Raises
    ------
    SchemeError
        With the faults of all files at once, each with file, line and key path.

    Examples
    --------
    >>> load_laws()["XZCFF"].title.en
    'Administrative Penalty Law'
    """
    laws, faults = inspect_laws(folder)
    raise_faults(list(faults))
    return laws


def inspect_laws(folder: Path | None = None) -> tuple[dict[str, Law], tuple[Fault, ...]]:
    """Every law that can be read, by its id and by the name of its file, and the faults of all files."""
    return _read(LAWS.list_files(folder))


def citable(folder: Path | None = None) -> set[str]:
    """Ids that may be cited: of every law, and of files that cannot be read, whose faults are told once and there."""
    laws, faults = inspect_laws(folder)
    return {*laws, *(Path(fault.file).stem for fault in faults)}


@lru_cache(maxsize=8)
def _read(files: tuple[RuleFile, ...]) -> tuple[dict[str, Law], tuple[Fault, ...]]:
    laws: dict[str, Law] = {}
    faults: list[Fault] = []
    for rules in LAWS.inspect_files(files):
        faults += rules.source.faults
        if rules.content is not None:
            laws |= {rules.content.id: rules.content, rules.file.file.stem: rules.content}
    return laws, tuple(faults)


def _check_days(law: Law, source: Source) -> None:
    """A text says when it was issued and from when it holds, or that this is unknown; no day lies before the other."""
    days = [("promulgated", law.promulgated), ("in_force", law.in_force), ("repealed", law.repealed)]
    for key, text in days:
        if span_of(text) is None and not (text == UNKNOWN or (key == "repealed" and not text)):
            what = f"{text!r} is no year, month or day" if text else "is missing"
            message = f"{what}; give 2014, 2014-07, 2014-07-04 or {UNKNOWN}"
            source.fault((key,), message, "E710")
    known = [(key, span) for key, text in days if (span := span_of(text)) is not None]
    for (before, first), (after, second) in itertools.pairwise(known):
        if second[1] < first[0]:
            source.fault((after,), f"{after} lies before {before}", "E711")


LAWS = Family("laws", "law", Law, "laws", named_by=("id",), code_named="E703", check=_check_days)
