"""Citations for people: title, article, paragraph and item of a text, never ids of files or of our own rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import Lang, say
from creditscore.core.model import Label
from creditscore.schemes.laws import Law, load_laws
from creditscore.schemes.parts import Cite

DIGITS = "零一二三四五六七八九"
NUMBERED = "一二三四五六七八九十"
PIECES = re.compile(r", | and ")
ID = re.compile(r"[A-Z][A-Z0-9_]*[0-9A-Z]")
PLACE = re.compile(r"(\d{1,3})((?:\(\d{1,2}\))*)")
PARAGRAPH = re.compile(r"(\d{1,3}) paragraph (\d{1,2})")  # of an article whose paragraph has no items
RANGE = re.compile(r"(\d{1,3})(?: to |-|–)(\d{1,3})")
INDICATOR = re.compile(r"0\d(?:\d\d){0,2}|\d{6}")
ANNEX = re.compile(r"(?:annex|附件) ?(\d*)")
POINT = re.compile(r"(?:item |\()(\d{1,2})\)?")
EDITION = re.compile(r"(.*?)(（\d{4}[^（）]*）)")  # which edition is meant stands behind a title and is no part of it
HEADING = re.compile(rf"\(([{NUMBERED}]+)\)(\d*)|([{NUMBERED}]+)")


def chinese(number: int) -> str:
    """A number up to 999 in Chinese numerals.

    >>> [chinese(one) for one in (3, 10, 14, 20, 101, 112)]
    ['三', '十', '十四', '二十', '一百零一', '一百一十二']
    """
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += DIGITS[0]
    return text + (DIGITS[ones] if ones or not number else "")


def cited(law: str, place: str, laws: Mapping[str, Law], number: bool = False) -> Label:
    """A place in a text as a person reads it; where the place is no article of the text, the text is cited whole.

    `number`: with the document number behind the title, unless the title has it. A text that nobody knows stands as it
    was cited.
    """
    return _titled(law, [place], laws, number)


def _titled(law: str, places: Iterable[str], laws: Mapping[str, Law], number: bool) -> Label:
    if law not in laws:
        return joined(Label(zh=text, en=text) for text in (f"{law} {place}".strip() for place in places))
    text = laws[law]
    zh, en = _chinese_title(text), text.title.en
    if number and text.number and text.number not in text.title.zh:
        zh, en = f"{zh}（{text.number}）", f"{en} ({text.number})"
    where = _together(places)
    return Label(zh=zh, en=en) if where is None else Label(zh=zh + where.zh, en=f"{where.en} of {en}")


def _chinese_title(law: Law) -> str:
    """A title in its marks, the year of an edition behind them; a text that is only described has no title to mark."""
    if law.described:
        return law.title.zh
    edited = EDITION.fullmatch(law.title.zh)
    title, edition = edited.groups() if edited else (law.title.zh, "")
    return f"《{title.replace('《', '〈').replace('》', '〉')}》{edition}"


def _together(places: Iterable[str]) -> Label | None:
    """Several places of one text, each once."""
    named = {place: label for place in places if (label := place_of(place)) is not None}
    if len(named) > 1 and all(label.en.startswith("Article") for label in named.values()):
        return place_of(", ".join(dict.fromkeys(piece for place in named for piece in PIECES.split(place))))
    if not named:
        return None
    return Label(zh="、".join(label.zh for label in named.values()), en=", ".join(label.en for label in named.values()))


def cited_text(article: str, laws: Mapping[str, Law] | None = None, number: bool = False) -> Label:
    """The same for `LAW place` as result tables have it; several stand behind `; `."""
    known = all_laws() if laws is None else laws
    parts = [citation.partition(" ") for citation in article.split("; ") if citation]
    return _each_text_once(((law, place) for law, _, place in parts), known, number)


def cited_rules(cites: Iterable[Cite], laws: Mapping[str, Law] | None = None, number: bool = False) -> Label:
    """Several citations in their order; each text once, with all its places."""
    known = all_laws() if laws is None else laws
    return _each_text_once(((cite.law, cite.article) for cite in cites), known, number)


def _each_text_once(cites: Iterable[tuple[str, str]], laws: Mapping[str, Law], number: bool) -> Label:
    """A text that is cited at several places has its title once; one cited whole and at a place, its place."""
    places: dict[str, list[str]] = {}
    for law, place in cites:
        places.setdefault(law, []).append(place)
    return joined([_titled(law, listed, laws, number) for law, listed in places.items()])


def without_ids(label: Label, laws: Mapping[str, Law]) -> Label:
    """A text that names laws by the ids of their files, with their titles instead."""

    def replace_ids(text: str, lang: str) -> str:
        return ID.sub(lambda id: getattr(cited(id[0], "", laws), lang) if id[0] in laws else id[0], text)

    return Label(zh=replace_ids(label.zh, "zh"), en=replace_ids(label.en, "en"))


def joined(labels: Iterable[Label]) -> Label:
    """Labels one behind the other, each once."""
    listed = list(labels)
    return Label(
        zh="；".join(dict.fromkeys(label.zh for label in listed)),
        en="; ".join(dict.fromkeys(label.en for label in listed)),
    )


def all_laws(beside: Path | None = None) -> Mapping[str, Law]:
    """The texts of the library and of a folder beside it; none where they cannot be read: what is explained stands."""
    try:
        return load_laws() | (load_laws(beside) if beside is not None and beside.is_dir() else {})
    except CreditscoreError:
        return {}


def place_of(place: str) -> Label | None:
    """An article with its paragraphs and items, an annex, an indicator; None where the place is none of the text's own.

    >>> place_of("20(1)(3)")
    Label(zh='第二十条第一款第（三）项', en='Article 20(1)(3)')
    >>> place_of("29 to 32").zh, place_of("annex 1, 040103").zh, place_of("N-D01")
    ('第二十九条至第三十二条', '附件1指标040103', None)
    """
    parts = [_part(piece) for piece in PIECES.split(place)] if place else []
    named = [label for label in parts if label is not None]
    if not named or len(named) < len(parts):
        return None if not named or parts[0] is None else named[0]
    if all(label.en.startswith("Article") for label in named) and len(named) > 1:
        *early, last = (label.en.partition(" ")[2] for label in named)
        en = f"Articles {', '.join(early)} and {last}"
        return Label(zh="、".join(label.zh for label in named), en=en)
    first, rest = named[0], [label.zh.removeprefix("指标") for label in named[1:]]
    zh = first.zh + ("、" if first.zh.startswith("指标") and rest else "指标" if rest else "") + "、".join(rest)
    return Label(zh=zh, en=", ".join(label.en for label in named))


def _part(place: str) -> Label | None:
    onward = place.endswith(" onward")
    place = place.removesuffix(" onward")
    if INDICATOR.fullmatch(place):
        return Label(zh=f"指标{place}", en=f"indicator {place}")
    if match := RANGE.fullmatch(place):
        first, last = (int(number) for number in match.groups())
        return Label(zh=f"第{chinese(first)}条至第{chinese(last)}条", en=f"Articles {first} to {last}")
    if match := PLACE.fullmatch(place):
        inner = [int(digits) for digits in re.findall(r"\d+", match[2])]
        zh = f"第{chinese(int(match[1]))}条" + "".join(f"第{chinese(paragraph)}款" for paragraph in inner[:-1])
        zh += f"第（{chinese(inner[-1])}）项" if inner else ""
        return Label(zh=zh + ("以下" if onward else ""), en=f"Article {place}" + (" onward" if onward else ""))
    if match := PARAGRAPH.fullmatch(place):
        zh = f"第{chinese(int(match[1]))}条第{chinese(int(match[2]))}款"
        return Label(zh=zh, en=f"Article {match[1]} paragraph {match[2]}")
    if match := ANNEX.fullmatch(place):
        return Label(zh=f"附件{match[1]}", en=f"Annex {match[1]}".strip())
    if match := POINT.fullmatch(place):
        return Label(zh=f"第（{chinese(int(match[1]))}）项", en=f"item {match[1]}")
    if match := HEADING.fullmatch(place):
        part, point = match[1] or match[3], match[2] or ""
        zh = f"（{part}）{point}" if match[1] else part  # a heading of a text without articles
        return Label(zh=zh, en=f"part {_value(part)}" + (f" item {point}" if point else ""))
    return None


def _value(text: str) -> int:
    """A Chinese numeral up to 99 as a number."""
    tens, _, ones = text.partition("十") if "十" in text else ("", "", text)
    value = (DIGITS.index(tens) if tens else 1) * 10 if "十" in text else 0
    return value + (DIGITS.index(ones) if ones else 0)


def cite_said(article: str, lang: Lang) -> str:
    """`LAW place` as result tables and cases have it (several behind `; `), as a person reads it."""
    return say(cited_text(article), lang) if article else ""
