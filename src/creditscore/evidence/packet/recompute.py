"""The inputs of a packet graded again: the scheme from its text, the subject from its own rows, then and now."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.days import LAST, from_day, read_day
from creditscore.evidence.packet.carried import under
from creditscore.evidence.packet.gather import TABLES, about_of
from creditscore.evidence.packet.refused import put_refused
from creditscore.explanation.read import SubjectRows, read
from creditscore.grading.bind import bind
from creditscore.grading.grade import grade
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import admitted, inputs
from creditscore.grading.result import Grading
from creditscore.records import Snapshot, ingest
from creditscore.schemes import registry
from creditscore.schemes.load import load_scheme
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa

ANY = 2**62  # what the run refused is refused again; how many it was allowed is no matter here


@dataclass(frozen=True)
class Again:
    """The run of a packet, computed again from the packet alone. `before`: the version before, or None.

    `then` is the subject as known on the run's day, `now` with all that its rows say; both under the run's rules.
    """

    about: Mapping[str, str]
    grading: Grading = field(repr=False)
    subject_rows: SubjectRows = field(repr=False)
    scheme: Scheme = field(repr=False)
    before: Scheme | None = field(repr=False)
    laws: Path = field(repr=False)
    then: Subject = field(repr=False)
    now: Subject = field(repr=False)
    plan_now: Plan = field(repr=False)

    @property
    def plan(self) -> Plan:
        return self.grading.plan


@contextmanager
def graded_again(given: Mapping[str, list[Any]]) -> Iterator[Again]:
    """Grade the inputs of a packet, under its own rules for as long as this is open: none that is installed is read.

    Raises what reading the rules, intake and grading raise.
    """
    about = about_of(given)
    with tempfile.TemporaryDirectory(prefix="creditscore-") as work:
        folder = Path(work)
        laws = folder / "laws"
        laws.mkdir()
        for law in given["laws"]:
            (laws / f"{law['id']}.yaml").write_text(law["text"], encoding="utf-8")
        with under(folder, given["rules"], given["calendar"]):
            scheme = _scheme(folder / "scheme.yaml", given["scheme"])
            before = _scheme(folder / "before.yaml", given["version_before"]) if given["version_before"] else None
            small = put_refused(_snapshot(given), given, about)
            replayed = about["law_known_at"] != "latest"
            by_year = scheme.period == "year"
            grading = grade(
                small if replayed else replace(small, newest_day=read_day(about["known_at"])),
                scheme,
                about["period"] if by_year else None,
                as_of=None if by_year else about["as_of"],
                known_at=about["known_at"] if replayed else None,
                provisional=True,
                max_rejected=ANY,
            )
            ((_, then),) = inputs(grading, [about["subject_id"]])
            newest = max(read_day(about["newest_day"]), grading.plan.known_at)
            plan_now = bind(
                scheme,
                int(about["period"]) if by_year else date.fromisoformat(about["as_of"]),
                known_at=newest,
                law_known_at=date.fromisoformat(about["law_known_at"]) if replayed else None,
                beside=[version for name in scheme.beside for version in registry.versions(name)],
            )
            ((_, now),) = admitted(small, plan_now)
            yield Again(about, grading, read(grading, about["subject_id"]), scheme, before, laws, then, now, plan_now)


def _scheme(file: Path, lines: Sequence[str]) -> Scheme:
    file.write_text("\n".join(lines), encoding="utf-8")
    return load_scheme(file, file.name, archived=True)


def _snapshot(given: Mapping[str, list[Any]]) -> Snapshot:
    tables = {name: _table(given[name]) for name in TABLES if given[name]}
    if "records" not in tables:  # a subject without any record is graded all the same
        tables["records"] = _table([], ("record_id", "subject_id", "item"))
    # whoever took these rows in judged the id, by a rule of their own where ids are local, and what lay after that day
    return ingest(**tables, threads=1, subject_ids="local", intake_on=from_day(LAST))


def _table(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = ()) -> pa.Table:
    """Text columns, in the order in which they first appear."""
    import pyarrow as pa

    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
