"""The made-up district under several composites, as the demo grades it on the last day of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.result import Composite
from creditscore.demo.district import SEED, district
from creditscore.demo.plan_years import YEARS, plan_tables, plan_years


def score_district(
    configs: Sequence[CompositeConfig], subjects: int = 2000, seed: int = SEED, year: int = YEARS[-1]
) -> dict[str, Composite]:
    """Each composite that is in force on 31 December of a year of the plan, by name; other ones are left out.

    The organisations are those of the demo with this number and seed, graded under the profile of the district.
    """
    import numpy as np

    tables = plan_tables(district(subjects, seed).subjects, np.random.default_rng(seed))
    (graded,) = plan_years(tables.snapshot(), [year])
    day = date(year, 12, 31)
    return {
        config.name: combine(graded.gradings, config, listings=tables.listings, as_of=day)
        for config in configs
        if config.effective_from <= day and (config.effective_to is None or day < config.effective_to)
    }
