"""Cards: a released model as `card.json`, and the same readable as Markdown and as a page."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.boundary import outside
from creditscore.core.config import models_root
from creditscore.core.errors import InputError
from creditscore.core.json_source import read_object
from creditscore.modelling.models.inputs import saved_as
from creditscore.modelling.registry.describe import Block, blocks
from creditscore.modelling.registry.grading_model import GradingModel

__all__ = ["card_of", "differences", "load_card", "markdown", "page", "write_card"]

FIGURES = {
    "discrimination": ("auc", "auc_low", "auc_high", "ar", "accuracy_ratio", "ks"),
    "brier": ("score",),
    "calibration_error": ("ece",),
    "coverage": ("used", "events"),
}
FREE = ("content_hash", "versions", "model_hash", "report_sha256", "base", "iterations")  # may differ in last digits
STYLE = (
    "body{font:16px/1.5 'Noto Sans CJK SC','Microsoft YaHei','PingFang SC','WenQuanYi Micro Hei',sans-serif;"
    "max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse;width:100%}"
    "td,th{border-bottom:1px solid #ccc;padding:.25rem .5rem;text-align:left;overflow-wrap:anywhere}"
    "th{white-space:nowrap}"
)


def card_of(model: GradingModel, report: Any = None, regenerate: str = "") -> dict[str, Any]:
    """The card as plain JSON: the whole model, and the figures of its validation. `report`: a ValidationReport."""
    return {
        "kind": "model_card",
        "format": 1,
        "name": model.name,
        "content_hash": model.content_hash,
        "model": model.to_dict(),
        "validation": None if report is None else _figures(report),
        "regenerate": regenerate,
    }


def load_card(folder: str | Path) -> GradingModel:
    """Load the model of a card: it predicts as the one the card was written from.

    Parameters
    ----------
    folder : path
        A folder with card.json, the file itself, or the name of a reference model that ships with the package.

    Raises
    ------
    InputError
        Where there is no card, or the card was changed.

    Examples
    --------
    >>> load_card("benchmark/german-credit").name
    'german-credit'
    """
    place = Path(folder)
    if not place.exists() and (models_root() / place / "card.json").is_file():
        place = models_root() / place
    place = place / "card.json" if place.is_dir() else place
    if not place.is_file():
        shipped = (file.parent.relative_to(models_root()).as_posix() for file in models_root().glob("*/*/card.json"))
        raise InputError(
            "modelling.no_card_here", value=", ".join(sorted(shipped)) or "none is here", where=str(folder)
        )
    data = read_object(place, "the card")
    with outside("the card", place):
        data = saved_as(data, "model_card")
        return GradingModel.from_dict({**data["model"], "content_hash": data["content_hash"]})


def write_card(
    model: GradingModel, folder: str | Path, report: Any = None, *, readme: bool = False, regenerate: str = ""
) -> list[Path]:
    """`card.json`, with `card.md` and `card.html`, or with README.md alone where the folder is read on a code host."""
    data = card_of(model, report, regenerate)
    with outside("the model", model.name, "train the model again, or take its file from where it was registered"):
        parts = blocks(model, data["validation"], regenerate)
        texts = {"card.json": json_text(data)}
        if readme:
            texts["README.md"] = markdown(parts)
        else:
            texts |= {"card.md": markdown(parts), "card.html": page(parts)}
    return write_texts(folder, texts)


def markdown(parts: Sequence[Block]) -> str:
    """Blocks as Markdown."""
    lines: list[str] = []
    for number, part in enumerate(parts):
        lines += [f"{'#' if number == 0 else '##'} {part.title}", ""]
        lines += [part.text, ""] if part.text else []
        if part.rows:
            lines += [_row(part.header), "|" + "---|" * len(part.header), *map(_row, part.rows), ""]
    return "\n".join(lines)


def page(parts: Sequence[Block]) -> str:
    """Blocks as one offline page without scripts."""
    body = []
    for number, part in enumerate(parts):
        level = 1 if number == 0 else 2
        body.append(f"<h{level}>{html.escape(part.title)}</h{level}>")
        body += [f"<p>{html.escape(text)}</p>" for text in part.text.split("\n\n") if text]
        if part.rows:
            head = "".join(f"<th>{html.escape(cell)}</th>" for cell in part.header)
            rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in part.rows)
            body.append(f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(parts[0].title)}</title>'
        f"<style>{STYLE}</style></head>\n<body>{''.join(body)}</body></html>\n"
    )


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """Where two cards are not the same: whole numbers, texts and edges of bins must be equal, other floats to 1e-9.

    Hashes of content and versions are left out: last digits of floats may depend on the machine.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [key for key in dict.fromkeys([*old, *new]) if key not in FREE]
        difference_rows = []
        for key in keys:
            if key not in old or key not in new:
                difference_rows.append(f"{path}.{key}: only in one")
            else:
                difference_rows += differences(old[key], new[key], f"{path}.{key}")
        return difference_rows
    if isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            return [f"{path}: {len(old)} and {len(new)} entries"]
        return [
            difference
            for k, pair in enumerate(zip(old, new, strict=True))
            for difference in differences(*pair, f"{path}[{k}]")
        ]
    if isinstance(old, float) and isinstance(new, float) and not path.endswith((".low", ".high", ".points")):
        return [] if math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-9) else [f"{path}: {old!r} and {new!r}"]
    return [] if old == new and type(old) is type(new) else [f"{path}: {old!r} and {new!r}"]


def _figures(report: Any) -> dict[str, Any]:
    data = report.to_dict()
    numbers = {
        f"{section}.{name}": data["numbers"][section][name]
        for section, names in FIGURES.items()
        for name in names
        if name in data["numbers"].get(section, {})
    }
    criterion_columns = ("criterion", "label_en", "label_zh", "value", "outcome")
    return {
        "verdict": data["verdict"],
        "part": data["about"]["part"],
        "numbers": numbers,
        "criteria": [
            {name: row[name] for name in criterion_columns}
            for row in data["criteria"]
            if row["outcome"] in ("warn", "fail")
        ],
        "report_sha256": report.sha256,
        "data_sha256": data["about"]["data_sha256"],
    }


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
