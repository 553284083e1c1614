"""Every code has a mutant: a sound scheme with one thing broken, which fails with exactly that code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from creditscore.core.yaml_source import Source
from creditscore.schemes.checks import sources
from creditscore.schemes.codes import CODES
from creditscore.schemes.library import check
from creditscore.schemes.model import Scheme
from creditscore.schemes.walk import cites
from tests.paths import ROOT
from tests.schemes.library_helpers import DAYS, LAW, OTHER, RICH, library, library_faults
from tests.tiers import thinned

Change = tuple[str, str] | list[tuple[str, str]] | Callable[[str], str]
CITED = "cite: {law: L}, evidence: verified"
BANDS = "bands: [{grade: A, at_least: 90}, {grade: B, at_least: 70, below: 90}, {grade: C, at_least: 40, below: 70}, "
HALF = "deduct: {each: 2}, per: [month, level]"
SPAN = "span: {years: 3},"
WORDS = "label: {zh: 另有情形, en: another condition}"
SECOND = f"\n  - {{id: extra, %s, {WORDS}, {CITED}}}\n"


def decide(line: str, before: str = "  - {id: veto, when") -> Change:
    """One more line of decide before another."""
    return before, f"  - {{id: extra, {line}, {WORDS}, {CITED}}}\n{before}"


MUTANTS: dict[str, list[Change]] = {
    "E101": [("scheme: test/rich", "scheme: [test/rich"), ("label: {zh: 样例", 'label: {zh: "样\\x01例"')],
    "E102": [lambda text: "# nothing\n"],
    "E103": [("domain: test\n", "domain: test\ndomain: test\n")],
    "E104": [("domain: test\n", "domain: " + "[" * 60 + "]" * 60 + "\n"), ("readings:\n", "readings: &r\n  two: *r\n")],
    "E105": [
        (HALF, HALF.replace("2", "010")),
        (HALF, HALF.replace("2", "1_000")),
        (HALF, HALF.replace("2", "1e1")),
        ("deduct: 6", "deduct: 6e0"),
        ("deduct: 6", "deduct: 6.0E+0"),
    ],
    "E106": [("use: public_grade", "use: public_grade\ncolour: red")],
    "E107": [("checked_on: 2026-11-23\n", "")],
    "E108": [
        ("effective_from: 2010", "effective_from: 20100101"),
        ("use: public_grade", "use: secret"),
        ("years: [0, 0]", "years: ['0', 0]"),
    ],
    "E109": [
        (HALF, "deduct: {each: 2, fixed: 3}, per: [month, level]"),
        decide("when: rich, not_graded: ' '"),
        (SPAN, ""),
        (SPAN, SPAN + " until_exit: true,"),
        (SPAN, "span: {years: 3, days: 1},"),
    ],
    "E110": [(HALF, HALF.replace("2", "1.00000001")), ("default: [70, 700]", "default: [70, 7000000000000]")],
    "E111": [
        ("  rich: {type: bool", "  has-income: {type: bool"),
        ("  rich: {type: bool", "  not: {type: bool"),
        ("id: carry", "id: 'a;b'"),
    ],
    "E112": [("  rich: {type: bool", "  Size: {type: bool"), ("  rich: {type: bool", "  Age: {type: bool")],
    "E113": [
        ("exits: [", "exits: [{id: expiry, kind: early, " + CITED + "}, "),
        ("{code: B, ", "{code: A, label: {zh: 又, en: again}}\n  - {code: B, "),
    ],
    "E120": [lambda text: text[: text.index("grades:")] + "grades: []\n" + text[text.index("beside:") :]],
    "E121": [("combine: {floor: 0, ceiling: 110}", "combine: {floor: 120, ceiling: 110}")],
    "E122": [("done: [occurred_on, event_on]", "done: [occurred_on, occurred_on]")],
    "E123": [("down: 1", "down: 0"), ("down: 1", "down: -1"), ("down: 1", "up: 9")],
    "E130": [("checked_on:", "effective_to: 2020-01-01\nchecked_on:")],
    "E131": [
        ("checked_on:", "effective_to: 2010\nchecked_on:"),
        ("beside:", "gap: [{from: 2009, to: 2008, reason: none}]\nbeside:"),
    ],
    "E132": [("checked_on: 2026", "checked_on: 2206")],
    "E133": [
        ("months: 12, edge", "months: 999999, edge"),
        ("end_of_year: 0", "end_of_year: 9999"),
        ("{months: 6}", "{years: 99999}"),
    ],
    "E134": [
        ("years: [0, 0]", "years: [0, -1]"),
        ("valid: {months: 6}", "valid: {}"),
        ("years: [0, 0]", "years: [0, 0], edge: inclusive"),
    ],
    "E135": [("or_until: ends_on", "or_until: level")],
    "E140": [
        ("total: 5,", "total: 5, applies: {from: 2020},"),
        ("default: [70, 700],", "default: [70, 700], applies: {from: 2020},"),
    ],
    "E141": [("when: staff < 10,", "when: staff < 10, applies: {by: occurred_on, from: 2020-01-01},")],
    "E142": [
        ("when: prior_d,", "when: prior_d, applies: {from: 2020-01-01},"),
        ("deduct: {each: 0.1}", "applies: {by: occurred_on, from: 2020}, deduct: {each: 0.1}"),
    ],
    "E143": [("when: prior_d,", "when: prior_d, applies: {from: 2020, to: 2019},")],
    "E201": [("when: prior_d, deduct: 11, cite: {law: L}", "when: prior_d, deduct: 11, cite: {law: M}")],
    "E202": [("when: prior_d, deduct: 11, cite: {law: L},", "when: prior_d, deduct: 11,")],
    "E203": [("deduct: 11, cite: {law: L}, evidence: verified", "deduct: 11, cite: {law: L}")],
    "E204": [
        ("absent: 0, reading: one", "absent: 0, reading: two"),
        ("{grade: D, below: 40}", "{grade: D, below: 40, reading: one}"),
    ],
    "E205": [
        (
            "range: [0, 11]}, group: g, cite: {law: L}, evidence: unknown",
            "range: [0, 11]}, group: g, cite: {law: L}, evidence: verified",
        )
    ],
    "E301": [
        ("window: life", "window: lives"),
        ("tags: [noted], window", "tags: [noted, nothing], window"),
        ("ceiling: B", "ceiling: Z"),
        ("kinds: [enter", "kinds: [firm, enter"),
    ],
    "E401": [("deduct: {each: 0.1}", "add: 1, deduct: {each: 0.1}")],
    "E402": [
        ("    kind: serious", "    kind: serious"),
        ("  veto: {label", "  idle: {label: {zh: 闲, en: idle}, " + CITED + "}\n  veto: {label"),
    ][1:],
    "E403": [
        lambda text: text[: text.index("start:\n")] + text[text.index("combine:") :].replace("combine:", "combine:")
    ],
    "E404": [("direction: higher_is_better\n", "")],
    "E410": [("per: [month, level]", "per: [month, day]"), ("per: [month, level]", "per: []")],
    "E411": [("per: [month, level]", "per: [month, ends_on]"), ("per: [month, level]", "per: week")],
    "E412": [("measure: {of: level, ", "measure: {of: ratio, ")],
    "E413": [("deduct: {pool: p}", "deduct: {pool: p}, per: month")],
    "E420": [
        ("from: 2020-07-01", "from: 2020-06-30"),
        ("by: occurred_on, from: 2020-07-01", "by: decided_on, from: 2020-07-01"),
    ],
    "E430": [("cap: 20", "cap: -1"), ("total: 5", "total: -5")],
    "E431": [("add: {each: 1}, cap: 4", "add: {each: 1}, cap: 4, group: g")],
    "E432": [("group: h, requires", "group: h, cap: 3, requires")],
    "E440": [lambda text: text.replace("combine: {", "combine: {heaviest_per: act, ")],
    "E450": [
        (HALF, HALF.replace("2", "1001")),
        (HALF, HALF.replace("2", "-2")),
        ("each: 1, of: chain", "each: -1, of: chain"),
    ],
    "E451": [
        (", {points: 9}]", "]"),
        ("{to: 100, points: 1}, {below: 1000", "{to: 1000, points: 1}, {below: 1000"),
        ("{to: 100, points", "{to: 100, below: 200, points"),
    ],
    "E452": [("levels: {low: 1, high: 3}", "levels: {}")],
    "E453": [
        ("deduct: {of: level, levels", "deduct: {of: ratio, levels"),
        ("plus: ratio", "plus: level"),
        ("{of: amount, tiers", "{of: ratio, tiers"),
    ],
    "E454": [("range: [0, 11]", "range: [11, 0]"), ("range: [0, 11]", "range: [1, 11]")],
    "E460": [
        ("{type: bool, absent: false,", "{type: bool, absent: false, allowed: [x],"),
        ("least: 0, most: 1", "least: 2, most: 1"),
    ],
    "E461": [("of: occurred_on, workdays: 20", "of: level, workdays: 20")],
    "E462": [("began_on: noted", "sort: noted")],
    "E470": [
        lambda text: text.replace(
            "gives: {d3: [{points: 5, amount_to: 100}, 4], y0: 2, later: 1}",
            "gives: {" + ", ".join(f"w{i}: 1" for i in range(61)) + "}",
        ).replace(
            "[{id: d3, days: 3, roll: next_working_day}, {id: y0, end_of_year: 0}, {id: later, later: true}]",
            "[" + ", ".join(f"{{id: w{i}, days: {i + 1}}}" for i in range(61)) + "]",
        )
    ],
    "E471": [
        ("{id: y0, end_of_year: 0}", "{id: y0, end_of_year: 0, months: 2}"),
        ("{id: y0, end_of_year: 0}", "{id: y0}"),
    ],
    "E472": [
        ("{id: y0, end_of_year: 0}", "{id: y0, days: 3}"),
        ("{id: d3, days: 3, roll: next_working_day}", "{id: d3, later: true}"),
    ],
    "E473": [
        ("{points: 5, amount_to: 100}, 4", "{points: 5, amount_to: 100}, {points: 4, amount_to: 50}"),
        ("d3: [{points: 5, amount_to: 100}, 4]", "d3: []"),
    ],
    "E474": [("y0: 2", "y0: 6"), ("y0: 2", "y0: -1"), ("y0: 2", "y0: 0.333333")],
    "E501": [("age: {of: attributes, take: months_since", "age: {of: attributes, take: chain")],
    "E502": [
        ("lists: [black]}", "lists: [black], years: [-1, -1]}"),
        ("tags: [veto], where: standing", "tags: [veto], where: standing, column: amount"),
    ],
    "E503": [("column: amount", "column: level"), ("column: level", "column: ratio")],
    "E504": [(", lists: [black]}", "}"), (", column: amount", "")],
    "E505": [("years: [-1, -1]", "years: [-1, 0]")],
    "E506": [("by: month", "by: act"), ("by: level", "by: ends_on")],
    "E507": [
        [
            ("after_days: 3, edge: inclusive", "after_days: 3, edge: inclusive, beyond: unknown"),
            ("by: month", "by: month, window: life"),
        ]
    ],
    "E508": [("dates: [began_on, registered_on]", "dates: [staff]")],
    "E510": [("key: region", "key: staff")],
    "E511": [("prefix: 2", "prefix: 0")],
    "E512": [("[50, 500]", "[50]"), ("default: [70, 700]", "default: [70]")],
    "E513": [('{"22": [50, 500]}', '{"2201": [50, 500]}')],
    "E514": [("of: chain, cite", "of: prior_d, cite")],
    "E515": [("tags: [veto], where: standing", "tags: [veto], where: standing, applies: {to: 2015}")],
    "E520": [
        ("  vetoes:", "".join(f"  f{i}: {{take: count, items: [fixed]}}\n" for i in range(62)) + "  vetoes:"),
        ("readings:\n", "readings:\n" + "".join(f"  q{i}: {{zh: 读, en: q}}\n" for i in range(62))),
    ],
    "E530": [
        ("vetoes >= 1 or on_list", "vetoes or on_list"),
        ("staff < 10", "staff < 0x10"),
        ("staff < 10", "speed < 10"),
        ("staff < 10", "staff < 0.0000001"),
    ],
    "E531": [
        ("facts:\n", "predicates: {huge: large, large: huge}\nfacts:\n"),
        ("facts:\n", "predicates: {large: large and quantity > 1}\nfacts:\n"),
    ],
    "E540": [
        ("when: prior_d, deduct: 11", "when: prior_d, deduct: 11, add: 1"),
        ("when: prior_d, deduct: 11", "when: prior_d"),
    ],
    "E541": [("{id: full, points: 100,", "{id: full, points: 100, when: rich,")],
    "E542": [("{id: full, points: 100,", "{id: full, points: 100, applies: {to: 2015},")],
    "E543": [("  - id: bands\n", "  - id: bands\n    when: rich\n")],
    "E544": [("  - id: bands\n", "  - id: bands\n    applies: {to: 2015}\n")],
    "E601": [("{grade: B, at_least: 70, below: 90}", "{grade: B, at_least: 70, below: 89}")],
    "E602": [
        ("{grade: C, at_least: 40, below: 70}", "{grade: C, at_least: 40, at_most: 70}"),
        # a reading of the line, or of another band, says nothing of this overlap
        [
            ("{grade: C, at_least: 40, below: 70}", "{grade: C, at_least: 40, at_most: 70}"),
            ("{grade: D, below: 40}]\n", "{grade: D, below: 40, reading: one}]\n    reading: one\n"),
        ],
    ],
    "E603": [
        (
            "{grade: C, at_least: 40, below: 70}",
            "{grade: C, at_least: 40, below: 70}, {grade: C, at_least: 40, below: 30}",
        )
    ],
    "E604": [("grades:\n", "grades:\n  - {code: E, label: {zh: 戊, en: E}}\n")],
    "E605": [
        decide("when: vetoes >= 2 and age >= 12, grade: D", "  - id: bands"),
        ("  - {id: paid, when", f"  - {{id: after, grade: C, {WORDS}, {CITED}}}\n  - {{id: paid, when"),
    ],
    "E606": [
        ("months >= 3 or levels_met > 1 or worst > 4 or sort == 'x'", "sort == 'z'"),
        decide("when: staff > 3 and staff < 2, grade: D"),
        ("where: standing", "where: standing and quantity < 1 and quantity > 2"),
    ],
    "E701": [("one: {zh: 读法一, en: reading one}", "one: {zh: 读法一, en: ''}")],
    "E702": [("one: {zh: 读法一, en: reading one}", "one: {zh: reading one, en: reading one}")],
    "E703": [("scheme: test/rich", "scheme: test/poor"), ("effective_from: 2010", "effective_from: 2011")],
    "E706": [("beside: [test/other]", "beside: [test/others]")],
    "E707": [
        ("prior_d, deduct", "age > 1, deduct"),
        ("of: chain", "of: months"),
        ("window: own", "window: year"),
        ("group: h, ", ""),
        ("deduct: {pool: p}", "deduct: 1"),
        ("repair: {rule: r, gives: {d3: [{points: 5, amount_to: 100}, 4], y0: 2, later: 1}}, ", ""),
        ("paid > limit_large and paid > limit_small", "paid > 7"),
        ("paid > limit_large and paid > limit_small", "paid > limit_large"),
        (" or sort == 'x'", ""),
        (" and given(late_on)", ""),
        ("tags: [noted], cite", "tags: [noted, idle], cite"),
        (", noted: {zh: 只记, en: only kept}", ""),
        ("clocks:\n", "clocks:\n  idle: [decided_on]\n"),
        ("clocks:\n", "predicates: {idle: standing}\nclocks:\n"),
    ],
    "E708": [
        ('sort: {type: text, absent: "",', 'sort: {type: text, absent: "", noted: {zh: 记, en: kept},'),
        ("  each: {label", "  each: {noted: {zh: 记, en: kept}, label"),
    ],
    "E714": [
        (", label: {zh: 有否决情形, en: a veto}", ""),
        (", label: {zh: 连续多月, en: several months running}", ""),
    ],
    "E801": [
        ("  - {id: small, points: 90, when: staff < 10,", "  - {id: small, points: 90, when: months < 1,"),
        ("vetoes >= 1 or on_list", "vetoes == 1 or on_list"),
    ],
}
NEXT = RICH.replace("effective_from: 2010", "effective_from: 2020").replace("label: {zh: 样例", "label: {zh: 新样例")
LATER = LAW.replace("id: L", "id: M").replace("2009-06", "2011").replace("2010-01-01", "2011-01-01")
UNDATED = LAW.replace("id: L", "id: M").replace(DAYS, "promulgated: unknown\nin_force: unknown\n")
ENDED = LAW.replace("id: L", "id: M").replace("2010-01-01", "2009-07-01") + "repealed: '2009-12-31'\n"
FILES: dict[str, list[tuple[str, dict[str, str]]]] = {  # what is seen only between files
    "E704": [
        (RICH, {"schemes/test/rich/2020.yaml": NEXT}),
        (RICH.replace("checked_on", "effective_to: 2021\nchecked_on"), {"schemes/test/rich/2020.yaml": NEXT}),
    ],
    "E705": [
        (RICH.replace("checked_on", "effective_to: 2018\nchecked_on"), {"schemes/test/rich/2020.yaml": NEXT}),
        (
            RICH.replace("checked_on", "effective_to: 2018\ngap: [{from: 2018, to: 2019, reason: lost}]\nchecked_on"),
            {"schemes/test/rich/2020.yaml": NEXT},
        ),
    ],
    "E719": [
        (
            RICH.replace("checked_on", "effective_to: 2020\nformerly: [2020]\nchecked_on"),
            {"schemes/test/rich/2020.yaml": NEXT},
        ),
        (RICH.replace("checked_on", "formerly: [2010]\nchecked_on"), {}),
    ],
    "E703": [(RICH, {"laws/M.yaml": LAW.replace("id: L", "id: N")})],
    "E710": [
        (RICH, {"laws/M.yaml": LAW.replace("id: L", "id: M").replace(DAYS, days)})
        for days in ("", "promulgated: '2009'\n", "promulgated: soon\nin_force: unknown\n")
    ],
    "E711": [
        (RICH, {"laws/M.yaml": LAW.replace("id: L", "id: M").replace(DAYS, days)})
        for days in ("promulgated: '2010-02'\nin_force: '2010-01-01'\n", DAYS + "repealed: '2009'\n")
    ],
    "E712": [
        (RICH.replace("cite: {law: L}", "cite: {law: M}", 1), {"laws/M.yaml": later})
        for later in (LATER, LATER.replace("2011-01-01", "2011"), LATER.replace("'2011-01-01'", "unknown"))
    ],
    "E717": [
        (RICH.replace("readings:\n", "readings:\n  two: {zh: 读法二, en: reading two}\n").replace(old, new), {})
        for old, new in (
            ("default: [70, 700],", "default: [70, 700], reading: two,"),
            ("tags: [veto], where: standing}", "tags: [veto], where: standing, reading: [one, two]}"),
            ("total: 5,", "total: 5, reading: two,"),
        )
    ],
    "E715": [(RICH.replace("cite: {law: L}", "cite: {law: M}", 1), {"laws/M.yaml": UNDATED})],
    "E716": [
        (RICH.replace("cite: {law: L}", "cite: {law: M}", 1), {"laws/M.yaml": ENDED}),
        (RICH.replace("cite: {law: L}", "cite: {law: M}", 1), {"laws/M.yaml": ENDED.replace("2009-12-31", "2009")}),
        (
            RICH.replace("per: [month, level], cite: {law: L}", "per: [month, level], cite: {law: M}"),
            {"laws/M.yaml": ENDED},
        ),
    ],
    "E713": [
        (
            RICH.replace("per: [month, level], cite: {law: L}", "per: [month, level], cite: {law: M}"),
            {"laws/M.yaml": LATER},
        ),
        (
            RICH.replace("from: 2020-07-01}, cite: {law: L}", "from: 2020-07-01}, cite: {law: M}"),
            {"laws/M.yaml": LATER.replace("2011-01-01", "2020-07")},
        ),
    ],
}
NOTES: dict[str, list[Change]] = {
    "N101": [("vetoes >= 1 or on_list, grade: D", "paid == 123457 and staff == 31, grade: B")],
    "N102": [("attributes:\n", "not_monotone: [{id: small, why: {zh: 因, en: why}}]\nattributes:\n")],
    "N202": [
        [
            ("grades:\n", "grades:\n  - {code: E, label: {zh: 戊, en: E}}\n"),
            ("grade: D, route: direct", "not_computable: open"),
        ]
    ],
    "N301": [("readings:\n", "readings:\n")],
    "N302": [
        (
            "when: prior_d, deduct: 11, cite: {law: L}, evidence: verified",
            "when: prior_d, deduct: 11, cite: {law: L}, evidence: local",
        )
    ],
    "N304": [("beside:", "missing: [{zh: 表, en: the table}]\nbeside:")],
}


def changed(change: Change) -> str:
    if callable(change):
        return change(RICH)
    text = RICH
    for old, new in change if isinstance(change, list) else [change]:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


CASES = [(code, changed(change), {}) for code, changes in MUTANTS.items() for change in changes]
CASES += [(code, text, more) for code, listed in FILES.items() for text, more in listed]


def test_the_scheme_is_sound(tmp_path: Path) -> None:
    faults, notes = library_faults(library(tmp_path))
    assert faults == []
    assert {note.code for note in notes} == {"N301"}


@pytest.mark.parametrize(
    ("code", "text", "more"), thinned(CASES, 3), ids=[f"{code}-{k}" for k, (code, *_) in enumerate(CASES)]
)
def test_each_mutant_fails_with_its_code_alone(tmp_path: Path, code: str, text: str, more: dict[str, str]) -> None:
    faults, _ = library_faults(library(tmp_path, text, more))
    assert {fault.code for fault in faults} == {code}, [str(fault) for fault in faults]
    for fault in faults:
        assert fault.line >= 1
        assert fault.file.startswith(("schemes/test/rich/", "laws/"))
        assert fault.message
    if code not in ("E101", "E102", "E704", "E705"):
        assert any(fault.path for fault in faults)


@pytest.mark.parametrize("code", NOTES)
def test_each_note_is_given(tmp_path: Path, code: str) -> None:
    for change in NOTES[code]:
        _, notes = library_faults(library(tmp_path, changed(change)))
        if code in {note.code for note in notes}:
            return
    pytest.fail(f"no {code}")


def test_a_serious_list_on_a_weak_text_is_noted(tmp_path: Path) -> None:
    root = library(tmp_path)
    law = root / "laws" / "L.yaml"
    law.write_text(law.read_text(encoding="utf-8").replace("level: law", "level: normative_document"), encoding="utf-8")
    (note,) = [note for note in library_faults(root)[1] if note.code == "N303"]
    assert "normative_document" in note.message
    assert "term" in note.message


def test_a_day_that_is_not_known_is_noted(tmp_path: Path) -> None:
    root = library(tmp_path, more={"laws/L.yaml": LAW.replace("2010-01-01", "2009-12")})
    assert {note.code for note in library_faults(root)[1]} == {"N301", "N305"}


def test_a_law_that_rates_earlier_years_governs_them(tmp_path: Path) -> None:
    later = LAW.replace("in_force: '2010-01-01'", "in_force: '2011-03-01'\nrates_from: 2010")
    faults, _ = library_faults(library(tmp_path, more={"laws/L.yaml": later}))
    assert {(fault.code, fault.file) for fault in faults} == {("E712", "schemes/test/other/2010-01-01.yaml")}


def test_a_text_known_on_a_day_or_cited_beside_a_dated_one_carries_a_version(tmp_path: Path) -> None:
    for k, (cite, law) in enumerate((("M", UNDATED + "known_from: 2009-12-31\n"), ("M}, {law: L", UNDATED))):
        text = RICH.replace("cite: {law: L}", f"cite: [{{law: {cite}}}]", 1)
        faults, _ = library_faults(library(tmp_path / str(k), text, {"laws/M.yaml": law}))
        assert faults == []


def test_a_law_that_ends_while_a_version_holds_or_is_followed_by_another_is_no_fault(tmp_path: Path) -> None:
    ends = ENDED.replace("2009-12-31", "2010-06-30")
    text = RICH.replace("cite: {law: L}", "cite: {law: M}", 1)
    assert library_faults(library(tmp_path / "ends", text, {"laws/M.yaml": ends}))[0] == []
    both = RICH.replace("cite: {law: L}", "cite: [{law: M}, {law: L}]", 1)
    assert library_faults(library(tmp_path / "followed", both, {"laws/M.yaml": ENDED}))[0] == []


def test_a_law_that_cannot_be_read_is_told_once_whatever_the_words_of_a_citation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reworded(scheme: Scheme, source: Source, laws: Collection[str]) -> None:
        for path, cite in cites(scheme):
            if cite.law not in laws:
                source.fault(path, f"no file has the text {cite.law!r}", "E201")

    monkeypatch.setattr(sources, "check", reworded)
    text = RICH.replace("per: [month, level], cite: {law: L}", "per: [month, level], cite: {law: M}")
    faults, _ = library_faults(library(tmp_path / "damaged", text, {"laws/M.yaml": "id: ["}))
    assert {fault.code for fault in faults} == {"E101"}
    faults, _ = library_faults(library(tmp_path / "missing", text))
    assert {fault.code for fault in faults} == {"E201"}


@pytest.mark.parametrize("content", ["id: [", "", "\tid: M", "- 1"])
def test_one_bad_law_is_told_once_and_hides_nothing_else(tmp_path: Path, content: str) -> None:
    text = RICH.replace("per: [month, level], cite: {law: L}", "per: [month, level], cite: {law: M}")
    text = text.replace("vetoes >= 1 or on_list", "vetoes >= 1 or on_lists")
    other = OTHER.replace("effective_from: 2010-01-01", "effective_from: 2009-01-01")
    more = {"laws/M.yaml": content, "schemes/test/other/2009-01-01.yaml": other}
    root = library(tmp_path, text, more)
    (root / "schemes" / "test" / "other" / "2010-01-01.yaml").unlink()
    faults, _ = library_faults(root)
    assert [fault.code for fault in faults if fault.file == "laws/M.yaml"] in (["E101"], ["E102"])
    assert {(fault.code, fault.file) for fault in faults if fault.file != "laws/M.yaml"} == {
        ("E530", "schemes/test/rich/2010.yaml"),
        ("E712", "schemes/test/other/2009-01-01.yaml"),
    }


def test_a_law_beside_a_scheme_may_be_a_copy_and_no_other_text(tmp_path: Path) -> None:
    root = library(tmp_path)
    for level, code in (("law", None), ("standard", "E718")):
        folder = tmp_path / level
        (folder / "laws").mkdir(parents=True)
        (folder / "laws" / "L.yaml").write_text(LAW.replace("level: law", f"level: {level}"), encoding="utf-8")
        (folder / "own.yaml").write_text(RICH, encoding="utf-8")
        _, faults = check([str(folder / "own.yaml")], root)
        assert [fault.code for fault in faults] == ([code] if code else [])


def test_a_reading_that_nothing_points_to(tmp_path: Path) -> None:
    text = RICH.replace("readings:\n", "readings:\n  two: {zh: 读法二, en: reading two}\n")
    (fault,) = library_faults(library(tmp_path, text))[0]
    assert (fault.code, fault.path) == ("E717", "readings.two")


def test_a_term_that_runs_from_no_day(tmp_path: Path) -> None:
    text = RICH.replace("terms: [{id: term, since: decided_on", "terms: [{id: term, since: decide_on")
    (fault,) = library_faults(library(tmp_path, text))[0]
    assert (fault.code, fault.path) == ("E301", "lists.serious.terms.0.since")
    assert "decided_on" in str(fault.message)


def test_every_code_has_a_mutant() -> None:
    tested = {
        *MUTANTS,
        *FILES,
        *NOTES,
        "E718",
        "N303",
        "N305",
        "N201",
    }  # N201: checks/test_satisfiability.py makes a search give up
    assert tested == {code for code in CODES if not code.startswith("E9")}  # E9: tests/composite


def test_every_code_is_documented_with_an_example() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    for code, sentence in CODES.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {code} |")]
        assert sentence in row
        assert row.count("|") >= 4
        assert "`" in row.split("|")[3]


def test_the_other_scheme_is_sound() -> None:
    assert "imported_decision" in OTHER


def test_an_overlap_as_printed_names_its_reading(tmp_path: Path) -> None:
    printed = [
        ("{grade: C, at_least: 40, below: 70}", "{grade: C, at_least: 40, at_most: 70, reading: one}"),
        ("{grade: D, below: 40}]\n", "{grade: D, below: 40}]\n    reading: one\n"),
    ]
    faults, _ = library_faults(library(tmp_path, changed(printed)))
    assert faults == []
