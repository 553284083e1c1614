"""The validation report as a document, drawn from its JSON alone: verdict, purpose, criteria, sections, hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, phrases
from creditscore.modelling.validation.document import list_criteria, list_figures, own, state_verdict, title_of
from creditscore.pages.validation_sections import sections
from creditscore.present.document import (
    Code,
    Count,
    Document,
    Facts,
    Lines,
    Listing,
    Section,
    Table,
    Value,
    heads,
)
from creditscore.present.html import write_pages

FACTS = (
    "model",
    "version",
    "purpose",
    "use",
    "outcome_definition",
    "horizon",
    "population",
    "source",
    "scheme",
    "author",
    "target",
    "made_with",
    "validator",
    "part",
    "split",
    "weighting",
    "date",
)
HASHES = {
    "model_hash": "model_hash",
    "table_hash": "table_sha256",
    "data_hash": "data_sha256",
    "prediction_hash": "prediction_sha256",
    "content_hash": "data_content_hash",
}
BESIDE = ("title", "made_up", "advisory", "commands", "settings", "versions", "labels", "columns_used")


def validation_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe a validation from the `to_dict()` of its report."""
    t = phrases("validation", lang, "pages")
    about = data["about"]
    facts = list(_facts(about, lang, t))
    return Document(
        t("validation"),
        title_of(data, lang, t),
        lang,
        [
            state_verdict(data, t),
            Section(t("purpose_section"), [Facts(facts)]) if facts else None,
            list_figures(data, t),
            list_criteria(data, lang, t),
            *sections({**data, "tables": _call(data["tables"], about.get("labels") or {}, lang)}, t),
            Section(t("limits"), [Listing([own(limit, lang) for limit in data["limits"]])]),
            Section(t("regenerate"), list(_origin(data, t)), t("regenerate_desc")),
        ],
        data=data,
        made_up=bool(about.get("made_up", False)),
        foot=t("not_official"),
    )


def _facts(about: dict[str, Any], lang: Lang, t: Callable[..., str]) -> Iterator[tuple[str, Value]]:
    yield from ((t(name), own(about[name], lang)) for name in FACTS if about.get(name))
    if used := about.get("columns_used"):
        columns = ((name, ", ".join(value) if isinstance(value, list) else value) for name, value in used.items())
        yield t("columns_used"), Lines([f"{name} = {value}" for name, value in columns])
    for name, value in about.items():
        hashed = name.endswith(("_sha256", "_hash"))
        if name not in FACTS and name not in BESIDE and not hashed and value is not None:
            yield name, own(value, lang)


def _call(tables: dict[str, Any], labels: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """The tables with variables by their names in words, where the report has them."""
    words = {name: own(label, lang) for name, label in labels.items()}
    return {
        title: [
            {**row, "variable": words.get(row["variable"], row["variable"])} if "variable" in row else row
            for row in rows
        ]
        for title, rows in tables.items()
    }


def _origin(data: dict[str, Any], t: Callable[..., str]) -> Iterator[Facts | Table]:
    """What makes every figure again: hashes, settings, versions, commands."""
    about = data["about"]
    rows: list[tuple[str, Value]] = [(t(code), Code(about[name])) for code, name in HASHES.items() if about.get(name)]
    rows.append((t("settings"), ", ".join(f"{key} = {value}" for key, value in about["settings"].items())))
    rows.append((t("versions"), ", ".join(f"{key} {value}" for key, value in about["versions"].items())))
    if commands := [Code(str(command)) for command in about["commands"]]:
        rows.append((t("commands"), Lines(commands)))
    yield Facts(rows)
    figures = [
        (row["figure"], row["made_by"].rpartition(".")[2], Count(row["rows"]), row["sha256"]) for row in data["figures"]
    ]
    yield Table(heads(t, "figure", "made_by", rows="number", hash="code"), figures)


def write_validation(report: Any, folder: Path | str, name: str = "validation", *, index: str = "") -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json`, from a ValidationReport or its `to_dict()`.

    `index` is the page that leads back to all of them, from `folder`.
    """
    data = report if isinstance(report, dict) else report.to_dict()
    return write_pages(lambda lang: validation_document(data, lang), Path(folder), name, index=index)
