"""All published UK ratings of the snapshot, graded again."""

from pathlib import Path

import pytest

from creditscore.demo.uk import regrade


@pytest.mark.slow
def test_every_rating_of_the_snapshot_is_reproduced(shared: Path) -> None:
    compared = regrade(shared / "fhrs_uk_2015" / "establishments.parquet")
    assert (compared.equal, compared.total) == (267_921, 267_921)
