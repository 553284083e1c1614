"""Write the table by which names that look alike are found, from Unicode's list of confusable signs.

    python scripts/make_confusables.py confusables.txt EquivalentUnifiedIdeograph.txt

The first list (security/17.0.0 at unicode.org) names for each sign the prototype that it looks like, the second one
(17.0.0/ucd) the ideograph that a radical is. Names are compared without case too, so signs are gathered into classes,
by look first and by case then. Two classes are not joined where that would make two of these one: letters or digits of
ASCII (but 1, I, i and l are one, as are 0 and o), and ideographs of GB 2312, which are two words however much they look
alike (士 and 土). A sign that looks like several letters counts as these. What `fold_name` takes away or normalizes
stands in no class.
"""

import sys
import unicodedata
from pathlib import Path

from creditscore.store.names import DATA, drop_separators

OUT = Path(__file__).parents[1] / "src" / "creditscore" / "store" / DATA
ONE_ANCHOR = {"1": "i", "l": "i", "|": "i", "0": "o"}
LICENCE = """\
Unicode License V3

Copyright © 1991-2025 Unicode, Inc.

Permission is hereby granted, free of charge, to any person obtaining a copy of data files and any associated
documentation (the "Data Files") or software and any associated documentation (the "Software") to deal in the Data
Files or Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom the Data Files or Software
are furnished to do so, provided that either (a) this copyright and permission notice appear with all copies of the
Data Files or Software, or (b) this copyright and permission notice appear in associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT
LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY
RIGHTS.

IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL
INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THE DATA FILES OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise to
promote the sale, use or other dealings in these Data Files or Software without prior written authorization of the
copyright holder."""


class Classes:
    """Signs that count as one (union-find); `anchors`: what may stand in a class only once."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.anchors: dict[str, str] = {}

    def find(self, char: str) -> str:
        """Give the sign that stands for the class."""
        if char not in self.parent:
            self.parent[char] = char
            if anchor := anchor_of(char):
                self.anchors[char] = anchor
        while self.parent[char] != char:
            self.parent[char] = self.parent[self.parent[char]]
            char = self.parent[char]
        return char

    def join(self, left: str, right: str) -> bool:
        """Make two classes one; False where their anchors differ."""
        left, right = self.find(left), self.find(right)
        if left == right:
            return True
        anchors = {self.anchors[side] for side in (left, right) if side in self.anchors}
        if len(anchors) > 1:
            return False
        self.parent[right] = left
        if anchors:
            self.anchors[left] = anchors.pop()
        return True

    def members(self) -> dict[str, list[str]]:
        """Give the members of each class, by the sign that `find` gives."""
        members: dict[str, list[str]] = {}
        for char in sorted(self.parent):
            members.setdefault(self.find(char), []).append(char)
        return members


def anchor_of(char: str) -> str | None:
    """Give what keeps a class apart from others: an ASCII letter or digit, or an ideograph in use."""
    if char.isascii():
        return ONE_ANCHOR.get(char.lower(), char.lower()) if char.isalnum() or char == "|" else None
    if unicodedata.name(char, "").startswith("CJK UNIFIED") and char.encode("gb2312", "ignore"):
        return char
    return None


def read_list(path: Path) -> tuple[str, dict[str, str]]:
    """Read one of Unicode's lists: its head, and what each sign counts as, both as `fold_name` sees them."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    looks = {}
    for line in lines:
        fields = [field.strip() for field in line.partition("#")[0].split(";")]
        if len(fields) < 2:
            continue
        prototype = drop_separators(unicodedata.normalize("NFKD", read_codes(fields[1])))
        for sign in read_range(fields[0]):
            lost = not prototype and unicodedata.category(sign) != "Lm"  # a modifier such as ʼ may count as nothing
            if lost or (unicodedata.combining(prototype[:1] or "a") and not unicodedata.combining(sign)):
                continue
            if drop_separators(unicodedata.normalize("NFKD", sign)) == sign:
                looks[sign] = prototype
    return "\n".join(lines[:12]), looks


def read_codes(field: str) -> str:
    """Read the signs whose numbers stand in a field."""
    return "".join(chr(int(code, 16)) for code in field.split())


def read_range(field: str) -> str:
    """Read a sign, or all from one to another: 2E80..2E82."""
    first, _, last = field.partition("..")
    return "".join(map(chr, range(int(first, 16), int(last or first, 16) + 1)))


def list_cases() -> dict[str, str]:
    """Give each letter that is another one without case, as `fold_name` sees them.

    Those of ASCII come first and Greek ones last: ν looks like v, and Ν like N, so that one of the three must give way.
    """
    cases = {}
    for char in filter(str.isalpha, map(chr, range(sys.maxunicode + 1))):
        folded = unicodedata.normalize("NFKD", char.casefold())
        if folded != char and unicodedata.normalize("NFKD", char) == char:
            cases[char] = folded
    return dict(sorted(cases.items(), key=lambda pair: unicodedata.name(pair[0], "").startswith(("GREEK", "COPTIC"))))


def pick(members: list[str]) -> str:
    """Choose who stands for a class: an ASCII letter or digit, an ideograph in use, then the first without case."""
    return min(members, key=lambda char: (anchor_of(char) is None, not char.isalpha(), char.casefold() != char, char))


def gather(looks: dict[str, str]) -> dict[str, str]:
    """Give for each sign what it counts as, where that is another one."""
    classes, sequences = Classes(), {}
    cases = list_cases()
    for char, sequence in cases.items():
        if len(sequence) > 1:
            classes.anchors[classes.find(char)] = sequence
    edges = [*((a, b) for a, b in cases.items() if a.isascii()), *looks.items(), *cases.items()]
    for left, right in edges:
        if len(right) == 1 and not classes.join(left, right):
            print(f"not joined: {left} and {right}", file=sys.stderr)
    members = classes.members()
    stands_for = {char: pick(members[classes.find(char)]) for char in classes.parent}
    for char, sequence in [("m", looks["m"]), *cases.items(), *looks.items()]:
        stand_in = stands_for.get(char, char)
        if len(sequence) != 1 and (char == "m" or anchor_of(stand_in) is None):
            sequences.setdefault(stand_in, sequence)

    def expand(char: str, above: tuple[str, ...] = ()) -> str:
        char = stands_for.get(char, char)
        if char in above or char not in sequences:
            return char
        return "".join(expand(part, (*above, char)) for part in sequences[char])

    counts_as = {char: expand(char) for char in {*stands_for, *sequences}}
    return {char: unicodedata.normalize("NFKD", text) for char, text in counts_as.items() if text != char}


def main() -> None:
    """Write the table: a line for each prototype, a tab, and all the signs that count as it."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    (head, looks), (radicals_head, radicals) = (read_list(Path(name)) for name in sys.argv[1:])
    version = head.partition("Version: ")[2].split()[0]
    if f"-{version}.txt" not in radicals_head:
        sys.exit(f"the radicals are not those of version {version}")
    counts_as = gather(radicals | looks)
    rows: dict[str, list[str]] = {}
    for char, text in sorted(counts_as.items()):
        rows.setdefault(text, []).append(char)
    notice = [
        "Signs that look alike or differ in case: from confusables.txt (UTS 39) and EquivalentUnifiedIdeograph.txt of",
        f"Unicode {version}, and the case of Unicode {unicodedata.unidata_version}; written by "
        "scripts/make_confusables.py, not by hand.",
        "",
        *LICENCE.splitlines(),
    ]
    lines = [f"# {line}".rstrip() for line in notice] + [
        f"{text}\t{''.join(chars)}" for text, chars in sorted(rows.items())
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
