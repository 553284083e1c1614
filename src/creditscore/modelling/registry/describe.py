"""A model in words and small tables: what the terminal, the card and the notebooks show of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import label_of, plain
from creditscore.modelling.scorecard.findings import WHY

if TYPE_CHECKING:
    from creditscore.modelling.registry.grading_model import GradingModel

__all__ = ["Block", "blocks", "describe_model", "figure", "split_words"]


@dataclass(frozen=True)
class Block:
    """A heading, a text or a table."""

    title: str = ""
    text: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def describe_model(model: GradingModel) -> dict[str, str]:
    """Describe a model in a handful of lines.

    Parameters
    ----------
    model
        A trained model.

    Returns
    -------
    dict
        Heading → line: model, rows, test, calibration, grades, content (hash), data (hash) and, where a scorecard has
        notes on its evidence, note.

    Examples
    --------
    >>> describe_model(load_model("models/breach"))["calibration"]  # doctest: +SKIP
    'platt'
    """
    data = model.about["data"]
    used = getattr(model.estimator, "variables_", None)
    description = {
        "model": f"{model.name}: {model.about['estimator']}, "
        + (f"{len(used)} of {len(model.columns)} columns" if used is not None else f"{len(model.columns)} columns"),
        "rows": f"{data['fit']['rows']} for the fit ({data['fit']['events']} events), "
        f"{data['test']['rows']} kept for validation ({data['test']['events']})",
        "test": split_words(model.about)["en"],
        "calibration": ("none" if model.calibrator is None else model.calibrator.method)
        + ("" if model.population_rate is None else f", to a population with {model.population_rate:.2%} events"),
        "grades": " ".join(map(str, model.scale.grades if model.scale is not None else model.estimator.grades_)),
        "content": model.content_hash,
        "data": data["sha256"],
    }
    evidence = getattr(getattr(model.estimator, "card_", None), "evidence", None)
    if evidence is not None and evidence.notes:
        description["note"] = "; ".join(evidence.notes)
    if data["without_outcome"]:
        description["rows"] += f", {data['without_outcome']} without outcome left out"
    return description


def blocks(model: GradingModel, validation: Mapping[str, Any] | None = None, regenerate: str = "") -> list[Block]:
    """The readable card: purpose, points, grades, validation, limits, in this order."""
    about = model.about
    notice = label_of("models", "notice")
    text_blocks = [Block(model.name, f"{notice.en}\n\n{notice.zh}")]
    described = (
        "purpose",
        "use",
        "outcome_definition",
        "population",
        "periods",
        "horizon",
        "source",
        "licence",
        "limits",
    )
    rows = [[name.replace("_", " "), _said(about[name])] for name in described if about.get(name)]
    rows += [[name, value] for name, value in describe_model(model).items() if name != "model"]
    rows.append(["background", f"{model.explainer.rows} rows, {model.explainer.algorithm}, {model.explainer.sha256}"])
    if model.scheme:
        rows.append(["mirrors the scheme", model.scheme])
    text_blocks.append(Block("What it is", header=("", ""), rows=rows))
    text_blocks.append(_points(model))
    text_blocks += _evidence(model)
    if model.scale is not None and hasattr(model.scale, "table_"):
        table = model.scale.table_
        text_blocks.append(
            Block(
                "Grades",
                "Counted on the rows of the fit, each predicted by a model that did not see it. "
                "`rate` with its interval is Jeffreys' estimate; no rate is zero.",
                ("grade", "probability", "rows", "events", "rate", "95 % interval"),
                [
                    [
                        str(row["grade"]),
                        f"{row['p_from']:.4f} to {row['p_to']:.4f}",
                        figure(row["count"]),
                        figure(row["events"]),
                        f"{row['rate']:.4f}",
                        f"{row['low']:.4f} to {row['high']:.4f}",
                    ]
                    for row in table.to_dict("records")
                ],
            )
        )
    if validation is not None:
        text_blocks.append(
            Block(
                "Validation",
                f"Verdict: {validation['verdict']}, on {validation['part']['en']}.",
                ("figure", "value"),
                [[name, figure(value)] for name, value in validation["numbers"].items()],
            )
        )
        warned = [[row["label_en"], figure(row["value"]), row["outcome"]] for row in validation["criteria"]]
        if warned:
            text_blocks.append(Block("What the validation warns of", "", ("criterion", "value", "outcome"), warned))
    if regenerate:
        text_blocks.append(Block("Made again by", f"`{regenerate}`"))
    return text_blocks


def _points(model: GradingModel) -> Block:
    card = getattr(model.estimator, "card_", None)
    if card is None:
        return Block(
            "Inputs",
            "",
            ("column", "kind", "in words"),
            [[name, str(model.about["columns"][name]["kind"]), model.label(name)] for name in model.columns],
        )
    return Block(
        "Points",
        f"The score is the sum of the points. {card.base_score:g} points are odds of {card.base_odds:g} to 1, "
        f"{card.pdo:g} more double them; higher is better.",
        ("variable", "value", "rows", "event rate", "points"),
        [
            [model.label(row.variable), row.bin, figure(row.count), figure(row.rate), figure(row.points)]
            for row in card.rows
        ],
    )


def _evidence(model: GradingModel) -> list[Block]:
    """What the fit found out about each column, where the model carries it."""
    evidence = getattr(getattr(model.estimator, "card_", None), "evidence", None)
    if evidence is None:
        return []
    text = (
        "p: of no effect beside the others, as the column left or stayed; of columns that stay it is descriptive. "
        "Spread: standard deviation of the points over the rows of the fit. A bin is told as a reason only where its "
        "column may be told and its shortfall exceeds 1.645 of its errors."
    )
    if evidence.clusters is not None:
        text += f" Rows belong together: {evidence.clusters} clusters."
    return [
        Block(
            "Evidence",
            "\n\n".join([*evidence.notes, text]),
            ("variable", "stays", "told", "p", "gain", "degrees of freedom", "spread", "95 % interval", "why"),
            [
                [
                    model.label(row["variable"]),
                    "yes" if row["stays"] else "no",
                    "yes" if row["told"] else "no",
                    f"{row['p']:.2g}",
                    f"{row['gain']:.1f}",
                    f"{row['freedom']:.1f}",
                    f"{row['spread']:.1f}",
                    f"{row['spread_low']:.1f} to {row['spread_high']:.1f}",
                    WHY[row["why"]],
                ]
                for row in evidence.to_pandas().to_dict("records")
            ],
        )
    ]


def figure(value: Any) -> str:
    """A number as people read it: whole where it is whole, four digits else, a dash for none."""
    if value is None or value != value:
        return "–"
    if isinstance(value, str):
        return value
    return f"{int(value)}" if float(value).is_integer() else f"{value:.4g}"


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return " / ".join(str(element) for element in value.values())
    return "; ".join(str(element).rstrip(".") for element in value) if isinstance(value, list | tuple) else str(value)


def split_words(about: Mapping[str, Any]) -> dict[str, str]:
    """How the test was drawn, and its shares of rows, organisations and events, zh and en."""
    split, data = about["split"], about["data"]
    whole = data.get("kept_whole")
    shares = [
        label_of("models", what, f"{held / (held + rest):.1%} ({held:,} / {held + rest:,})")
        for what in ("rows", "organisations", "events")
        if (held := data["test"].get(what)) is not None and (rest := data["fit"].get(what)) is not None and held + rest
    ]
    if split["by"] == "time":
        drawn = label_of("models", "drawn_in_time", split["test_from"], split["column"])
    else:
        drawn = label_of("models", "drawn" if whole else "drawn_by_row", f"{split['test']:.0%}", whole)
    return label_of(
        "models", "split", drawn, reduce(partial(label_of, "models", "then"), shares or [plain("")])
    ).model_dump()
