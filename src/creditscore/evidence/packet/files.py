"""A packet on disk: packet.json and packet.html, written together, and verified together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditscore.core.boundary import guarded, outside, require_plain
from creditscore.core.errors import InputError
from creditscore.core.folders import whole
from creditscore.evidence.packet.form import text_of
from creditscore.evidence.packet.page import packet_page
from creditscore.evidence.packet.verify import Changed, first_line, verify_text

JSON, PAGE = "packet.json", "packet.html"


@guarded("writing the packet")
def write_packet(packet: Mapping[str, Any], out: Path | str) -> list[Path]:
    """Write a packet as `packet.json` and `packet.html`, both or neither.

    Parameters
    ----------
    packet
        What `build_packet` or `build_case_packet` returned.
    out
        A new or empty folder, or the folder of an earlier packet, which is replaced as a whole.

    Returns
    -------
    list of Path
        The two files, JSON first.

    Raises
    ------
    UsageError
        Where the folder holds something else, or cannot be written.

    Examples
    --------
    >>> write_packet(packet, "packet")  # doctest: +SKIP
    [PosixPath('packet/packet.json'), PosixPath('packet/packet.html')]
    """
    with whole(out, JSON) as folder:
        (folder / JSON).write_text(text_of(packet), encoding="utf-8", newline="\n")
        (folder / PAGE).write_text(packet_page(packet), encoding="utf-8", newline="\n")
    return [Path(out) / JSON, Path(out) / PAGE]


@guarded("the packet")
def verify_packet(out: Path | str) -> list[Changed]:
    """Verify a written packet: compute it again and compare both files line by line.

    Everything is computed again from the inputs in `packet.json` alone, and the page is drawn again from it.

    Parameters
    ----------
    out
        The folder with `packet.json` and `packet.html`.

    Returns
    -------
    list of Changed
        The changed lines; empty where both files are as they were written. Changed inputs are named alone, without the
        results that follow from them. Where `packet.json` was changed, the page is not compared.

    Raises
    ------
    InputError
        Where a file is missing, is not UTF-8 or cannot be read.

    Examples
    --------
    >>> verify_packet("packet")  # doctest: +SKIP
    []
    """
    folder = Path(out)
    data = _read(folder / JSON)
    page = _read(folder / PAGE)
    with outside("the packet", folder / JSON, "ask for the packet again from whoever built it"):
        changed_lines = verify_text(data)
        if changed_lines:
            return changed_lines
        differing = first_line(PAGE, page, packet_page(json.loads(data)), "the page of packet.json")
    return [differing] if differing else []


def _read(file: Path) -> str:
    require_plain(file)
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(
            f"{file.name} not found",
            where=str(file.parent),
            allowed=f"a folder with {JSON} and {PAGE}",
            next="give the folder that `creditscore packet build` wrote",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file.name} is not UTF-8: byte {error.start}",
            where=str(file),
            next="ask for the packet again from whoever built it",
        ) from error
