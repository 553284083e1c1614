"""What a source tree says of itself: its modules, and what each imports where."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.paths import ROOT

SRC = ROOT / "src" / "creditscore"
PACKAGE = "creditscore"


def modules(src: Path) -> Iterator[tuple[str, Path]]:
    """(dotted name inside the package, file): `grading.bind`, `records.__init__`."""
    for path in sorted(src.rglob("*.py")):
        yield ".".join(path.relative_to(src).with_suffix("").parts), path


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(name: str, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of each import; relative ones are resolved against `name`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = [PACKAGE, *name.split(".")][: -node.level]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: not inside functions, not under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if _is_for_types_only(child):
            for other in child.orelse:  # type: ignore[attr-defined]
                yield other
                yield from at_import_time(other)
            continue
        yield child
        yield from at_import_time(child)


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run at some time, inside functions too, but not those under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        for inner in child.orelse if _is_for_types_only(child) else (child,):  # type: ignore[attr-defined]
            yield inner
            yield from at_run_time(inner)


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def edges(src: Path) -> Iterator[tuple[str, int, str]]:
    """(importing module, line, imported module of the package), for imports that run at some time."""
    known = {name.removesuffix(".__init__"): name for name, _ in modules(src)}
    for name, path in modules(src):
        for line, target in imported(name, at_run_time(parsed(path))):
            inner = target.removeprefix(f"{PACKAGE}.")
            if not target.startswith(f"{PACKAGE}."):
                continue
            for candidate in (inner, inner.rpartition(".")[0]):
                if candidate in known:
                    yield name, line, known[candidate]
                    break


def circles(arrows: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of more than one name that reach each other: the strongly connected components (Tarjan, 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles_of_files: set[frozenset[str]] = set()

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        stack.append(name)
        for target in sorted(arrows.get(name, ())):
            if target not in number:
                visit(target)
            if target in stack:
                lowest[name] = min(lowest[name], lowest[target])
        if lowest[name] == number[name]:
            start = stack.index(name)
            component = frozenset(stack[start:])
            del stack[start:]
            if len(component) > 1:
                circles_of_files.add(component)

    for name in sorted(arrows):
        if name not in number:
            visit(name)
    return circles_of_files
