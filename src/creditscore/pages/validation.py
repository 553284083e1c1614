"""The validation report as a document, drawn from its JSON alone: verdict, purpose, criteria, sections, hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, phrases
from creditscore.pages.validation_sections import sections
from creditscore.present.document import (
    Badge,
    Code,
    Count,
    Document,
    Facts,
    Lines,
    Listing,
    Paragraph,
    Row,
    Section,
    Table,
    Tiles,
    Tone,
    Value,
    heads,
    percent,
)
from creditscore.present.html import write_pages
from creditscore.present.plots import shown

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
OUTCOMES: dict[str, Tone] = {"pass": "good", "warn": "warn", "fail": "bad", "not_assessed": "idle"}
BOUNDS = {"high": "< {0}", "low": "≥ {0}", "near_one": "> {0} / < 1/{0}"}


def own(value: Any, lang: Lang) -> str:
    """A text of the caller: plain, or in two languages."""
    if isinstance(value, dict):
        value = value.get(lang, value.get("zh", value.get("en", "")))
    return str(value)


def validation_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe a validation from the `to_dict()` of its report."""
    t = phrases("validation", lang, "pages")
    about, numbers = data["about"], data["numbers"]
    coverage, ranks = numbers["coverage"], numbers.get("discrimination", {})
    counted = [sum(row["outcome"] == name for row in data["criteria"]) for name in OUTCOMES]
    facts = list(_facts(about, lang, t))
    return Document(
        t("validation"),
        own(about.get("title") or t("validation"), lang),
        lang,
        [
            Section(
                t("verdict"),
                [
                    Paragraph(Badge(t(data["verdict"]), tone=OUTCOMES[data["verdict"]], large=True)),
                    Paragraph(t("verdict_desc", *counted)),
                ],
            ),
            Section(t("purpose_section"), [Facts(facts)]) if facts else None,
            Tiles(
                [
                    (t("rows_used"), Count(coverage["used"])),
                    (t("events"), Count(coverage["events"])),
                    (t("rate"), percent(coverage["rate"], 2)),
                    (t("auc"), shown(ranks.get("auc"))),
                    (t("oe"), shown(numbers["observed_to_expected"]["oe"])),
                    (t("brier_score"), shown(numbers["brier"]["score"])),
                ]
            ),
            Section(t("criteria"), [_criteria(data["criteria"], lang, t)], t("criteria_desc")),
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


def _criteria(criteria: list[dict[str, Any]], lang: Lang, t: Callable[..., str]) -> Table:
    rows = []
    for row in criteria:
        bounds = (
            None if row[name] is None else BOUNDS[row["better"]].format(f"{row[name]:g}") for name in ("warn", "fail")
        )
        tone = OUTCOMES[row["outcome"]]
        outcome = Badge(t(f"outcome_{row['outcome']}"), tone=tone)
        shade: Tone = tone if tone in ("warn", "bad", "idle") else ""
        rows.append(Row((row[f"label_{lang}"], shown(row["value"]), *bounds, outcome), shade))
    return Table(heads(t, "criterion", numbers=("value", "bound_warn", "bound_fail"), outcome="badge"), rows)


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
