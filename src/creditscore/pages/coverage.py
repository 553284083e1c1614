"""The coverage page: a Markdown document of every system of the plan, its schemes, evidence and unknowns."""

from __future__ import annotations

from collections.abc import Iterator

from creditscore.schemes import registry
from creditscore.schemes.coverage import (
    Coverage,
    System,
    citations,
    is_exact,
    load_coverage,
    marks,
    unknowns,
    versions_in,
)
from creditscore.schemes.model import Scheme
from creditscore.schemes.profiles import PROFILES, Profile

HEAD = """# Coverage / 覆盖范围

What the plan of the district asks for, section by section, and what of it is in this library. Generated from
`configs/coverage.yaml` and the schemes by `creditscore scheme coverage --markdown`; a test keeps it up to date.

实施方案逐节的要求，以及本库收录的情况。由 `configs/coverage.yaml` 和各评价规则生成。

Status / 状态:
"""


def coverage_markdown() -> str:
    """The whole page."""
    return "\n".join(_lines(load_coverage())) + "\n"


def versions_of(system: System) -> list[Scheme]:
    return [version for scheme in system.schemes for version in registry.versions(scheme)]


def counted(scheme: Scheme) -> str:
    """`verified 12, recalled 3`."""
    return ", ".join(f"{mark} {number}" for mark, number in marks(scheme).items())


def _lines(table: Coverage) -> Iterator[str]:
    yield HEAD
    for status, label in table.statuses.items():
        systems = sum(system.status == status for system in table.systems)
        yield f"- `{status}`: {label.en} / {label.zh} ({systems})"
    yield from _exact()
    yield from _whole()
    for profile in PROFILES.load():
        yield from _district(profile)
    yield "\n## Systems / 评价体系\n"
    yield "| § | what the plan asks / 要求 | department / 部门 | status | schemes |"
    yield "|---|---|---|---|---|"
    for system in table.systems:
        ids = ", ".join(f"[`{scheme}`](#{_anchor(scheme)})" for scheme in system.schemes) or "–"
        asks = f"{system.asks.zh} / {system.asks.en}"
        text = "".join(f"<br>{label.zh} / {label.en}" for label in (system.reason, system.notes) if label)
        yield f"| {system.section} | {asks}{text} | {'、'.join(system.lead)} | {system.status} | {ids} |"
    yield "\n## Schemes / 评价规则\n"
    for scheme in dict.fromkeys(scheme for system in table.systems for scheme in system.schemes):
        yield from _scheme(scheme)
    yield "## Sections without an evaluation / 不含评价的条款\n"
    for no_evaluation in table.without_evaluation:
        yield f"- {no_evaluation.section}: {no_evaluation.what.zh} / {no_evaluation.what.en}"
    yield "\n## Refused inputs / 拒收的输入\n"
    yield "| input | reason | why / 理由 | laws |"
    yield "|---|---|---|---|"
    for refused in table.refused_inputs:
        words = ", ".join(refused.words[:4]) + (" …" if len(refused.words) > 4 else "")
        yield f"| {words} | `{refused.reason}` | {refused.why.zh} / {refused.why.en} | {', '.join(refused.cite)} |"


def _exact() -> Iterator[str]:
    """A system is as good as the weakest of its versions, other provinces included; each version stands for itself."""
    every = [registry.load(entry) for entry in registry.entries()]
    exact = [scheme for scheme in every if is_exact(scheme)]
    yield f"\n## Exact versions / 精确的版本: {len(exact)} of {len(every)}\n"
    yield "The status of a system is that of its weakest version, other provinces included. By version, exact are / "
    yield "体系的状态按其最弱的版本（含外省）。逐个版本看，精确的有：\n"
    yield ", ".join(f"`{scheme.name}`" for scheme in exact)
    taken_over = [scheme for scheme in exact if scheme.role == "decision_only"]
    yield f"\n{len(taken_over)} of them take over what an office decided and compute nothing /"
    yield f"其中{len(taken_over)}个只导入主管单位的决定，不作计算：\n"
    yield ", ".join(f"`{scheme.name}`" for scheme in taken_over)


def _whole() -> Iterator[str]:
    numbers = [citations(registry.load(entry)) for entry in registry.entries()]
    cited, whole = (sum(column) for column in zip(*numbers, strict=True))
    yield "\n## Citations / 引用\n"
    yield f"Of {cited} citations {cited - whole} name the place in the text (article, item, annex or a code of it);"
    yield f"{whole} cite the text whole, because the article is not known. Every rule of a loaded scheme counts,"
    yield "also those that stand for the grades of a decision taken over, and for a text that is missing."
    yield f"共{cited}处引用，{cited - whole}处注明条款、附件或其编号；{whole}处条款未见，引用全文。"
    yield "按装入后的规则计，含导入决定各等级、未见文本所对应的规则。"


def _district(profile: Profile) -> Iterator[str]:
    """What a district uses, in the time of its plan."""
    used = [(section, scheme) for section in profile.sections for scheme in versions_in(profile, section)]
    names = {scheme.name for _, scheme in used}
    exact = {scheme.name: scheme for _, scheme in used if is_exact(scheme)}
    taken_over = sum(scheme.role == "decision_only" for scheme in exact.values())
    yield f"\n## {profile.label.zh} / {profile.label.en}: {len(exact)} of {len(names)} versions exact"
    yield f"\n{len(exact) - taken_over} compute the grade, {taken_over} take over what an office decided /"
    yield f"{len(exact) - taken_over}个计算等级，{taken_over}个导入主管单位的决定。\n"
    yield f"`{profile.profile}`, {profile.from_} – {profile.to}\n"
    yield "| § | section / 条款 | version / 版本 | exact / 精确 | evidence | citations, whole / 引用，全文 |"
    yield "|---|---|---|---|---|---|"
    for section, scheme in used:
        cited, whole = citations(scheme)
        status = _status(scheme)
        where = f"{section.section} | {section.label.zh} / {section.label.en}"
        linked = f"[`{scheme.name}`](#{_anchor(scheme.scheme)})"
        yield f"| {where} | {linked} | {status} | {counted(scheme)} | {cited}, {whole} |"


def _status(scheme: Scheme) -> str:
    done = "exact" if is_exact(scheme) else "partial"
    return f"{done}, taken over / 导入" if scheme.role == "decision_only" else done


def _scheme(scheme: str) -> Iterator[str]:
    yield f'<a id="{_anchor(scheme)}"></a>\n### {scheme}\n'
    yield "| version | role | name | laws | evidence (rules by mark) | citations, whole | unknown |"
    yield "|---|---|---|---|---|---|---|"
    for version in registry.versions(scheme):
        end = f" to {version.effective_to}" if version.effective_to else ""
        laws = ", ".join(dict.fromkeys(cite.law for cite in version.cite))
        missing = unknowns(version)
        cited, whole = citations(version)
        done = "exact" if is_exact(version) else "partial"
        first_missing = ", ".join(missing[:8]) + (f" … ({len(missing)})" if len(missing) > 8 else "")
        yield (
            f"| {version.version}{end} | {version.role}, {done} | {version.label.zh} / {version.label.en} | {laws} |"
            f" {counted(version)} | {cited}, {whole} | {first_missing or '–'} |"
        )
    yield ""


def _anchor(scheme: str) -> str:
    return scheme.replace("/", "-").replace("_", "-")
