"""The sections of a packet's document below its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from creditscore.core.i18n import Lang, day_said, phrase, phrases, say, word
from creditscore.core.quantities import MINUS
from creditscore.evidence.packet.cells import (
    FIRST,
    column_label,
    number,
    tell,
    tell_events,
    tell_facts,
    tell_field,
    tell_grade,
    tell_item,
)
from creditscore.evidence.packet.gather import about_of
from creditscore.evidence.packet.proof import describe_proof
from creditscore.present.document import (
    Block,
    Code,
    Column,
    Count,
    Facts,
    Lines,
    Listing,
    Notice,
    Paragraph,
    Row,
    Section,
    Table,
    Tone,
    Value,
    heads,
)
from creditscore.repair.text import action_blocks, option_lines, plan_lines

CHANGES = 60  # changes of the law that are printed
SETS = 12  # records named in one cell
ELSEWHERE = ("other_domain", "other_scheme", "no_item")  # not read by the scheme of the packet


def list_sections(packet: Mapping[str, Any], lang: Lang) -> list[Section]:
    """Everything below the summary, in the order of the page; a part that nobody gave is left out."""
    return [section for section in _Sections(packet, lang).each() if section is not None]


def is_used(row: Mapping[str, Any]) -> bool:
    """Whether the grade read a record."""
    return row["use"] in ("counted", "no_effect")


class _Sections:
    """The parts of one packet in one language."""

    def __init__(self, packet: Mapping[str, Any], lang: Lang) -> None:
        self.packet, self.lang = packet, lang
        self.inputs, self.results = packet["inputs"], packet["results"]
        self.about = about_of(packet["inputs"])
        self.t: Callable[..., str] = phrases("packet", lang, "pages", "explanation")
        self.comma, self.colon = "、" if lang == "zh" else ", ", self.t("colon")

    def each(self) -> Iterator[Section | None]:
        yield self._case()
        yield self._arithmetic()
        yield self._used()
        yield self._unused()
        yield self._decisive()
        yield self._model()
        yield self._law()
        yield self._replays()
        yield self._repair()
        yield self._deadlines()
        yield self._provenance()

    def _section(self, code: str, *blocks: Block) -> Section:
        return Section(self.t(code), blocks)

    def _tell(self, label: Mapping[str, str]) -> str:
        return tell(label, self.lang)

    def _known(self, label: Mapping[str, str]) -> Value:
        return self._tell(label) or None

    def _case(self) -> Section | None:
        """The objection as it was given: each row's fields by name; empty ones are not told."""
        rows = []
        for row in self.inputs["case"]:
            names = [name for name, value in row.items() if name not in ("what", "day", "zh", "en") and value]
            fields = [name for name in names if name.rpartition("_")[0] not in row]  # not the words of another field
            told = [
                f"{say(column_label(name), self.lang)}{self.colon}{tell_field(row, name, self.lang)}" for name in fields
            ]
            day = day_said(str(row.get("day", "")), self.lang)
            rows.append((day, str(row.get(self.lang, row.get("what", ""))), Lines(told)))
        columns = heads(self.t, day="day", what="text", facts="text")
        return self._section("case", Table(columns, rows)) if rows else None

    def _arithmetic(self) -> Section:
        rows = []
        for line in self.results["explanation"]["lines"]:
            start, decides = line["step"] == "start", line["step"] == "decide"
            cells = (
                tell_item(line["label"], line["item"] if line["step"] == "record" else "", self.lang),
                line["record_id"],
                "" if decides else number(line["nominal"]),
                "" if start or decides else number(line["effective"]),
                "" if decides else number(line["total"]),
                self._tell(line["said"]),
                self._known(line["cited"]),
            )
            idle = line["step"] == "record" and line["effective"] == "0"
            tone: Tone = "decides" if line["decides"] else "idle" if idle else "sum" if decides else ""
            rows.append(Row(cells, tone))
        numbers = {"nominal": "number", "effective": "number", "total": "number"}
        columns = heads(self.t, "item", "record", **numbers, why="text", article="text")  # type: ignore[arg-type]
        return self._section("arithmetic", Table(columns, rows))

    def _used(self) -> Section:
        shares = self.results["shares"]
        told = self.t("no_shares", shares["why"])
        if not shares["why"]:
            told = self.t(f"shares_of_{shares['of']}", shares["empty"], shares["whole"])
        rows = []
        for row in filter(is_used, self.results["records"]):
            why = self._tell(row["why"]) or say(word("uses", row["use"]), self.lang)
            cells = [
                self._record(row),
                tell_item(row["label"], row["item"], self.lang),
                tell_facts(row["facts"], self.results, self.lang),
                tell_events(row["events"], self.lang),
                number(row["effective"]),
                number(shares["values"].get(row["record_id"], "")),
                Lines([why, *([self._tell(row["cited"])] if self._tell(row["cited"]) else [])], small=True),
            ]
            rows.append(cells if shares["values"] else cells[:5] + cells[6:])
        share = {"share": "number"} if shares["values"] else {}  # where none is known, no column stands empty for it
        columns = heads(self.t, "record", "item", "facts", "events", effective="number", **share, why="text")  # type: ignore[arg-type]
        return self._section("records", Paragraph(told, "soft"), Table(columns, rows, empty=self.t("none")))

    def _unused(self) -> Section:
        rows = [
            (
                self._record(row),
                *self._unread(row),
                tell_events(row["events"], self.lang),
                Lines([word("uses", row["use"]), *self._refusals(row["why"])], small=True),
            )
            for row in self.results["records"]
            if not is_used(row)
        ]
        return self._section(
            "unused", Table(heads(self.t, "record", "item", "facts", "events", "why"), rows, empty=self.t("none"))
        )

    def _record(self, row: Mapping[str, Any]) -> Lines:
        return Lines([row["record_id"], *([self.t("disputed")] if row["disputed"] else [])])

    def _refusals(self, why: Mapping[str, str]) -> list[str]:
        """The reasons for which rows of a record were refused, in words."""
        codes = [code for code in why["en"].split(", ") if code]
        return [self.comma.join(say(word("refusals", code), self.lang) for code in codes)] if codes else []

    def _unread(self, row: Mapping[str, Any]) -> tuple[Value, Value]:
        """Item and facts of a record that was not used; what another scheme calls them stands in no packet."""
        if row["use"] not in ELSEWHERE or row["label"]["zh"] != row["item"] or row["item"].isdigit():
            return tell_item(row["label"], row["item"], self.lang), tell_facts(row["facts"], self.results, self.lang)
        known = {name: value for name, value in row["facts"].items() if name in FIRST}
        return self.t("item_elsewhere"), tell_facts(known, self.results, self.lang)

    def _decisive(self) -> Section:
        result, t = self.results["decisive"], self.t
        blocks: list[Block] = []
        if result["singles"]:
            rows = [
                (self._ids(single["records"]), tell_grade(self.results, single, self.lang))
                for single in result["singles"]
            ]
            blocks.append(Table(heads(t, "record", "gives"), rows, t("singles")))
        else:
            blocks.append(Paragraph(t("singles_none")))
        target = t("any") if result["target"] == "any" else t("or_better", self._grade(result["target"]))
        if result["possible"] is False:
            blocks.append(Paragraph(t("impossible", target)))
        elif result["proved"] and result["smallest"]:
            blocks.append(Paragraph(t("fewest", target, result["smallest"], self._counted(result["smallest_sets"]))))
        elif not result["proved"]:
            most = "?" if result["at_most"] is None else result["at_most"]
            blocks.append(Paragraph(t("unproved", result["at_least"], most, target)))
        if result["witness"]:
            blocks.append(Paragraph(f"{t('witness')}{self.colon}{self._ids(result['witness'])}"))
        if result["patterns"]:
            total, listed = self._counted(result["minimal_sets"]), len(result["patterns"])
            told = t("minimal_all", total) if result["complete"] else t("minimal_cut", listed, total)
            patterns = [
                (pattern["size"], Lines(list(self._pattern(pattern, result["classes"]))), pattern["sets"])
                for pattern in result["patterns"]
            ]
            columns = heads(t, size="number", pattern="text", sets="number")
            blocks.append(Table(columns, patterns, t("minimal"), told))
        if result["claims"]:
            blocks.append(Paragraph(t("proof_searched", result["claims"], len(result["proof"])), "soft"))
        return self._section("decisive", *blocks)

    def _counted(self, sets: int | None) -> object:
        return self.t("uncounted") if sets is None else sets

    def _grade(self, code: str) -> str:
        return tell_grade(self.results, code, self.lang)

    def _ids(self, records: Sequence[str]) -> str:
        return ", ".join(records)

    def _pattern(self, row: Mapping[str, Any], classes: list[list[str]]) -> Iterator[str]:
        for place, count in row["parts"]:
            ids = classes[place]
            listed = self._ids(ids[:SETS]) + (" …" if len(ids) > SETS else "")
            yield listed if len(ids) == count else f"{self.t('of_class', count)} {{{listed}}}"

    def _model(self) -> Section | None:
        if not self.inputs["model"]:
            return None
        head, *shares = self.inputs["model"]
        t = self.t
        facts = [
            (t("name"), f"{head['model']['name']} ({str(head['model']['content_hash'])[:12]})"),
            (t("probability"), f"{head['probability']:.4f}"),
            (t("model_grade"), head["grade"]),
            (t("base"), f"{head['base']:.1f}"),
            (t("sum"), f"{head['points']:.1f}"),
        ]
        rows = [
            (self._tell(share["label"]), str(share["value"]), f"{share['points']:+.1f}".replace("-", MINUS))
            for share in shares
        ]
        notice = Notice(self._tell(head["notice"]), "info")
        return self._section("model", notice, Facts(facts), Table(heads(t, "column", "value", points="number"), rows))

    def _law(self) -> Section:
        law, t = self.results["law"], self.t
        title = self._tell(self.results["explanation"]["title"])
        facts: list[tuple[Value, Value]] = [(t("version"), f"{title} ({law['version']})")]
        facts += [(t("version_before"), law["version_before"])] if law["version_before"] else []
        facts += [(t("newer"), self.about["newer_versions"])] if self.about["newer_versions"] else []
        facts.append((t("article"), self._known(law["cited"])))
        rows = [
            (
                self._tell(text),
                day_said(text["in_force"], self.lang) or None,
                day_said(text["repealed"] or "", self.lang),
                word("marks", text["evidence"]),
            )
            for text in law["texts"]
        ]
        blocks: list[Block] = [
            Facts(facts),
            Table(heads(t, "texts", in_force="day", repealed="day", evidence="text"), rows),
        ]
        if not law["version_before"]:
            return self._section("law", *blocks, Paragraph(t("no_before"), "soft"))
        lines = self.results["explanation"]["lines"]
        codes = {line["item"] for line in lines} | {line["rule"] for line in lines}
        ordered = sorted(law["changes"], key=lambda change: change["zh"][1].partition(" ")[0] not in codes)[:CHANGES]
        changes = [[change[self.lang][k] for k in (0, 1, 2, 4, 5)] for change in ordered]
        told = t("changes", len(law["changes"]), len(changes))
        blocks.append(Table(heads(t, "part", "name", "change", "before", "after"), changes, caption=told))
        return self._section("law", *blocks)

    def _replays(self) -> Section:
        t, replays = self.t, self.results["replays"]
        rows = [(t("with_all"), *self._ends(replays["whole"]))]
        rows += [
            (f"{t('without')} {self._ids(replay['without'])}", *self._ends(replay)) for replay in replays["without"]
        ]
        columns = [Column(t("record"))]
        for code, day in (("then", self.about["known_at"]), ("now", self.about["newest_day"])):
            columns += [Column(t(code, day_said(day, self.lang))), Column(t("score"), "number")]
        left_out = [Paragraph(t("left_out", replays["left_out"]), "soft")] if replays["left_out"] else []
        return self._section("replays", Table(columns, rows), *left_out)

    def _ends(self, replay: Mapping[str, Any]) -> Iterator[Value]:
        for name in ("then", "now"):
            yield tell_grade(self.results, replay[name], self.lang)
            yield "" if replay[name]["score"] is None else number(replay[name]["score"])

    def _repair(self) -> Section:
        """The ways to repair, as the page of `creditscore repair check` has them."""
        repair, t, lang = self.results["repair"], self.t, self.lang
        plan = repair["plan"]
        blocks: list[Block] = []
        if plan["why"]:
            blocks.append(Paragraph(t(f"plan_{plan['why']}")))
        else:
            days, sets = plan["proof"]["days"], plan["proof"]["sets"]
            blocks += map(Paragraph, plan_lines(plan, lang))
            blocks.append(Paragraph(t("plan_search", days) if sets is None else t("plan_proof", days, sets), "soft"))
            if steps := list(action_blocks(plan, lang)):
                blocks.append(Listing(steps))
        rows = [
            (
                Lines([option["target"], tell_item(option["label"], option["item"], lang)])
                if option["target"]
                else tell_item(option["label"], option["item"], lang),
                phrase("repair_ways", option["way"], lang),
                phrase("repair_states", option["state"], lang),
                Lines(list(option_lines(option, lang))),
            )
            for option in repair["options"]
        ]
        as_of = phrase("repair", "as_of_day", lang, day_said(repair["on"], lang))
        table = Table(heads(t, "record", "way", "state", "brings"), rows, empty=repair["why"] or t("none"))
        return Section(t("repair"), [*blocks, table], as_of if rows else "")

    def _deadlines(self) -> Section:
        rows: list[tuple[str, Value, Value]] = [
            (row["day"], word("deadlines", row["what"]), self._ending(row)) for row in self.results["deadlines"]
        ]
        rows += [
            (str(row["day"]), str(row.get(self.lang, row["what"])), tell_field(row, "note", self.lang))
            for row in self.inputs["case"]
            if row.get("what") == "deadline" and row.get("day")
        ]
        ordered = [(day_said(day, self.lang), *rest) for day, *rest in sorted(rows, key=lambda row: row[0])]
        table = Table(heads(self.t, day="day", what="text", record="text"), ordered, empty=self.t("none"))
        return self._section("deadlines", table)

    def _ending(self, row: Mapping[str, str]) -> Lines:
        """What ends on a day: its id, and in words the way to repair, the item, the list."""
        named: Value = row["note"]
        if label := self.results.get("entries", {}).get(row["of"]) or self.results.get("lists", {}).get(row["note"]):
            named = self._tell(label)
        for record in self.results["records"]:
            if (record["record_id"], record["item"]) == (row["of"], row["note"]):
                named = tell_item(record["label"], record["item"], self.lang)
        for option in self.results["repair"]["options"]:
            if (option["target"], option["rule"]) == (row["of"], row["note"]):
                named = self._tell(option["rule_label"])
        return Lines([row["of"], named], small=True)

    def _provenance(self) -> Section:
        t = self.t
        about: list[tuple[Value, Value]] = [
            (word("about", row["name"]), Code(row["value"])) for row in self.inputs["about"]
        ]
        about.append((t("digest"), Code(self.packet["digest"])))
        proof = [(word("proof", name), Code(value)) for name, value in describe_proof(self.inputs.get("proof", []))]
        parts = [(row["part"], Count(row["rows"]), row["sha256"]) for row in self.packet["provenance"]]
        hashes = [(f"{row['table']} {row['key']}", row["sha256"]) for row in self.results["hashes"]["rows"]]
        blocks: list[Block] = [Paragraph(t("check"), "soft"), Facts(about)]
        blocks += [Section(t("proof"), [Facts(proof)])] if proof else []
        blocks.append(Table([*heads(t, "part", rows="number"), Column("SHA-256", "code")], parts))
        blocks.append(Table([Column(t("record")), Column("SHA-256", "code")], hashes))
        return self._section("provenance", *blocks)
