"""Letters of acts: each from a real walk through a store, in both languages; nothing of others, nothing made up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS
from creditscore.evidence.act_letter import compose_act_letter
from creditscore.evidence.act_papers import Form, read_act
from creditscore.evidence.letter import letter_text, write_letters
from creditscore.lists.draft import draft_notice
from creditscore.office.opening import Store
from creditscore.present.document import Document
from tests.cascade.test_follow_scores import FIRMS, Town, folder, town
from tests.clock import at_day
from tests.evidence.test_letter import DECIDED, OPENED, decide, list_counted, open_case, read_letter
from tests.evidence.test_letter import store as cases
from tests.lists.offices import Office
from tests.lists.players import A, B
from tests.measures.helpers import entry, event
from tests.measures.offices import Office as MeasureOffice

__all__ = ["cases", "folder", "town"]  # fixtures

BODIES = {"review_body": "示范市人民政府", "court": "示范区人民法院"}
LIST = "拖欠农民工工资失信联合惩戒对象名单"
SUIT = "提起行政诉讼"
LATER = "2026-10-08"


@pytest.fixture(autouse=True)
def when_all_days_have_come() -> Iterator[None]:
    with at_day("2091-01-01"):
        yield


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


def write(
    desk: Any, case: str, form: Form = "decision", number: int | None = None, **given: str
) -> dict[str, Document]:
    """Both languages of a letter."""
    papers = read_act(desk.store, case, number, form)
    return {lang: compose_act_letter(papers, lang, **{"on": LATER, **BODIES, **given}) for lang in LANGS}


def texts_of(letters: dict[str, Document]) -> tuple[str, str]:
    return letter_text(letters["zh"]), letter_text(letters["en"])


def propose(office: Office, on: str = "2023-01-18", **more: Any) -> str:
    given = {"list": "wage_arrears", "scheme": "wage_arrears@2022", "trigger": "to_be_noticed", "items": ["arrears"]}
    return office.play("", "propose", {**given, "records": ["r1"], "on": on, **more})[0]


def notify(office: Office, case: str, on: str = "2023-01-18", **more: str) -> None:
    """Give notice with what was drafted."""
    drafted = {name: label.zh for name, label in draft_notice(office.store.read(case)).items()}
    contents = {**drafted, "measures": "依法采取惩戒措施", "remedies": "可以依法申请行政复议", **more}
    office.play(case, "notice", {"on": on, "contents": contents})


def enter(office: Office, **more: Any) -> str:
    case = propose(office, **more)
    notify(office, case)
    office.play(case, "decide", {"on": "2023-02-10", "enter": True})
    return case


def walk(office: Office, kind: str) -> str:
    """Play a case up to the act that a letter tells of."""
    if kind == "entry_notice":
        case = propose(office)
        notify(office, case)
    elif kind == "no_entry":
        case = propose(office)
        notify(office, case)
        office.play(case, "object", {"on": "2023-01-19"})
        office.play(case, "check", {"on": "2023-01-20", "upheld": True})
        office.play(case, "decide", {"on": "2023-02-10", "enter": False})
    elif kind == "entry":
        case = enter(office)
    elif kind == "expiry":
        case = enter(office)
        office.play(case, "expire", {"on": "2026-02-10"})
    elif kind == "annulled":
        case = enter(office)
        office.play(case, "publish", {"on": "2023-02-11"})
        office.play(case, "exit", {"on": "2023-03-01", "exit": "annulled"})
    else:
        case = enter(office)
        office.play(case, "apply", {"on": "2023-09-11", "exit": "early"})
        if kind == "exit_refused":
            office.play(case, "refuse", {"on": "2023-09-12"})
            return case
        shown = {"confirm": {"corrected": "付款凭证", "pledge": "承诺书"}}
        shown["absent"] = {"new_arrears": "查询记录", "criminal_case": "查询记录"}
        office.play(
            case, "exit", {"on": "2024-02-12", "exit": "early", "dates": {"corrected_on": "2023-03-01"}, **shown}
        )
        if kind == "entry_again":
            case = office.play(case, "revoke", {"on": "2024-03-12"})[0]
    return case


TOLD: dict[str, tuple[str, list[str], list[str]]] = {
    "entry_notice": (
        "列入告知书",
        [
            f"本机关拟将你单位列入“{LIST}”，尚未作出决定",
            "事实：拖欠农民工工资\n",
            "退出条件：期限：3年；提前移出，满6个月",
            "你单位有权进行陈述、申辩；有异议的，可以在2023年1月30日当日或之前向本机关提出（",
            "（人力资源社会保障部令第45号）",
        ],
        ["facts: wage arrears", "nothing is decided yet", "can object until 2023-01-30, that day included"],
    ),
    "entry": (
        "列入决定书",
        [
            f"本机关决定将你单位列入“{LIST}”，自2023年2月10日起。",
            "本机关于2023年1月18日告知了拟列入的事实",
            "理由：事实清楚",
            "《保障农民工工资支付条例》（国务院令第724号）第四十八条。",
            "列入期限至2026年2月9日止。",
            "提前移出，满6个月，须：已改正、书面承诺",
            "六十日内向示范市人民政府申请行政复议",
        ],
        ["as of 2023-02-10", "The entry lasts until 2026-02-09.", "within six months of its receipt by suit"],
    ),
    "no_entry": (
        "不予列入决定书",
        ["本机关于2023年2月10日决定不将你单位列入", "2023年1月19日提出异议：已付清", "经核实，异议成立：属实与否已核"],
        ["decided not to enter your organisation", "It was examined: upheld."],
    ),
    "exit_refused": (
        "不予移出决定书",
        [
            "本机关于2023年9月12日决定不予移出。",
            "移出申请于2023年9月11日受理，申请的移出情形：提前移出。",
            "理由：条件不足",
            SUIT,
        ],
        ["refuse an application", "received on 2023-09-11; the way out asked for: early exit."],
    ),
    "exit": (
        "移出决定书",
        [
            f"本机关决定将你单位移出“{LIST}”，自2024年2月12日起。",
            "已改正：付款凭证",
            "无“在列期间又拖欠工资”情形：查询记录",
        ],
        ["as of 2024-02-12", "written undertaking: 承诺书"],
    ),
    "entry_again": (
        "撤销移出并重新列入决定书",
        ["自2024年3月12日起重新列入。", "理由：申请虚假", "列入期限至2027年3月11日止。", SUIT],
        ["revoke the exit of your organisation", "The entry lasts until 2027-03-11."],
    ),
    "annulled": (
        "撤销列入决定书",
        [
            "本机关决定撤销将你单位列入",
            "自2023年3月1日起移出",
            "已经公布的列入信息，于2023年3月4日当日或之前撤回。",
            "《中华人民共和国行政处罚法》第四十八条",
        ],
        ["annul the entry", "withdrawn by 2023-03-04", "Article 48 of Administrative Penalty Law"],
    ),
    "expiry": ("到期移出通知书", ["期限已经届满，自2026年2月10日起移出。"], ["it ends as of 2026-02-10"]),
}


@pytest.mark.parametrize("kind", TOLD)
def test_each_letter_of_a_listing_says_what_the_store_holds(office: Office, kind: str) -> None:
    case = walk(office, kind)
    given = {"office": "区人社局", "document_no": "9"} if kind == "expiry" else {}
    letters = write(office, case, name="示范建设有限公司", **given)
    zh, en = texts_of(letters)
    title, in_zh, in_en = TOLD[kind]
    assert zh.startswith(f"{title}\n编号：{'9' if given else '〔2023〕1号'}\n")
    assert f"示范建设有限公司（{A}）：" in zh
    assert zh.rstrip().endswith("（印章）\n区人社局\n2026年10月8日")
    assert [text for text in in_zh if text not in zh] == []
    assert [text for text in in_en if text not in en] == []
    assert read_letter(zh) == read_letter(en) == []
    assert "r1" not in zh + en  # ids of records are for machines
    assert letters["zh"].data["to_fill"] == []


@pytest.mark.parametrize("kind", ["entry", "exit_refused", "entry_again"])
def test_a_decision_against_the_addressee_without_remedies_is_refused(office: Office, kind: str) -> None:
    case = walk(office, kind)
    with pytest.raises(UsageError, match="the office has not said it"):
        write(office, case, review_body="", court="")
    with pytest.raises(UsageError, match="tells of the suit too"):
        write(office, case, court="")
    papers = read_act(office.store, case)
    with pytest.raises(UsageError, match="older than the act"):
        compose_act_letter(papers, "zh", on="2017-01-01", **BODIES)
    zh, _ = texts_of(write(office, case, review_body="", court="", remedy="另行告知"))
    assert "另行告知" in zh
    assert SUIT not in zh


def test_what_the_act_was_given_stands_against_the_letter(office: Office) -> None:
    case = walk(office, "entry")
    for option, given in (("--document", {"document_no": "2"}), ("--office", {"office": "另一局"})):
        with pytest.raises(UsageError, match=rf"{option}\b(?!-).* is not what the act was given"):
            write(office, case, **given)
    with pytest.raises(UsageError, match="holds a resident identity number"):
        write(office, case, name="11010519491231002X")
    numbers = {number: act.name for number, act in office.store.read(case).acts().items()}
    assert "列入告知书" in texts_of(write(office, case, number=2))[0]
    assert numbers[1] == "proposed"
    with pytest.raises(UsageError, match=r"no letter .* of this act"):
        write(office, case, number=1)
    with pytest.raises(UsageError, match="no act 9"):
        write(office, case, number=9)
    with pytest.raises(UsageError, match="there is no listing/none"):
        write(office, "listing/none")


def test_another_office_is_told_without_remedies(office: Office) -> None:
    case = walk(office, "entry")
    with pytest.raises(UsageError, match="the letter lacks --to"):
        write(office, case, "office", document_no="函1")
    with pytest.raises(UsageError, match="the letter lacks --document"):
        write(office, case, "office", to="示范市住建局")
    zh, en = texts_of(write(office, case, "office", document_no="函1", to="示范市住建局", name="示范公司"))
    assert zh.startswith("通知函\n编号：函1\n\n示范市住建局：\n\n现将列入决定书（〔2023〕1号）的内容通知贵单位。")
    assert f"本机关决定将示范公司（{A}）列入" in zh
    assert SUIT not in zh
    assert "你单位" not in zh
    assert "your organisation" not in en


def test_no_other_organisation_stands_in_a_letter(office: Office) -> None:
    case = propose(office, records=["r1", "record-of-another"])
    others = {name: f"与{B}（{B.lower()}）有关" for name in ("measures", "remedies")}
    notify(office, case, **others)
    office.play(case, "object", {"on": "2023-01-19", "content": f"系{B}所为"})
    office.play(case, "check", {"on": "2023-01-20", "upheld": False, "answer": f"与{B}无关"})
    office.play(case, "decide", {"on": "2023-02-10", "enter": True, "reason": f"与９{B[1:]}同案"})
    for number in (2, None):
        letters = write(office, case, number=number)
        for letter, text in zip(letters.values(), texts_of(letters), strict=True):
            assert B[1:].lower() not in (text + repr(letter.data)).lower()
            assert "record-of-another" not in text + repr(letter.data)
            assert A in text
        assert "［其他单位］" in texts_of(letters)[0]
        assert "[another organisation]" in texts_of(letters)[1]


ODD = ["甲" * 10_000, "\u202e逆\u200f行\u2066", "<script>alert(1)</script>", "{0} {{letter}} %s"]


@pytest.mark.parametrize("odd", ODD, ids=["long", "direction", "script", "braces"])
def test_odd_texts_are_inert_and_shown(office: Office, tmp_path: Path, odd: str) -> None:
    case = propose(office)
    notify(office, case, measures=odd, remedies=odd, facts=odd, basis=odd, exits=odd)
    given = {"on": "2023-02-10", "enter": True, "reason": odd, "organ": f"局{odd}", "document": f"1{odd}"}
    office.play(case, "decide", given)
    for number in (2, 3):
        letters = write(office, case, number=number, name=odd, **{key: text + odd for key, text in BODIES.items()})
        files = write_letters(letters, tmp_path / str(number), docx=True)
        shown = odd.translate(dict.fromkeys(map(ord, "\u202e\u200f\u2066"), " ")).strip()
        pages = [file.read_text(encoding="utf-8") for file in files if file.suffix == ".html"]
        for lang, text, page in zip(LANGS, texts_of(letters), pages, strict=True):
            assert "".join(text.split()).count("".join(shown.split())) >= 5
            assert not set(text) & set("\u202e\u200f\u2066")
            assert "<script>alert" not in page
            assert "\u202e" not in page
            word: Any = pytest.importorskip("docx").Document(str(tmp_path / str(number) / f"letter.{lang}.docx"))
            in_word = "".join(paragraph.text for paragraph in word.paragraphs)
            assert "".join(in_word.split()) == "".join(text.split())


def test_a_number_that_no_rule_gives_is_left_blank_and_named(office: Office, tmp_path: Path) -> None:
    case = office.play(
        "",
        "propose",
        {
            "list": "customs_serious",
            "scheme": "customs/serious@2021",
            "trigger": "crime",
            "records": ["r1"],
            "on": "2023-01-18",
        },
    )[0]
    office.play(case, "notice", {"on": "2023-01-18", "heard_until": "2023-01-30"})
    office.play(case, "decide", {"on": "2023-02-10", "enter": True})
    letters = write(office, case)
    zh, en = texts_of(letters)
    assert "列入期限至＿＿＿＿年＿＿月＿＿日止。" in zh
    assert "The entry lasts until ____-__-__." in en
    assert letters["zh"].data["to_fill"] == ["列入期限（规则未公布期限，由本机关填写）"]
    command = [
        "case",
        "letter",
        case,
        "--store",
        office.store.database.url.render_as_string(hide_password=False),
        "--on",
        LATER,
        "--out",
        str(tmp_path / "o"),
    ]
    result = CliRunner().invoke(app, [*command, "--review-body", "府", "--court", "院", "--lang", "zh"])
    assert result.exit_code == 0, result.output
    assert "待填写：列入期限（规则未公布期限，由本机关填写）" in result.output
    names = [f"letter.{lang}.{form}" for lang in LANGS for form in ("txt", "html")]
    assert sorted(file.name for file in (tmp_path / "o").iterdir()) == sorted([*names, "letter.json"])


def test_measures_have_letters(store_url: str) -> None:
    office = MeasureOffice(store_url)
    key = office.put(event(), entry())
    office.act("accept", key, "2024-03-02", reason="情节严重")
    office.act("notify", key, "2024-03-03", document_no="N-1")
    with pytest.raises(UsageError, match="the letter lacks --office"):
        write(office, f"measure/{key}")
    zh, en = texts_of(write(office, f"measure/{key}", office="财政局"))
    assert zh.startswith("惩戒措施决定书\n编号：N-1\n")
    assert "列入日期2023年1月10日" in zh
    assert "措施至2026年1月9日止。" in zh
    assert "理由：情节严重" in zh
    assert "依据：《" in zh
    assert SUIT in zh
    assert "It lasts until 2026-01-09." in en
    assert read_letter(zh) == read_letter(en) == []
    with pytest.raises(UsageError, match="the office has not said it"):
        write(office, f"measure/{key}", office="财政局", review_body="", court="")
    office.act("execute", key, "2024-03-04")
    office.act("lift", key, "2026-02-01")
    zh, en = texts_of(write(office, f"measure/{key}", office="财政局", document_no="N-2"))
    assert "自2026年1月10日起解除。" in zh
    assert "原因：名单期限届满。" in zh
    assert "lifted as of 2026-01-10" in en
    office.store.close()


def test_other_offices_are_asked_and_told_of_an_objection(cases: Store) -> None:
    (run,) = cases.runs()
    grades = cases.archive.read(run.files["grades"]).to_pylist()
    scored = {row["subject_id"] for row in grades if row["route"] == "score"}
    subject, records = next((name, own) for name, own in list_counted(cases).items() if name in scored)
    name = open_case(cases, subject, records)
    cases.act(
        "objection",
        "ask",
        name,
        by="wang.wei",
        on=OPENED,
        department="税务所",
        text=f"与{B}有无关系",
        records=records,
        due="2023-05-08",
    )
    desk = SimpleNamespace(store=cases)
    zh, en = texts_of(write(desk, name, "office", on=DECIDED, office="信用办", document_no="函2"))
    assert zh.startswith("协助核查函\n编号：函2\n\n税务所：\n")
    assert "现请贵单位协助核查下列事项：与［其他单位］有无关系" in zh
    assert all(record in zh for record in records)
    assert "请于2023年5月" in zh
    assert "Please answer in writing by 2023-05-" in en
    with pytest.raises(UsageError, match="no letter"):
        write(desk, name, on=DECIDED, office="信用办", document_no="3")
    cases.act("objection", "answer", name, by="wang.wei", on=OPENED, question=1, text="无关")
    decide(cases, name, dict.fromkeys(records, "withdraw"))
    zh, en = texts_of(write(desk, name, "office", on=DECIDED, office="信用办", document_no="函3", to="市监局"))
    assert "本机关于2023年5月9日对" in zh
    assert "的异议作出决定。" in zh
    assert "2022年度）评价结果：由“" in zh
    assert "你单位" not in zh
    assert read_letter(zh) == read_letter(en) == []


def test_a_changed_composite_has_a_letter(town: Town) -> None:
    ruling = town.rule(A, "16e")
    with pytest.raises(UsageError, match="no letter"):
        write(town, ruling, on="2026-11-03")
    letters = write(town, ruling, "composite", on="2026-11-03", office="信用办", document_no="3")
    zh, en = texts_of(letters)
    assert zh.startswith("综合信用评价结果变更告知书\n")
    assert "因本机关于2026年11月2日办理的“裁定”事项，你单位的综合信用评价结果变更如下：" in zh
    assert "分）”变更为“" in zh
    assert "the composite of your organisation changes" in en
    assert not any(other in zh for other in FIRMS if other != letters["zh"].data["subject_id"])
