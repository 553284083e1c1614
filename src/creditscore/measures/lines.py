"""Joint measures in words, as lines for people, in Chinese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from creditscore.core.days import iso
from creditscore.core.i18n import lang_of, mark_in_words, say, word
from creditscore.core.messages import day_in_words
from creditscore.core.quantities import plain
from creditscore.measures.codes import ENDINGS, FLAGS, NOT_PROPOSED
from creditscore.measures.library import known_lists
from creditscore.measures.model import TABLES, FourLists, Measure, PunishMeasure
from creditscore.schemes.citing import cited_rules, cited_text
from creditscore.schemes.describe import label, span
from creditscore.schemes.lists import Span
from creditscore.schemes.vocabulary import list_label

if TYPE_CHECKING:
    from creditscore.measures.by_grade import Attached
    from creditscore.measures.cases import Due
    from creditscore.measures.match import NotProposed, Proposal
    from creditscore.measures.workflow import Proposed


def code_word(section: str, code: str, lang: str) -> str:
    """The word for a code; the code itself where it has none."""
    return say(word(section, code), lang_of(lang))


def mark_said(mark: str | None, lang: str) -> str:
    """An evidence mark behind what it marks; nothing for what was verified."""
    return mark_in_words(mark, lang_of(lang))


Row = tuple[str, ...]
Block = tuple[str, list[str]]  # a line, and what stands under it
TIMES = {
    "until_exit": {"zh": "至移出名单", "en": "until the entry ends"},
    "unknown": {"zh": "未见公布", "en": "not published"},
}
UNITS = {"days": "天", "workdays": "个工作日", "months": "个月", "years": "年"}
BOUNDS = {
    "exactly": {"zh": "为", "en": ""},
    "at_least": {"zh": "不低于", "en": "at least"},
    "at_most": {"zh": "不超过", "en": "at most"},
}
REASONS = {"zh": ("未提出的原因", "数"), "en": ("not proposed", "count")}
ATTACHED = {
    "zh": ("主体", "制度", "等级", "编号", "措施", "限权", "依据", "证据"),
    "en": ("subject", "scheme", "grade", "id", "measure", "cuts rights", "basis", "evidence"),
}
INFORMATION = {
    "zh": "仅供参考：等级本身不触发任何措施；以该制度主管部门公布的决定为准。",
    "en": "Information only: a grade triggers nothing; the published decision of the office whose rule it is counts.",
}
TASKS = {"lift": "解除", "decide": "决定", "notify": "告知", "execute": "执行", "feedback": "反馈"}
SHORT = {
    "basis_department_rule": "依据仅为部门规章",
    "force_unknown": "是否施行待核",
    "condition": "须核实适用条件",
    "weak_evidence": "文本未核实",
}
REASONS_ZH = {
    "natural_person": "自然人，不适用",
    "mangled_id": "代码被表格软件改成了数字",
    "bad_uscc": "不是有效的统一社会信用代码",
    "empty_id": "没有主体",
    "unknown_subject": "主体表中没有",
    "unknown_department": "四张清单中没有该部门代码",
    "not_yet_known": "当日尚未获知",
    "not_valid_that_day": "当日不在名单有效期内",
    "unknown_list": "名单未知",
    "no_conduct": "行为清单未列该名单",
    "no_link": "该行为没有关联措施",
    "other_event": "措施不适用于此类事项",
    "other_department": "措施属于其他部门",
    "kind_not_named": "措施不适用于此类主体",
    "basis_not_in_force": "当日没有施行中的依据",
    "basis_too_low": "当日施行的依据不足以减损权益",
    "on_black_or_watch_list": "在黑名单或重点关注名单期间不予激励",
    "entry_of_unknown_list": "有未知名单的记录，不予激励",
    "already_open": "同一记录的同一措施已提出或在执行",
    "period_used_up": "措施最长期限已满",
}
ENDINGS_ZH = {
    "annulled": "决定被撤销",
    "repaired": "信用修复",
    "exited": "移出名单",
    "term_over": "名单期限届满",
    "period_over": "措施最长期限届满",
    "basis_gone": "依据已废止",
    "on_black_or_watch_list": "列入黑名单或重点关注名单",
    "entry_missing": "名单中没有该条目",
}
YES = {"zh": "是", "en": "yes"}


def of_lists(lists: FourLists, lang: str) -> list[tuple[str, list[Block]]]:
    """Title and blocks of the four lists; each measure names the conduct it is linked to, and why."""
    list_sections = []
    for table in TABLES:
        name = lists.head.names[table]  # type: ignore[index]
        side = "reward" if table.startswith("reward") else "punish"
        keys = [key for key, side_of_list in sorted(lists.sides.items()) if side_of_list == side]
        if table.endswith("conduct"):
            blocks = [_conduct(lists, key, lang) for key in keys if key in lists.conducts]
        else:
            blocks = [_measure(lists, key, lang) for key in keys if key in lists.measures]
        list_sections.append((label(name.label, lang) + mark_said(name.evidence, lang), blocks))
    return list_sections


def _conduct(lists: FourLists, key: str, lang: str) -> Block:
    conduct, zh = lists.conducts[key], lang == "zh"
    listed, owner = list_said(lists, conduct.list, lang), _department(lists, conduct.owner, lang)
    tier = ""
    if lists.sides[key] == "punish":
        tier = (
            f"失信程度：{code_word('measure_tiers', conduct.tier, lang)}；"
            if zh
            else f"tier: {code_word('measure_tiers', conduct.tier, lang)}; "
        )
    about = (
        f"名单：{listed}；{tier}牵头：{owner}；列入期限：{lasts(conduct.list, lang)}"
        if zh
        else f"list: {listed}; {tier}owner: {owner}; how long an entry lasts: {lasts(conduct.list, lang)}"
    )
    nothing = (
        [] if lists.linked(key) else ["无关联措施：不产生任何措施" if zh else "no measure is linked: nothing follows"]
    )
    basis = f"{'依据：' if zh else 'basis: '}{label(cited_rules(conduct.cite, number=True), lang)}"
    return f"{key}  {label(conduct.conduct, lang)}", [about, basis + mark_said(conduct.evidence, lang), *nothing]


def _measure(lists: FourLists, key: str, lang: str) -> Block:
    measure, zh = lists.measures[key], lang == "zh"
    between, colon = ("、", "：") if zh else (", ", ": ")
    depts = between.join(_department(lists, code, lang) for code in measure.dept)
    period = measure.max_period
    objects = between.join(code_word("measure_objects", code, lang) for code in measure.object)
    kinds = between.join(code_word("measure_at", code, lang) for code in measure.at)
    about = (
        f"对象：{objects}；事项：{kinds}；部门：{depts}；最长：{_time(period.span, period.until_exit, lang)}"
        if zh
        else f"for {objects}; at {kinds}; by {depts}; at most {_time(period.span, period.until_exit, lang)}"
    )
    where = [f"{'条件：' if zh else 'only: '}{label(measure.where, lang)}"] if measure.where else []
    basis = _basis(label(cited_rules(measure.cite, number=True), lang), measure.basis_level, measure.evidence, lang)
    links = [
        f"← {label(lists.conducts[link.conduct_id].conduct, lang)}{colon}{label(link.relevance_reason, lang)}"
        f"{mark_said(link.evidence, lang)}"
        for link in lists.links
        if link.measure_id == key
    ]
    return f"{key}  {label(measure.measure, lang)}", [
        about,
        *filter(None, [_value(measure, lang)]),
        *where,
        basis + _cuts(measure, lang),
        *links,
    ]


def _basis(law_words: str, level: str, mark: str | None, lang: str) -> str:
    """The texts, how strong the strongest is, and the evidence."""
    rank = code_word("basis_levels", level, lang)
    return (
        f"依据：{law_words}（{rank}）{mark_said(mark, lang)}"
        if lang == "zh"
        else f"basis: {law_words} ({rank}){mark_said(mark, lang)}"
    )


def list_said(lists: FourLists, name: str, lang: str) -> str:
    """The name of a list as its newest version calls it; where no scheme keeps it, the conduct that it stands for."""
    conduct = next((conduct.conduct for conduct in lists.conducts.values() if conduct.list == name), None)
    named = list_label(name) or conduct
    return name if named is None else label(named, lang)


def lasts(name: str, lang: str) -> str:
    """How long an entry lasts by the newest versions of its schemes: each term, until exit, or unknown."""
    known = known_lists().get(name)
    if known is None:
        return TIMES["unknown"][lang]
    rules = [known.rules[name] for name in known.current] or list(known.rules.values())[-1:]
    terms = [term for rule in rules for term in rule.terms]
    words = [_time(term.span, term.until_exit, lang) for term in terms] or [TIMES["unknown"][lang]]
    return ("、" if lang == "zh" else ", ").join(dict.fromkeys(words))


def _time(time_span: Span | None, until_exit: bool, lang: str) -> str:
    if time_span is None:
        return TIMES["until_exit" if until_exit else "unknown"][lang]
    number, unit = span(time_span).split()
    return number + UNITS[unit] if lang == "zh" else f"{number} {unit if number != '1' else unit[:-1]}"


def _value(measure: Measure, lang: str) -> str:
    """The number of a measure in words, as far as it has one."""
    if measure.value is None:
        return ""
    bound = BOUNDS[measure.value.bound][lang]
    of = {"zh": "（相对于通常值）", "en": " of the usual value"}[lang] if measure.value.relative else ""
    unit = "%" if measure.value.unit == "percent" else f" {measure.value.unit}"
    number = plain(measure.value.number)
    return f"数值：{bound}{number}{unit}{of}" if lang == "zh" else f"value: {bound} {number}{unit}{of}"


def _cuts(measure: Measure, lang: str) -> str:
    """That it cuts rights, and the flag where it does so on a departmental rule alone."""
    if not isinstance(measure, PunishMeasure) or not measure.cuts_rights:
        return ""
    flag = " (!)" if measure.basis_level == "department_rule" else ""
    return ("；减损权益" if lang == "zh" else "; cuts rights") + flag


def _department(lists: FourLists, code: str, lang: str) -> str:
    known = lists.head.departments.get(code)
    return label(known.label, lang) if known else {"any": {"zh": "任何部门", "en": "any"}[lang]}.get(code, code)


def legend(lists: FourLists, lang: str) -> list[str]:
    """What the tables do not say of themselves: names that are inferred, defaults of this package, the mark (!)."""
    days, mark = lists.head.feedback.days, mark_said(lists.head.feedback.evidence, lang)
    if lang == "zh":
        return [
            "(!) 减损权益而依据仅为部门规章：决定人须说明理由予以确认。",
            f"反馈期限为{days}天{mark}；无关联则无措施。",
        ]
    return [
        "(!) cuts rights on a departmental rule alone: whoever decides must acknowledge it with a reason.",
        f"Feedback within {days} days{mark}. No link, no measure.",
    ]


def flags(names: Iterable[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(SHORT[name] if lang == "zh" else FLAGS[name] for name in names)


def proposal(asked: Proposal, lists: FourLists, lang: str) -> Block:
    zh = lang == "zh"
    why = next(link.relevance_reason for link, other in lists.linked(asked.conduct_id) if other.id == asked.measure_id)
    side = code_word("measure_sides", asked.side, lang)
    until = ""
    if asked.ends_by is not None:  # the first day without it; 至 names the last day with it
        until = f"，至{_day(asked.ends_by - 1, lang)}" if zh else f", before {iso(asked.ends_by)}"
    conduct, colon = label(lists.conducts[asked.conduct_id].conduct, lang), "：" if zh else ": "
    return f"{asked.proposal_id}  {asked.subject_id}  {side}", [
        label(lists.measures[asked.measure_id].measure, lang),
        f"{_day(asked.on, lang)}{'事项' if zh else ' event '}{asked.event_id}；{_day(asked.entered_on, lang)}列入“"
        f"{list_said(lists, asked.list, lang)}”（{asked.listing_id}）{until}"
        if zh
        else f"event {asked.event_id} of {iso(asked.on)}; entry {asked.listing_id} on the"
        f" {list_said(lists, asked.list, lang)} of {iso(asked.entered_on)}{until}",
        f"{conduct}{colon}{label(why, lang)}",
        _basis(
            label(cited_text(asked.basis, number=True), lang),
            asked.basis_level,
            asked.evidence,
            lang,
        ),
        *([f"(!) {flags(asked.flags, lang)}"] if asked.flags else []),
    ]


def reasons(refused: Iterable[NotProposed], lang: str) -> list[Row]:
    """How often each reason stood in the way."""
    counts = Counter(not_proposed.reason for not_proposed in refused)
    words = REASONS_ZH if lang == "zh" else NOT_PROPOSED
    return [(words[reason], str(n)) for reason, n in sorted(counts.items())]


def sums(done: Proposed, lang: str) -> list[str]:
    fates, new, old = done.matched.fates, len(done.new), len(done.repeated)
    pairs = sum(fates.values())
    if lang == "zh":
        return [
            f"事件与主体 {pairs} 对：有提案 {fates['proposed']}，未提出 {fates['refused']}，"
            f"无名单记录 {fates['clear']}。",
            f"新提案 {new} 件，已有 {old} 件。提案不是决定：由他人决定（act measure accept）。",
        ]
    return [
        f"{pairs} pairs of event and subject: {fates['proposed']} with proposals, {fates['refused']} refused,"
        f" {fates['clear']} on no list.",
        f"{new} new proposals, {old} already there. A proposal decides nothing: another person does"
        " (act measure accept).",
    ]


def describe_ending(cause: str, lang: str) -> str:
    """Why a measure ended, in words."""
    return (ENDINGS_ZH if lang == "zh" else ENDINGS)[cause]


def due(due_step: Due, proposal: Proposal, on: int, lists: FourLists, lang: str, disputed: str = "") -> Block:
    """What is to be done about a measure; `disputed`: contested records of the entry that it rests on."""
    zh = lang == "zh"
    late = [{"zh": "逾期", "en": "late"}[lang]] if due_step.by is not None and due_step.by < on else []
    until = [f"限{_day(due_step.by, lang)}" if zh else f"by {iso(due_step.by)}"] if due_step.by is not None else []
    cause = [describe_ending(due_step.cause, lang)] if due_step.cause else []
    measure = lists.measures.get(proposal.measure_id)
    what = proposal.measure_id if measure is None else label(measure.measure, lang)
    task = TASKS[due_step.task] if zh else due_step.task
    days = [f"自{_day(due_step.since, lang)}" if zh else f"since {iso(due_step.since)}", *until, *late, *cause]
    flagged = [f"(!) {flags(proposal.flags, lang)}"] if proposal.flags else []
    flagged += [f"*** {'异议处理中：' if zh else 'disputed: '}{disputed} ***"] if disputed else []
    return f"{task}  {due_step.proposal_id}  {proposal.subject_id}", [what, ("，" if zh else ", ").join(days), *flagged]


def due_sum(dues: Iterable[Due], lists: FourLists, lang: str) -> str:
    counts = Counter(due_task.task for due_task in dues)
    words = [f"{TASKS[task] if lang == 'zh' else task} {counts[task]}" for task in TASKS]
    days, mark = lists.head.feedback.days, mark_said(lists.head.feedback.evidence, lang)
    if lang == "zh":
        return "，".join(words) + f"；反馈期限为{days}天{mark}"
    return ", ".join(words) + f"; feedback within {days} days{mark}"


def _day(day: int, lang: str) -> str:
    return day_in_words(iso(day), lang)


def attached(linked_measure: Attached, lang: str) -> Row:
    times = "" if linked_measure.running == 1 else f" ×{linked_measure.running}"
    where = f" ({linked_measure.where})" if linked_measure.where else ""
    cuts = YES[lang] if linked_measure.cuts_rights else ""
    basis = label(cited_text(linked_measure.basis), lang)
    level = code_word("basis_levels", linked_measure.basis_level, lang)
    return (
        linked_measure.subject_id,
        f"{linked_measure.scheme}@{linked_measure.version}",
        linked_measure.grade + times,
        linked_measure.measure_id,
        linked_measure.what + where,
        cuts,
        f"{basis}（{level}）" if lang == "zh" else f"{basis} ({level})",
        ""
        if linked_measure.evidence in (None, "verified")
        else say(word("office_marks", linked_measure.evidence), lang_of(lang)),
    )
