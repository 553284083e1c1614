"""Day numbers: what is a date, and what only damaged data can hold."""

import pytest

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import InputError


def test_a_day_number_is_a_date_and_back() -> None:
    assert to_day(from_day(19_000)) == 19_000


@pytest.mark.parametrize("day", [10**7, -(10**7), 2**40])
def test_a_number_beyond_every_date_is_damaged_data(day: int) -> None:
    with pytest.raises(InputError, match="is no date"):
        from_day(day)
