"""What rules beside the schemes name: legal texts, schemes of the library, versions of them."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

from creditscore.core.messages import Message
from creditscore.core.references import Citing, Reference
from creditscore.schemes import registry
from creditscore.schemes.laws import citable


def find_schemes(_: Any = None) -> set[str]:
    """Find the ids of the schemes of the library."""
    return {entry.scheme for entry in registry.entries()}


def find_versions(_: Any = None) -> set[str]:
    """Find the ids of the schemes of the library, alone and with each of their versions (`tax`, `tax@2014`)."""
    return {name for entry in registry.entries() for name in (entry.scheme, f"{entry.scheme}@{entry.version}")}


def describe_scheme(name: str, known: Collection[str]) -> str:
    """Say that a scheme is not in the library, and what is: its versions, or names near it."""
    scheme = name.partition("@")[0]
    near = sorted(text.partition("@")[2] for text in known if text.startswith(f"{scheme}@"))
    near = near or difflib.get_close_matches(name, sorted(known), 3)
    return f"{name!r} is not a scheme of the library; there are: {', '.join(near) or 'see `creditscore scheme list`'}"


LAWS = Reference(
    "law",
    lambda _: citable(),
    lambda name, _: Message("schemes.law_without_file", name=name),
)
SCHEMES = Reference("scheme", find_schemes, describe_scheme)
VERSIONS = Reference("version", find_versions, describe_scheme)
NO_READINGS = Reference("reading", lambda _: (), lambda *_: "readings belong to schemes; write a note")
OWED = "carries no cite or no evidence mark; every rule names its text and its mark"
CITED_AND_MARKED = Citing(uncited=OWED, unmarked=OWED)
