"""Single faults in a sound district: nobody gets a better grade without a mark, and only those touched are marked."""

import pytest

from tests.single_faults.injection import KINDS, District, Sound, faults, judge, sound_run
from tests.tiers import thinned

SUBJECTS, SEED = 30, 11


@pytest.fixture(scope="module")
def district() -> District:
    return District.sound(SUBJECTS, SEED)


@pytest.fixture(scope="module")
def sound(district: District) -> Sound:
    return sound_run(district)


def test_the_sound_district_is_graded_without_marks(sound: Sound) -> None:
    assert sound.unmarked >= 0.99
    assert len({place for place, _, _ in sound.grades.values()}) > 3  # or no grade could become better


# each kind twice, the second time at length
NUMBERS = [number for first in range(len(KINDS)) for number in (first, first + len(KINDS))]


@pytest.mark.parametrize("number", thinned(NUMBERS, 8, in_ci=2))
def test_no_single_fault_gives_a_better_grade_without_a_mark(number: int, district: District, sound: Sound) -> None:
    fault = list(faults(district, SEED, number + 1))[-1]
    assert judge(district, sound, fault).complaints == (), fault
