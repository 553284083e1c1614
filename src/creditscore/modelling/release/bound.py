"""A model part is bound to a registered, validated version: made again from its inputs, and the same, or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from creditscore.errors import DifferenceError, UsageError
from creditscore.modelling.release.part import ModelPart
from creditscore.modelling.release.reasons import value_words
from creditscore.modelling.release.registry import Version, list_versions, load
from creditscore.modelling.release.tracking import ModelStore

VALIDATED = ("pass", "warn")


def bound_version(data: Mapping[str, Any], store: ModelStore) -> Version:
    """The registered and validated version that made a model part (`ModelPart.to_dict`).

    UsageError where its hash is that of no such version, or the part does not carry its inputs; DifferenceError where
    the version, given these inputs, says something else.
    """
    import numpy as np
    import pandas as pd

    try:
        part = ModelPart.from_dict(dict(data))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"the model part cannot be read: {error}", where="the model part",
            allowed="the JSON of `ModelPart.to_dict`", next="make it again: `model_part`",
        ) from error  # fmt: skip
    stated = str(part.model.get("content_hash"))
    known = [one for one in list_versions(store) if one.kind == "model"]
    fitting = [one for one in known if one.content_hash == stated]
    if not fitting:
        raise UsageError(
            f"no registered model has the hash of the model part, {stated[:24]}", where=str(store.folder),
            allowed="; ".join(f"{one.name} {one.version}: {one.content_hash[:24]}" for one in known) or "none",
            next="register the model (`creditscore model register`), or name its registry with --models DIR",
        )  # fmt: skip
    validated = [one for one in fitting if one.verdict in VALIDATED]
    if not validated:
        raise UsageError(
            f"{fitting[0].name} {fitting[0].version} was never validated, or failed", where="the model part",
            allowed=f"a version with the verdict {' or '.join(VALIDATED)}",
            next="validate it: `creditscore model validate`",
        )  # fmt: skip
    version = validated[-1]
    if not part.inputs:
        raise UsageError(
            "the model part does not say what the model read", where="the model part, inputs",
            next="make it again with this version of the package: `model_part`",
        )  # fmt: skip
    model = load(version.name, version.version, store=store)
    row = pd.DataFrame({name: [np.nan if value is None else value] for name, value in part.inputs.items()})
    frame = model.inputs(row)
    explained, predicted = model.explain(frame), model.predict(frame, reasons=0).iloc[0]
    made = dict(explained.ranked(0))
    words = {name: value_words(model, frame, name) for name in made}
    wanted: dict[str, tuple[Any, Any]] = {
        "points": (part.points, float(explained.score[0])),
        "base": (part.base, explained.base),
        "probability": (part.probability, float(predicted["probability"])),
        "grade": (part.grade, str(predicted["grade"])),
        "score": (part.score, int(predicted["score"])),
        "model": (part.model.get("name"), model.name),
        "columns": (sorted(one.column for one in part.shares), sorted(made)),
    }
    for one in part.shares:
        if one.column in made:
            code, said = words[one.column]
            wanted[f"share {one.column}"] = (one.points, made[one.column])
            wanted[f"value of {one.column}"] = (one.value, str(said[code[0]]).partition(": ")[2])
            wanted[f"label of {one.column}"] = (
                dict(one.label), {lang: model.label(one.column, lang) for lang in ("zh", "en")},
            )  # fmt: skip
    for name, (stands, again) in wanted.items():
        if not _same(stands, again):
            raise DifferenceError(
                f"the model part is not what {version.name} {version.version} says: {name} {stands}",
                where="the model part", allowed=f"{name} {again}", next="make the part again from the registered model",
            )  # fmt: skip
    return version


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6)
    return bool(one == other)
