"""Run notebooks from top to bottom, each in an empty folder, and render what they show as offline HTML.

    python scripts/render_notebooks.py build/notebooks [notebooks/02_train_a_scorecard.py …]

A cell that fails, or writes to the error stream, stops the run with the cell's source.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.py"))
SECONDS = 600  # for one cell, on a busy machine
# nbconvert's page asks other hosts for scripts; nothing here needs them
ELSEWHERE = re.compile(r"<script[^>]*\ssrc=[^>]*>\s*</script>|<script type=.module.*?</script>", re.DOTALL)


def render(notebook: Path) -> str:
    """The notebook as a page, with every output; RuntimeError where a cell warned."""
    import jupytext
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    cells = jupytext.read(notebook)
    with tempfile.TemporaryDirectory() as folder:
        at = {"metadata": {"path": folder}}
        NotebookClient(cells, timeout=SECONDS, kernel_name="python3", resources=at).execute()
    for cell in cells.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise RuntimeError(f"{notebook.name} warned: {output['text']}\n{cell.source}")
    exporter = HTMLExporter(template_name="lab")
    page, _ = exporter.from_notebook_node(cells, resources={"metadata": {"name": title(cells.cells[0].source)}})
    return ELSEWHERE.sub("", page)


def title(source: str) -> str:
    """The first heading of a notebook."""
    return source.splitlines()[0].lstrip("# ").strip()


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYTHONWARNINGS", "default")
    for notebook in map(Path, sys.argv[2:]) if sys.argv[2:] else NOTEBOOKS:
        (out / f"{notebook.stem}.html").write_text(render(notebook), encoding="utf-8")
        print(out / f"{notebook.stem}.html")


if __name__ == "__main__":
    main()
