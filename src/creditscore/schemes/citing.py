"""Citations in words: `R2014A 20` as people look it up, 《…》（…公告2014年第40号）第二十条."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from creditscore.schemes.laws import Law, load_laws

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")
DIGITS = "零一二三四五六七八九"
NUMBER = re.compile(r"[0-9]{1,3}")
RANGE = re.compile(r"([0-9]{1,3})(?:-| to )([0-9]{1,3})")
PART = re.compile(r"([0-9]{1,3})\(([0-9]{1,2})\)")
PAIR = re.compile(r"([0-9]{1,3}) and ([0-9]{1,3})")
ITEM = re.compile(r"(?:item|acts|trigger) ([0-9]{1,2})")
ANNEX = re.compile(r"annex(?: ([0-9]+))?")
PLACE = re.compile(r"[0-9零一二三四五六七八九十百]")  # what names a place has a number


def in_words(cited: str, lang: Lang, laws: Mapping[str, Law] | None = None) -> str:
    """Citations `LAW place; LAW place` in words: the titles, numbers and places of the texts.

    Where no place is known the text is cited whole; a text that nobody knows stays as it is.
    """
    known = load_laws() if laws is None else laws
    parts = [part.strip() for part in cited.split(";")]
    return ("；" if lang == "zh" else "; ").join(dict.fromkeys(_one(part, lang, known) for part in parts if part))


def _one(cited: str, lang: Lang, laws: Mapping[str, Law]) -> str:
    key, _, place = cited.partition(" ")
    law = laws.get(key)
    if law is None:
        return cited
    where = place_in_words(place, lang)
    if lang == "zh":
        number = f"（{law.number}）" if law.number else ""
        return f"《{law.title.zh.strip('《》')}》{number}{where}"
    number = f" ({law.number})" if law.number else ""
    return f"{law.title.en}{number}" + (f", {where}" if where else "")


def place_in_words(place: str, lang: Lang) -> str:
    """`20` is 第二十条, `29-32` 第二十九条至第三十二条, `annex 1` 附件1; what names no place is left out."""
    text, zh = place.strip(), lang == "zh"
    if "," in text:
        parts = [place_in_words(part, lang) for part in text.split(",")]
        return ("，" if zh else ", ").join(part.strip("（）") if zh else part for part in parts if part)
    if NUMBER.fullmatch(text):
        return f"第{numeral(int(text))}条" if zh else f"article {int(text)}"
    if both := RANGE.fullmatch(text):
        first, last = map(int, both.groups())
        return f"第{numeral(first)}条至第{numeral(last)}条" if zh else f"articles {first} to {last}"
    if pair := PAIR.fullmatch(text):
        first, last = map(int, pair.groups())
        return f"第{numeral(first)}条、第{numeral(last)}条" if zh else f"articles {first} and {last}"
    if item := ITEM.fullmatch(text):
        return f"第{numeral(int(item[1]))}项" if zh else text
    if part := PART.fullmatch(text):
        article, number = map(int, part.groups())
        return f"第{numeral(article)}条第（{numeral(number)}）项" if zh else f"article {article}, item {number}"
    if annex := ANNEX.fullmatch(text):
        return f"附件{annex[1] or ''}" if zh else text
    if not PLACE.search(text):
        return ""
    return f"（{text}）" if zh else text


def numeral(number: int) -> str:
    """A number below 1000 as articles are counted: 20 is 二十, 105 一百零五."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (DIGITS[ones] if ones or not number else "")
