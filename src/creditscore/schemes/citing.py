"""Citations for people: title, article, paragraph and item of a text, never ids of files or of our own rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import Lang, label_of, say
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
    title = Label(zh=_chinese_title(text), en=text.title.en)
    if number and text.number and text.number not in text.title.zh:
        title = label_of("citations", "numbered", title, text.number)
    where = _together(places)
    return title if where is None else label_of("citations", "place", title, where)


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
    return label_of("citations", "each", list(named.values()))


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
    pieces = PIECES.split(place) if place else []
    labels = [label for label in map(_part, pieces) if label is not None]
    if len(labels) < len(pieces) or not pieces:
        return _part(pieces[0]) if pieces else None
    numbers = [piece for piece in pieces if INDICATOR.fullmatch(piece)]
    heads = [label for piece, label in zip(pieces, labels, strict=True) if piece not in numbers]
    if len(heads) == len(labels) > 1 and all(label.en.startswith("Article") for label in heads):
        *early, last = (label.en.partition(" ")[2] for label in heads)
        return label_of("citations", "articles", heads, early, last)
    indicators = label_of("citations", "indicators" if len(numbers) > 1 else "indicator", numbers)
    if not heads:
        return indicators
    listed = label_of("citations", "each", heads)
    return label_of("citations", "within", listed, indicators) if numbers else listed


def _part(place: str) -> Label | None:
    if place.endswith(" onward"):
        label = _part(place.removesuffix(" onward"))
        return label and label_of("citations", "onward", label)
    if INDICATOR.fullmatch(place):
        return label_of("citations", "indicator", place)
    if match := RANGE.fullmatch(place):
        return label_of("citations", "range", *map(chinese, map(int, match.groups())), *match.groups())
    if match := PLACE.fullmatch(place):
        label = label_of("citations", "article", chinese(int(match[1])), place)
        *paragraphs, item = (chinese(int(digits)) for digits in re.findall(r"\d+", match[2])) if match[2] else ("",)
        for paragraph in paragraphs:
            label = label_of("citations", "in_paragraph", label, paragraph)
        return label_of("citations", "in_item", label, item) if item else label
    if match := PARAGRAPH.fullmatch(place):
        return label_of("citations", "paragraph", *map(chinese, map(int, match.groups())), *match.groups())
    if match := ANNEX.fullmatch(place):
        return label_of("citations", "annex" if match[1] else "only_annex", match[1])
    if match := POINT.fullmatch(place):
        return label_of("citations", "item", chinese(int(match[1])), match[1])
    if match := HEADING.fullmatch(place):  # of a text without articles
        heading = place.replace("(", "（").replace(")", "）")
        return label_of("citations", "point" if match[2] else "part", heading, _value(match[1] or match[3]), match[2])
    return None


def _value(text: str) -> int:
    """A Chinese numeral up to 99 as a number."""
    tens, _, ones = text.partition("十") if "十" in text else ("", "", text)
    value = (DIGITS.index(tens) if tens else 1) * 10 if "十" in text else 0
    return value + (DIGITS.index(ones) if ones else 0)


def cite_said(article: str, lang: Lang) -> str:
    """`LAW place` as result tables and cases have it (several behind `; `), as a person reads it."""
    return say(cited_text(article), lang) if article else ""
