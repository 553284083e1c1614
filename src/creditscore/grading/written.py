"""A grading that lies in a folder: its tables and manifest, read when they are asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import guarded
from creditscore.grading.manifest import FILES, QUARANTINE, read_manifest, require_files

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class WrittenGrading(os.PathLike[str]):
    """A folder that `creditscore grade --out` or `.write` wrote; it stands wherever the path of the folder may.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        What manifest.json says: run ids, hashes, counts, and what the input lacked.
    """

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    def __fspath__(self) -> str:
        return str(self.folder)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes under which it was graded, each with its version."""
        runs = self.manifest.get("schemes") or {"": self.manifest}
        return tuple(str(run["scheme"]) for run in runs.values())

    @property
    def grades(self) -> pa.Table:
        """One row per subject and scheme."""
        return self._table("grades.parquet")

    @property
    def ledger(self) -> pa.Table:
        """One row per step: start + Σ effective = score."""
        return self._table("ledger.parquet")

    @property
    def quarantine(self) -> pa.Table:
        """The refused rows, with all their reasons."""
        return self._table(QUARANTINE)

    @guarded("the grading")
    def _table(self, name: str) -> pa.Table:
        from pyarrow import parquet

        require_files(self.folder, (name,))
        return parquet.ParquetFile(self.folder / name).read()


@guarded("the grading")
def read(folder: str | os.PathLike[str]) -> WrittenGrading:
    """Read a written grading.

    Parameters
    ----------
    folder
        What `creditscore grade --out` or `Grading.write` wrote, by this version or an earlier one.

    Returns
    -------
    WrittenGrading
        Its tables as Arrow (`.grades`, `.ledger`, `.quarantine`) and its manifest.

    Raises
    ------
    InputError
        Where the folder is missing or damaged, lacks a table, or is that of a run that failed.

    Examples
    --------
    >>> read("out").grades.num_rows  # doctest: +SKIP
    20000
    """
    require_files(Path(folder), FILES)
    return WrittenGrading(Path(folder), read_manifest(Path(folder)))
