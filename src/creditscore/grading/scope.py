"""The schemes of a run, and words of the input that neither they nor the library know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

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


def codes_of(words: tuple[str, ...], strange: Mapping[str, str]) -> dict[int, str]:
    """The codes of strange words in a dictionary of the log, each with its message."""
    return {code: strange[word] for code, word in enumerate(words) if word in strange}
