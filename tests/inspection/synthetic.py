"""A small made-up district for tests of inspection, and a draw of it that was committed to and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from creditscore.demo.codes import credit_codes
from creditscore.inspection import workflow
from creditscore.inspection.commitment import Commitment, Randomness
from creditscore.inspection.draw import Outcome
from creditscore.inspection.plan import plan_inspections
from creditscore.store.store import Store
from tests.clock import at_day

PERSON = "11010519491231002X"  # the made-up number that the standard itself prints
YEAR = 2090  # a future that the log's clock has not reached
VALUE = "01051220283307"
ABOUT = Randomness("lottery 2090003", date(2090, 1, 8), "numbers in order of size", "[0-9]{14}", 17_721_088)
COMMITTED, DRAWN = date(2090, 1, 4), date(2090, 1, 9)

PROGRAMME = """\
programme: mine
label: {zh: 抽查, en: inspections}
department: {code: market, label: {zh: 市场, en: market}}
certificate: market
use: public_grade
effective_from: 2020-01-01
checked_on: 2026-11-25
cite: {law: GSJX2022_6}
evidence: local
classes:
  - {code: A, label: {zh: 甲, en: A}, ratio: 0.05, evidence: project_default}
  - code: B
    label: {zh: 乙, en: B}
    ratio: 0.20
    evidence: project_default
    bounds: [{at_least: 0.10, at_most: 0.50, cite: {law: LDNY2024}, evidence: verified}]
  - {code: C, label: {zh: 丙, en: C}, frequency: 2, evidence: local, cite: {law: LDNY2024}}
strata: [industry, district]
minimum_per_stratum: {number: 1, evidence: project_default}
visits_per_enterprise: {number: 4, evidence: project_default}
team: {number: 2, evidence: project_default}
visit_days: {number: 0.5, evidence: project_default}
off_site: {first: true, days: 10, evidence: project_default}
data_errors: {draw_as: B, evidence: project_default}
"""


def programme(folder: Path, text: str = PROGRAMME, name: str = "mine") -> str:
    """The programme as a file; its path."""
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("programme: mine", f"programme: {name}", 1), encoding="utf-8")
    return str(file)


REGISTRY = workflow.make_registry()


def codes(number: int, seed: int = 1, prefix: str = "91220199") -> list[str]:
    return credit_codes([prefix] * number, np.random.default_rng(seed))


def classes(number: int = 120, seed: int = 1) -> pd.DataFrame:
    """Organisations with class A, B or C, in two districts and two sectors."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "subject_id": codes(number, seed),
            "class": rng.choice(["A", "B", "C"], number, p=[0.6, 0.3, 0.1]),
            "district": rng.choice(["东", "西"], number),
            "industry": rng.choice(["food", "steel"], number),
        }
    )


def inspectors(number: int = 12, certificates: str = "market", days: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {"inspector_id": [f"K{i:02d}" for i in range(number)], "certificates": certificates, "days": days}
    )


@dataclass(frozen=True)
class Who:
    """Somebody who acts, and the file of the store."""

    by: str
    store: Path

    def open(self) -> Store:
        return Store(self.store, REGISTRY)


def commit(plan: Path | str, out: Path | str, about: Randomness, on: date, who: Who, **more: Any) -> Commitment:
    """Commit, entered on its day."""
    with at_day(on), who.open() as store:
        return workflow.commit(store, plan, out, about, on, by=who.by, **more)


def draw(folder: Path | str, value: str, on: date, who: Who) -> Outcome:
    """Draw, entered on its day."""
    with at_day(on), who.open() as store:
        return workflow.draw_visits(store, folder, value, on, by=who.by)


@dataclass(frozen=True)
class SyntheticDraw:
    """A plan committed to and drawn, in `folder`, with its store."""

    plan: Path
    folder: Path
    who: Who
    commitment: Commitment
    outcome: Outcome


def make_draw(tmp: Path, given: Any = None, **more: Any) -> SyntheticDraw:
    """Plan, commit and draw; `given` replaces the one programme, `more` goes to `commit`."""
    plan, folder, who = tmp / "plan", tmp / "draw", Who("chen.jie", tmp / "credit.db")
    plan_inspections(given or [(programme(tmp), classes())], YEAR).write(plan)
    options: dict[str, Any] = {"inspectors": inspectors()} | more
    committed = commit(plan, folder, ABOUT, COMMITTED, who, **options)
    return SyntheticDraw(plan, folder, who, committed, draw(folder, VALUE, DRAWN, who))
