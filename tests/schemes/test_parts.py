"""What the windows of a repair are called: as the scheme says, else until when they last."""

import pytest

from creditscore.core.model import Label
from creditscore.schemes.parts import RepairWindow


@pytest.mark.parametrize(
    ("window", "zh", "en"),
    [
        ({"days": 3}, "3日内", "within 3 days"),
        ({"months": 6}, "6个月内", "within 6 months"),
        ({"end_of_year": 0}, "当年年末前", "by the end of the year"),
        ({"end_of_year": 1}, "次年年末前", "by the end of the next year"),
        ({"end_of_year": 2}, "其后第2年年末前", "by the end of year 2 after it"),
        ({"later": True}, "不限期限", "at any time"),
        ({"days": 3, "label": Label(zh="另称", en="another name")}, "另称", "another name"),
    ],
)
def test_a_window_has_words(window, zh, en):
    assert RepairWindow(id="w", **window).title == Label(zh=zh, en=en)
