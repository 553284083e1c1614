"""The model part of an objection: adds up, says that it is advisory, survives JSON."""

import json
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import UsageError
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.part import ModelPart, model_part


@pytest.mark.parametrize("kind", ["judged", "boosted", "ordinal"])
def test_a_part_adds_up_and_is_json(request: pytest.FixtureRequest, kind: str, table: pd.DataFrame) -> None:
    result = request.getfixturevalue(kind)
    model: GradingModel = result[1] if kind == "judged" else result
    part = model_part(model, table, "91500000MAAAAAA188", row=5, k=2, draws=10)
    assert part.base + sum(share.points for share in part.shares) == pytest.approx(part.points, abs=1e-9)
    statement: Any = model.predict(table.iloc[[5]]).iloc[0]
    assert (part.score, part.grade, part.probability) == (
        statement["score"],
        statement["grade"],
        statement["probability"],
    )
    assert ModelPart.from_dict(json.loads(json.dumps(part.to_dict()))) == part
    assert part.model["content_hash"] == model.content_hash
    assert part.model["report_sha256"] == (model.validation or {}).get("report_sha256")
    assert {"algorithm", "rows", "sha256", "seed", "versions"} <= part.background.keys()


def test_it_says_what_it_is_and_which_reasons_are_firm(bare: GradingModel, table: pd.DataFrame) -> None:
    worst = int(bare.predict(table)["score"].to_numpy().argmin())
    part = model_part(bare, table, "x", row=worst, k=2, draws=20)
    assert part.advisory
    for lang, word in (("zh", "仅供参考"), ("en", "Advisory")):
        lines = part.lines(lang)
        assert word in lines[0]
        assert any("Late filings" in line or "逾期申报次数" in line for line in lines)
    reasons = [share for share in part.shares if share.rank is not None]
    assert 1 <= len(reasons) <= 2
    assert all(reason.stable is not None and reason.words is not None and reason.points < 0 for reason in reasons)
    shaky = ModelPart.from_dict(part.to_dict() | {"shares": [{**part.to_dict()["shares"][0], "stable": False}]})
    assert "可能不在前列" in "\n".join(shaky.lines("zh"))


def test_a_row_that_is_not_there(bare: GradingModel, table: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="row 9"):
        model_part(bare, table.iloc[:3], "x", row=9)
