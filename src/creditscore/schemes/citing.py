"""Citations for people: title, article, paragraph and item of a text, never ids of files or of our own rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from creditscore.errors import CreditscoreError
from creditscore.schemes.laws import Law, load_laws
from creditscore.schemes.parts import Cite, Label

DIGITS = "零一二三四五六七八九"
NUMBERED = "一二三四五六七八九十"
ID = re.compile(r"[A-Z][A-Z0-9_]*[0-9A-Z]")
PLACE = re.compile(r"(\d{1,3})((?:\(\d{1,2}\))*)")
RANGE = re.compile(r"(\d{1,3})(?: to |-|–)(\d{1,3})")
INDICATOR = re.compile(r"0\d(?:\d\d){0,2}|\d{6}")
ANNEX = re.compile(r"(?:annex|附件) ?(\d*)")
POINT = re.compile(r"(?:item |\()(\d{1,2})\)?")
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

    `number`: with the document number behind the title. A text that nobody knows stands as it was cited.
    """
    if law not in laws:
        return Label(zh=f"{law} {place}".strip(), en=f"{law} {place}".strip())
    text = laws[law]
    zh, en = f"《{text.title.zh.replace('《', '〈').replace('》', '〉')}》", text.title.en
    if number and text.number:
        zh, en = f"{zh}（{text.number}）", f"{en} ({text.number})"
    where = place_of(place)
    return Label(zh=zh, en=en) if where is None else Label(zh=zh + where.zh, en=f"{where.en} of {en}")


def cited_text(article: str, laws: Mapping[str, Law] | None = None, number: bool = False) -> Label:
    """The same for `LAW place` as result tables have it; several stand behind `; `."""
    known = all_laws() if laws is None else laws
    return joined([cited(*_split(one), known, number) for one in article.split("; ") if one])


def cited_rules(cites: Iterable[Cite], laws: Mapping[str, Law] | None = None, number: bool = False) -> Label:
    """Several citations, each once, in their order."""
    known = all_laws() if laws is None else laws
    return joined([cited(one.law, one.article, known, number) for one in cites])


def without_ids(label: Label, laws: Mapping[str, Law]) -> Label:
    """A text that names laws by the ids of their files, with their titles instead."""

    def told(text: str, lang: str) -> str:
        return ID.sub(lambda id: getattr(cited(id[0], "", laws), lang) if id[0] in laws else id[0], text)

    return Label(zh=told(label.zh, "zh"), en=told(label.en, "en"))


def joined(labels: Iterable[Label]) -> Label:
    """Labels one behind the other, each once."""
    listed = list(labels)
    return Label(
        zh="；".join(dict.fromkeys(one.zh for one in listed)), en="; ".join(dict.fromkeys(one.en for one in listed))
    )


def all_laws() -> Mapping[str, Law]:
    """The texts of the library; none where they cannot be read, so that an explanation still comes out."""
    try:
        return load_laws()
    except CreditscoreError:
        return {}


def _split(article: str) -> tuple[str, str]:
    law, _, place = article.partition(" ")
    return law, place


def place_of(place: str) -> Label | None:
    """An article with its paragraphs and items, an annex, an indicator; None where the place is none of the text's own.

    >>> place_of("20(1)(3)")
    Label(zh='第二十条第一款第（三）项', en='Article 20(1)(3)')
    >>> place_of("29 to 32").zh, place_of("annex 1, 040103").zh, place_of("N-D01")
    ('第二十九条至第三十二条', '附件1指标040103', None)
    """
    parts = [_part(one) for one in re.split(r", | and ", place)] if place else []
    named = [one for one in parts if one is not None]
    if not named or len(named) < len(parts):
        return None if not named or parts[0] is None else named[0]
    if all(one.en.startswith("Article") for one in named) and len(named) > 1:
        en = "Articles " + " and ".join(one.en.partition(" ")[2] for one in named)
        return Label(zh="、".join(one.zh for one in named), en=en)
    first, rest = named[0], [one.zh.removeprefix("指标") for one in named[1:]]
    zh = first.zh + ("、" if first.zh.startswith("指标") and rest else "指标" if rest else "") + "、".join(rest)
    return Label(zh=zh, en=", ".join(one.en for one in named))


def _part(place: str) -> Label | None:
    onward = place.endswith(" onward")
    place = place.removesuffix(" onward")
    if INDICATOR.fullmatch(place):
        return Label(zh=f"指标{place}", en=f"indicator {place}")
    if match := RANGE.fullmatch(place):
        first, last = (int(one) for one in match.groups())
        return Label(zh=f"第{chinese(first)}条至第{chinese(last)}条", en=f"Articles {first} to {last}")
    if match := PLACE.fullmatch(place):
        inner = [int(one) for one in re.findall(r"\d+", match[2])]
        zh = f"第{chinese(int(match[1]))}条" + "".join(f"第{chinese(one)}款" for one in inner[:-1])
        zh += f"第（{chinese(inner[-1])}）项" if inner else ""
        return Label(zh=zh + ("以下" if onward else ""), en=f"Article {place}" + (" onward" if onward else ""))
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
