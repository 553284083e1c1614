"""Count files and lines of the package: code without blanks, comments, imports, docstrings; YAML words; templates.

    python scripts/count_lines.py [src/creditscore] [--json counts.json]

One row per package and their sum. `code` are lines on which something stands that runs; a statement over several
lines counts each of them. `words` are lines of YAML beside the code that are not blank and no comment, `templates`
lines of Jinja, CSS and JavaScript that are not blank.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLUMNS = ("files", "lines", "code", "words", "templates")
TEMPLATES = {".j2", ".html", ".css", ".js"}
LAYOUT_TOKENS = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def count_code(source: str) -> int:
    """Count the lines of a Python source on which code stands, without imports and docstrings."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if ast.get_docstring(node, clean=False) is not None and first is not None:
                left_out.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    occupied: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in LAYOUT_TOKENS:
            occupied.update(range(token.start[0], token.end[0] + 1))
    return len(occupied - left_out)


def count_file(path: Path) -> Counter[str]:
    """Count one file; a kind that is not counted gives nothing."""
    text = path.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    if path.suffix == ".py":
        return Counter(files=1, lines=len(lines), code=count_code(text))
    if path.suffix in (".yaml", ".yml"):
        return Counter(words=sum(bool(line) and not line.startswith("#") for line in lines))
    if path.suffix in TEMPLATES:
        return Counter(templates=sum(bool(line) for line in lines))
    return Counter()


def count_packages(src: Path) -> dict[str, Counter[str]]:
    """Count each first-level package of a source tree; files that stand beside the packages are under `.`."""
    counts: dict[str, Counter[str]] = {}
    for path in sorted(src.rglob("*")):
        if path.is_file() and not {"__pycache__", "vendor"} & {*path.parts}:  # what others made is not ours
            inner = path.relative_to(src).parts
            counts.setdefault(inner[0] if len(inner) > 1 else ".", Counter()).update(count_file(path))
    return counts


def render_rows(counts: dict[str, Counter[str]]) -> Iterator[str]:
    """Render the counts as a table, the sum last."""
    total = sum(counts.values(), Counter())
    yield f"{'package':<14}" + "".join(f"{column:>11}" for column in COLUMNS)
    for package, row in [*counts.items(), ("total", total)]:
        yield f"{package:<14}" + "".join(f"{row[column]:>11,}" for column in COLUMNS)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("src", nargs="?", type=Path, default=ROOT / "src" / "creditscore")
    parser.add_argument("--json", type=Path, help="write the counts to this file too")
    arguments = parser.parse_args()
    counts = count_packages(arguments.src)
    print(*render_rows(counts), sep="\n")
    if arguments.json is not None:
        listed = {package: {column: row[column] for column in COLUMNS} for package, row in counts.items()}
        arguments.json.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
