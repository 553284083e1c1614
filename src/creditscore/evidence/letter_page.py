"""The letter of a case as a page for A4, with the data it was drawn from inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.atomic import write_json, write_text
from creditscore.core.i18n import LANGS, Lang
from creditscore.evidence.letter import Letter, outward
from creditscore.present.html import draw

LETTER = "letter.json"  # every folder of a letter holds it


def letter_page(letter: Letter, data: dict[str, Any], lang: Lang) -> str:
    """One offline page; `data` is what the letter was made from (`evidence.case_file.compile_case_file`)."""
    return draw("letter.html", lang, data, letter=letter)


def write_letters(letters: dict[Lang, Letter], data: dict[str, Any], folder: Path) -> list[Path]:
    """`letter.zh.txt`, `letter.zh.html`, the same in English, and `letter.json` with what they were made from."""
    files, data = [], outward(data)
    for lang in LANGS:
        files.append(write_text(folder / f"letter.{lang}.txt", str(letters[lang])))
        files.append(write_text(folder / f"letter.{lang}.html", letter_page(letters[lang], data, lang)))
    files.append(write_json(folder / LETTER, data, sort_keys=True))
    return files
