"""Text folded to the width of a terminal: between words, and between any two signs of Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def fold(text: str, width: int, indent: str) -> list[str]:
    """Return the lines of a text: folded between words, and between any two signs of Chinese."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for part in _parts(paragraph):
            if line and cells(line) + cells(part.rstrip()) > width:
                lines.append(indent + line.rstrip())
                line = ""
            line += part if line else part.lstrip()
        lines.append((indent + line).rstrip())
    return lines if text else []


def _parts(text: str) -> Iterable[str]:
    """Pieces between which a line may end: words with the space behind them, single signs of Chinese."""
    word = ""
    for sign in text:
        is_wide = unicodedata.east_asian_width(sign) in "WF"
        if word and ((is_wide and sign in "，。；：、）”》？！") or word[-1] in "（“《"):
            word += sign  # such signs begin no line, and end none
            continue
        if is_wide or word.endswith(" ") or (word and cells(word[-1]) == 2):
            if word:
                yield word
            word = sign
        else:
            word += sign
    if word:
        yield word
