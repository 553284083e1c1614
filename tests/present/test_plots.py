"""Plots of figures: well formed whatever a name holds, and numbers as people read them."""

from creditscore.present.plots import intervals, matrix, pairs, reliability, scale_of, shown, square
from tests.present.test_charts import parsed
from tests.present.test_html import EVIL


def test_plots_are_well_formed() -> None:
    rows = [
        {"label": EVIL, "value": 1.2, "low": 0.8, "high": 1.7, "text": EVIL},
        {"label": "b", "value": None, "text": "—"},
    ]
    parsed(intervals("n", "t", "d", rows, 1.0))
    parsed(square("n", "t", "d", [{"label": EVIL, "points": [(0, 0), (0.2, 0.8), (1, 1)]}], "x", "y"))
    marks = [{"label": EVIL, "mean_p": 0.1, "rate": 0.12, "rate_low": 0.05, "rate_high": 0.2}]
    parsed(reliability("n", "t", "d", marks, "x", "y"))
    parsed(pairs("n", "t", "d", [{"label": EVIL, "first": 0.4, "second": 0.5, "text": "0.1"}], ("a", "b")))
    parsed(matrix("n", "t", "d", [EVIL, "b"], [[0.9, 0.1], [None, None]], [[9, 1], [0, 0]]))
    assert intervals("n", "t", "d", []) == ""
    assert reliability("n", "t", "d", [], "x", "y") == ""


def test_numbers_for_readers() -> None:
    assert [shown(value) for value in (None, 0.0, 1.0, 0.12345, -3.14159, 1234.5, 2e-9, 1.2e6)] == [
        "—",
        "0",
        "1",
        "0.123",
        "−3.14",
        "1,234",
        "2.0e−09",
        "1,200,000",
    ]
    for low, high in ((0, 1), (0.5, 0.93), (-0.0136, 0.0008), (3, 3), (0, 12345)):
        ticks = scale_of(low, high)
        assert ticks[0] <= low <= high <= ticks[-1]
        assert 2 <= len(ticks) <= 9
