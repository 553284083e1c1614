"""The model part of an objection: what a model said of one subject and why, to lie in a packet beside the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from creditscore.core.errors import UsageError
from creditscore.core.i18n import label_of, lang_of, phrases
from creditscore.modelling.models.inputs import saved_as
from creditscore.modelling.registry.reason_words import value_words
from creditscore.modelling.validation.reason_stability import reason_stability

if TYPE_CHECKING:
    from creditscore.modelling.registry.grading_model import GradingModel

__all__ = ["ModelPart", "Share", "model_part"]


@dataclass(frozen=True)
class Share:
    """What one input adds to the points. `stable`: None where it is no top reason."""

    column: str
    label: Mapping[str, str]
    value: str
    points: float
    rank: int | None = None
    low: float | None = None
    high: float | None = None
    kept: float | None = None
    stable: bool | None = None

    @property
    def words(self) -> Mapping[str, str] | None:
        """How far the reason may be relied on, zh and en."""
        return None if self.stable is None else label_of("models", "stable" if self.stable else "unstable").model_dump()


@dataclass(frozen=True)
class ModelPart:
    """Hold what one model says of one subject; base + Σ points of the shares = points. Advisory.

    A packet shows it beside the ledger of the statutory grade, never in its place.

    Parameters
    ----------
    subject_id
        Id of the subject.
    model
        Name, content hash, hash of the validation report, scheme.
    probability
        Probability of the event.
    probability_low, probability_high
        Interval of the calibration curve at this probability; None without a calibrator that has one.
    points
        Points, not rounded; higher is better.
    score
        The points as a whole number.
    grade
        The model's grade.
    base
        Mean points of the background.
    shares
        What each input adds to the points, greatest first.
    background
        Algorithm, rows, hash, seed, source and versions of the explanation.
    notice
        That this is advisory, by language (zh, en).
    advisory
        Always True.
    inputs
        What the model read, by column, so that the part can be made again
        (`creditscore.modelling.registry.bound.bound_version`).
    """

    subject_id: str
    model: Mapping[str, Any]
    probability: float
    probability_low: float | None
    probability_high: float | None
    points: float
    score: int
    grade: str
    base: float
    shares: tuple[Share, ...]
    background: Mapping[str, Any]
    notice: Mapping[str, str]
    advisory: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` gives an equal part."""
        return {"kind": "model_part", "format": 1, **asdict(self), "shares": [asdict(share) for share in self.shares]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The part saved by `to_dict`."""
        data = saved_as(data, "model_part")
        given = {key: value for key, value in data.items() if key not in ("kind", "format", "shares")}
        return cls(**given, shares=tuple(Share(**share) for share in data["shares"]))

    def lines(self, lang: str = "zh") -> list[str]:
        """The part as lines of text: notice, result, each share, the sum."""
        t = phrases("model_part", lang_of(lang), "models", "fragments")
        lines = [
            self.notice[lang],
            t("model", self.model["name"], self.model["content_hash"][:12]),
            t("result", f"{self.probability:.4f}", self.grade),
            t("base", f"{self.base:.1f}"),
        ]
        for share in self.shares:
            line = t("share", f"{share.points:+.1f}", share.label[lang], share.value or t("missing"))
            lines.append(line if share.stable is not False else t("doubtful", line, t("unstable")))
        if not any(share.rank is not None for share in self.shares):
            lines.append(t("no_reason"))
        return [*lines, t("sum", f"{self.points:.1f}")]


def model_part(
    model: GradingModel, X: Any, subject_id: str, *, row: int = 0, k: int = 4, draws: int = 50, seed: int = 0
) -> ModelPart:
    """Explain what a model says of one subject, as a part of its packet.

    Parameters
    ----------
    model
        The model.
    X
        Table with the model's columns.
    subject_id
        Id of the subject.
    row
        Position of the subject's row in X, from 0.
    k
        How many top reasons are tested for stability, 1 or more.
    draws
        How often the background is drawn again for that, 2 or more; explanations by shap are not tested.
    seed
        Seed of those draws.

    Returns
    -------
    ModelPart
        Probability, points, grade and the share of each input that adds or costs points.

    Raises
    ------
    UsageError
        For a row that is not in X, and for k or draws below their least.
    InputError
        For a missing column or an infinity in X.
    AdditivityError
        Where the shares do not add up to the points.

    Examples
    --------
    >>> model_part(model, firms, "F1", row=0).lines("en")  # doctest: +SKIP
    """
    frame = model.inputs(X)
    if not 0 <= row < len(frame):
        raise UsageError("modelling.row", row=row, count=len(frame) - 1)
    frame = frame.iloc[[row]].reset_index(drop=True)
    explained = model.explain(frame)
    predicted = model.predict(frame, reasons=0).iloc[0]
    explainer = model.explainer
    firm: dict[str, Any] = {}
    if not explainer.algorithm.startswith("shap"):
        table = reason_stability(model.estimator, frame, explainer, k=k, draws=draws, seed=seed).table
        firm = {row["column"]: row for row in table.to_dict("records")}
    shares = []
    for name, points in explained.ranked(0):
        code, words = value_words(model, frame, name)
        held = firm.get(name, {})
        shares.append(
            Share(
                column=name,
                label={lang: model.label(name, lang) for lang in ("zh", "en")},
                value=str(words[code[0]]).partition(": ")[2],
                points=points,
                **{key: held.get(key) for key in ("rank", "low", "high", "kept", "stable")},
            )
        )
    low, high = (None if v != v else float(v) for v in (predicted["probability_low"], predicted["probability_high"]))
    report = None if model.validation is None else model.validation["report_sha256"]
    return ModelPart(
        subject_id=subject_id,
        model={"name": model.name, "content_hash": model.content_hash, "report_sha256": report, "scheme": model.scheme},
        probability=float(predicted["probability"]),
        probability_low=low,
        probability_high=high,
        points=float(explained.score[0]),
        score=int(predicted["score"]),
        grade=str(predicted["grade"]),
        base=explained.base,
        shares=tuple(shares),
        background={
            **{name: getattr(explainer, name) for name in ("algorithm", "rows", "sha256", "seed", "source")},
            "versions": dict(explainer.versions),
            "additivity_gap": explained.gap,
            "draws": draws,
        },
        notice=label_of("models", "notice").model_dump(),
        inputs={str(name): _plain(frame[name].iloc[0]) for name in frame.columns},
    )


def _plain(value: Any) -> Any:
    """A value of the row as JSON has it; None where it is missing."""
    given = value.item() if hasattr(value, "item") else value
    if given is None or given != given:
        return None
    return given if isinstance(given, bool | int | float | str) else str(given)
