"""What the codes of the four lists are called: events, objects, tiers, levels of texts, tasks, in two languages."""

from __future__ import annotations

from creditscore.lists.life import lang_of, word

WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "at": {
        "licence": ("行政许可", "licences"),
        "procurement": ("政府采购", "government procurement"),
        "bid": ("招标投标", "bids"),
        "fund": ("财政资金安排", "public funds"),
        "award": ("评优表彰", "awards"),
        "assessment": ("考核评价", "assessments"),
        "promise": ("告知承诺", "promises in place of proofs"),
        "clearance": ("海关通关", "customs clearance"),
        "inspection_plan": ("抽查计划", "plans of inspections"),
    },
    "object": {
        "organisation": ("个体工商户以外的各类主体", "every kind but individual businesses"),
        "enterprise": ("企业", "enterprises"),
        "individual_business": ("个体工商户", "individual businesses"),
        "institution": ("事业单位", "public institutions"),
        "social_organisation": ("社会组织", "social organisations"),
        "cooperative": ("农民专业合作社", "farmers' cooperatives"),
        "government_body": ("机关", "government bodies"),
        "other_organisation": ("其他组织", "other organisations"),
    },
    "tier": {
        "minor": ("轻微", "minor"),
        "general": ("一般", "general"),
        "serious": ("严重", "serious"),
        "unknown": ("未见公布", "not published"),
    },
    "basis_level": {
        "law": ("法律", "law"),
        "admin_regulation": ("行政法规", "administrative regulation"),
        "central_policy": ("党中央、国务院政策文件", "central policy document"),
        "local_regulation": ("地方性法规", "local regulation"),
        "department_rule": ("部门规章", "departmental rule"),
        "normative_document": ("规范性文件", "normative document"),
        "standard": ("标准", "standard"),
        "foreign": ("境外规则", "foreign rule"),
    },
    "side": {"reward": ("激励", "reward"), "punish": ("惩戒", "punishment")},
}


def said(section: str, code: str, lang: str) -> str:
    """The word for a code; the code itself where it has none."""
    pair = WORDS[section].get(code)
    return code if pair is None else pair[0 if lang == "zh" else 1]


def mark_said(mark: str | None, lang: str) -> str:
    """`（待核实）`, ` (to be verified)`: an evidence mark behind what it marks; nothing for what was verified."""
    if mark in (None, "", "verified"):
        return ""
    shown = word("marks", str(mark), lang_of(lang))
    return f"（{shown}）" if lang == "zh" else f" ({shown})"
