"""A packet on disk: packet.json and its page in both languages, written together, and verified together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from creditscore.core.boundary import guarded, outside, require_plain
from creditscore.core.errors import InputError
from creditscore.core.folders import whole
from creditscore.core.i18n import Lang
from creditscore.core.version import __version__
from creditscore.evidence.packet.form import text_of
from creditscore.evidence.packet.page import packet_document
from creditscore.evidence.packet.verify import Changed, first_line, verify_text, version_of
from creditscore.present.html import render_page

JSON = "packet.json"
PAGES: dict[Lang, str] = {"zh": "packet.html", "en": "packet.en.html"}


@guarded("writing the packet")
def write_packet(packet: Mapping[str, Any], out: Path | str) -> list[Path]:
    """Write a packet as `packet.json` and its page, `packet.html` (Chinese) and `packet.en.html`, all or none.

    Parameters
    ----------
    packet
        What `build_packet` or `build_case_packet` returned.
    out
        A new or empty folder, or the folder of an earlier packet, which is replaced as a whole.

    Returns
    -------
    list of Path
        The files, JSON first.

    Raises
    ------
    UsageError
        Where the folder holds something else, or cannot be written.

    Examples
    --------
    >>> write_packet(packet, "packet")  # doctest: +SKIP
    [PosixPath('packet/packet.json'), PosixPath('packet/packet.html'), PosixPath('packet/packet.en.html')]
    """
    with whole(out, JSON) as folder:
        (folder / JSON).write_text(text_of(packet), encoding="utf-8", newline="\n")
        for lang, name in PAGES.items():
            (folder / name).write_text(_page(packet, lang), encoding="utf-8", newline="\n")
    return [Path(out) / JSON, *(Path(out) / name for name in PAGES.values())]


def _page(packet: Mapping[str, Any], lang: Lang) -> str:
    """The page of a packet; the same text for the same packet."""
    return render_page(packet_document(packet, lang), other=PAGES["en" if lang == "zh" else "zh"])


@guarded("the packet")
def verify_packet(out: Path | str) -> list[Changed]:
    """Verify a written packet: compute it again and compare its files line by line.

    Everything is computed again from the inputs in `packet.json` alone, and the pages are drawn again from it.

    Parameters
    ----------
    out
        The folder that `write_packet` wrote.

    Returns
    -------
    list of Changed
        The changed lines; empty where all files are as they were written. Changed inputs are named alone, without the
        results that follow from them. Where `packet.json` says something else, the pages are not compared. Lines that
        another version of the package words or draws otherwise, and that say the same, are marked `words`.

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
    pages = {lang: _read(folder / name) for lang, name in PAGES.items()}
    with outside("the packet", folder / JSON, "ask for the packet again from whoever built it"):
        changed_lines = verify_text(data)
        if not all(changed.words for changed in changed_lines):
            return changed_lines
        packet = json.loads(data)
        place, words = f"the page of {JSON}", version_of(packet) != __version__
        differing = [
            first_line(name, pages[lang], _page(packet, lang), place, words=words) for lang, name in PAGES.items()
        ]
    return [*changed_lines, *(changed for changed in differing if changed is not None)]


def _read(file: Path) -> str:
    require_plain(file)
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(
            f"{file.name} not found",
            where=str(file.parent),
            allowed="a folder with " + ", ".join([JSON, *PAGES.values()]),
            next="give the folder that `creditscore packet build` wrote",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file.name} is not UTF-8: byte {error.start}",
            where=str(file),
            next="ask for the packet again from whoever built it",
        ) from error
