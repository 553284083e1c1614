"""The rows that may be public: grades, entries of lists, shares and items; what is withheld is counted by reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import clean, plain
from creditscore.core.identity import is_resident, redact
from creditscore.core.model import Label
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Table, literal
from creditscore.explanation.labels import Labels
from creditscore.grading.input_state.state import BLOCKED, NOT_OVER
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.schemes.publication import GradeRule, Publication

if TYPE_CHECKING:
    import duckdb

PUBLIC, LIST = "public_grade", "list"
LISTINGS = Table(
    "listings",
    ("listing_id", "subject_id", "list", "entered_on"),
    ("term_end", "exited_on", "exit_reason", "recorded_on"),
    kinds=dict.fromkeys(("entered_on", "term_end", "exited_on", "recorded_on"), "day"),
)
DECIDED = ("announced", "final")
SMALL = 5  # counts below it are not published
GRADES = (
    "subject_id",
    "name",
    "domain",
    "scheme",
    "period",
    "grade",
    "grade_zh",
    "grade_en",
    "decided_on",
    "basis",
    "evidence",
    "disputed_since",
    "input_state",
)
LISTS = ("subject_id", "name", "list", "list_zh", "list_en", "entered_on", "term_end", "basis", "evidence")
SHARES = ("scheme", "period", "grade", "grade_zh", "grade_en", "subjects")
ITEMS = ("subject_id", "scheme", "period", "item", "item_zh", "item_en", "article", "times")


@dataclass(frozen=True)
class Graded:
    """What graded a folder's rows: a scheme version of the library, or a composite (`composite:<id>`)."""

    scheme: str
    version: str
    use: str
    label: Label
    laws: tuple[str, ...]
    scheme_file: Scheme | None

    @property
    def name(self) -> str:
        return f"{self.scheme}@{self.version}"

    @property
    def labels(self) -> Labels:
        return Labels(self.scheme_file, self.name)

    @property
    def decided(self) -> bool:
        """Whether its grades are decisions already: it keeps what an office decided."""
        return self.scheme_file is not None and self.scheme_file.imported_decision is not None


def person(subject: str, kinds: dict[str, tuple[str, str]]) -> str:
    """Why a subject is no organisation that may stand by name; empty where it may."""
    if is_resident(subject):
        return "natural_person"
    if (len(subject) == 18 and subject.startswith("92")) or kinds.get(subject, ("", ""))[1] == "individual_business":
        return "sole_trader"
    return ""


def kinds_of(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    rows = con.execute("SELECT subject_id, min(name), min(kind) FROM names GROUP BY 1").fetchall()
    return {subject: (redact(clean(name or "")), kind or "") for subject, name, kind in rows}


def grades_of(
    con: duckdb.DuckDBPyConnection,
    schemes: Sequence[Graded],
    rules: Publication,
    decisions: bool,
    decided_on: date | None,
    withheld: dict[str, int],
    disputed: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """`disputed`: (scheme, subject) of grades that rest on a contested record → since when."""
    kinds, grades = kinds_of(con), []
    by_name = {f"{scheme.scheme}@{scheme.version}": scheme for scheme in schemes}
    rows = con.execute(
        "SELECT r.subject_id, r.domain, r.scheme, r.version, r.period, r.state, r.state_reason, r.input_state, r.grade,"
        " r.evidence, h.status, h.grade, h.decided_on FROM rows r"
        " LEFT JOIN (SELECT DISTINCT ON (subject_id, period, scheme, domain) * FROM history"
        " WHERE coalesce(status, '') <> 'superseded'"
        " ORDER BY subject_id, period, scheme, domain, decided_on DESC NULLS LAST, grade, status) h"
        " ON h.subject_id = r.subject_id AND h.period = r.period AND coalesce(split_part(h.scheme, '@', 1), r.scheme) ="
        " r.scheme AND coalesce(h.domain, r.domain) = r.domain ORDER BY r.scheme, r.period, r.subject_id"
    ).fetchall()
    for subject, domain, scheme, version, period, state, why, marks, grade, evidence, status, decided, day in rows:
        graded = by_name.get(f"{scheme}@{version}")
        if graded is None or graded.use != PUBLIC:
            continue
        rule = rules.grade(scheme, int(period[:4]), grade or "") if state == "graded" else None
        imported = graded.decided
        reason = _input_reason(state, why or "", marks or "") or _reason(
            state, rule, person(subject, kinds), decisions and not imported, status, decided, grade
        )
        if reason:
            withheld[reason] = withheld.get(reason, 0) + 1
            continue
        assert rule is not None
        label = graded.labels.grade(grade) or plain(grade)
        grades.append(
            {
                "subject_id": subject,
                "name": kinds.get(subject, ("", ""))[0],
                "domain": domain,
                "scheme": scheme,
                "period": period,
                "grade": grade,
                "grade_zh": label.zh,
                "grade_en": label.en,
                "decided_on": str(day or decided_on or ""),
                "basis": basis(rule),
                "evidence": evidence,
                "disputed_since": disputed.get((scheme, subject), ""),
                "input_state": marks or "",
            }
        )
    return grades


def _input_reason(state: str, why: str, marks: str) -> str:
    """Why the input of a grade forbids its publication; empty where it does not."""
    if state != "graded":
        return BLOCKED if why == BLOCKED else ""
    return NOT_OVER if NOT_OVER in marks.split(";") else ""


def _reason(
    state: str,
    rule: GradeRule | None,
    person: str,
    decisions: bool,
    status: str | None,
    decided: str | None,
    grade: str,
) -> str:
    if state != "graded":
        return state
    if person:
        return person
    if rule is None:
        return "no_publication_rule"
    if decisions and (status not in DECIDED or decided != grade):
        return "not_decided" if status not in DECIDED else "decided_otherwise"
    return ""


def basis(rule: Any) -> str:
    return "; ".join(f"{cite.law} {cite.article}".strip() for cite in rule.cite)


def lists_of(
    con: duckdb.DuckDBPyConnection, rules: Publication, listings: Any, on: date, withheld: dict[str, int]
) -> list[dict[str, Any]]:
    """Running entries of lists that are published: entered, not left, term not over, not repaired or annulled."""
    load_table(con, listings, LISTINGS)
    labels = {name: rule.label for entry in registry.entries() for name, rule in registry.load(entry).lists.items()}
    kinds, lists = kinds_of(con), []
    for subject, name, entered, term, exited in con.execute(
        "SELECT subject_id, list, entered_on, term_end, exited_on FROM listings ORDER BY list, entered_on, subject_id,"
        " listing_id"
    ).fetchall():
        rule = rules.entry(name)
        running = (
            entered is not None and entered <= on and (exited is None or exited > on) and (term is None or term >= on)
        )
        reason = "" if running else "not_running"
        reason = reason or person(subject, kinds) or ("" if rule else "no_publication_rule")
        if reason:
            withheld[reason] = withheld.get(reason, 0) + 1
            continue
        label = labels.get(name) or plain(name)
        lists.append(
            {
                "subject_id": subject,
                "name": kinds.get(subject, ("", ""))[0],
                "list": name,
                "list_zh": label.zh,
                "list_en": label.en,
                "entered_on": str(entered),
                "term_end": str(term or ""),
                "basis": basis(rule),
                "evidence": rule.evidence if rule else "",
            }
        )
    return lists


def shares_of(con: duckdb.DuckDBPyConnection, schemes: Sequence[Graded]) -> list[dict[str, Any]]:
    """Organisations by grade; a count below 5 is left out, and the next smallest with it where it stands alone."""
    shares = []
    for scheme in schemes:
        if scheme.use != PUBLIC:
            continue
        rows = con.execute(
            "SELECT period, grade, count(*) FROM rows WHERE scheme = ? AND version = ? AND state = 'graded'"
            f" AND NOT list_contains(string_split(coalesce(input_state, ''), ';'), '{NOT_OVER}')"
            " GROUP BY ALL ORDER BY ALL",
            [scheme.scheme, scheme.version],
        ).fetchall()
        order = [name.code for name in scheme.scheme_file.grades] if scheme.scheme_file else []
        for period in sorted({row[0] for row in rows}):
            counts = {code: int(n) for when, code, n in rows if when == period}
            hidden = [code for code, n in counts.items() if n < SMALL]
            if len(hidden) == 1 and len(counts) > 1:
                hidden.append(min((n, code) for code, n in counts.items() if code not in hidden)[1])
            labels = scheme.labels
            for code in sorted(counts, key=lambda code: (order.index(code) if code in order else 99, code)):
                label = labels.grade(code) or plain(code)
                shares.append(
                    {
                        "scheme": scheme.scheme,
                        "period": period,
                        "grade": code,
                        "grade_zh": label.zh,
                        "grade_en": label.en,
                        "subjects": None if code in hidden else counts[code],
                    }
                )
    return shares


def items_of(
    con: duckdb.DuckDBPyConnection, folder: Path, schemes: Sequence[Graded], grades: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """For published grades: which items counted, how often, by which article; no record, no date, no points.

    Repaired, withdrawn, exempt and displaced records weigh nothing and are left out, as are those outside the window.
    """
    if not (folder / "ledger.parquet").is_file():
        raise InputError(
            "the folder has no ledger, so no items can be published", where=str(folder), next="leave --items out"
        )
    keys = {(row["subject_id"], row["scheme"], row["period"]) for row in grades}
    by_id = {scheme.scheme: scheme for scheme in schemes}
    rows = con.execute(
        "SELECT CAST(subject_id AS VARCHAR), CAST(scheme AS VARCHAR), CAST(period AS VARCHAR), CAST(item AS VARCHAR),"
        " CAST(article AS VARCHAR), count(*)"
        f" FROM read_parquet({literal(str(folder / 'ledger.parquet'))}) WHERE step = 'record' AND effective <> 0"
        " AND split_part(CAST(reason AS VARCHAR), ':', 1) IN ('counted', 'corrected') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    items = []
    for subject, scheme, period, item, article, times in rows:
        if (subject, scheme, period) not in keys:
            continue
        label = by_id[scheme].labels.item(item, article) or plain(item)
        items.append(
            {
                "subject_id": subject,
                "scheme": scheme,
                "period": period,
                "item": item,
                "item_zh": label.zh,
                "item_en": label.en,
                "article": article,
                "times": int(times),
            }
        )
    return items
