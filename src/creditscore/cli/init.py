"""`creditscore init`: a working folder to begin with: settings, example tables, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.output import give
from creditscore.cli.settings import FILE
from creditscore.core.errors import UsageError

SUBJECTS = 60  # organisations of the example: every grade occurs
TABLES = "tables"


def init_command(folder: Annotated[Path, typer.Argument(metavar="FOLDER", show_default=False)]) -> None:
    from creditscore.core.atomic import write_text
    from creditscore.core.folders import whole
    from creditscore.core.i18n import language, phrases

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("cli.folder_not_empty", where=str(folder))
    lang = language()
    t = phrases("init", lang)
    with whole(folder, FILE) as work:
        subject = _write_example(work / TABLES)
        write_text(work / TABLES / "LICENSE.txt", t("licence") + "\n")
        write_text(work / FILE, t("settings", lang))
        write_text(work / "README.md", t("readme", SUBJECTS, subject))
    give({"folder": str(folder)}, t("done", str(folder)))


def _write_example(folder: Path) -> str:
    """Write the tables of a small made-up district; returns the organisation with the most records."""
    from creditscore.core.tables.write import write_table
    from creditscore.demo.district import district

    example = district(SUBJECTS, slips=False)
    folder.mkdir()
    for name, table in example.tables().items():
        write_table(table, folder / f"{name}.csv")
    subjects = example.records["subject_id"].to_pylist()
    return str(max(sorted(set(subjects)), key=subjects.count))
