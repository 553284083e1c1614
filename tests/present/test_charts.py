"""Pictures are well formed, named, and as long as their numbers."""

import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from creditscore.present.charts import badge, bars, colours, histogram, stacked, steps, ticks
from creditscore.present.svg import WIDTH, columns, fit

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '"><script>alert(1)</script>&'


def parsed(picture: Markup) -> ET.Element:
    root = ET.fromstring(str(picture))
    assert root.tag == f"{SVG}svg"
    names = root.attrib["aria-labelledby"].split()
    assert [root[0].attrib["id"], root[1].attrib["id"]] == names
    assert root[0].text
    assert root[1].text
    assert not root.findall(f".//{SVG}script")
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.attrib["x"]) <= WIDTH
        assert 0 <= float(rect.attrib["x"]) + float(rect.attrib["width"]) <= WIDTH + 0.1
    return root


def test_bars_are_in_proportion() -> None:
    rows = [{"label": EVIL, "value": 10, "text": "ten"}, {"label": "b", "value": 5, "text": EVIL}]
    widths = [float(element.attrib["width"]) for element in parsed(bars("n", "t", "d", rows)).iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2 * widths[1])


def test_stacked_shares_fill_the_bar() -> None:
    rows = [{"label": EVIL, "total": 4, "counts": {"A": 1, "D": 3}, "percents": {"A": 25.0, "D": 75.0}}]
    root = parsed(stacked("n", "t", "d", rows, ["A", "B", "D"]))
    widths = [float(element.attrib["width"]) for element in root.iter(f"{SVG}rect")][3:]
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.01)
    assert {"25.0", "75.0"} <= {element.text for element in root.iter(f"{SVG}text")}


def test_histogram_marks_the_edges_inside_its_range() -> None:
    bins = [{"from": str(k), "to": str(k + 5), "count": k} for k in range(60, 100, 5)]
    edges = [{"grade": "A", "at": "90"}, {"grade": "C", "at": "40"}]
    root = parsed(histogram("n", "t", "d", bins, edges))
    lines = [element.attrib for element in root.iter(f"{SVG}line")]
    assert len([line for line in lines if "stroke-dasharray" in line]) == 1
    assert all("stroke" in line for line in lines)  # without a style sheet too
    assert histogram("n", "t", "d", [], edges) == ""


def test_steps_lead_from_start_to_score() -> None:
    rows = [
        {"label": "start", "before": None, "after": 90, "text": "90"},
        {"label": EVIL, "before": 90, "after": 85, "text": "−5"},
        {"label": "gain", "before": 85, "after": 87, "text": "+2"},
    ]
    root = parsed(steps("n", "t", "d", rows))
    widths = [float(element.attrib["width"]) for element in root.iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2.5 * widths[1], rel=0.01)


def test_texts_are_cut_to_their_place() -> None:
    assert columns("ab一二") == 6
    assert fit("short", 500) == "short"
    cut = fit("很长很长很长很长的名字", 80)
    assert cut.endswith("…")
    assert columns(cut) * 13 * 0.54 <= 80 + 13


def test_colours_and_ticks() -> None:
    assert len(set(colours(["A", "B", "M", "C", "D"]).values())) == 5
    assert len(set(colours(["5", "4", "3", "2", "1", "0"]).values())) == 6
    assert colours(["X"])["X"].startswith("#")
    assert ticks(5800) == [0, 2000, 4000]
    assert ticks(3) == [0, 1, 2, 3]
    assert ticks(1) == [0, 1]


@pytest.mark.parametrize(
    ("grade", "label", "sign", "ink", "wordy"),
    [
        ("A", "A级", "A", "on-dark", ""),
        ("B", "B级", "B", "on-light", ""),
        ("red", "红（严重失信）", "红", "on-dark", ""),
        ("listed", "列入严重失信名单", "列入严重失信名单", "on-dark", "wordy"),
        ("", "", "–", "on-dark", ""),
    ],
)
def test_a_grade_is_drawn_as_a_sign(grade: str, label: str, sign: str, ink: str, wordy: str) -> None:
    drawn = badge(grade, label)
    assert (drawn["badge"], drawn["ink"], drawn["wordy"]) == (sign, ink, wordy)
