"""The sections of a packet's page: tables of cells, each cell one or two lines (Chinese, then English)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.core.i18n import LANGS, phrase
from creditscore.core.quantities import MINUS
from creditscore.evidence.packet.cells import (
    FIRST,
    Cell,
    events_said,
    facts_said,
    field_said,
    filled_in_both,
    grade_said,
    label_said,
    number_said,
    open_number_said,
    pair_said,
    refusals_said,
    text_in_both,
)
from creditscore.evidence.packet.gather import about_of
from creditscore.evidence.packet.proof import describe_proof
from creditscore.repair.text import action_blocks, option_lines, plan_lines

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
ELSEWHERE = ("other_domain", "other_scheme", "no_item")  # not read by the scheme of the packet


@dataclass(frozen=True)
class Grid:
    """`heads`: (code of the text, css); each row a cell per head; `marks` are css classes of rows."""

    heads: tuple[tuple[str, str], ...]
    rows: list[list[Cell]]
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PacketPart:
    """A section: its title, lines of text before the table, and the table."""

    title: str
    lines: list[Cell] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)


def all_sections(packet: Mapping[str, Any]) -> list[PacketPart]:
    """Everything below the summary, in the order of the page; a part that nobody gave is left out."""
    given, results = packet["inputs"], packet["results"]
    packet_parts = [_arithmetic(results), *_records(results), _decisive(results), _law(given, results)]
    packet_parts += [_replays(given, results), _repair(results), _deadlines(given, results), _provenance(packet)]
    if given["model"]:
        packet_parts.insert(4, _model(given["model"]))
    if given["case"]:
        packet_parts.insert(0, _case(given["case"]))
    return packet_parts


def _arithmetic(results: Mapping[str, Any]) -> PacketPart:
    rows, marks = [], []
    for line in results["explanation"]["lines"]:
        start = line["step"] == "start"
        rows.append(
            [
                pair_said(line["label"], line["item"] if line["step"] == "record" else ""),
                (line["record_id"],),
                (number_said(line["nominal"]) if line["step"] != "decide" else "",),
                ("" if start or line["step"] == "decide" else open_number_said(line["effective"]),),
                (number_said(line["total"]) if line["step"] != "decide" else "",),
                pair_said(line["said"]),
                pair_said(line["cited"]),
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
    return PacketPart("arithmetic", [], [Grid(heads, rows, marks)])


def _records(results: Mapping[str, Any]) -> list[PacketPart]:
    shares = results["shares"]
    used = [row for row in results["records"] if row["use"] in ("counted", "no_effect")]
    unused = [row for row in results["records"] if row["use"] not in ("counted", "no_effect")]
    # where no share is known, no column stands empty for it
    heads = tuple(pair for pair in USED if pair[0] != "share" or shares["values"])
    places = [USED.index(head) for head in heads]
    rows = [_record(row, shares["values"], results) for row in used]
    grid = Grid(heads, [[row[k] for k in places] for row in rows])
    lines = (
        [text_in_both("no_shares", shares["why"])]
        if shares["why"]
        else [text_in_both(f"shares_of_{shares['of']}", shares["empty"], shares["whole"])]
    )
    rest = [
        [
            _named(row),
            *_unread(row, results),
            events_said(row["events"]),
            (*label_said("uses", row["use"]), *refusals_said(row["why"])),
        ]
        for row in unused
    ]
    other = Grid((("record", "id"), ("item", ""), ("facts", "small"), ("events", "small"), ("why", "")), rest)
    return [
        PacketPart("records", lines, [grid]),
        PacketPart("unused", [] if rest else [text_in_both("none")], [other] if rest else []),
    ]


def _record(row: Mapping[str, Any], shares: Mapping[str, str], results: Mapping[str, Any]) -> list[Cell]:
    why = pair_said(row["why"]) if row["why"]["zh"] else label_said("uses", row["use"])
    return [
        _named(row),
        pair_said(row["label"], row["item"]),
        facts_said(row["facts"], results),
        events_said(row["events"]),
        (open_number_said(row["effective"]),),
        (number_said(shares.get(row["record_id"], "")),),
        (*why, *pair_said(row["cited"])),
    ]


def _named(row: Mapping[str, Any]) -> Cell:
    return (row["record_id"], *(text_in_both("disputed") if row["disputed"] else ()))


def _unread(row: Mapping[str, Any], results: Mapping[str, Any]) -> tuple[Cell, Cell]:
    """Item and facts of a record that was not used; what another scheme calls them stands in no packet."""
    if row["use"] not in ELSEWHERE or row["label"]["zh"] != row["item"] or row["item"].isdigit():
        return pair_said(row["label"], row["item"]), facts_said(row["facts"], results)
    known = {name: value for name, value in row["facts"].items() if name in FIRST}
    return text_in_both("item_elsewhere"), facts_said(known, results)


def _decisive(results: Mapping[str, Any]) -> PacketPart:
    result = results["decisive"]
    target = _target(results, result["target"])
    lines: list[Cell] = []
    grids: list[Grid] = []
    rows: list[list[Cell]]
    if result["singles"]:
        lines.append(text_in_both("singles"))
        rows = [
            [
                (", ".join(single["records"]),),
                grade_said(results, single["grade"]) if single["grade"] else label_said("states", single["state"]),
            ]
            for single in result["singles"]
        ]
        grids.append(Grid((("record", ""), ("gives", "")), rows))
    else:
        lines.append(text_in_both("singles_none"))
    if result["possible"] is False:
        lines.append(filled_in_both("impossible", target))
    elif result["proved"] and result["smallest"]:
        sets = text_in_both("uncounted") if result["smallest_sets"] is None else (str(result["smallest_sets"]),) * 2
        lines.append(
            tuple(
                phrase("packet", "fewest", lang, target[k], result["smallest"], sets[k]) for k, lang in enumerate(LANGS)
            )
        )
    elif not result["proved"]:
        most = "?" if result["at_most"] is None else result["at_most"]
        lines.append(
            tuple(
                phrase("packet", "unproved", lang, result["at_least"], most, target[k]) for k, lang in enumerate(LANGS)
            )
        )
    if result["witness"]:
        lines.append((" · ".join(text_in_both("witness")) + ": " + ", ".join(result["witness"]),))
    if result["patterns"]:
        total = text_in_both("uncounted") if result["minimal_sets"] is None else (str(result["minimal_sets"]),) * 2
        code = "minimal_all" if result["complete"] else "minimal_cut"
        values = [(total[k],) if result["complete"] else (len(result["patterns"]), total[k]) for k in range(2)]
        lines.append(
            tuple(
                f"{phrase('packet', 'minimal', lang)}: {phrase('packet', code, lang, *values[k])}"
                for k, lang in enumerate(LANGS)
            )
        )
        rows = [
            [(str(pattern["size"]),), _pattern(pattern, result["classes"]), (str(pattern["sets"]),)]
            for pattern in result["patterns"]
        ]
        grids.append(Grid((("size", "n"), ("pattern", ""), ("sets", "n")), rows))
    if result["claims"]:
        lines.append(text_in_both("proof", result["claims"], len(result["proof"])))
    return PacketPart("decisive", lines, grids)


def _pattern(row: Mapping[str, Any], classes: list[list[str]]) -> Cell:
    parts = []
    for place, count in row["parts"]:
        ids = classes[place]
        listed = ", ".join(ids[:SETS]) + (" …" if len(ids) > SETS else "")
        parts.append(listed if len(ids) == count else f"{' '.join(text_in_both('of_class', count))} {{{listed}}}")
    return tuple(parts)


def _target(results: Mapping[str, Any], name: str) -> Cell:
    if name == "any":
        return text_in_both("any")
    said_in_both = grade_said(results, name)
    return filled_in_both("or_better", (said_in_both[0], said_in_both[-1]))


def _model(rows: list[Mapping[str, Any]]) -> PacketPart:
    head, *shares = rows
    lines: list[Cell] = [(head["notice"]["zh"], head["notice"]["en"])]
    facts = [
        f"{head['model']['name']} ({str(head['model']['content_hash'])[:12]})",
        f"{'/'.join(text_in_both('probability'))} {head['probability']:.4f}",
        f"{'/'.join(text_in_both('model_grade'))} {head['grade']}",
        f"{'/'.join(text_in_both('base'))} {head['base']:.1f}",
        f"{'/'.join(text_in_both('sum'))} {head['points']:.1f}",
    ]
    lines.append((" · ".join(facts),))
    grid = [
        [
            (share["label"]["zh"], share["label"]["en"]),
            (str(share["value"]),),
            (f"{share['points']:+.1f}".replace("-", MINUS),),
        ]
        for share in shares
    ]
    return PacketPart("model", lines, [Grid((("column", ""), ("value", ""), ("points", "n")), grid)])


def _law(given: Mapping[str, Any], results: Mapping[str, Any]) -> PacketPart:
    law, about = results["law"], about_of(given)
    lines = [(f"{' · '.join(text_in_both('version'))}: {_version(results)}",)]
    if law["version_before"]:
        lines.append((f"{' · '.join(text_in_both('version_before'))}: {law['version_before']}",))
    if about["newer_versions"]:
        lines.append((f"{' · '.join(text_in_both('newer'))}: {about['newer_versions']}",))
    lines.append((f"{' · '.join(text_in_both('article'))}: {' / '.join(pair_said(law['cited'])) or '–'}",))
    law_rows: list[list[Cell]] = [
        [(row["zh"], row["en"]), (row["in_force"],), (row["repealed"],), label_said("marks", row["evidence"])]
        for row in law["texts"]
    ]
    grids = [Grid((("texts", ""), ("in_force", "id"), ("repealed", "id"), ("evidence", "")), law_rows)]
    if not law["version_before"]:
        return PacketPart("law", [*lines, text_in_both("no_before")], grids)
    codes = {line["item"] for line in results["explanation"]["lines"]} | {
        line["rule"] for line in results["explanation"]["lines"]
    }
    ordered = sorted(law["changes"], key=lambda change: change["zh"][1].partition(" ")[0] not in codes)[:CHANGES]
    rows = [[tuple(dict.fromkeys((row["zh"][k], row["en"][k]))) for k in (0, 1, 2, 4, 5)] for row in ordered]
    grids.append(Grid((("part", ""), ("name", ""), ("change", ""), ("before", ""), ("after", "")), rows))
    return PacketPart("law", [*lines, text_in_both("changes", len(law["changes"]), len(rows))], grids)


def _version(results: Mapping[str, Any]) -> str:
    """The version applied: its title, then its id."""
    title = results["explanation"]["title"]
    return f"{title['zh']} {title['en']} ({results['law']['version']})"


def _replays(given: Mapping[str, Any], results: Mapping[str, Any]) -> PacketPart:
    about, replays = about_of(given), results["replays"]
    rows = [[text_in_both("with_all"), *_ends(results, replays["whole"])]]
    rows += [
        [(" ".join([*text_in_both("without"), ", ".join(replay["without"])]),), *_ends(results, replay)]
        for replay in replays["without"]
    ]
    lines = [text_in_both("then", about["known_at"]), text_in_both("now", about["newest_day"])]
    lines += [text_in_both("left_out", replays["left_out"])] if replays["left_out"] else []
    heads = (("record", ""), ("then_grade", ""), ("then_score", "n"), ("now_grade", ""), ("now_score", "n"))
    return PacketPart("replays", lines, [Grid(heads, rows)])


def _ends(results: Mapping[str, Any], replay: Mapping[str, Any]) -> list[Cell]:
    cells: list[Cell] = []
    for name in ("then", "now"):
        end = replay[name]
        cells += [
            grade_said(results, end["grade"]) if end["grade"] else label_said("states", end["state"]),
            (number_said(end["score"]),),
        ]
    return cells


def _repair(results: Mapping[str, Any]) -> PacketPart:
    """The ways to repair, as the page of `creditscore repair check` has them, in both languages."""
    rows: list[list[Cell]] = [
        [
            tuple(part for part in (option["target"], *pair_said(option["label"], option["item"])) if part),
            tuple(phrase("repair_ways", option["way"], lang) for lang in LANGS),
            tuple(phrase("repair_states", option["state"], lang) for lang in LANGS),
            tuple(line for lang in LANGS for line in option_lines(option, lang)),
        ]
        for option in results["repair"]["options"]
    ]
    lines = [(phrase("repair", "as_of", lang) + " " + results["repair"]["on"]) for lang in LANGS]
    heads = (("record", ""), ("way", ""), ("state", ""), ("brings", "small"))
    none = (results["repair"]["why"],) if results["repair"]["why"] else text_in_both("none")
    plan = results["repair"]["plan"]
    if plan["why"]:
        said_of_plan = [text_in_both(f"plan_{plan['why']}")]
        steps: list[list[Cell]] = []
    else:
        said_of_plan = list(zip(*(plan_lines(plan, lang) for lang in LANGS), strict=True))
        days, sets = plan["proof"]["days"], plan["proof"]["sets"]
        said_of_plan.append(
            text_in_both("plan_search", days) if sets is None else text_in_both("plan_proof", days, sets)
        )
        blocks = zip(*(action_blocks(plan, lang) for lang in LANGS), strict=True)
        steps = [
            [tuple(head for head, _ in pair), tuple(line for _, under in pair for line in under)] for pair in blocks
        ]
    grids = [Grid((("what", ""), ("facts", "small")), steps)] if steps else []
    grids += [Grid(heads, rows)] if rows else []
    return PacketPart("repair", [*([tuple(lines)] if rows else [none]), *said_of_plan], grids)


def _deadlines(given: Mapping[str, Any], results: Mapping[str, Any]) -> PacketPart:
    rows = [
        [(row["day"],), label_said("deadlines", row["what"]), (row["of"], *_ending(row, results))]
        for row in results["deadlines"]
    ]
    rows += [
        [
            (str(row["day"]),),
            (str(row.get("zh", row["what"])), str(row.get("en", row["what"]))),
            tuple(dict.fromkeys(field_said(row, "note"))),
        ]
        for row in given["case"]
        if row.get("what") == "deadline" and row.get("day")
    ]
    rows.sort(key=lambda row: row[0])
    heads = (("day", ""), ("what", ""), ("record", ""))
    return PacketPart("deadlines", [] if rows else [text_in_both("none")], [Grid(heads, rows)] if rows else [])


def _ending(row: Mapping[str, str], results: Mapping[str, Any]) -> Cell:
    """What ends on a day, in words: the way to repair, the item, the list."""
    for option in results["repair"]["options"]:
        if (option["target"], option["rule"]) == (row["of"], row["note"]):
            return pair_said(option["rule_label"])
    for record in results["records"]:
        if (record["record_id"], record["item"]) == (row["of"], row["note"]):
            return pair_said(record["label"], record["item"])
    label = results.get("entries", {}).get(row["of"]) or results.get("lists", {}).get(row["note"])
    return (row["note"],) if label is None else pair_said(label)


def _case(rows: list[Mapping[str, Any]]) -> PacketPart:
    """The objection as it was given: each row's fields by name; empty ones are not said."""
    case_rows: list[list[Cell]] = []
    for row in rows:
        words = tuple(dict.fromkeys(str(row.get(lang, row.get("what", ""))) for lang in LANGS))
        names = [name for name, value in row.items() if name not in ("what", "day", *LANGS) and value]
        fields = [name for name in names if name.rpartition("_")[0] not in row]  # not the words of another field
        fields_said = tuple(
            f"{' '.join(label_said('columns', name))}: {' / '.join(dict.fromkeys(field_said(row, name)))}"
            for name in fields
        )
        case_rows.append([(str(row.get("day", "")),), words, fields_said or ("",)])
    return PacketPart("case", [], [Grid((("day", "id"), ("what", ""), ("facts", "small")), case_rows)])


def _provenance(packet: Mapping[str, Any]) -> PacketPart:
    rows: list[list[Cell]] = [[label_said("about", row["name"]), (row["value"],)] for row in packet["inputs"]["about"]]
    rows.append([text_in_both("digest"), (packet["digest"],)])
    parts: list[list[Cell]] = [[(row["part"],), (str(row["rows"]),), (row["sha256"],)] for row in packet["provenance"]]
    hashes: list[list[Cell]] = [
        [(f"{row['table']} {row['key']}",), (row["sha256"],)] for row in packet["results"]["hashes"]["rows"]
    ]
    proof = describe_proof(packet["inputs"].get("proof", []))
    proved: list[list[Cell]] = [[label_said("proof", name), (value,)] for name, value in proof]
    return PacketPart(
        "provenance",
        [text_in_both("check")],
        [
            Grid((("name", ""), ("value", "code")), rows),
            *([Grid((("proof", ""), ("value", "code")), proved)] if proved else []),
            Grid((("part", ""), ("rows", "n"), ("hash", "code")), parts),
            Grid((("record", ""), ("hash", "code")), hashes),
        ],
    )
