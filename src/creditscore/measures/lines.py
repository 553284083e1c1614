"""Joint measures in words: what a page or a terminal shows of the four lists, of proposals and of what is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from creditscore.core.days import from_day
from creditscore.core.i18n import Phrase, plain, word
from creditscore.core.model import Label
from creditscore.core.quantities import plain as plain_number
from creditscore.measures.library import known_lists
from creditscore.measures.model import TABLES, FourLists, Measure, PunishMeasure
from creditscore.schemes.citing import cited_rules, cited_text
from creditscore.schemes.describe import span_label
from creditscore.schemes.lists import Span
from creditscore.schemes.vocabulary import list_label

if TYPE_CHECKING:
    from creditscore.measures.by_grade import Attached
    from creditscore.measures.cases import Due
    from creditscore.measures.match import NotProposed, Proposal
    from creditscore.measures.workflow import Proposed

Value = Any  # a text, a label or a phrase: `show` says it in a language
Block = tuple[Value, list[Value]]  # a line, and what stands under it
TASKS = ("lift", "decide", "notify", "execute", "feedback")
REASONS = ("not_proposed", "count")
ATTACHED = ("subject", "scheme", "grade", "id", "measure", "cuts_rights", "basis", "evidence")
INFORMATION = Phrase("measure_lines", "information")


def _line(code: str, *values: Value) -> Phrase:
    return Phrase("measure_lines", code, values)


def _marked(value: Value, mark: str | None) -> Value:
    """A value, and behind it its evidence mark; nothing for what was verified."""
    return value if mark in (None, "verified") else _line("marked", value, word("office_marks", str(mark)))


def of_lists(lists: FourLists) -> list[tuple[Value, list[Block]]]:
    """Title and blocks of the four lists; each measure names the conduct it is linked to, and why."""
    list_sections = []
    for table in TABLES:
        name = lists.head.names[table]  # type: ignore[index]
        side = "reward" if table.startswith("reward") else "punish"
        keys = [key for key, side_of_list in sorted(lists.sides.items()) if side_of_list == side]
        if table.endswith("conduct"):
            blocks = [_conduct(lists, key) for key in keys if key in lists.conducts]
        else:
            blocks = [_measure(lists, key) for key in keys if key in lists.measures]
        list_sections.append((_marked(name.label, name.evidence), blocks))
    return list_sections


def _conduct(lists: FourLists, key: str) -> Block:
    conduct = lists.conducts[key]
    about = (list_said(lists, conduct.list), _department(lists, conduct.owner), lasts(conduct.list))
    tier = word("measure_tiers", conduct.tier) if lists.sides[key] == "punish" else None
    return _line("coded", key, conduct.conduct), [
        _line("conduct", *about) if tier is None else _line("dishonest", *about, tier),
        _line("rests_on", _marked(cited_rules(conduct.cite, number=True), conduct.evidence)),
        *([] if lists.linked(key) else [_line("no_link")]),
    ]


def _measure(lists: FourLists, key: str) -> Block:
    measure = lists.measures[key]
    objects = [word("measure_objects", code) for code in measure.object]
    kinds = [word("measure_at", code) for code in measure.at]
    departments = [_department(lists, code) for code in measure.dept]
    length = _time(measure.max_period.span, measure.max_period.until_exit)
    basis = _basis(cited_rules(measure.cite, number=True), measure.basis_level, measure.evidence)
    if isinstance(measure, PunishMeasure) and measure.cuts_rights:
        basis = _line("cuts_weakly" if measure.basis_level == "department_rule" else "cuts", basis)
    links = [
        _marked(_line("link", lists.conducts[link.conduct_id].conduct, link.relevance_reason), link.evidence)
        for link in lists.links
        if link.measure_id == key
    ]
    return _line("coded", key, measure.measure), [
        _line("measure", objects, kinds, departments, length),
        *_value(measure),
        *([_line("only", measure.where)] if measure.where else []),
        basis,
        *links,
    ]


def _basis(law_words: Label, level: str, mark: str | None) -> Phrase:
    """The texts, how strong the strongest is, and the evidence."""
    return _line("rests_on", _marked(_line("marked", law_words, word("basis_levels", level)), mark))


def list_said(lists: FourLists, name: str) -> Label:
    """The name of a list as its newest version calls it; where no scheme keeps it, the conduct that it stands for."""
    conduct = next((conduct.conduct for conduct in lists.conducts.values() if conduct.list == name), None)
    return list_label(name) or conduct or plain(name)


def lasts(name: str) -> list[Label]:
    """How long an entry lasts by the newest versions of its schemes: each term, until exit, or unknown."""
    known = known_lists().get(name)
    rules = [] if known is None else [known.rules[key] for key in known.current] or list(known.rules.values())[-1:]
    lengths = [_time(term.span, term.until_exit) for rule in rules for term in rule.terms] or [_time(None, False)]
    return [length for place, length in enumerate(lengths) if length not in lengths[:place]]


def _time(time_span: Span | None, until_exit: bool) -> Label:
    return span_label(time_span) if time_span is not None else word("spans", "until_exit" if until_exit else "unknown")


def _value(measure: Measure) -> list[Value]:
    """The number of a measure in words, as far as it has one."""
    if measure.value is None:
        return []
    unit = "%" if measure.value.unit == "percent" else f" {measure.value.unit}"
    number = _line(measure.value.bound, f"{plain_number(measure.value.number)}{unit}")
    return [_line("relative" if measure.value.relative else "value", number)]


def _department(lists: FourLists, code: str) -> Label:
    known = lists.head.departments.get(code)
    return word("measure_lines", "any") if code == "any" else plain(code) if known is None else known.label


def legend(lists: FourLists) -> list[Value]:
    """What the tables do not say of themselves: names that are inferred, defaults of this package, the mark (!)."""
    return [_line("sign"), _feedback(lists), _line("no_link_no_measure")]


def _feedback(lists: FourLists) -> Value:
    return _marked(_line("feedback_within", lists.head.feedback.days), lists.head.feedback.evidence)


def _flags(names: Iterable[str]) -> list[Value]:
    return [_line("flag", word("measure_flags", name)) for name in names]


def proposal(asked: Proposal, lists: FourLists) -> Block:
    """What is proposed, why, and on what it rests."""
    why = next(link.relevance_reason for link, other in lists.linked(asked.conduct_id) if other.id == asked.measure_id)
    entry = (asked.event_id, from_day(asked.on), asked.listing_id, list_said(lists, asked.list))
    entry_line = _line("entry", *entry, from_day(asked.entered_on))
    if asked.ends_by is not None:  # the first day without it
        last = from_day(asked.ends_by) - timedelta(days=1)
        entry_line = _line("until", entry_line, last)
    return _line("proposal", asked.proposal_id, asked.subject_id, word("measure_sides", asked.side)), [
        lists.measures[asked.measure_id].measure,
        entry_line,
        _line("named", lists.conducts[asked.conduct_id].conduct, why),
        _basis(cited_text(asked.basis, number=True), asked.basis_level, asked.evidence),
        *_flags(asked.flags),
    ]


def reasons(refused: Iterable[NotProposed]) -> list[Sequence[Value]]:
    """How often each reason stood in the way."""
    counts = Counter(not_proposed.reason for not_proposed in refused)
    return [(word("not_proposed", reason), str(count)) for reason, count in sorted(counts.items())]


def sums(done: Proposed) -> list[Value]:
    """How many pairs were matched with what result, and how many proposals are new."""
    fates = done.matched.fates
    counts = (fates["proposed"], fates["refused"], fates["clear"])
    return [_line("pairs", sum(fates.values()), *counts), _line("proposed", len(done.new), len(done.repeated))]


def due(due_step: Due, proposal: Proposal, on: int, lists: FourLists, disputed: str = "") -> Block:
    """What is to be done about a measure; `disputed`: contested records of the entry that it rests on."""
    measure = lists.measures.get(proposal.measure_id)
    days = _line("since", from_day(due_step.since))
    if due_step.by is not None:
        days = _line("late" if due_step.by < on else "by", days, from_day(due_step.by))
    if due_step.cause:
        days = _line("and", days, word("measure_endings", due_step.cause))
    task = word("measure_tasks", due_step.task)
    return _line("proposal", task, due_step.proposal_id, proposal.subject_id), [
        proposal.measure_id if measure is None else measure.measure,
        days,
        *_flags(proposal.flags),
        *([Phrase("case", "marked", (disputed,))] if disputed else []),
    ]


def due_sum(dues: Iterable[Due], lists: FourLists) -> Value:
    """How many tasks of each kind are due."""
    counts = Counter(due_task.task for due_task in dues)
    tasks = [_line("count", word("measure_tasks", task), counts[task]) for task in TASKS]
    return _line("tasks", tasks, _feedback(lists))


def attached(linked_measure: Attached) -> Sequence[Value]:
    """A measure that a rule attaches to a grade, as the row of a table."""
    times = "" if linked_measure.running == 1 else f" ×{linked_measure.running}"
    where = f" ({linked_measure.where})" if linked_measure.where else ""
    return (
        linked_measure.subject_id,
        f"{linked_measure.scheme}@{linked_measure.version}",
        linked_measure.grade + times,
        linked_measure.measure_id,
        linked_measure.what + where,
        _line("yes") if linked_measure.cuts_rights else "",
        _line("marked", cited_text(linked_measure.basis), word("basis_levels", linked_measure.basis_level)),
        word("office_marks", linked_measure.evidence) if linked_measure.evidence not in (None, "verified") else "",
    )
