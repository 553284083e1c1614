"""`creditscore scheme check` and `scheme diff`: what is wrong with schemes, and what changed between two."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.office import LangOption
from creditscore.cli.tables import console, show
from creditscore.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from creditscore.core.yaml_source import Fault


def check_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCHEME|FILE]…"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
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
    if as_json:
        shown = [
            {
                "code": fault.code,
                "severity": fault.severity,
                "file": fault.file,
                "line": fault.line,
                "path": fault.path,
                "message": fault.message,
            }
            for fault in (*faults, *noted)
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        show_faults(faults)
        if notes if notes is not None else bool(names):
            show_faults(noted)
        _sum(len(checked_schemes), faults, noted)
    if faults:
        raise typer.Exit(ExitCode.SCHEME)


def show_faults(faults: Iterable[Fault]) -> None:
    """By file: the line, the code and the key path, and under them what is wrong."""
    from rich.padding import Padding
    from rich.text import Text

    out, file = console(), ""
    for fault in faults:
        if fault.file != file:
            file = fault.file
            out.print(Text(file, style="bold"))
        out.print(Padding(Text(f"{fault.code}  line {fault.line}  {fault.path}"), (0, 0, 0, 2)))
        out.print(Padding(Text(fault.message), (0, 0, 0, 8)))


def _sum(files: int, faults: list[Fault], noted: list[Fault]) -> None:
    from creditscore.schemes.codes import CODES

    counts = Counter(fault.code for fault in (*faults, *noted))
    if counts:
        show(("code", "count", "what"), [(code, str(n), CODES[code]) for code, n in sorted(counts.items())])
    more = "; docs/checks.md explains each code" if counts else ""
    typer.echo(f"{files} versions: {len(faults)} faults, {len(noted)} notes{more}")


def diff_command(
    old: Annotated[str, typer.Argument(metavar="OLD")],
    new: Annotated[str, typer.Argument(metavar="NEW")],
    lang: LangOption = "zh",
    as_json: Annotated[bool, typer.Option("--json")] = False,
    snapshot: Path | None = None,
    period: str | None = None,
    as_of: str | None = None,
    limit: Annotated[int, typer.Option(min=0)] = 50,
) -> None:
    from creditscore.schemes import registry
    from creditscore.schemes.diff import diff

    if lang not in ("zh", "en"):
        raise UsageError(f"{lang!r} is not a language of this package", allowed="zh, en")
    first, second = registry.pick(old), registry.pick(new)
    changes = diff(first, second, lang, codes=as_json)
    moves = _moves(first, second, snapshot, period, as_of) if snapshot is not None else None
    if as_json:
        data: dict[str, Any] = {"a": first.name, "b": second.name, "changes": [vars(change) for change in changes]}
        if moves is not None:
            matrix = [{"before": x, "after": y, "subjects": n} for (x, y), n in sorted(moves.matrix.items())]
            data |= {"subjects": moves.subjects, "matrix": matrix, "moved": [list(value) for value in moves.moved]}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    head = {
        "zh": ("部分", "名称", "变动", "方面", "原为", "改为"),
        "en": ("part", "name", "change", "what", "was", "is"),
    }
    typer.echo(f"{first.name} → {second.name}: {len(changes)} {'处变动' if lang == 'zh' else 'changes'}")
    show(head[lang], [change.words(lang) for change in changes], fold=True)
    if moves is not None:
        _show_moves(moves, lang, limit)


def _moves(a: Any, b: Any, folder: Path, period: str | None, as_of: str | None) -> Any:
    from creditscore.cli.progress import working
    from creditscore.grading.migration import movement
    from creditscore.records.snapshot_files import read_snapshot

    with working("grading under both versions"):
        return movement(a, b, read_snapshot(folder), period, as_of)


def _show_moves(moves: Any, lang: str, limit: int) -> None:
    zh = lang == "zh"
    rows = [
        (name, *(str(moves.matrix.get((name, other), "")) for other in moves.names))
        for name in moves.names
        if any(before == name for before, _ in moves.matrix)
    ]
    title = "由行到列的主体数" if zh else "subjects, from the row to the column"
    show(("", *moves.names), rows, title=f"\n{title}")
    typer.echo(
        f"{moves.subjects} 个主体，{len(moves.moved)} 个变动"
        if zh
        else f"{len(moves.moved)} of {moves.subjects} subjects move"
    )
    if moves.moved and limit:
        show(("主体", "原为", "改为") if zh else ("subject", "was", "is"), moves.moved[:limit])
        if len(moves.moved) > limit:
            typer.echo(f"… {len(moves.moved) - limit} more; --limit or --json lists them")
