"""Names that look alike are one name: a skeleton without case, width, blanks, separators and look-alike signs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

from creditscore.core.errors import UsageError
from creditscore.core.identity import is_resident

DATA = "confusables.txt"
# Signs without a shape whose category does not say so: those that Unicode lets programs ignore, and blanks among the
# symbols. Signs that this Python does not know yet have a shape: rare ideographs are among them.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\ufffc"
    "\U00016fe4\U0001d159\U000e0000-\U000e0fff]"
)
# Controls, marks of direction and joiners, blanks, punctuation, accents that stand alone
SEPARATING = frozenset({"Cc", "Cf", "Cs", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sk", "Zl", "Zp", "Zs"})
LONGEST = 100  # signs of a name
UNSHOWN = ("Cc", "Zl", "Zp")  # control characters, ends of lines and paragraphs
SURROGATE = re.compile("[\ud800-\udfff]")
UNSEEN_DOT = re.compile("(?<=[ij])\u0307+")  # a dot above a letter that has one


@lru_cache(maxsize=20_000)
def fold_name(name: str) -> str:
    """Fold a name to its skeleton: two names that look alike have the same one.

    Case, width, blanks, dots, hyphens and other punctuation, signs without shape and ways to write the same letter do
    not matter; letters and digits that look like others (Unicode's confusables: Cyrillic а, Greek ο, the digit 0) count
    as these. Ideographs in use stay distinct, however much they look alike; radicals and compatibility forms count as
    the ideograph.

    Parameters
    ----------
    name
        Any text.

    Returns
    -------
    str
        For comparing, not for people; to be computed when it is needed: a later version of the data may give another
        one. Folding it again changes nothing. Empty where the name has no visible letter, digit or symbol.

    Examples
    --------
    >>> fold_name("Wang.Fang") == fold_name("wаng  fang")  # the second а is Cyrillic
    True
    >>> fold_name("王芳") == fold_name("王方")
    False
    """
    letters = drop_separators(unicodedata.normalize("NFKD", name))
    return UNSEEN_DOT.sub("", unicodedata.normalize("NFKD", letters.translate(_prototypes())))


def check_name(name: str) -> None:
    """Raise UsageError where a text cannot be somebody's name: nothing of it is left when it is compared.

    Examples
    --------
    >>> check_name("王芳")
    """
    if not isinstance(name, str) or SURROGATE.search(name):
        raise UsageError("store.no_name", name=name)
    if is_resident(name):
        raise UsageError("store.resident_identity_number_stands_nobody_called")
    if not fold_name(name):
        raise UsageError("store.no_letter_digit_seen", name=name)


def fits_a_line(name: str) -> bool:
    """Whether a name can be shown in a line: not too long, without line breaks and control characters.

    Examples
    --------
    >>> fits_a_line("王芳"), fits_a_line("wang\\nfang")
    (True, False)
    """
    return len(name) <= LONGEST and not any(unicodedata.category(char) in UNSHOWN for char in name)


def drop_separators(text: str) -> str:
    """Take out what has no shape, and what only separates: blanks, punctuation, marks of direction."""
    return "".join(char for char in BLANK.sub("", text) if unicodedata.category(char) not in SEPARATING)


@lru_cache(maxsize=1)
def _prototypes() -> dict[int, str]:
    """Read what each sign counts as: a line for each prototype, with all the signs that count as it."""
    text = files("creditscore.store").joinpath(DATA).read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {ord(char): prototype for prototype, chars in rows for char in chars}
