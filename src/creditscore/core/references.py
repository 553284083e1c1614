"""What rules of every family owe their readers: names that exist, texts that are cited, ids that stand once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from creditscore.core.identity import is_resident
from creditscore.core.messages import Message
from creditscore.core.yaml_source import KeyPath, Source, texts

Told = str | Callable[..., Message]  # a fault: with its values in braces, or what makes a message of them


@dataclass(frozen=True)
class Names:
    """Marks a field whose texts name what stands elsewhere: `scheme: Annotated[str, Names("scheme")]`.

    Of a list each text is a name, of a mapping each key. `of_part`: a fault is reported for the part that holds the
    name, as of a citation that is read as a whole. `any_version`: what follows an `@` is not looked at.
    """

    kind: str
    of_part: bool = False
    any_version: bool = False


@dataclass(frozen=True)
class Reference:
    """What names of one kind may be, and how a wrong one is reported.

    `find_known` gets the content of the file; `describe` the wrong name and what is known.
    """

    kind: str
    find_known: Callable[[Any], Collection[str]]
    describe: Callable[[str, Collection[str]], str | Message]
    code: str = "E108"


@dataclass(frozen=True)
class Citing:
    """What every part with `cite` and `evidence` owes: a mark, and a text unless its mark is one of `free`.

    `uncited` and `unmarked` are the faults (of `evidence`), `codes` theirs; parts of the types `exempt` owe nothing.
    """

    uncited: Told = "carries no cite; every rule names its law"
    unmarked: Told = "carries no evidence mark"
    free: tuple[str, ...] = ()
    codes: tuple[str, str] = ("E108", "E108")
    exempt: tuple[type[BaseModel], ...] = ()


@dataclass(frozen=True)
class Unique:
    """Values that stand once: `path` leads to them (`tiers.*.id`), in one file or, `across`, in all of a family.

    `text`: the fault, of `value`, and of the `file` and `line` where it stood first.
    """

    path: str
    text: Told = "{value!r} stands twice (first on line {line})"
    code: str = "E108"
    across: bool = False


def walk(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every model, and every value in it, with its key path."""
    yield path, value
    if isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from walk(getattr(value, key), (*path, key.rstrip("_")))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for i, inner in enumerate(value):
            yield from walk(inner, (*path, i))


def check_references(content: BaseModel, source: Source, references: Sequence[Reference], path: KeyPath = ()) -> None:
    """Add a fault for each name that is not known, in fields marked with `Names` of a kind among `references`.

    `path`: where `content` stands in the file.
    """
    known = {reference.kind: (reference, reference.find_known(content)) for reference in references}
    for place, name, mark in find_names(content, path):
        if mark.kind in known:
            reference, names = known[mark.kind]
            if (name.partition("@")[0] if mark.any_version else name) not in names:
                source.fault(place, reference.describe(name, names), reference.code)


def find_names(content: BaseModel, start: KeyPath = ()) -> Iterator[tuple[KeyPath, str, Names]]:
    """Yield every name in fields marked with `Names`: where it stands, the name, the mark."""
    for path, part in walk(content, start):
        if not isinstance(part, BaseModel):
            continue
        for field, info in type(part).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, Names):
                    place = path if mark.of_part else (*path, info.alias or field)
                    value = getattr(part, field)
                    named = [value] if isinstance(value, str) else value or ()
                    yield from ((place, name, mark) for name in named)


def check_citing(parts: Iterable[tuple[KeyPath, Any]], source: Source, citing: Citing) -> None:
    """Add a fault for each part that names no text or carries no mark, although it must."""
    for path, part in parts:
        wrong: dict[str | Message, str] = {}
        if part.evidence is None:
            wrong[_tell(citing.unmarked, evidence=None)] = citing.codes[1]
        if not part.cite and part.evidence not in citing.free and not (citing.free and part.evidence is None):
            wrong.setdefault(_tell(citing.uncited, evidence=part.evidence), citing.codes[0])
        for message, code in wrong.items():
            source.fault(path, message, code)


def _tell(told: Told, **values: Any) -> str | Message:
    """Return what is said of these values."""
    return told.format(**values) if isinstance(told, str) else told(**values)


def find_cited(content: BaseModel, exempt: tuple[type[BaseModel], ...] = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every part that has `cite` and `evidence`, with its key path."""
    for path, part in walk(content):
        if (
            isinstance(part, BaseModel)
            and not isinstance(part, exempt)
            and {"cite", "evidence"} <= type(part).model_fields.keys()
        ):
            yield path, part


def check_unique(contents: Iterable[tuple[BaseModel, Source]], unique: Unique) -> None:
    """Add a fault for each value that stood before in these files."""
    first: dict[Any, tuple[Source, int]] = {}
    for content, source in contents:
        for path, value in find_values(content, unique.path.split(".")):
            if value in first:
                earlier, line = first[value]
                source.fault(path, _tell(unique.text, value=value, file=earlier.file, line=line), unique.code)
            else:
                first[value] = (source, source.line(source.original(path)))


def find_values(value: Any, keys: Sequence[str], path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what stands at a path of keys, in which `*` is every element of a list or mapping."""
    if not keys:
        yield path, value
    elif keys[0] == "*":
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in inside:
            yield from find_values(inner, keys[1:], (*path, key))
    elif getattr(value, keys[0]) is not None:
        yield from find_values(getattr(value, keys[0]), keys[1:], (*path, keys[0]))


def check_persons(source: Source, code: str) -> None:
    """Add a fault for each text that holds the identity number of a resident."""
    for path, text in texts(source.data):
        if is_resident(text):
            source.fault(path, Message("core.resident_number"), code)
