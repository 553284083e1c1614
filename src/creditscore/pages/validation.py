"""The validation report as a page: one offline file per language, and beside it the JSON with every number drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, clean
from creditscore.pages.plots import OUTCOMES, shown
from creditscore.pages.validation_sections import sections
from creditscore.present import html, page
from creditscore.present.page import Said, Table

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


said_in = page.said_in("validation")  # texts of this report in one language


def own(value: Any, lang: Lang) -> str:
    """A text of the caller: plain, or in two languages."""
    if isinstance(value, dict):
        value = value.get(lang, value.get("zh", value.get("en", "")))
    return clean(str(value))


def validation_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a report's `to_dict()`; reads nothing else. `other`: the file in the other language."""
    t = said_in(lang)
    about = data["about"]
    facts = [(t(name), own(about[name], lang)) for name in FACTS if about.get(name)]
    data = {**data, "tables": _called(data["tables"], about.get("labels") or {}, lang)}
    used = about.get("columns_used") or {}
    if used:
        shown_rows = (
            f"{name} = {', '.join(value) if isinstance(value, list) else value}" for name, value in used.items()
        )
        facts.append((t("columns_used"), clean("; ".join(shown_rows))))
    known = {*FACTS, "title", "made_up", "advisory", "commands", "settings", "versions", "labels", "columns_used"}
    facts += [
        (name, own(value, lang))
        for name, value in about.items()
        if name not in known and not name.endswith(("_sha256", "_hash")) and value is not None
    ]
    counted = [sum(row["outcome"] == name for row in data["criteria"]) for name in OUTCOMES]
    template = html.environment().get_template("validation.html")
    return template.render(
        t=t,
        lang=lang,
        tag={"zh": "zh-CN", "en": "en"}[lang],
        data=data,
        other=other,
        made_up=bool(about.get("made_up", False)),
        title=own(about.get("title") or t("validation"), lang),
        facts=facts,
        counted=t("verdict_desc", *counted),
        shade=OUTCOMES[data["verdict"]],
        tiles=_tiles(data, t),
        criteria=_criteria(data["criteria"], t, lang),
        sections=sections(data, t),
        limits=[own(limit, lang) for limit in data["limits"]],
        commands=[clean(str(command)) for command in about["commands"]],
        settings=", ".join(f"{key} = {value}" for key, value in about["settings"].items()),
        versions=", ".join(f"{key} {value}" for key, value in about["versions"].items()),
        hashes=_hashes(about, t),
        figures=Table(
            [(t("figure"), ""), (t("made_by"), ""), (t("rows"), "n"), (t("hash"), "code")],
            [
                [clean(row["figure"]), row["made_by"].rpartition(".")[2], f"{row['rows']:,}", row["sha256"]]
                for row in data["figures"]
            ],
        ),
    )


def _called(tables: dict[str, Any], labels: dict[str, Any], lang: Lang) -> dict[str, Any]:
    """The tables with variables by their names in words, where the report has them."""
    words = {name: own(label, lang) for name, label in labels.items()}
    return {
        title: [
            {**row, "variable": words.get(row["variable"], row["variable"])} if "variable" in row else row
            for row in rows
        ]
        for title, rows in tables.items()
    }


def _tiles(data: dict[str, Any], t: Said) -> list[tuple[str, str]]:
    numbers = data["numbers"]
    coverage, ranks = numbers["coverage"], numbers.get("discrimination", {})
    return [
        (t("rows_used"), f"{coverage['used']:,}"),
        (t("events"), f"{coverage['events']:,}"),
        (t("rate"), f"{100 * coverage['rate']:.2f} %"),
        (t("auc"), shown(ranks.get("auc"))),
        (t("oe"), shown(numbers["observed_to_expected"]["oe"])),
        ("Brier", shown(numbers["brier"]["score"])),
    ]


def _criteria(rows: list[dict[str, Any]], t: Said, lang: Lang) -> list[dict[str, str]]:
    signs = {"high": "< {0}", "low": "≥ {0}", "near_one": "> {0} / < 1/{0}"}
    result = []
    for row in rows:
        bounds = {
            name: "—" if row[name] is None else signs[row["better"]].format(f"{row[name]:g}")
            for name in ("warn", "fail")
        }
        result.append(
            {"label": row[f"label_{lang}"], "value": shown(row["value"]), "outcome": t(f"outcome_{row['outcome']}")}
            | bounds
            | {
                "shade": OUTCOMES[row["outcome"]],
                "dark": "on-dark" if row["outcome"] in ("pass", "fail") else "on-light",
            }
        )
    return result


def _hashes(about: dict[str, Any], t: Said) -> list[tuple[str, str]]:
    named = (
        ("model_hash", "model_hash"),
        ("table_hash", "table_sha256"),
        ("data_hash", "data_sha256"),
        ("prediction_hash", "prediction_sha256"),
        ("content_hash", "data_content_hash"),
    )
    return [(t(code), clean(str(about[name]))) for code, name in named if about.get(name)]


def write_validation(report: Any, folder: Path | str, name: str = "validation") -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json`, from a ValidationReport or its `to_dict()`."""
    data = report if isinstance(report, dict) else report.to_dict()
    return html.write_pair(data, validation_page, Path(folder), name)
