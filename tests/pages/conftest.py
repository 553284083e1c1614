"""A small made-up district, graded once."""

import pytest

from creditscore.demo.district import district
from creditscore.demo.run import PUBLISHED, PUBLISHED_SOURCE, grade_district
from creditscore.grading.result import Grading
from creditscore.pages.summary import Summary, summarise


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Grading:
    return grade_district(district(400).write(tmp_path_factory.mktemp("district")))


@pytest.fixture(scope="session")
def summary(graded: Grading) -> Summary:
    return summarise(graded, published=PUBLISHED, published_source=PUBLISHED_SOURCE)
