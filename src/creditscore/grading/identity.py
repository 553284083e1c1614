"""The identity of a run: what its id is made of, and whether a run made again is the one written.

A run's id (format 2) hashes what decides over its rows: the number of this format, which changes when the algorithm
gives other rows for the same input, the rules without their words, the content of the input, and the parameters.
Neither the version of the package, nor labels, notes or days of comparison are part of it. The ids of runs without
`run_format` hash the version and the whole text of the scheme instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel

from creditscore.core.model import Label
from creditscore.schemes.model import Scheme

FORMAT = 2
PARAMETERS = ("snapshot_hash", "scheme", "period", "as_of", "known_at", "law_known_at")
RUN = ("run_format", "rules_hash", *PARAMETERS)  # what a run's id is made of
FIRST_RUN = ("creditscore", "scheme_hash", *PARAMETERS)  # and that of a run of the first format
LATER = ("period_over", "refused_hash", "accepted")  # and these, where they are stated: earlier versions knew none
WORDS = ("note", "checked_on", "missing", "row", "reason")  # beside labels: fields that say why and whence


def hash_of(scheme: Scheme) -> str:
    """`sha256:…` of everything that a scheme says."""
    return "sha256:" + hashlib.sha256(scheme.model_dump_json().encode()).hexdigest()


def rules_hash(rules: BaseModel) -> str:
    """`sha256-2:…` of what a scheme or composite rules: all that it says but its words, in whatever language.

    A field that has its default counts as one that is not given, so that later fields change no hash.
    """
    whole = rules.model_dump_json()
    if whole not in _KNOWN:
        canonical = json.dumps(_without_words(rules), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[whole] = "sha256-2:" + hashlib.sha256(canonical.encode()).hexdigest()
    return _KNOWN[whole]


_KNOWN: dict[str, str] = {}  # the hash of rules, by everything that they say
MOST_KNOWN = 256


def _without_words(value: Any) -> Any:
    """A part of the rules as plain JSON, without labels and words; a name that only a label explains stays."""
    if isinstance(value, Label):
        return None
    if isinstance(value, BaseModel):
        cells = value.__dict__
        parts = ((key, cells[name], default) for name, key, default in _fields_of(type(value)))
        return {
            key: _without_words(part) for key, part, default in parts if part != default and not isinstance(part, Label)
        }
    if isinstance(value, Mapping):
        return {str(key): _without_words(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_words(part) for part in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value if isinstance(value, str | int | bool | None) else str(value)


@cache
def _fields_of(model: type[BaseModel]) -> tuple[tuple[str, str, Any], ...]:
    """The fields of a part that are rules: name, name in the file, and default."""
    return tuple(
        (name, field.alias or name, field.get_default(call_default_factory=True))
        for name, field in model.model_fields.items()
        if name not in WORDS and not field.exclude
    )


def run_id_of(run: Mapping[str, Any]) -> str:
    """The id that a run with this identity has, in the format that it states."""
    stated = {name: run[name] for name in LATER if name in run and run[name] not in ("", [])}
    return id_of({name: run[name] for name in named_in(run)} | stated)


def id_of(parts: Mapping[str, Any]) -> str:
    """An id of sixteen hexadecimal characters, made of everything that it names."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def named_in(run: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a manifest that a run's id is made of."""
    return RUN if "run_format" in run else FIRST_RUN


def is_run(row: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Whether the run of a manifest is the one written; an earlier version's id says nothing of `period_over`."""
    older = {name: row[name] for name in named_in(row)}
    return str(written["run_id"]) == (row["run_id"] if "period_over" in written else run_id_of(older))
