"""What a district's dashboard leads to: a domain by scheme, an organisation under all of them, the lists."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from creditscore.core.i18n import Lang, clean, day_said, grade_name, phrases, say, word
from creditscore.pages import district_charts
from creditscore.present import charts
from creditscore.present.charts import colours
from creditscore.present.document import (
    Badge,
    Block,
    Chart,
    Code,
    Column,
    Columns,
    Count,
    Document,
    Facts,
    Lines,
    Link,
    Section,
    Table,
    Value,
    above_code,
    csv_name,
    heads,
)
from creditscore.present.plots import matrix_chart
from creditscore.records.feed_health import STATES

Say = Callable[..., str]
WITHOUT = ("not_graded", "not_computable")  # in the scope of a scheme, and without a grade
PLAIN = re.compile(r"[\w-]{1,60}", re.ASCII)


def say_in(lang: Lang) -> Say:
    """Texts of the dashboard and its details."""
    return phrases("district", lang, "explanation", "pages", "columns")


def file_of(kind: str, name: str, lang: Lang = "zh") -> str:
    """The file of a detail; a name that is no name of a file is known by its hash."""
    plain = name if not name or PLAIN.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:16]
    return "-".join(part for part in (kind, plain) if part) + (".html" if lang == "zh" else ".en.html")


def domain_name(domain: str, lang: Lang) -> str:
    return say(word("domains", clean(domain)), lang) or say_in(lang)("unnamed")


def loud(row: Mapping[str, Any]) -> bool:
    """Whether a feed is not as usual."""
    return bool({*STATES, "never"} & set(row["state"].split("+")))


def state(row: Mapping[str, Any], t: Say) -> str:
    return " + ".join(t(part) for part in row["state"].split("+"))


def detail(
    data: Mapping[str, Any],
    kind: str,
    title: str,
    blocks: Sequence[Block | None],
    lang: Lang,
    back: str,
    own: Mapping[str, Any],
    under: Sequence[Value] = (),
) -> Document:
    """A page that leads back to the dashboard; `own`: the data it shows; `under`: lines below the heading."""
    t = say_in(lang)
    link = Link(f"← {data['title'][lang]}", back if lang == "zh" else back.replace(".html", ".en.html"))
    return Document(
        f"{t('dashboard')} · {kind}",
        title,
        lang,
        blocks,
        under=[link, *under, t("day", day_said(data["on"], lang))],
        data={"on": data["on"], "title": data["title"], "made_up": data["made_up"], **own},
        made_up=data["made_up"],
        foot=t("not_official"),
    )


def domain_document(data: dict[str, Any], domain: str, lang: Lang, back: str = "") -> Document:
    """Describe a domain: under each scheme grades by year, who moved, where, and whom to look at."""
    t = say_in(lang)
    by_version: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in data["shares"]:
        if row["domain"] == domain:
            by_version.setdefault((row["scheme"], row["version"]), []).append(row)
    names = {scheme for scheme, _ in by_version}
    offices = [row["department"][lang] for row in data["feeds"] if row["feed"] == domain and row["department"][lang]]
    own = {"domain": domain, "shares": [row for rows in by_version.values() for row in rows]}
    own |= {part: [row for row in data[part] if row["scheme"] in names] for part in ("migration", "maps", "attention")}
    newest_first = sorted(by_version.values(), key=lambda rows: (rows[-1]["year"], rows[-1]["graded"]), reverse=True)
    return detail(
        data,
        t("domain"),
        domain_name(domain, lang),
        [_scheme(data, rows, lang, t) for rows in newest_first],
        lang,
        back,
        own,
        under=[f"{t('department')}{t('colon')}{office}" for office in offices],
    )


def _scheme(data: dict[str, Any], rows: Sequence[dict[str, Any]], lang: Lang, t: Say) -> Section:
    """A version of a scheme: grades by year, and of the last year who moved, where, and whom to look at."""
    newest = rows[-1]
    name, is_last = newest["scheme"], newest["year"] == data["years"][-1]
    marks = [t("internal_risk")] if newest["use"] == "internal_risk" else []
    names = {grade["code"]: grade_name(grade["code"], grade["label"][lang]) for grade in newest["grades"]}
    moves = [row for row in data["migration"] if row["scheme"] == name and row["to"] == newest["year"] and row["moved"]]
    maps = [row for row in data["maps"] if row["scheme"] == name and is_last]
    beside = [_moves(row, names, t) for row in moves]
    drawn: list[Block] = [_shares(rows, names, lang, t), *(_map(row, names, t) for row in maps)]
    look = [row for row in data["attention"] if row["scheme"] == name and is_last and row["count"]]
    return Section(
        newest["label"][lang],
        [*([Columns(drawn, beside)] if beside else drawn), *(_attention(data, row, lang, t) for row in look)],
        " · ".join([*marks, f"{name}@{newest['version']}"]),
    )


def _shares(rows: Sequence[dict[str, Any]], names: Mapping[str, str], lang: Lang, t: Say) -> Chart | Table:
    """How many have which grade, and how many none, by year."""
    counts = {names[grade["code"]]: [_count(row, grade["code"]) for row in rows] for grade in rows[-1]["grades"]}
    counts |= {t(code): [row[code] for row in rows] for code in WITHOUT}
    counts = {label: numbers for label, numbers in counts.items() if any(numbers)}
    shades = {names[code]: shade for code, shade in colours(list(names)).items()}
    shades |= {t(code): shade for code, shade in district_charts.PALE.items()}
    years = [t("year", row["year"]) for row in rows]
    cells = [(Badge(label, shades[label]), *map(Count, numbers)) for label, numbers in counts.items()]
    table = Table([Column(t("grade")), *(Column(year, "number") for year in years)], cells)
    if not any(row["graded"] or row["not_computable"] for row in rows):
        return table
    bars = [
        {"label": year, "total": (total := sum(numbers)), "counts": dict(zip(counts, numbers, strict=True))}
        | {"percents": {label: 100 * number / total for label, number in zip(counts, numbers, strict=True)}}
        for year, *numbers in zip(years, *counts.values(), strict=True)
    ]
    desc = t("shares_desc")
    picture = charts.stacked(f"shares-{_id(rows[-1])}", rows[-1]["label"][lang], desc, bars, list(counts), shades)
    return Chart("", picture, desc, table)


def _id(row: Mapping[str, Any]) -> str:
    return re.sub(r"\W", "-", f"{row['scheme']}-{row.get('version', '')}")


def _count(row: Mapping[str, Any], code: str) -> int:
    return sum(grade["count"] for grade in row["grades"] if grade["code"] == code)


def _moves(row: Mapping[str, Any], names: Mapping[str, str], t: Say) -> Chart:
    cells: dict[tuple[str, str], int] = {}
    for value in row["matrix"]:
        before, after = (name if name in row["grades"] else "" for name in (value["before"], value["after"]))
        cells[before, after] = cells.get((before, after), 0) + value["subjects"]
    used = [name for name in [*row["grades"], ""] if any(name in pair for pair in cells)]
    counts = [[cells.get((x, y), 0) for y in used] for x in used]
    labels = [names.get(name, name) or t("no_grade") for name in used]
    title = t("migration_title", row["from"], row["to"], Count(row["organisations"]), Count(row["moved"]))
    return matrix_chart(f"moves-{_id(row)}", title, t("migration_desc"), labels, counts)


def _map(mapping: Mapping[str, Any], names: Mapping[str, str], t: Say) -> Chart:
    def call(name: str) -> str:
        return t("others") if name == "*" else name or t("unnamed")

    cells = {(row["industry"], row["district"]): row for row in mapping["tiles"]}
    codes = mapping["codes"]
    across, down = ([(name, call(name)) for name in mapping[axis]] for axis in ("districts", "industries"))
    called = [names.get(code, code) for code in codes]
    picture = district_charts.tiles(
        f"map-{_id(mapping)}", t("map"), t("map_desc"), dict(zip(codes, called, strict=True)), across, down, cells
    )
    rows = [
        (call(row["industry"]), call(row["district"]), *(Count(row["counts"].get(code, 0)) for code in codes))
        for row in mapping["tiles"]
    ]
    columns = [*heads(t, "industry", "district"), *(Column(name, "number") for name in called)]
    return Chart(t("map"), picture, t("map_desc"), Table(columns, rows))


def _attention(data: dict[str, Any], row: Mapping[str, Any], lang: Lang, t: Say) -> Table:
    """The organisations of a scheme that are not in its best grade, the worst first."""
    subjects = {subject["subject_id"]: subject for subject in data["subjects"]}
    years = [year for year in data["years"] if year <= row["year"]][-2:]
    rows = []
    for name in row["subjects"]:
        subject = subjects[name]
        grades = (grade_badge(data, row["scheme"], subject, year, lang) for year in reversed(years))
        place = (subject["district"] or None, subject["industry"] or None)
        rows.append((subject_link(data, subject, lang), *grades, *place))
    columns = [*heads(t, "organisation"), *(Column(t("year", year), "badge") for year in reversed(years))]
    title, csv = t("attention"), csv_name(f"{_id(row)}organisations", lang)
    caption = t("attention_desc", Count(row["count"]), len(rows))
    return Table([*columns, *heads(t, "district", "industry")], rows, title, caption, csv=csv)


def grade_badge(data: Mapping[str, Any], scheme: str, subject: Mapping[str, Any], year: str, lang: Lang) -> Value:
    """An organisation's grade of a year in its colour, or why it has none; None where the scheme was not in force."""
    held = subject["grades"].get(scheme, {}).get(year)
    if held is None:
        return None
    version, name = held
    label = data["words"][f"{scheme}@{version}"][name][lang]
    codes = next(
        ([grade["code"] for grade in row["grades"]] for row in data["shares"] if _is(row, scheme, version)), []
    )
    if name in codes:
        return Badge(label, colours(codes)[name])
    return Badge(label, tone="warn" if name.startswith("not_computable") else "idle")


def _is(row: Mapping[str, Any], scheme: str, version: str) -> bool:
    return bool(row["scheme"] == scheme and row["version"] == version)


def subject_document(data: dict[str, Any], subject: dict[str, Any], lang: Lang, back: str = "") -> Document:
    """Describe an organisation: its grades under every scheme by year, and its entries on lists."""
    t = say_in(lang)
    newest = {row["scheme"]: row for row in data["shares"]}
    rows: list[Sequence[Value]] = []
    without: dict[str, list[str]] = {}  # schemes that never graded it, by the last reason
    for scheme, years in subject["grades"].items():
        about, (version, last) = newest[scheme], years[max(years)]
        if all(name.startswith("not_graded") for _, name in years.values()):
            without.setdefault(data["words"][f"{scheme}@{version}"][last][lang], []).append(about["label"][lang])
            continue
        link = Link(domain_name(about["domain"], lang), file_of("domain", about["domain"], lang))
        head = Lines([about["label"][lang], link], small=True)
        grades = (grade_badge(data, scheme, subject, year, lang) for year in reversed(data["years"]))
        rows.append((head, *grades))
    columns = [*heads(t, "scheme"), *(Column(t("year", year)) for year in reversed(data["years"]))]
    unused = Table(heads(t, "reason", "scheme"), [(reason, Lines(names)) for reason, names in without.items()])
    entries = [
        (
            row["label"][lang],
            Badge(t(row["state"]), tone="warn" if row["state"] == "running" else "idle"),
            day_said(row["entered_on"], lang),
            day_said(row["term_end"], lang) or t("no_end"),
            day_said(row["exited_on"], lang) or None,
        )
        for row in subject["entries"]
    ]
    of_list = heads(t, "list", state="badge", entered="day", term_end="day", exited="day")
    facts = [(t(name), subject[name]) for name in ("industry", "district") if subject[name]]
    used = {f"{scheme}@{version}" for scheme, years in subject["grades"].items() for version, _ in years.values()}
    return detail(
        data,
        t("organisation"),
        subject["name"] or subject["subject_id"],
        [
            Facts(facts) if facts else None,
            Section(t("all_grades"), [Table(columns, rows)]),
            Section(t("lists"), [Table(of_list, entries, empty=t("no_lists"))]),
            Section(t("never_graded"), [unused]) if without else None,
        ],
        lang,
        back,
        {"subject": subject, "words": {name: data["words"][name] for name in sorted(used)}},
        under=[Code(subject["subject_id"])],
    )


def lists_document(data: dict[str, Any], lang: Lang, back: str = "") -> Document:
    """Describe the lists: entries by year, what runs, left and is over on the day, and what ends soon."""
    t = say_in(lang)
    years = sorted({year for row in data["lists"] for year in row["entered"]})
    names = ("running", "exited", "term_over")
    rows = [
        (
            row["label"][lang],
            word("list_kinds", row["kind"]) if row["kind"] else None,
            *(Count(row["entered"].get(year, 0)) for year in years),
            *(Count(row[name]) for name in names),
        )
        for row in data["lists"]
    ]
    columns = [*heads(t, "list", "kind"), *(Column(t("entered_in", year), "number") for year in years)]
    columns += heads(t, numbers=names)
    table = Table(columns, rows, empty=t("no_lists"), csv=csv_name("lists", lang))
    caption = t("ending_desc", Count(len(data["ending"]))) if data["ending"] else ""
    return detail(
        data,
        t("lists"),
        t("lists"),
        [
            Section(t("lists"), [table], t("lists_desc") if rows else ""),
            Section(t("ending", data["soon"]), [ending_table(data, lang, csv=csv_name("ending", lang))], caption),
        ],
        lang,
        back,
        {name: data[name] for name in ("lists", "ending", "soon")},
    )


def subject_link(data: Mapping[str, Any], row: Mapping[str, Any], lang: Lang, folder: str = "") -> Value:
    """An organisation above its code; it leads to its page, where it has one in `folder`."""
    name, code = clean(row["name"]), row["subject_id"]
    if not any(subject["subject_id"] == code for subject in data["subjects"]):
        return above_code(name, code)
    return above_code(Link(name or code, folder + file_of("organisation", code, lang)), code)


def ending_table(
    data: Mapping[str, Any], lang: Lang, most: int | None = None, csv: str = "", folder: str = ""
) -> Table:
    """Entries that end soon, the soonest first."""
    t = say_in(lang)
    rows = [
        (subject_link(data, row, lang, folder), row["label"][lang], day_said(row["term_end"], lang), Count(row["days"]))
        for row in data["ending"][:most]
    ]
    columns = heads(t, "organisation", "list", term_end="day", days_left="number")
    return Table(columns, rows, empty=t("none_ending"), csv=csv)
