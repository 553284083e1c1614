"""A model part is bound to a registered, validated version: made again from its inputs, and the same, or refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from creditscore.core.errors import DifferenceError, UsageError
from creditscore.modelling.registry.part import ModelPart
from creditscore.modelling.registry.reason_words import value_words
from creditscore.modelling.registry.releases import describe_version, list_registered, read_archived
from creditscore.modelling.registry.versions import Version
from creditscore.store.store import Store

VALIDATED = ("pass", "warn")


def bound_version(data: Mapping[str, Any], store: Store) -> Version:
    """The registered and validated version that made a model part (`ModelPart.to_dict`), read from the office's log.

    UsageError where its hash is that of no such version, or the part does not carry its inputs; DifferenceError where
    the version, given these inputs, says something else.
    """
    import numpy as np
    import pandas as pd

    try:
        part = ModelPart.from_dict(dict(data))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("modelling.model_part_cannot_read", error=error) from error
    stated = str(part.model.get("content_hash"))
    streams = [stream for stream in list_registered(store) if stream.fields["kind"] == "model"]
    known = [(stream, describe_version(store, stream, None)) for stream in streams]
    fitting = [(stream, version) for stream, version in known if version.content_hash == stated]
    if not fitting:
        raise UsageError(
            "modelling.no_registered_model_hash_model_part",
            stated=stated[:24],
            where=store.database.shown,
            allowed="; ".join(
                (f"{version.name} {version.version}: {version.content_hash[:24]}" for _, version in known)
            )
            or "none",
        )
    validated = [(stream, version) for stream, version in fitting if version.verdict in VALIDATED]
    if not validated:
        raise UsageError(
            "modelling.never_validated_failed",
            name=fitting[0][1].name,
            version=fitting[0][1].version,
            listed=" or ".join(VALIDATED),
        )
    stream, version = validated[-1]
    if not part.inputs:
        raise UsageError("modelling.model_part_not_say_model_read")
    model = read_archived(store, stream)
    row = pd.DataFrame({name: [np.nan if value is None else value] for name, value in part.inputs.items()})
    frame = model.inputs(row)
    explained, predicted = model.explain(frame), model.predict(frame, reasons=0).iloc[0]
    shares = dict(explained.ranked(0))
    words = {name: value_words(model, frame, name) for name in shares}
    wanted: dict[str, tuple[Any, Any]] = {
        "points": (part.points, float(explained.score[0])),
        "base": (part.base, explained.base),
        "probability": (part.probability, float(predicted["probability"])),
        "grade": (part.grade, str(predicted["grade"])),
        "score": (part.score, int(predicted["score"])),
        "model": (part.model.get("name"), model.name),
        "columns": (sorted(share.column for share in part.shares), sorted(shares)),
    }
    for share in part.shares:
        if share.column in shares:
            code, value_texts = words[share.column]
            wanted[f"share {share.column}"] = (share.points, shares[share.column])
            wanted[f"value of {share.column}"] = (share.value, str(value_texts[code[0]]).partition(": ")[2])
            wanted[f"label of {share.column}"] = (
                dict(share.label),
                {lang: model.label(share.column, lang) for lang in ("zh", "en")},
            )
    for name, (stands, again) in wanted.items():
        if not _same(stands, again):
            raise DifferenceError(
                "modelling.model_part_not_says",
                name=version.name,
                version=version.version,
                name_2=name,
                stands=stands,
                again=again,
            )
    return version


def _same(stated: Any, other: Any) -> bool:
    if isinstance(stated, int | float) and isinstance(other, int | float):
        return math.isclose(stated, other, rel_tol=1e-6, abs_tol=1e-6)
    return bool(stated == other)
