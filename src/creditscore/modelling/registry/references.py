"""Reference models: trained in the open on attributed data, from one configuration each, made again by one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import DifferenceError, UsageError
from creditscore.modelling.features.frames import read_frame
from creditscore.modelling.registry.card import card_of, differences, write_card
from creditscore.modelling.registry.config import TrainConfig, load_config
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.train import train
from creditscore.modelling.registry.validating import validate_model

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PREPARE", "made_again", "regenerate_all", "table_for"]

COMMAND = "creditscore model card --regenerate models"
BOOTSTRAPS = 100


def regenerate_all(models: str | Path, data: str | Path | None = None, *, check: bool = False) -> list[tuple[str, str]]:
    """Each reference model below `models` again; (its place, what happened).

    Where the data are not there the card stays as it is, and the answer says so. `check`: nothing is written, and an
    DifferenceError lists what is not as the cards say.
    """
    root = Path(models)
    paths = sorted(root.glob("*/*/config.yaml"))
    if not paths:
        raise UsageError("modelling.no_reference_models_here", where=str(root), allowed="<domain>/<id>/config.yaml")
    done, wrong = [], []
    for file in paths:
        place = file.parent.relative_to(root).as_posix()
        table = table_for(file, data)
        if table is None:
            done.append((place, "data not here, card left as it is"))
            continue
        model, report = made_again(file, table)
        if not check:
            write_card(model, file.parent, report, readme=True, regenerate=COMMAND)
            done.append((place, f"written, verdict {report.verdict}"))
            continue
        old = json.loads((file.parent / "card.json").read_text(encoding="utf-8"))
        new = json.loads(json.dumps(card_of(model, report, COMMAND)))
        other = differences(old, new)
        wrong += [f"{place}{name}" for name in other[:5]]
        done.append((place, f"{len(other)} differences" if other else "as the card says"))
    if wrong:
        raise DifferenceError(
            "cards are not made again:\n  " + "\n  ".join(wrong),
            where=str(root),
            next="install the versions of requirements.txt; where the change is meant, write the cards without --check",
        )
    return done


def made_again(file: Path, table: pd.DataFrame) -> tuple[GradingModel, Any]:
    """Model and validation report of a reference configuration on its table."""
    model = train(table, TrainConfig.of(load_config(file), str(file)))
    report, judged = validate_model(model, table, bootstraps=BOOTSTRAPS)
    return judged, report


def table_for(file: Path, data: str | Path | None = None) -> pd.DataFrame | None:
    """The table of a configuration: beside it, or in the folder of the data (default: ../shared/data beside the
    checkout); None where it is not there.
    """
    row = TrainConfig.of(load_config(file), str(file)).data
    if "file" not in row or row.get("prepare", "none") not in PREPARE:
        raise UsageError("modelling.reference_model_says_where_table_lies", file=file, listed=", ".join(PREPARE))
    folder = Path(data) if data is not None else file.resolve().parents[4] / "shared" / "data"
    for place in (file.parent / row["file"], folder / row["file"]):
        if place.is_file():
            table: pd.DataFrame = PREPARE[row.get("prepare", "none")](read_frame(place))
            return table
    return None


def fhrs_as_known(table: pd.DataFrame) -> pd.DataFrame:
    """UK ratings given in 2014 and after, with what was published of others by the end of 2013.

    Rows: establishments rated 0 to 5 on or after 2014-01-01, with `not_compliant` (rating 0 to 2). Inputs: of the same
    authority and of the same chain, ratings of other establishments given before: how many, mean points, share rated 5.
    Nothing of the establishment itself is used: its three scores are the rating. Means of fewer than 20 are left
    missing.
    """
    import numpy as np
    import pandas as pd

    scores = ["hygiene", "structural", "confidence"]
    rated = table[table["rating_value"].isin(list("012345")) & table[scores].notna().all(axis=1)]
    rated = rated[rated["rating_date"].notna()]
    late = pd.to_datetime(rated["rating_date"]) >= pd.Timestamp("2014-01-01")
    facts = pd.DataFrame(
        {
            "authority_code": rated["authority_code"].astype(str),
            "chain": rated["chain"].fillna("").astype(str),
            "points": rated[scores].sum(axis=1).astype(np.float64),
            "five": (rated["rating_value"] == "5").astype(np.float64),
            "bad": rated["rating_value"].isin(list("012")).astype(np.int64),
        }
    )
    past, now = facts[~late], facts[late].reset_index(drop=True)
    fhrs = now[["authority_code"]].assign(not_compliant=now["bad"])
    for key, word in (("authority_code", "authority"), ("chain", "chain")):
        known = (
            past[past[key] != ""].groupby(key).agg(n=("five", "size"), points=("points", "mean"), five=("five", "mean"))
        )
        known.loc[known["n"] < 20, ["points", "five"]] = np.nan
        beside = known.reindex(now[key]).reset_index(drop=True)
        fhrs[f"{word}_rated_before"] = beside["n"].fillna(0)
        fhrs[f"{word}_mean_points"] = beside["points"].round(6)
        fhrs[f"{word}_share_of_fives"] = beside["five"].round(6)
    return fhrs


PREPARE: dict[str, Callable[[Any], Any]] = {"none": lambda table: table, "fhrs_as_known": fhrs_as_known}
