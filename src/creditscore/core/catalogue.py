"""Families of YAML files with rules: where their files lie, what they may say, what is checked before they are used.

A family is its pydantic model and one declaration (`Family`). From it come the strict reading of one file or of all,
what a file is called, the list of what is there, and the JSON Schema for editors.
"""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from creditscore.core.config import config_root
from creditscore.core.errors import UsageError
from creditscore.core.file_schema import describe_file
from creditscore.core.i18n import word
from creditscore.core.partial_parse import parse, raise_faults, salvage
from creditscore.core.references import (
    Citing,
    Reference,
    Unique,
    check_citing,
    check_persons,
    check_references,
    check_unique,
    find_cited,
)
from creditscore.core.yaml_source import Source, read

M = TypeVar("M", bound=BaseModel)
Check = Callable[[Any, Source], None]
YAML = (".yaml", ".yml")


class RuleFile(NamedTuple):
    """A file of a family: what it is called in faults, and its state, by which a changed one is read again."""

    path: str
    shown: str
    changed: int
    size: int
    is_named: bool = False  # by its path: it lies where somebody likes, and is called as they like

    @property
    def file(self) -> Path:
        """Where it lies."""
        return Path(self.path)


class RuleSet(NamedTuple):
    """A file as it was read; `content` is None where nothing can be read of it."""

    file: RuleFile
    content: Any
    source: Source


def list_layers() -> tuple[Path, ...]:
    """List the folders of rules, from the bottom to the top: a file of a later one stands for that of an earlier."""
    return (config_root(),)


@dataclass(frozen=True, eq=False)
class Family(Generic[M]):
    """One family of rule files.

    Parameters
    ----------
    name
        What it is called in commands.
    title
        What one of it is called in a sentence: `inspection programme`.
    model
        What a file may say.
    place
        Its folder or its only file, below the folder of rules.
    nested
        Whether files of inner folders belong to it.
    named_by
        The keys whose values are the path of a file below `place`; the last gives the name of the file.
    references
        What the fields marked with `Names` may name.
    citing
        What parts with `cite` and `evidence` owe; None: nothing.
    unique
        What may stand only once.
    persons
        The code of the fault for an identity number of a resident; None: not looked for.
    complete
        Adds what other files say, before anything is checked.
    prepare
        Changes the data as they were read, before they become the model.
    check, check_together
        What holds for this family alone: in one file; over all files, in their order.
    leaves_out
        Names of files in its folder that belong to another family.
    depends_on
        Folders whose files say part of what its own do (`review`), below the folders of rules or beside the file; `.`
        is the file's own folder. Where one of them has changed, its files are read again.
    is_partial
        Whether what can be read of a faulty file is checked too, so that all is said in one round.
    code_named
        The code of the fault for a file whose path is not what it says.
    docs
        The page that explains every key; None: that of schemes.

    Examples
    --------
    >>> class Office(BaseModel):
    ...     office: str
    >>> OFFICES = Family("offices", "office", Office, "offices", named_by=("office",))
    >>> OFFICES.load(Path("/nowhere"))
    ()
    """

    name: str
    title: str
    model: type[M]
    place: str
    nested: bool = False
    named_by: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    citing: Citing | None = None
    unique: tuple[Unique, ...] = ()
    persons: str | None = None
    prepare: Callable[[Source], None] | None = None
    complete: Callable[[Any, Source], Any] | None = None
    check: Check | None = None
    check_together: Callable[[Sequence[RuleSet]], None] | None = None
    leaves_out: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    is_partial: bool = False
    code_named: str = "E108"
    docs: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it has one file and no folder."""
        return self.place.endswith(YAML)

    def list_files(self, place: Path | None = None) -> tuple[RuleFile, ...]:
        """List its files in order of their paths, in `place` or in the folders of rules."""
        if self.is_file:
            roots = [layer / self.place for layer in list_layers()] if place is None else [place]
            return (self._stat(next((root for root in reversed(roots) if root.is_file()), roots[-1])),)
        return tuple(read_state(path, shown) for shown, path in self.list_paths(place))

    def list_paths(self, place: Path | None = None) -> tuple[tuple[str, str], ...]:
        """List its files without their state, in order of their paths: what each is called in faults, where it lies."""
        roots = tuple(str(layer / self.place) for layer in list_layers()) if place is None else (str(place),)
        walked = tuple(_walk(root, self.nested) for root in roots)
        return _merge(f"{self._folder_shown()}/", self.leaves_out, roots, walked)

    def _folder_shown(self) -> str:
        return PurePath(self.place).name

    def _stat(self, file: Path) -> RuleFile:
        """A file by its path; without a state where it is not there, which reading reports."""
        parents = PurePath(self.place).parent.name if self.is_file else self._folder_shown()
        return read_state(str(file), f"{parents}/{file.name}" if parents else file.name)

    def read_file(self, file: RuleFile, without: Sequence[str] = ()) -> RuleSet:
        """Read and check one file; faults are collected in its source, never raised.

        Parameters
        ----------
        file
            One of `list_files`.
        without
            Kinds of names that need not be known here.
        """
        source = read(file.file, file.shown)
        if self.prepare is not None and source.data is not None:
            self.prepare(source)
        content = salvage(source, self.model) if self.is_partial else parse(source, self.model)
        if content is not None and self.complete is not None:
            content = self.complete(content, source)
        if content is not None:
            if self.named_by and not file.is_named:
                self._check_path(content, source, file.file)
            self.check_content(content, source, without)
        return RuleSet(file, content, source)

    def check_content(self, content: M, source: Source, without: Sequence[str] = ()) -> None:
        """Add to `source` every fault of a content; read from a file, or made in memory."""
        if self.persons is not None:
            check_persons(source, self.persons)
        wanted = [reference for reference in self.references if reference.kind not in without]
        if wanted:
            check_references(content, source, wanted)
        if self.citing is not None:
            check_citing(find_cited(content, self.citing.exempt), source, self.citing)
        for unique in self.unique:
            if not unique.across:
                check_unique([(content, source)], unique)
        if self.check is not None:
            self.check(content, source)

    def _check_path(self, content: M, source: Source, file: Path) -> None:
        values = [str(getattr(content, key)) for key in self.named_by]
        parts = [*file.parts[-len(values) : -1], file.stem]
        if values == parts:
            return
        if len(values) == 1:
            message = f"{values[0]!r} must be the file's name {parts[0]!r}"
        else:
            message = f"the path must be {'/'.join(values)}.yaml"
        source.fault((self.named_by[0],), message, self.code_named)

    def inspect(self, place: Path | None = None, without: Sequence[str] = ()) -> tuple[RuleSet, ...]:
        """Read every file and check all of them together; faults are collected in their sources, never raised."""
        return self.inspect_files(self.list_files(place), without)

    def inspect_files(self, files: Sequence[RuleFile], without: Sequence[str] = ()) -> tuple[RuleSet, ...]:
        """Read files and check them together."""
        sets = tuple(self.read_file(file, without) for file in files)
        readable = [rules for rules in sets if rules.content is not None]
        for unique in self.unique:
            if unique.across:
                check_unique([(rules.content, rules.source) for rules in readable], unique)
        if self.check_together is not None:
            self.check_together(readable)
        return sets

    def load(self, place: Path | None = None, without: Sequence[str] = ()) -> tuple[M, ...]:
        """Load every file.

        Parameters
        ----------
        place
            Another folder or file than the one of the rules.
        without
            Kinds of names that need not be known here.

        Returns
        -------
        tuple
            What the files say, in order of their paths; read again where one has changed.

        Raises
        ------
        SchemeError
            With every fault of all files, each with file, line and key path.
        """
        return self._load(self.list_files(place), without)

    def load_file(self, file: RuleFile) -> M:
        """Load one file; SchemeError lists its faults."""
        return self._load((file,))[0]

    def load_only(self, place: Path | None = None) -> M:
        """Load the only file of the family, or the one in `place`; SchemeError lists every fault."""
        (content,) = self.load(place)
        return content

    def names(self, place: Path | None = None) -> list[str]:
        """List what can be picked: the paths of its files without their ending."""
        if self.is_file:
            return [PurePath(self.place).stem]
        start = len(self._folder_shown()) + 1
        return [file.shown[start:].removesuffix(".yaml") for file in self.list_files(place)]

    def find_file(self, name: str, place: Path | None = None) -> RuleFile:
        """Find a file by the name that `names` lists, or by the path of a YAML file.

        Raises
        ------
        UsageError
            Where there is none; it names those that are near.
        """
        if name.endswith(YAML):
            file = self._stat(Path(name))
            if file.file.is_file():
                return file._replace(is_named=True)
        files = dict(zip(self.names(place), self.list_files(place), strict=True))
        if name not in files:
            raise self.refuse_name(name, files)
        return files[name]

    def refuse_name(self, name: str, known: Iterable[str]) -> UsageError:
        """Make the error for a name that is none of the known ones."""
        folder = str(PurePath(self.place).parent) if self.is_file else self.place
        return UsageError(
            "core.no_such",
            title=word("families", self.title),
            name=name,
            folder=folder,
            allowed=", ".join(difflib.get_close_matches(name, list(known), 3) or known),
        )

    def pick(self, name: str, place: Path | None = None) -> M:
        """Load one file by its name or path.

        Raises
        ------
        UsageError
            Where there is none.
        SchemeError
            With every fault of the file.
        """
        return self.load_file(self.find_file(name, place))

    def _load(self, files: tuple[RuleFile, ...], without: Sequence[str] = ()) -> tuple[M, ...]:
        return _load(self, files, self._list_sources(files), tuple(without))

    def _list_sources(self, files: Sequence[RuleFile]) -> tuple[RuleFile, ...]:
        """List the files of other folders that say part of what `files` do."""
        folders = {file.file.parent / name: False for name in self.depends_on for file in files}
        folders |= {layer / name: self.nested for name in self.depends_on if name != "." for layer in list_layers()}
        paths = {path for folder, nested in folders.items() for path in _walk(str(folder), nested)}
        return tuple(read_state(path, path) for path in sorted(paths))

    def describe_file(self) -> dict[str, Any]:
        """Describe what a file may say as JSON Schema, for editors that complete keys and underline mistakes."""
        return describe_file(self.model, self.title)

    def raise_faults(self, sources: Sequence[Source]) -> None:
        """Raise SchemeError with the faults of these files, where there are any."""
        raise_faults([fault for source in sources for fault in source.faults], self.docs)


def read_state(path: str, shown: str) -> RuleFile:
    """Look up the state of a file; of one that is not there it is 0, which reading reports."""
    try:
        now = os.stat(path)
    except OSError:
        return RuleFile(path, shown, 0, 0)
    return RuleFile(path, shown, now.st_mtime_ns, now.st_size)


SETTLED = 2_000_000_000  # ns after which a second change of a folder has another time than the first
_walked: dict[tuple[str, bool], tuple[dict[str, int], tuple[str, ...]]] = {}  # every grading asks anew, several times


def _walk(root: str, nested: bool) -> tuple[str, ...]:
    """List the files of a folder, and of its inner ones where `nested`; walked again where one of them has changed."""
    walked = _walked.get((root, nested))
    if walked is not None and all(_changed(folder) == when for folder, when in walked[0].items()):
        return walked[1]
    changed: dict[str, int] = {root: _changed(root)}
    paths: list[str] = []
    seen: set[str] = set()  # a linked folder is read as well, but once
    for folder, inner, names in os.walk(root, followlinks=True, onerror=_unless_gone):
        real = os.path.realpath(folder)
        if not nested or real in seen:
            inner.clear()
        if real in seen:
            continue
        seen.add(real)
        changed[folder] = _changed(folder)
        paths += [os.path.join(folder, name) for name in names if name.endswith(".yaml")]
    # a folder that changed a moment ago may change again within one tick of its clock, unseen
    if max(changed.values()) < time.time_ns() - SETTLED:
        _walked[root, nested] = changed, tuple(paths)
    return tuple(paths)


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _changed(folder: str) -> int:
    """0 for a folder that is gone."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _merge(
    prefix: str, without: tuple[str, ...], roots: tuple[str, ...], walked: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, str], ...]:
    """Put the files of folders of rules over each other: of one name, that of the last folder stands."""
    files: dict[str, str] = {}
    for root, paths in zip(roots, walked, strict=True):
        for path in paths:
            if os.path.basename(path) not in without:
                files[prefix + path[len(root) + 1 :].replace(os.sep, "/")] = path
    return tuple(sorted(files.items()))


@lru_cache(maxsize=1024)
def _load(
    family: Family[Any], files: tuple[RuleFile, ...], sources: tuple[RuleFile, ...], without: tuple[str, ...]
) -> tuple[Any, ...]:
    """What files say, once for each state of them and of `sources`.

    Faults are raised and so never kept: others may have mended them.
    """
    sets = family.inspect_files(files, without)
    family.raise_faults([rules.source for rules in sets])
    return tuple(rules.content for rules in sets)
