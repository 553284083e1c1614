"""The sections of a packet's page: tables of cells, each cell one or two lines (Chinese, then English)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.explanation.numbers import MINUS
from creditscore.explanation.text import clean
from creditscore.explanation.words import LANGS
from creditscore.review.cascade_lines import word as cascade_word
from creditscore.review.packet.gather import about_of
from creditscore.review.repair_data import said
from creditscore.review.repair_text import action_blocks, option_lines, plan_lines
from creditscore.review.words import text, word

Cell = tuple[str, ...]  # the lines of a cell
USED = (
    ("record", "id"),
    ("item", ""),
    ("facts", "small"),
    ("events", "small"),
    ("effective", "n"),
    ("share", "n"),
    ("why", ""),
)
CHANGES = 60  # changes of the law that are printed
SETS = 12  # records named in one cell
FIRST = (
    "occurred_on", "event_on", "decided_on", "booked_on", "published_on", "corrected_on", "amount", "quantity",
    "document_no", "act_id", "basis", "source",
)  # fmt: skip
UNSAID = ("domain", "recorded_on")  # the same for every row, or said with the event


@dataclass(frozen=True)
class Grid:
    """`heads`: (code of the text, css); each row a cell per head; `marks` are css classes of rows."""

    heads: tuple[tuple[str, str], ...]
    rows: list[list[Cell]]
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """A section: its title, lines of text before the table, and the table."""

    title: str
    lines: list[Cell] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)


def all_sections(packet: Mapping[str, Any]) -> list[Part]:
    """Everything below the summary, in the order of the page; a part that nobody gave is left out."""
    given, results = packet["inputs"], packet["results"]
    found = [_arithmetic(results), *_records(results), _decisive(results), _law(given, results)]
    found += [_replays(given, results), _repair(results), _deadlines(given, results), _provenance(packet)]
    if given["model"]:
        found.insert(4, _model(given["model"]))
    if given["case"]:
        found.insert(0, _case(given["case"]))
    return found


def _arithmetic(results: Mapping[str, Any]) -> Part:
    rows, marks = [], []
    for line in results["explanation"]["lines"]:
        start = line["step"] == "start"
        rows.append(
            [
                _pair(line["label"], line["item"] if line["step"] == "record" else ""),
                (line["record_id"],),
                (_number(line["nominal"]) if line["step"] != "decide" else "",),
                ("" if start or line["step"] == "decide" else _open(line["effective"]),),
                (_number(line["total"]) if line["step"] != "decide" else "",),
                _pair(line["said"]),
                _pair(line["cited"]),
            ]
        )
        idle = line["step"] == "record" and line["effective"] == "0"
        marks.append("decides" if line["decides"] else "idle" if idle else line["step"])
    heads = (
        ("item", ""),
        ("record", "id"),
        ("nominal", "n"),
        ("effective", "n"),
        ("total", "n"),
        ("why", ""),
        ("article", ""),
    )
    return Part("arithmetic", [], [Grid(heads, rows, marks)])


def _records(results: Mapping[str, Any]) -> list[Part]:
    shares = results["shares"]
    used = [row for row in results["records"] if row["use"] in ("counted", "no_effect")]
    unused = [row for row in results["records"] if row["use"] not in ("counted", "no_effect")]
    # where no share is known, no column stands empty for it
    heads = tuple(one for one in USED if one[0] != "share" or shares["values"])
    places = [USED.index(one) for one in heads]
    rows = [_record(row, shares["values"]) for row in used]
    grid = Grid(heads, [[row[k] for k in places] for row in rows])
    lines = (
        [_text("no_shares", shares["why"])]
        if shares["why"]
        else [_text("shares_sum", shares["empty"], shares["whole"])]
    )
    rest = [
        [
            _named(row),
            _pair(row["label"], row["item"]),
            _facts(row["facts"]),
            _events(row["events"]),
            (*_label("uses", row["use"]), *((row["why"]["en"],) if row["why"]["en"] else ())),
        ]
        for row in unused
    ]
    other = Grid((("record", "id"), ("item", ""), ("facts", "small"), ("events", "small"), ("why", "")), rest)
    return [Part("records", lines, [grid]), Part("unused", [] if rest else [_text("none")], [other] if rest else [])]


def _record(row: Mapping[str, Any], shares: Mapping[str, str]) -> list[Cell]:
    why = _pair(row["why"]) if row["why"]["zh"] else _label("uses", row["use"])
    return [
        _named(row), _pair(row["label"], row["item"]), _facts(row["facts"]), _events(row["events"]),
        (_open(row["effective"]),), (_number(shares.get(row["record_id"], "")),), (*why, *_pair(row["cited"])),
    ]  # fmt: skip


def _named(row: Mapping[str, Any]) -> Cell:
    return (row["record_id"], *(_text("disputed") if row["disputed"] else ()))


def _facts(facts: Mapping[str, str]) -> Cell:
    """What a record says, each with the name of its column in both languages; a quantity of one is not said."""
    named = [name for name in (*FIRST, *(one for one in facts if one not in FIRST)) if name in facts]
    shown = [name for name in named if name not in UNSAID and (name, facts[name]) != ("quantity", "1.000000")]
    return tuple(f"{' '.join(_label('columns', name))} {_short(facts[name])}" for name in shown)


def _events(events: Iterable[Mapping[str, Any]]) -> Cell:
    found = []
    for one in events:
        zh, en = (text_of for text_of in _both("events", one.get("event", "filed")))
        day = one.get("recorded_on") or one.get("event_on") or ""
        share = f" {one['share']}" if "share" in one else ""
        late = "" if one["known"] else " ✗"
        found.append(f"{day} {zh} {en}{share}{late}")
    return tuple(found)


def _decisive(results: Mapping[str, Any]) -> Part:
    found = results["decisive"]
    target = _target(found["target"])
    lines: list[Cell] = []
    grids: list[Grid] = []
    rows: list[list[Cell]]
    if found["singles"]:
        lines.append(_text("singles"))
        rows = [
            [(", ".join(one["records"]),), (one["grade"] or _label("states", one["state"])[0],)]
            for one in found["singles"]
        ]
        grids.append(Grid((("record", ""), ("gives", "")), rows))
    else:
        lines.append(_text("singles_none"))
    if found["possible"] is False:
        lines.append(_two("impossible", target))
    elif found["proved"] and found["smallest"]:
        sets = _text("uncounted") if found["smallest_sets"] is None else (str(found["smallest_sets"]),) * 2
        lines.append(
            tuple(text("packet", "fewest", lang, target[k], found["smallest"], sets[k]) for k, lang in enumerate(LANGS))
        )
    elif not found["proved"]:
        most = "?" if found["at_most"] is None else found["at_most"]
        lines.append(
            tuple(text("packet", "unproved", lang, found["at_least"], most, target[k]) for k, lang in enumerate(LANGS))
        )
    if found["witness"]:
        lines.append((" · ".join(_text("witness")) + ": " + ", ".join(found["witness"]),))
    if found["patterns"]:
        total = _text("uncounted") if found["minimal_sets"] is None else (str(found["minimal_sets"]),) * 2
        code = "minimal_all" if found["complete"] else "minimal_cut"
        values = [(total[k],) if found["complete"] else (len(found["patterns"]), total[k]) for k in range(2)]
        lines.append(
            tuple(
                f"{text('packet', 'minimal', lang)}: {text('packet', code, lang, *values[k])}"
                for k, lang in enumerate(LANGS)
            )
        )
        rows = [
            [(str(one["size"]),), _pattern(one, found["classes"]), (str(one["sets"]),)] for one in found["patterns"]
        ]
        grids.append(Grid((("size", "n"), ("pattern", ""), ("sets", "n")), rows))
    if found["claims"]:
        lines.append(_text("proof", found["claims"], len(found["proof"])))
    return Part("decisive", lines, grids)


def _pattern(one: Mapping[str, Any], classes: list[list[str]]) -> Cell:
    parts = []
    for place, count in one["parts"]:
        ids = classes[place]
        listed = ", ".join(ids[:SETS]) + (" …" if len(ids) > SETS else "")
        parts.append(listed if len(ids) == count else f"{' '.join(_text('of_class', count))} {{{listed}}}")
    return tuple(parts)


def _target(name: str) -> Cell:
    return _text("any") if name == "any" else _text("or_better", name)


def _model(rows: list[Mapping[str, Any]]) -> Part:
    head, *shares = rows
    lines: list[Cell] = [(head["notice"]["zh"], head["notice"]["en"])]
    said = [
        f"{head['model']['name']} ({str(head['model']['content_hash'])[:12]})",
        f"{'/'.join(_text('probability'))} {head['probability']:.4f}",
        f"{'/'.join(_text('model_grade'))} {head['grade']}",
        f"{'/'.join(_text('base'))} {head['base']:.1f}",
        f"{'/'.join(_text('sum'))} {head['points']:.1f}",
    ]
    lines.append((" · ".join(said),))
    grid = [
        [(one["label"]["zh"], one["label"]["en"]), (str(one["value"]),), (f"{one['points']:+.1f}".replace("-", MINUS),)]
        for one in shares
    ]
    return Part("model", lines, [Grid((("column", ""), ("value", ""), ("points", "n")), grid)])


def _law(given: Mapping[str, Any], results: Mapping[str, Any]) -> Part:
    law, about = results["law"], about_of(given)
    lines = [(f"{' · '.join(_text('version'))}: {law['version']}",)]
    if law["version_before"]:
        lines.append((f"{' · '.join(_text('version_before'))}: {law['version_before']}",))
    if about["newer_versions"]:
        lines.append((f"{' · '.join(_text('newer'))}: {about['newer_versions']}",))
    lines.append((f"{' · '.join(_text('article'))}: {' / '.join(_pair(law['cited'])) or '–'}",))
    texts: list[list[Cell]] = [
        [(one["zh"], one["en"]), (one["in_force"],), (one["repealed"],), _label("marks", one["evidence"])]
        for one in law["texts"]
    ]
    grids = [Grid((("texts", ""), ("in_force", "id"), ("repealed", "id"), ("evidence", "")), texts)]
    if not law["version_before"]:
        return Part("law", [*lines, _text("no_before")], grids)
    codes = {line["item"] for line in results["explanation"]["lines"]} | {
        line["rule"] for line in results["explanation"]["lines"]
    }
    ordered = sorted(law["changes"], key=lambda one: one["zh"][1].partition(" ")[0] not in codes)[:CHANGES]
    rows = [[tuple(dict.fromkeys((one["zh"][k], one["en"][k]))) for k in (0, 1, 2, 4, 5)] for one in ordered]
    grids.append(Grid((("part", ""), ("name", ""), ("change", ""), ("before", ""), ("after", "")), rows))
    return Part("law", [*lines, _text("changes", len(law["changes"]), len(rows))], grids)


def _replays(given: Mapping[str, Any], results: Mapping[str, Any]) -> Part:
    about, found = about_of(given), results["replays"]
    rows = [[_text("with_all"), *_ends(found["whole"])]]
    rows += [[(" ".join([*_text("without"), ", ".join(one["without"])]),), *_ends(one)] for one in found["without"]]
    lines = [_text("then", about["known_at"]), _text("now", about["newest_day"])]
    lines += [_text("left_out", found["left_out"])] if found["left_out"] else []
    heads = (("record", ""), ("then_grade", ""), ("then_score", "n"), ("now_grade", ""), ("now_score", "n"))
    return Part("replays", lines, [Grid(heads, rows)])


def _ends(one: Mapping[str, Any]) -> list[Cell]:
    found: list[Cell] = []
    for name in ("then", "now"):
        end = one[name]
        found += [(end["grade"],) if end["grade"] else _label("states", end["state"]), (_number(end["score"]),)]
    return found


def _repair(results: Mapping[str, Any]) -> Part:
    """The ways to repair, as the page of `creditscore repair check` has them, in both languages."""
    rows: list[list[Cell]] = [
        [
            (one["target"], *_pair(one["label"], one["item"])),
            tuple(said("ways", one["way"], lang) for lang in LANGS),
            tuple(said("states", one["state"], lang) for lang in LANGS),
            tuple(line for lang in LANGS for line in option_lines(one, lang)),
        ]
        for one in results["repair"]["options"]
    ]
    lines = [(said("texts", "as_of", lang) + " " + results["repair"]["on"]) for lang in LANGS]
    heads = (("record", ""), ("way", ""), ("state", ""), ("brings", "small"))
    none = (results["repair"]["why"],) if results["repair"]["why"] else _text("none")
    plan = results["repair"]["plan"]
    if plan["why"]:
        said_of_plan = [_text(f"plan_{plan['why']}")]
        steps: list[list[Cell]] = []
    else:
        said_of_plan = list(zip(*(plan_lines(plan, lang) for lang in LANGS), strict=True))
        days, sets = plan["proof"]["days"], plan["proof"]["sets"]
        said_of_plan.append(_text("plan_search", days) if sets is None else _text("plan_proof", days, sets))
        blocks = zip(*(action_blocks(plan, lang) for lang in LANGS), strict=True)
        steps = [
            [tuple(head for head, _ in pair), tuple(line for _, under in pair for line in under)] for pair in blocks
        ]
    grids = [Grid((("what", ""), ("facts", "small")), steps)] if steps else []
    grids += [Grid(heads, rows)] if rows else []
    return Part("repair", [*([tuple(lines)] if rows else [none]), *said_of_plan], grids)


def _deadlines(given: Mapping[str, Any], results: Mapping[str, Any]) -> Part:
    rows = [[(row["day"],), _label("deadlines", row["what"]), (row["of"], row["note"])] for row in results["deadlines"]]
    rows += [
        [
            (str(row["day"]),),
            (str(row.get("zh", row["what"])), str(row.get("en", row["what"]))),
            (str(row.get("note", "")),),
        ]
        for row in given["case"]
        if row.get("what") == "deadline" and row.get("day")
    ]
    rows.sort(key=lambda row: row[0])
    heads = (("day", ""), ("what", ""), ("record", ""))
    return Part("deadlines", [] if rows else [_text("none")], [Grid(heads, rows)] if rows else [])


def _case(rows: list[Mapping[str, Any]]) -> Part:
    """The objection as it was given: each row's fields by name; empty ones are not said."""
    shown: list[list[Cell]] = []
    for row in rows:
        words = tuple(dict.fromkeys(str(row.get(lang, row.get("what", ""))) for lang in LANGS))
        fields = [(name, str(value)) for name, value in row.items() if name not in ("what", "day", *LANGS) and value]
        told = tuple(f"{' '.join(_label('columns', name))}: {_short(_in_words(name, value))}" for name, value in fields)
        shown.append([(str(row.get("day", "")),), words, told or ("",)])
    return Part("case", [], [Grid((("day", "id"), ("what", ""), ("facts", "small")), shown)])


def _in_words(name: str, value: str) -> str:
    """Codes of what follows from a decision, in both languages."""
    sections = {"why": "whys", "who": "whom"}
    if name not in sections:
        return value
    return " ".join(dict.fromkeys(cascade_word(sections[name], value, lang) for lang in LANGS))


def _provenance(packet: Mapping[str, Any]) -> Part:
    rows: list[list[Cell]] = [[(row["name"],), (row["value"],)] for row in packet["inputs"]["about"]]
    rows.append([_text("digest"), (packet["digest"],)])
    parts: list[list[Cell]] = [[(one["part"],), (str(one["rows"]),), (one["sha256"],)] for one in packet["provenance"]]
    hashes: list[list[Cell]] = [
        [(f"{one['table']} {one['key']}",), (one["sha256"],)] for one in packet["results"]["hashes"]["rows"]
    ]
    return Part(
        "provenance",
        [_text("check")],
        [
            Grid((("name", ""), ("value", "code")), rows),
            Grid((("part", ""), ("rows", "n"), ("hash", "code")), parts),
            Grid((("record", ""), ("hash", "code")), hashes),
        ],
    )


def _text(code: str, *values: object) -> Cell:
    return tuple(text("packet", code, lang, *values) for lang in LANGS)


def _two(code: str, pairs: Cell) -> Cell:
    return tuple(text("packet", code, lang, pairs[k]) for k, lang in enumerate(LANGS))


def _both(section: str, code: str) -> Cell:
    label = word(section, code)
    return label.zh, label.en


def _label(section: str, code: str) -> Cell:
    return tuple(dict.fromkeys(_both(section, code)))


def _pair(label: Mapping[str, str], code: str = "") -> Cell:
    lines = dict.fromkeys(clean(label[lang]) for lang in LANGS)
    numbered = [code] if code.isdigit() and code not in lines else []  # a number of the text's own, no id of ours
    return (*numbered, *lines)


def _number(value: str | None) -> str:
    return "" if value is None else value.replace("-", MINUS)


def _open(value: str | None) -> str:
    return "?" if value is None else value.replace("-", MINUS)


def _short(value: str) -> str:
    """A decimal without idle zeros; any other text as it stands."""
    if value.startswith("-") and value[1:].replace(".", "", 1).isdigit():
        return MINUS + _short(value[1:])
    whole, dot, rest = value.partition(".")
    return f"{whole}.{rest.rstrip('0')}".rstrip(".") if dot and whole.isdigit() and rest.isdigit() else clean(value)
