"""`creditscore scheme check` and `scheme diff`: what is wrong with schemes, and what changed between two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.office import LangOption
from creditscore.cli.output import give, tabulate, told, wants_json
from creditscore.core.errors import ExitCode

if TYPE_CHECKING:
    from creditscore.core.yaml_source import Fault


def check_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCHEME|FILE]…"),
    ] = None,
    notes: Annotated[bool | None, typer.Option("--notes/--no-notes")] = None,
) -> None:
    from creditscore.core.partial_parse import in_order
    from creditscore.grading.monotone import proof
    from creditscore.schemes.library import check

    checked_schemes, others = check(names or ())
    for checked in checked_schemes:
        if checked.sound and checked.scheme is not None:
            proof.check(checked.scheme, checked.source)
    faults = in_order([*others, *(fault for checked in checked_schemes for fault in checked.source.faults)])
    if not names:  # the whole library: composites too
        from creditscore.composite.load import inspect_all

        composed = [fault for _, source in inspect_all() for fault in source.faults]
        faults = in_order(dict.fromkeys([*faults, *composed]))  # of a scheme that several read: said once
    noted = in_order(note for checked in checked_schemes for note in checked.source.notes)
    rows = [
        {name: getattr(fault, name) for name in ("code", "severity", "file", "line", "path", "message")}
        for fault in (*faults, *noted)
    ]
    shown_notes = noted if (notes if notes is not None else bool(names)) else ()
    give(rows, *tell_faults([*faults, *shown_notes]), *_sum(len(checked_schemes), faults, noted))
    if faults:
        raise typer.Exit(ExitCode.SCHEME)


def tell_faults(faults: Iterable[Fault]) -> Iterator[Any]:
    """By file: the line, the code and the key path, and under them what is wrong."""
    from creditscore.present.document import Listing

    for file, of_file in groupby(faults, key=lambda fault: fault.file):
        items = [(told("fault_at", fault.code, fault.line, fault.path), [fault.message]) for fault in of_file]
        yield Listing(items, title=file)


def _sum(files: int, faults: list[Fault], noted: list[Fault]) -> Iterator[Any]:
    from creditscore.schemes.codes import CODES

    counts = Counter(fault.code for fault in (*faults, *noted))
    if counts:
        rows = [{"code": code, "count": count, "what": CODES[code]} for code, count in sorted(counts.items())]
        yield tabulate(rows, "code", "count", "what")
    yield told("schemes_checked", files, told("faults", len(faults)), told("notes", len(noted)))
    if counts:
        yield told("codes_explained", "docs/checks.md")


def diff_command(
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    lang: LangOption = "zh",
    snapshot: Path | None = None,
    period: str | None = None,
    as_of: str | None = None,
    limit: Annotated[int, typer.Option(min=0)] = 50,
) -> None:
    from creditscore.schemes import registry
    from creditscore.schemes.diff import diff

    first, second = registry.pick(old), registry.pick(new)
    changes = diff(first, second, lang, codes=wants_json())
    moves = _moves(first, second, snapshot, period, as_of) if snapshot is not None else None
    data: dict[str, Any] = {"a": first.name, "b": second.name, "changes": [vars(change) for change in changes]}
    if moves is not None:
        matrix = [{"before": x, "after": y, "subjects": n} for (x, y), n in sorted(moves.matrix.items())]
        data |= {"subjects": moves.subjects, "matrix": matrix, "moved": [list(value) for value in moves.moved]}
    heads = ("part", "name", "change", "aspect", "was", "is")
    rows = [dict(zip(heads, change.words(lang), strict=True)) for change in changes]
    give(
        data,
        told("changes", first.name, second.name, len(changes)),
        tabulate([{name: cell or None for name, cell in row.items()} for row in rows], *heads) if rows else None,
        *(_tell_moves(moves, limit) if moves is not None else ()),
        lang=lang,
    )


def _moves(a: Any, b: Any, folder: Path, period: str | None, as_of: str | None) -> Any:
    from creditscore.cli.progress import working
    from creditscore.grading.migration import movement
    from creditscore.records.snapshot_files import read_snapshot

    with working("both_versions"):
        return movement(a, b, read_snapshot(folder), period, as_of)


def _tell_moves(moves: Any, limit: int) -> Iterator[Any]:
    from creditscore.present.document import Column, Count, Table

    rows = [
        (name, *(Count(moves.matrix[name, other]) if (name, other) in moves.matrix else "" for other in moves.names))
        for name in moves.names
        if any(before == name for before, _ in moves.matrix)
    ]
    columns = [Column(""), *(Column(name, "number") for name in moves.names)]
    yield Table(columns, rows, title=told("subjects_moved_from_to"))
    yield told("subjects_move", len(moves.moved), moves.subjects)
    if moves.moved and limit:
        heads = ("subject", "was", "is")
        yield tabulate([dict(zip(heads, row, strict=True)) for row in moves.moved[:limit]], *heads)
        if len(moves.moved) > limit:
            yield told("more_by_limit", len(moves.moved) - limit)
