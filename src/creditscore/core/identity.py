"""Whose number is it: resident identity numbers, unified social credit codes, ids spoilt by a spreadsheet.

A resident identity number has 18 characters: six digits of place, a date of birth, three digits and a
MOD 11-2 check character (GB 11643). The old form has 15 digits, with a two-digit year and no check.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from creditscore.core.clock import today

# A cheap test in front of the real one; also valid RE2, so that SQL can use it.
_MONTH_DAY = "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
RESIDENT_LIKE = f"[0-9]{{6}}((18|19|20)[0-9]{{2}}{_MONTH_DAY}[0-9]{{3}}[0-9Xx]|[0-9]{{2}}{_MONTH_DAY}[0-9]{{3}})"
MANGLED_LIKE = r"^[0-9](\.[0-9]+)?[eE]\+?[0-9]{2,3}$|^[0-9]+\.0+$"

# Characters without width: they come with cells that were copied from pages, and nobody sees them.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_UNSEEN = dict.fromkeys(map(ord, INVISIBLE))

_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")  # of eleven digits, standing alone
_RUN = re.compile(r"[0-9]{14,}[0-9Xx]")
# Digits in pieces, as on a card that was read out or written by hand: blanks, hyphens, characters without width
GAPS = " \u00a0-\u2010\u2011\u2012\u2013\u2014\u2015" + INVISIBLE
_GAP = f"[{re.escape(GAPS)}]{{1,2}}"
_GAPPED = re.compile(rf"[0-9]{_GAP}[0-9Xx]")
_PIECES = re.compile(rf"[0-9]+{_GAP}(?:[0-9]+{_GAP})*[0-9]*[0-9Xx]")
_MANGLED = re.compile(MANGLED_LIKE)
# A hash in hexadecimal digits, as ids of runs and visits are: many digits in a row are chance there
_HASH = re.compile("[0-9]*[a-f][0-9a-f]*|[0-9]*[A-F][0-9A-F]*")
_HASH_LENGTHS = (16, 32, 40, 64)
ADULT = 16  # years, from which somebody who works answers for himself (Civil Code, article 18)
# First digit of a place in China; 9 begins the cards of foreign permanent residents.
_PLACES = "12345689"


def canonical_id(text: str) -> str:
    """NFKC, without blanks around it and invisible characters in it, upper case."""
    return canonical_code(text).upper()


def canonical_code(text: str) -> str:
    """NFKC and without blanks around it and invisible characters in it; case stays."""
    return unicodedata.normalize("NFKC", text.translate(_UNSEEN)).strip()


def is_mangled(text: str) -> bool:
    r"""True for `9.14403E+17` and for `123.0`: an id that went through a number."""
    return _MANGLED.match(text) is not None


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        return 1850 <= date(int(year), int(month), int(day)).year <= 2100
    except ValueError:
        return False


@lru_cache(maxsize=65536)
def _known_county(place: str) -> bool:
    from stdnum import numdb

    return any(properties for _, properties in numdb.get("cn/loc").info(place))


def _is_resident_18(number: str, mistyped: bool = False, least_age: int = 0) -> bool:
    """`mistyped`: with a wrong check character too, where a known county and a day of birth stand in front.

    `least_age`: full years that somebody mistyped must have lived, by the year of birth.
    """
    from stdnum.cn import ric, uscc

    if number[0] not in _PLACES or not _is_date(number[6:10], number[10:12], number[12:14]):
        return False
    if ric.calc_check_digit(number) == number[17].upper():
        return True
    born = mistyped and 1900 <= int(number[6:10]) <= today().year - least_age
    return born and _known_county(number[:6]) and not uscc.is_valid(number)


def _is_resident_15(number: str) -> bool:
    return number[0] in _PLACES and number.isdigit() and _is_date("19" + number[6:8], number[8:10], number[10:12])


def resident_numbers(text: str, mistyped: bool = False) -> list[tuple[int, int]]:
    """Where resident identity numbers stand in `text`: (start, end) pairs, left to right.

    A number of exactly the right length counts by its date and check character. Inside a longer run of
    digits, with blanks or hyphens in between, and for the old form inside a longer text, chance hits are common:
    there the first six digits must also be a known county. A valid credit code of a firm (9…) is never a person, nor
    are digits within a hash (16, 32, 40 or 64 hexadecimal digits, a letter among them).
    `mistyped`: also eighteen digits of the right shape with a wrong check character, behind a known county, in one run
    or, if their year of birth is that of an adult, in pieces; they are to be hidden, but prove nothing. In pieces, a
    county, a day of late and a serial number are as often the number of a document.
    """
    from stdnum.cn import uscc

    spans: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        digits, at, start = run.group(), 0, run.start()
        alone = start == 0 and run.end() == len(text)
        while at + 15 <= len(digits):
            long, old = digits[at : at + 18], digits[at : at + 15]
            whole = len(digits)
            if (
                len(long) == 18
                and long[:17].isdigit()
                and _is_resident_18(long, mistyped and whole == 18)
                and (whole == 18 or _known_county(long[:6]))
                and not (long[0] == "9" and uscc.is_valid(long))
            ):
                spans.append((start + at, start + at + 18))
                at += 18
            elif whole == 15 and _is_resident_15(old) and (alone or _known_county(old[:6])):
                spans.append((start, start + 15))
                at += 15
            else:
                at += 1
    spans = [span for span in spans if not _is_in_hash(text, *span)]
    if _GAPPED.search(text):
        spans += [span for run in _PIECES.finditer(text) for span in _in_pieces(run.group(), run.start(), mistyped)]
    return sorted(spans)


def _is_in_hash(text: str, start: int, end: int) -> bool:
    """Whether the word around a place in a text is a hash."""
    longest = _HASH_LENGTHS[-1]
    first, last = start, end
    while start - longest <= first - 1 and first > 0 and text[first - 1].isascii() and text[first - 1].isalnum():
        first -= 1
    while last < min(len(text), end + longest) and text[last].isascii() and text[last].isalnum():
        last += 1
    return last - first in _HASH_LENGTHS and _HASH.fullmatch(text, first, last) is not None


def _in_pieces(run: str, start: int, mistyped: bool) -> list[tuple[int, int]]:
    """Numbers made of whole pieces of a run; as inside a longer text, the place must be a known county."""
    pieces = [(match.start(), match.end()) for match in re.finditer("[0-9]+[Xx]?|[Xx]", run)]
    number_spans: list[tuple[int, int]] = []
    first = 0
    while first < len(pieces):
        digits, after = "", first + 1
        for k in range(first, len(pieces)):
            digits += run[slice(*pieces[k])]
            fits = k > first and (
                (len(digits) == 18 and digits[:17].isdigit() and _is_resident_18(digits, mistyped, ADULT))
                or (len(digits) == 15 and _is_resident_15(digits))
            )
            if fits and _known_county(digits[:6]):
                number_spans.append((start + pieces[first][0], start + pieces[k][1]))
                after = k + 1
                break
            if len(digits) >= 18:
                break
        first = after
    return number_spans


def is_resident(text: str) -> bool:
    """True if `text` is, or contains, a resident identity number; blanks, hyphens and full width do not hide it."""
    if len(text) < 15:
        return False
    text = text if text.isascii() else canonical_code(text)
    compact = text.replace(" ", "").replace("-", "")
    return bool(resident_numbers(text)) or (len(compact) in (15, 18) and bool(resident_numbers(compact)))


def redact(text: str) -> str:
    """`text` with every resident identity number and mobile number reduced to its first three digits and asterisks.

    A number with a wrong check character is hidden too: somebody mistyped it.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    spans = resident_numbers(plain, mistyped=True)
    spans += [
        match.span()
        for match in _MOBILE.finditer(plain)
        if not any(a < match.end() and match.start() < b for a, b in spans)
    ]
    spans.sort()
    if spans:
        for start, end in reversed(spans):
            plain = plain[: start + 3] + "*" * (end - start - 3) + plain[end:]
        return plain
    return plain[:3] + "*" * (len(plain) - 3) if is_resident(plain) else text


def redact_cell(text: str) -> str:
    """`redact`, and where a resident identity number stands among other words, nothing but the redacted number.

    What stands around such a number is about a person too: the name, most often.
    """
    plain = unicodedata.normalize("NFKC", text)
    spans = resident_numbers(plain, mistyped=True)
    if spans:
        return " ".join(plain[start : start + 3] + "*" * (end - start - 3) for start, end in spans)
    return redact(text)


def look_at_id(raw: str, uscc_only: bool, upper: bool = True) -> tuple[str, str | None]:
    """The canonical form of a subject id and the reason to refuse it, if any.

    Resident numbers are recognised before anything else looks at the text. Local ids keep their case
    (`upper=False`): only a credit code is known to mean the same in small letters.
    """
    from stdnum.cn import uscc

    text = canonical_id(raw) if upper else canonical_code(raw)
    if not text:
        return text, "empty_id"
    if is_resident(text):
        return text, "natural_person"
    if is_mangled(text):
        return text, "mangled_id"
    if uscc_only and not (len(text) == 18 and uscc.is_valid(text)):
        return text, "bad_uscc"
    return text, None
