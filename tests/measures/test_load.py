"""The four lists: what ships is sound, every fault is said with its code and place, all of them at once."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.errors import SchemeError, UsageError
from creditscore.measures.codes import CODES
from creditscore.measures.load import inspect, load_four_lists
from tests.measures.helpers import copied, shipped
from tests.paths import ROOT

DOCS = ROOT / "docs" / "joint_measures.md"
PROCUREMENT = """  - id: PM-PROCUREMENT
    measure: {zh: 不得参加政府采购活动, en: may not take part in government procurement}
"""
# code → (file, old, new, words of the message)
FAULTS: dict[str, list[tuple[str, str, str, str]]] = {
    "J102": [("punish_measures", "id: PM-IP-FUNDS", "id: RM-CUSTOMS-AUDITS", "is taken by")],
    "J103": [
        ("punish_measures", "zh: 不得参加政府采购活动", "zh: no bids", "no Chinese character"),
        ("dishonest_conduct", 'en: "construction market blacklist"', "en: ' '", "the text is empty"),
    ],
    "J104": [("punish_measures", "note: the text counts it", "note: 11010519491231002X", "resident identity number")],
    "J201": [
        ("punish_measures", '    cite: [{law: ZFCGF, article: "22(5)"}, {law: CBK2014_526}]\n', "", "without a basis"),
        ("reward_conduct", "    cite: {law: HG2021_251}\n", "", "carries no cite"),
        ("four_lists", '  cite: {law: XZCFF, article: "48"}\n', "", "carries no cite"),
    ],
    "J202": [("punish_measures", "law: ZSCQ2022", "law: NOWHERE", "no file in configs/laws/")],
    "J203": [("punish_measures", "    evidence: verified\n", "", "no evidence mark")],
    "J204": [("punish_measures", "basis_level: law", "basis_level: department_rule", "the cited texts reach law")],
    "J205": [
        (
            "punish_measures",
            "cuts_rights: false\n    basis_level: normative_document",
            "cuts_rights: true\n    basis_level: normative_document",
            "cuts rights on a normative_document",
        )
    ],
    "J301": [
        ("links", "measure_id: PM-PROCUREMENT", "measure_id: PM-NOTHING", "is the id of no measure"),
        ("links", "conduct_id: DC-PROCUREMENT", "conduct_id: DC-NOTHING", "is the id of no conduct"),
    ],
    "J302": [
        (
            "links",
            "    relevance_reason: {zh: 同一规章对失信企业规定的通关管理, en: the same rule gives it to dishonest enterprises}\n",
            "",
            "gives no relevance_reason",
        ),
        ("links", "zh: 同一规章对失信企业规定的通关管理", "zh: ' '", "gives no relevance_reason"),
    ],
    "J303": [
        ("links", "conduct_id: DC-PROCUREMENT", "conduct_id: RC-CUSTOMS", "joins reward_conduct with punish_measures")
    ],
    "J304": [("links", "measure_id: RM-CUSTOMS-ORIGIN", "measure_id: RM-CUSTOMS-CHECKS", "stands twice")],
    "J305": [
        ("punish_measures", "dept: construction", "dept: builders", "names no department 'builders'"),
        ("dishonest_conduct", "owner: court", "owner: courts", "names no department 'courts'"),
        ("four_lists", "  finance: {label", "  any: {label", "cannot be one"),
    ],
    "J401": [
        ("punish_measures", "object: organisation", "object: natural_person", "never for persons"),
        ("punish_measures", "object: organisation", "object: legal_representative", "never for persons"),
        ("punish_measures", "zh: 不得参加政府采购活动", "zh: 限制法定代表人高消费", "leave persons out"),
        (
            "punish_measures",
            "en: may not take part in",
            "en: the legal representative is barred from",
            "leave persons out",
        ),
    ],
    "J402": [
        (
            "dishonest_conduct",
            "{scheme: court/judgment_defaulter, triggers: [able_refuses, obstruction, evasion, property_report, consumption, settlement, decided]}",
            "{scheme: tax, grade: D}",
            "alone",
        ),
        (
            "dishonest_conduct",
            "{scheme: court/judgment_defaulter, triggers: [able_refuses, obstruction, evasion, property_report, consumption, settlement, decided]}",
            "{scheme: tax, score: 40}",
            "alone",
        ),
        (
            "reward_conduct",
            "scheme: customs/grade@2021-11-01, triggers: [decided_advanced]",
            "scheme: tax@2014, triggers: [bands]",
            "by the score alone",
        ),
    ],
    "J403": [
        (
            "reward_conduct",
            "scheme: customs/grade@2021-11-01, triggers: [decided_advanced]",
            "scheme: market/risk_class, triggers: [x]",
            "internal risk class",
        )
    ],
    "J404": [
        ("dishonest_conduct", "scheme: court/judgment_defaulter", "scheme: court/nothing", "is not a scheme"),
        (
            "dishonest_conduct",
            "settlement, decided]}\n    owner: court",
            "settlement, guessed]}\n    owner: court",
            "is no trigger",
        ),
        ("dishonest_conduct", "scheme: customs/grade@2021-11-01", "scheme: customs/grade", "pin the version"),
        ("dishonest_conduct", "domain: bidding", "domain: bids", "is of the domain 'bidding'"),
        (
            "dishonest_conduct",
            "{scheme: court/judgment_defaulter, triggers: [able_refuses, obstruction, evasion, property_report, consumption, settlement, decided]}",
            "{scheme: court/judgment_defaulter}",
            "names no trigger",
        ),
    ],
    "J405": [
        ("reward_conduct", "list: construction_good_record", "list: construction_blacklist", "is a serious list"),
        ("reward_conduct", "    kind: red\n", "", "give its kind"),
        (
            "dishonest_conduct",
            "list: judgment_defaulter\n",
            "list: judgment_defaulter\n    kind: watch\n",
            "library says",
        ),
    ],
    "J406": [("dishonest_conduct", "list: customs_serious", "list: customs_dishonest", "leads to")],
}
CASES = [(code, *case) for code, cases in FAULTS.items() for case in cases]


@pytest.mark.parametrize(("code", "file", "old", "new", "words"), CASES)
def test_each_fault_has_its_code_and_place(
    tmp_path: Path, code: str, file: str, old: str, new: str, words: str
) -> None:
    lists, faults, _ = inspect(copied(tmp_path, **{file: (old, new)}))
    assert lists is None
    assert any(fault.code == code and words in str(fault.message) for fault in faults), [str(fault) for fault in faults]
    assert all(fault.line > 0 and fault.file.startswith("four_lists/") for fault in faults)


def test_a_missing_and_a_strange_file_are_said(tmp_path: Path) -> None:
    place = copied(tmp_path)
    (place / "links.yaml").rename(place / "link.yaml")
    _, faults, _ = inspect(place)
    assert [(fault.code, fault.file) for fault in faults] == [
        ("J105", "four_lists/link.yaml"),
        ("J101", "four_lists/links.yaml"),
    ]


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    place = copied(
        tmp_path,
        links=("measure_id: PM-PROCUREMENT", "measure_id: PM-NOTHING"),
        punish_measures=("object: organisation", "object: natural_person"),
        dishonest_conduct=("owner: court", "owner: courts"),
        four_lists=("days: 15", "days: -1"),
    )
    with pytest.raises(SchemeError) as caught:
        load_four_lists(place)
    codes = {fault.code for fault in caught.value.faults}
    # what rests on the head is not said twice while the head itself cannot be read
    assert codes == {"E108", "J301", "J401"}
    assert caught.value.exit_code == 4


def test_every_promised_fault_has_a_case_and_a_line_in_the_docs() -> None:
    faults = {code for code in CODES if code < "J5"} - {"J101", "J105"}
    assert set(FAULTS) == faults
    texts = set(re.findall(r"\| (J\d{3}) \|", DOCS.read_text(encoding="utf-8")))
    assert texts == set(CODES)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of four lists"):
        inspect(tmp_path / "nowhere")


def test_what_ships_is_sound_and_says_what_is_not_certain() -> None:
    lists, faults, notes = inspect()
    assert faults == []
    assert lists is not None
    flagged = {note.path for note in notes if note.code == "J501"}
    assert len(flagged) == 1
    assert {note.code for note in notes} <= {code for code in CODES if code >= "J5"}
    assert sum(note.code == "J502" and note.path.startswith("names") for note in notes) == 4


def test_no_measure_without_link_reason_and_basis() -> None:
    lists = shipped()
    assert {link.measure_id for link in lists.links} == set(lists.measures)
    assert all(link.relevance_reason and link.relevance_reason.zh for link in lists.links)
    assert all(measure.cite for measure in lists.measures.values())
    assert all(lists.sides[link.conduct_id] == lists.sides[link.measure_id] for link in lists.links)


def test_notes_name_what_leads_to_nothing(tmp_path: Path) -> None:
    lines = """  - conduct_id: DC-PROCUREMENT
    measure_id: PM-PROCUREMENT
    relevance_reason: {zh: 失信行为发生在政府采购活动中，法律将无重大违法记录列为参加条件, en: the conduct lies in procurement and the law makes a clean record a condition of taking part}
    evidence: verified
"""
    _, faults, notes = inspect(copied(tmp_path, links=(lines, "")))
    assert faults == []
    assert any(note.code == "J503" and "DC-PROCUREMENT" in note.message for note in notes)
    assert any(note.code == "J504" and "PM-PROCUREMENT" in note.message for note in notes)


def test_an_unknown_period_is_noted(tmp_path: Path) -> None:
    place = copied(tmp_path, punish_measures=("max_period: until_exit", "max_period: unknown"))
    lists, faults, notes = inspect(place)
    assert faults == []
    assert lists is not None
    assert any(note.code == "J505" for note in notes)


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    other = load_four_lists(copied(tmp_path, four_lists=("days: 15", "days: 20")))
    assert other.digest != shipped().digest
    assert other.head.feedback.days == 20


@settings(max_examples=25, deadline=None)
@given(seed=st.randoms(use_true_random=False))
def test_a_spoilt_line_never_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, seed: random.Random
) -> None:
    place = copied(tmp_path_factory.mktemp("f"))
    file = seed.choice(sorted(place.iterdir()))
    lines = file.read_text(encoding="utf-8").split("\n")
    at = seed.randrange(len(lines))
    spoilt = (
        lines[at].split(":")[0] + ": null",
        lines[at].replace("{", ""),
        lines[at] + "\n    odd: [1]",
        "  - 3",
        "\t",
    )
    lines[at] = seed.choice(spoilt)
    file.write_text("\n".join(lines), encoding="utf-8")
    lists, faults, _ = inspect(place)
    assert (lists is None) == bool(faults)
