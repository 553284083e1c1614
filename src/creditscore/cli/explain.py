"""`creditscore explain`: one subject of a written grading, on the terminal or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import Marks, OneScheme
from creditscore.cli.kept_runs import AsKept, KnownAt, is_kept, open_written
from creditscore.cli.office import LangOption, open_store
from creditscore.cli.output import give, wants_json
from creditscore.cli.subject_input import graded_again, words_of
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from creditscore.explanation.ledger import Explanation
    from creditscore.objections.disputes import Marked
    from creditscore.schemes.model import Scheme


def explain_command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="GRADING"),
    ],
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    lang: LangOption = "zh",
    html: Path | None = None,
    scheme: OneScheme = None,
    depth: Annotated[
        str,
        typer.Option(),
    ] = "reviewer",
    store: Marks = None,
    snapshot: Path | None = None,
    as_kept: AsKept = False,
    known_at: KnownAt = None,
) -> None:
    is_of_store = is_kept(folder, store, as_kept=as_kept, known_at=known_at)
    if is_of_store and snapshot is not None and not as_kept:
        raise UsageError("cli.not_of_snapshot_alone", where=str(folder))
    with open_written(folder, store, subject, as_kept=as_kept, known_at=known_at) as written:
        _explain(written, subject, lang, html, scheme, depth, store, snapshot)


def _explain(
    folder: Path,
    subject: str,
    lang: str,
    html: Path | None,
    scheme: str | None,
    depth: str,
    store: str | None,
    snapshot: Path | None,
) -> None:
    from creditscore.core.atomic import write_text
    from creditscore.core.i18n import lang_of
    from creditscore.explanation.document import depth_of, explanation_document
    from creditscore.explanation.ledger import explain
    from creditscore.explanation.read import schemes_in
    from creditscore.objections.disputes import as_rows, said_of
    from creditscore.present.html import render_page
    from creditscore.present.terminal import print_document

    chosen, deep = lang_of(lang), depth_of(depth)
    name, own = words_of(scheme)
    names = [name] if name else list(schemes_in(folder))
    laws = Path(scheme).parent / "laws" if scheme and own else None
    again = [
        (None, None, None) if snapshot is None else graded_again(folder, subject, snapshot, scheme if own else name)
        for name in names
    ]
    explained = [explain(folder, subject, name, own, laws, *both) for name, both in zip(names, again, strict=True)]
    documents = [
        explanation_document(
            explanation, chosen, deep, marks=[said_of(mark, chosen) for mark in marks], disputes=as_rows(marks)
        )
        for explanation, marks in zip(explained, _marked(folder, store, snapshot, explained, own), strict=True)
    ]
    written = []
    if html is not None:
        for explanation, document in zip(explained, documents, strict=True):
            page = html
            if len(explained) > 1:
                page = html.with_stem(f"{html.stem}-{explanation.scheme.partition('@')[0].replace('/', '-')}")
            written.append(write_text(page, render_page(document)))
    for document in documents if not wants_json() else ():
        print_document(document)
    give([dict(document.data) for document in documents], lang=chosen, written=written)


def _marked(
    folder: Path, store: str | None, snapshot: Path | None, explained: Sequence[Explanation], own: Scheme | None
) -> list[list[Marked]]:
    """The disputed records of each explained grade: as the store has them, else as they stand beside the grades."""
    from creditscore.objections.disputes import marks, marks_beside

    if store is None:
        return [
            marks_beside(folder, explanation.scheme.partition("@")[0], explanation.subject_id)
            for explanation in explained
        ]
    schemes = {} if own is None else {own.scheme: own}
    with open_store(store) as opened:
        return [
            marks(opened, explanation.run_id, [explanation.subject_id], place=snapshot, schemes=schemes)
            for explanation in explained
        ]
