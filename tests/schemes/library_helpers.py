"""A small library on disk, and what `scheme check` finds in it."""

from __future__ import annotations

from pathlib import Path

from creditscore.core.model import Label
from creditscore.core.yaml_source import Fault
from creditscore.grading.monotone import proof
from creditscore.schemes.laws import Law
from creditscore.schemes.library import check

RICH = (Path(__file__).parent / "rich.yaml").read_text(encoding="utf-8")
DAYS = "promulgated: '2009-06'\nin_force: '2010-01-01'\n"
LAW = f"id: L\ntitle: {{zh: 办法, en: Rule}}\nlevel: law\n{DAYS}evidence: verified\n"
LAWS = {
    "L": Law(
        id="L",
        title=Label(zh="法", en="L"),
        level="law",
        promulgated="2009",
        in_force="2010-01-01",
        evidence="verified",
    )
}
OTHER = """
scheme: test/other
domain: test
use: list
label: {zh: 另一, en: another}
period: day
effective_from: 2010-01-01
checked_on: 2026-11-23
cite: {law: L}
evidence: verified
grades: [{code: clear, label: {zh: 无, en: clear}}, {code: listed, label: {zh: 有, en: listed}}]
imported_decision: {by: {zh: 某局, en: an office}, life: {years: 5}}
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def library(root: Path, text: str = RICH, more: dict[str, str] | None = None) -> Path:
    files = {"schemes/test/rich/2010.yaml": text, "schemes/test/other/2010-01-01.yaml": OTHER, "laws/L.yaml": LAW}
    return write(root, files | (more or {}))


def library_faults(root: Path) -> tuple[list[Fault], list[Fault]]:
    """Faults and notes of a whole library."""
    checked, faults = check(root=root)
    for other_checked in checked:
        if other_checked.sound and other_checked.scheme is not None:
            proof.check(other_checked.scheme, other_checked.source)
    return [*faults, *(f for c in checked for f in c.source.faults)], [n for c in checked for n in c.source.notes]
