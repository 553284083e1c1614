"""The domains and lists that anybody in the library knows, and which of them a strange word may mean.

The files are scanned as text: whoever asks has one strange word of a million records, and no use for eighty schemes.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from creditscore.core.catalogue import list_layers
from creditscore.core.config import carried
from creditscore.core.i18n import word
from creditscore.core.model import Label
from creditscore.schemes.registry import entries, load

# Chinese names under which the domains of the library are written in tables of offices
DOMAIN_LABELS = {
    "association": ("协会", "行业协会"),
    "bidding": ("招投标", "招标投标"),
    "construction": ("建筑", "建筑市场", "住建"),
    "court": ("司法", "法院", "失信被执行人"),
    "culture_tourism": ("文化旅游", "文旅"),
    "customs": ("海关",),
    "ecommerce": ("电子商务", "电商"),
    "elderly_care": ("养老", "养老服务"),
    "environment": ("环保", "环境", "环境保护", "生态环境"),
    "fire": ("消防", "消防安全"),
    "food": ("食品", "食品安全"),
    "institution": ("事业单位",),
    "intellectual_property": ("知识产权",),
    "labour": ("劳动", "劳动保障", "人社"),
    "market": ("市场监管", "工商", "市场监督管理"),
    "medical": ("医疗", "卫生"),
    "price": ("价格", "物价"),
    "procurement": ("政府采购", "采购"),
    "quality": ("质量", "质监"),
    "safety": ("安全生产", "安监", "应急"),
    "social_insurance": ("社保", "社会保险"),
    "social_organisation": ("社会组织", "民政"),
    "statistics": ("统计",),
    "tax": ("税务", "纳税", "国税", "地税", "税收"),
    "wages": ("工资", "农民工工资", "欠薪"),
}
_DOMAIN = re.compile(r"^domain:\s*['\"]?([^\s'\"#]+)", re.MULTILINE)
_OWN_LISTS = re.compile(r"^lists:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", re.MULTILINE)
_KEY = re.compile(r"^  ([^\s:#]+):(?:\s*\n\s+label:\s*\{zh:\s*([^,}]+))?", re.MULTILINE)
_NAMED_LISTS = re.compile(r"\blists:\s*\[([^\]]*)\]")
_NAMED_LIST = re.compile(r"\blist:\s*['\"]?([^\s'\",}#]+)")
FOLDERS = ("composite", "supervision", "repair")  # besides the schemes, what names lists
FILES = ("publication.yaml",)


@dataclass(frozen=True)
class Vocabulary:
    """Words of one kind, each with other names for it."""

    words: Mapping[str, tuple[str, ...]]

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def near(self, word: str) -> str | None:
        """The word that a strange one may mean: written otherwise, misspelt, or in Chinese."""
        names = {plain(name): known for known, labels in self.words.items() for name in (*labels, known)}
        close_matches = difflib.get_close_matches(plain(word), names, 1, 0.75)
        return names[close_matches[0]] if close_matches else None


def plain(word: str) -> str:
    """A word without what differs between writings of it: width, case, blanks, hyphens."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return re.sub(r"[\s_\-/.]+", "_", folded).strip("_").removesuffix("领域").removesuffix("类")


def known_domains() -> Vocabulary | None:
    """The domains of the library; None where only the rules that a packet carries can be read."""
    return None if carried() else _scanned()[0]


def known_lists() -> Vocabulary | None:
    """The lists of the library; None where only the rules that a packet carries can be read."""
    return None if carried() else _scanned()[1]


def list_label(name: str, entered_on: str = "") -> Label | None:
    """What the newest scheme that keeps a list calls it, of an entry the one of its day; None where none does."""
    known = entries()
    keeping = [known[place] for place in _keepers(_stated(entry.file for entry in known)).get(name, ())]
    keeping.sort(key=lambda entry: entry.version, reverse=True)
    then = [entry for entry in keeping if entry.version <= entered_on] or keeping[-1:] if entered_on else keeping
    return load(then[0]).lists[name].label if then else None


def list_name(name: str, entered_on: str = "") -> Label:
    """What a list is called (when a firm was entered): by a scheme, in the words of the pages, else its code."""
    return list_label(name, entered_on) or word("lists", name)


@lru_cache(maxsize=4)
def _keepers(schemes: Iterable[tuple[Path, int]]) -> Mapping[str, list[int]]:
    """The places of the schemes that keep each list."""
    keepers: dict[str, list[int]] = {}
    for place, (file, _) in enumerate(schemes):
        for block in _OWN_LISTS.findall(file.read_text(encoding="utf-8")):
            for name, _ in _KEY.findall(block):
                keepers.setdefault(name, []).append(place)
    return keepers


def _stated(files: Iterable[Path]) -> tuple[tuple[Path, int], ...]:
    """Files, each with the moment of its last change, so that a changed one is read again."""
    return tuple((file, file.stat().st_mtime_ns) for file in files)


def _scanned() -> tuple[Vocabulary, Vocabulary]:
    beside = [file for root in list_layers() for name in FOLDERS for file in sorted((root / name).rglob("*.yaml"))]
    beside += [root / name for root in list_layers() for name in FILES if (root / name).is_file()]
    return _read(_stated(entry.file for entry in entries()), _stated(beside))


@lru_cache(maxsize=4)
def _read(schemes: Iterable[tuple[Path, int]], beside: Iterable[tuple[Path, int]]) -> tuple[Vocabulary, Vocabulary]:
    domains: dict[str, tuple[str, ...]] = {}
    lists: dict[str, tuple[str, ...]] = {}
    named: list[str] = []
    for file, _ in schemes:
        text = file.read_text(encoding="utf-8")
        for domain in _DOMAIN.findall(text):
            domains[domain] = DOMAIN_LABELS.get(domain, ())
        for block in _OWN_LISTS.findall(text):
            for name, label in _KEY.findall(block):
                lists[name] = (label.strip(),) if label else lists.get(name, ())
        named += [name for names in _NAMED_LISTS.findall(text) for name in names.split(",")]
    for file, _ in beside:
        named += _NAMED_LIST.findall(file.read_text(encoding="utf-8"))
    for name in (name.strip().strip("'\"") for name in named):
        lists.setdefault(name, ())
    return Vocabulary(domains), Vocabulary(lists)
