"""Files named by their content: `sha256/ab/<hash>` in a folder or an object store, written once, never changed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import guarded
from creditscore.core.errors import InputError, StoreDiffers, UsageError
from creditscore.store.database import parse_address, show_address

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "sha256"
ROWS_AT_ONCE = 20_000  # rows of a group: one organisation is read from one group
VARIABLE = "CREDITSCORE_ARCHIVE"


def place_archive(address: str | os.PathLike[str], given: str | os.PathLike[str] | None) -> str:
    """Return where the archive of a store lies.

    Parameters
    ----------
    address
        Of the store's database.
    given
        The place that was named; None: `CREDITSCORE_ARCHIVE`, else for SQLite a folder beside the file.

    Returns
    -------
    str
        A folder, or the address of an object store.

    Raises
    ------
    UsageError
        Where none is named and the database is no file.
    """
    named = os.fspath(given) if given else os.environ.get(VARIABLE, "").strip()
    if named:
        return named
    url = parse_address(address)
    if url.drivername != "sqlite":
        raise UsageError("store.no_archive_named", variable=VARIABLE, where=show_address(url))
    return str(Path(str(url.database)).with_suffix(".archive"))


class Archive:
    """A place for files named by their content.

    Parameters
    ----------
    place
        A folder, or the address of an object store that Arrow can open (`s3://bucket/prefix`).

    Examples
    --------
    >>> import tempfile
    >>> import pyarrow as pa
    >>> archive = Archive(tempfile.mkdtemp())
    >>> name = archive.put(pa.table({"subject_id": ["A", "B"], "grade": ["D", "A"]}))
    >>> archive.read(name, ["B"]).to_pylist()
    [{'subject_id': 'B', 'grade': 'A'}]
    """

    @guarded("the archive")
    def __init__(self, place: str | os.PathLike[str]) -> None:
        import pyarrow as pa
        from pyarrow import fs

        self.place = os.fspath(place)
        self.is_local = "://" not in self.place
        if self.is_local:
            self.root = str(Path(self.place).resolve())
            self.files: Any = fs.LocalFileSystem()
        else:
            try:
                self.files, self.root = fs.FileSystem.from_uri(self.place)
            except (pa.ArrowException, OSError) as error:
                raise UsageError("store.no_place_archive", where=self.place.partition("?")[0]) from error

    def path(self, name: str) -> str:
        """Return where the file of a hash lies."""
        if len(name) != 64 or set(name) - set("0123456789abcdef"):
            raise UsageError("store.no_sha", name=name[:80], where=self.place)
        return f"{self.root}/{FOLDER}/{name[:2]}/{name}"

    @guarded("the archive")
    def put(self, table: pa.Table) -> str:
        """Write a table, in the order of its rows, and return the hash of its file; one that is there stays.

        Parameters
        ----------
        table
            Rows sorted by `subject_id`.

        Returns
        -------
        str
            The SHA-256 of the Parquet file.
        """
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", row_group_size=ROWS_AT_ONCE, write_page_index=True)
        return self.put_bytes(buffer.getbuffer())

    @guarded("the archive")
    def put_bytes(self, content: bytes | memoryview) -> str:
        """Write a file and return its hash; it is whole on disk when this returns."""
        name = hashlib.sha256(content).hexdigest()
        path = self.path(name)
        if self.has(name):
            return name
        folder, _, _ = path.rpartition("/")
        self.files.create_dir(folder)
        if not self.is_local:
            with self.files.open_output_stream(path) as file:
                file.write(content)
            return name
        part = f"{path}.{os.getpid()}.part"
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return name

    @guarded("the archive")
    def has(self, name: str) -> bool:
        """Whether a file is there."""
        from pyarrow import fs

        return bool(self.files.get_file_info(self.path(name)).type == fs.FileType.File)

    def require(self, name: str) -> str:
        """Return where a file lies; InputError where it is gone."""
        if not self.has(name):
            raise InputError("store.file_log_names_not_archive", where=self.path(name))
        return self.path(name)

    @guarded("the archive")
    def read(self, name: str, subject_ids: Iterable[str] | None = None) -> pa.Table:
        """Read the rows of a file, of some organisations or all, in their order.

        Raises
        ------
        InputError
            Where the file is gone or is no Parquet.
        """
        import pyarrow.dataset as ds

        dataset = ds.dataset(self.require(name), filesystem=self.files, format="parquet")
        if subject_ids is None:
            return dataset.to_table()
        return dataset.to_table(filter=ds.field("subject_id").isin(sorted(set(subject_ids))))

    @guarded("the archive")
    def read_bytes(self, name: str) -> bytes:
        """Read a whole file; StoreDiffers where it is not what its name says."""
        with self.files.open_input_stream(self.require(name)) as file:
            content = bytes(file.read())
        if hashlib.sha256(content).hexdigest() != name:
            raise StoreDiffers("store.file_archive_not_name_says", where=self.path(name))
        return content

    @guarded("the archive")
    def find_fault(self, name: str) -> str | None:
        """Say what is wrong with a file: gone, or not what its name says; None where nothing is."""
        if not self.has(name):
            return "it is gone"
        digest = hashlib.sha256()
        with self.files.open_input_stream(self.path(name)) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return None if digest.hexdigest() == name else "it is not what its name says"

    @guarded("the archive")
    def names(self) -> list[str]:
        """List the hashes of all files, sorted."""
        from pyarrow import fs

        selector = fs.FileSelector(f"{self.root}/{FOLDER}", allow_not_found=True, recursive=True)
        infos = self.files.get_file_info(selector)
        return sorted(info.base_name for info in infos if info.type == fs.FileType.File and len(info.base_name) == 64)

    @guarded("the archive")
    def remove(self, name: str) -> None:
        """Delete a file whose retention has ended; one that is gone stays so."""
        if self.has(name):
            self.files.delete_file(self.path(name))
