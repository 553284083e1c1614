"""The schemes of a run, and words of the input that neither they nor the library know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.quarantine import Refusals
from creditscore.records import Snapshot
from creditscore.records.fold import Folded
from creditscore.schemes.model import Scheme
from creditscore.schemes.vocabulary import Vocabulary, known_domains, known_lists

UNKNOWN = {
    "unknown_domain": "no scheme of the library and none of this run has this domain",
    "unknown_list": "no scheme of the library and none of this run reads or keeps this list",
}


@dataclass(frozen=True)
class Scope:
    """All schemes of one call: what one of them reads is known to every one of them."""

    schemes: tuple[Scheme, ...]

    def strange_domains(self, words: Iterable[str]) -> dict[str, str]:
        """The domains that nobody knows, each with the message for its rows."""
        own = {scheme.domain for scheme in self.schemes}
        return _strange(words, own, known_domains, "unknown_domain")

    def strange_lists(self, words: Iterable[str]) -> dict[str, str]:
        """The lists that nobody knows, each with the message for its rows."""
        own = {name for scheme in self.schemes for name in scheme.lists}
        own |= {name for scheme in self.schemes for fact in scheme.facts.values() for name in fact.lists}
        return _strange(words, own, known_lists, "unknown_list")


def _strange(
    words: Iterable[str], own: set[str], known: Callable[[], Vocabulary | None], reason: str
) -> dict[str, str]:
    """The library is asked only where a word is none of the run's own."""
    asked = [word for word in words if word not in own]
    library = known() if asked else None
    if library is None:
        return {}
    everything = Vocabulary({**library.words, **{name: () for name in own if name not in library}})
    return {word: _message(reason, everything, word) for word in asked if word not in everything}


def _message(reason: str, known: Vocabulary, word: str) -> str:
    near = known.near(word)
    return UNKNOWN[reason] + (f"; did you mean {near}?" if near else f"; known: {', '.join(sorted(known.words))}")


def _stated(snapshot: Snapshot, reason: str, words: Iterable[str]) -> dict[str, str]:
    """The words that the run refused, which is made again."""
    stated = {word: message for code, word, message in snapshot.stated_unknown if code == reason}
    return {word: stated[word] for word in words if word in stated}


def refuse_domains(engine: DuckDBEngine, snapshot: Snapshot, folded: Folded, refusals: Refusals, scope: Scope) -> int:
    """Refuse the records of domains that nobody knows; returns their rows."""
    rows = 0
    strange = scope.strange_domains(snapshot.domains) | _stated(snapshot, "unknown_domain", snapshot.domains)
    for domain, message in strange.items():
        code = snapshot.domains.index(domain)
        of_domain = f"SELECT f.* FROM {folded.folded} f WHERE f.domain = {code}"
        rows += int(engine.rows(f"SELECT COALESCE(SUM(n_rows), 0) FROM ({of_domain}) r")[0][0])
        refusals.records(
            f"FROM ({of_domain}) t LEFT JOIN item_name i ON i.code = t.item JOIN subjects s ON s.sid = t.sid",
            "unknown_domain",
            "domain",
            literal(domain),
            message=message,
        )
    return rows


def refuse_side_domains(engine: DuckDBEngine, snapshot: Snapshot, refusals: Refusals, scope: Scope) -> None:
    """Refuse earlier grades and feeds of domains that nobody knows."""
    for table in (snapshot.history, snapshot.feeds):
        words = [
            word for (word,) in engine.rows(f"SELECT DISTINCT domain FROM {table} WHERE domain IS NOT NULL ORDER BY 1")
        ]
        strange = scope.strange_domains(words) | _stated(snapshot, "unknown_domain", words)
        for domain, message in strange.items():
            if table == snapshot.feeds:
                refusals.feeds(domain, "unknown_domain", message)
                continue
            of_domain = f"FROM {table} x JOIN subjects s ON s.sid = x.sid WHERE x.domain = {literal(domain)}"
            refusals.history(of_domain, "unknown_domain", "domain", literal(domain), message)


def refuse_lists(engine: DuckDBEngine, snapshot: Snapshot, refusals: Refusals, scope: Scope) -> list[str]:
    """Refuse the entries of lists that nobody knows; returns the names of these."""
    lists = [name for (name,) in engine.rows(f"SELECT DISTINCT list FROM {snapshot.listings} ORDER BY 1")]
    strange = scope.strange_lists(lists) | _stated(snapshot, "unknown_list", lists)
    for name, message in strange.items():
        of_list = f"FROM {snapshot.listings} x JOIN subjects s ON s.sid = x.sid WHERE x.list = {literal(name)}"
        refusals.listings(of_list, "unknown_list", message)
    return list(strange)
