"""The identity of a run: what its id is made of, and whether a run made again is the one written.

A run's id (format 2) hashes what decides over its grades and ledger: the number of this format, which changes when
the algorithm gives other rows for the same input, the rules without their words, the content of the input, whether
feeds were declared, the marks that every grade carries, the working days known, the items that other schemes count,
and the parameters. Neither the version of the package, nor labels, notes or days of comparison are part of it, nor
rows that may not be used and were refused. The ids of runs without `run_format` hash the version and the whole text of
the scheme instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel

from creditscore.core.calendars import days_turned
from creditscore.core.model import Label
from creditscore.grading.plan import Plan
from creditscore.schemes.model import Scheme

FORMAT = 2
PARAMETERS = ("snapshot_hash", "scheme", "period", "as_of", "known_at", "law_known_at")
RUN = ("run_format", "rules_hash", *PARAMETERS, "feeds", "input_marks", "working_days", "other_items")
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
        # in the order of the file, which may decide between equals
        canonical = json.dumps(_without_words(rules), ensure_ascii=False, separators=(",", ":"))
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[whole] = "sha256-2:" + hashlib.sha256(canonical.encode()).hexdigest()
    return _KNOWN[whole]


_KNOWN: dict[str, str] = {}  # the hash of rules, by everything that they say
MOST_KNOWN = 256


def has_rules(run: Mapping[str, Any], scheme: Scheme) -> bool:
    """Whether a scheme rules what it ruled in a run; of the first format, whether it says the same in all its words."""
    if "rules_hash" in run:
        return bool(run["rules_hash"] == rules_hash(scheme))
    known = hash_of(scheme)
    return bool(run.get("scheme_hash", known) == known)


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


def working_days_hash(known_at: int) -> str:
    """`sha256-2:…` of the working days that are known up to a day; later ones decide nothing that is known then."""
    last, turned = days_turned(known_at)
    return "sha256-2:" + hashlib.sha256(json.dumps([last, turned]).encode()).hexdigest()


def other_items(plan: Plan, items: Iterable[str]) -> list[list[str]]:
    """The items of the input that other schemes or versions count: each with where it belongs, sorted."""
    beside = dict.fromkeys(plan.beside, "beside")
    others = plan.foreign | beside
    return [[code, others[code]] for code in sorted(set(items) & set(others))]


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
