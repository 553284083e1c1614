"""`creditscore explain`: one subject of a written grading, on the terminal or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def explain_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `creditscore grade --out` wrote.")],
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the subject.")],
    lang: Annotated[str, typer.Option(help="Language of the words: zh or en.")] = "zh",
    html: Annotated[Path | None, typer.Option(help="Write a page to this file as well.")] = None,
) -> None:
    """Explain one grade: every point with its record and article, from the start score to the grade."""
    from creditscore.explanation.ledger import explain
    from creditscore.explanation.text import render
    from creditscore.explanation.words import lang_of

    chosen = lang_of(lang)
    one = explain(folder, subject)
    typer.echo(render(one, chosen, _width()), nl=False)
    if html is not None:
        from creditscore.reports.html import subject_page, write_page

        typer.echo(f"written to {write_page(html, subject_page(one, chosen))}")


def _width() -> int:
    """The terminal's columns, 60 to 160; a file takes wide lines."""
    import shutil

    return min(160, max(60, shutil.get_terminal_size((120, 24)).columns))
