"""The manifest of a written grading: read in one place, and that of a run which failed is refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.errors import InputError
from creditscore.core.json_source import read_json, require

MANIFEST = "manifest.json"
FILES = ("grades.parquet", "ledger.parquet", MANIFEST)
QUARANTINE = "quarantine.parquet"
UNFINISHED = "the run ended before its results were written"
AGAIN = "grade again with --out"
TEXTS = ("run_id", "scheme_hash", "snapshot_hash", "period", "as_of", "known_at", "law_known_at", "creditscore")
DAYS = {
    "as_of": "",
    "known_at": "",
    "law_known_at": "latest",
    "period": "[0-9]{4}",
}  # days, or what else may stand there
OBJECTS = ("counts", "reasons", "inputs", "readings")
LISTS: dict[str, type] = {  # what each of their parts is
    **dict.fromkeys(("input_marks", "ignored_columns", "absent_attributes", "notes"), str),
    **dict.fromkeys(("near_misses", "accepted"), dict),
}


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder that `creditscore grade` wrote; InputError where it is none, or of a run that failed."""
    require_files(folder, (MANIFEST,))
    manifest = read_json(folder / MANIFEST, "the manifest of the grading", AGAIN)
    _refuse(manifest, folder)
    if not isinstance(manifest, dict) or not ("scheme" in manifest or "schemes" in manifest):
        raise _damaged(folder, "it names no scheme")
    runs = list(manifest["schemes"].values()) if isinstance(manifest.get("schemes"), dict) else [manifest]
    if "schemes" in manifest and (not isinstance(manifest["schemes"], dict) or not runs):
        raise _damaged(folder, "schemes is not an object with a part for each scheme")
    for run in runs:
        if not isinstance(run, dict):
            raise _damaged(folder, "a scheme has no manifest of its own")
        needed: dict[str, type | tuple[type, ...]] = {"scheme": str}
        needed |= dict.fromkeys(TEXTS, str) | {name: dict for name in OBJECTS if name in run}
        require(run, "the manifest of the grading", folder / MANIFEST, needed, AGAIN)
        wrong = [f"{name} is {run[name][:40]!r}" for name, others in DAYS.items() if not _is_day(run[name], others)]
        if wrong:
            raise _damaged(folder, "; ".join(wrong))
        for name, kind in LISTS.items():
            parts = run.get(name, [])
            if not isinstance(parts, list) or not all(isinstance(part, kind) for part in parts):
                raise _damaged(folder, f"{name} is not a list of {'texts' if kind is str else 'objects'}")
        if not all("table" in miss for miss in run.get("near_misses", [])):
            raise _damaged(folder, "near_misses is not a list of columns")
        for name, label in run.get("readings", {}).items():
            if not isinstance(label, dict) or not all(isinstance(label.get(lang), str) for lang in ("zh", "en")):
                raise _damaged(folder, f"the reading {str(name)[:60]} has no words in zh and en")
    return manifest


def _is_day(text: str, others: str) -> bool:
    """Whether a text is a day, YYYY-MM-DD, or what else may stand there."""
    try:
        return bool(others and re.fullmatch(others, text)) or bool(date.fromisoformat(text))
    except ValueError:
        return False


def require_files(folder: Path, files: tuple[str, ...]) -> None:
    """InputError where a folder is not there, is that of a run that failed, or lacks one of the files."""
    if not folder.is_dir():
        raise InputError("grading.no_folder", folder=folder)
    refuse_failed(folder)
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise InputError(
            "grading.not_found", listed=" and ".join(missing), listed_2=", ".join(FILES), where=str(folder)
        )


def refuse_failed(folder: Path) -> None:
    """InputError where the folder holds what a failed run left: its quarantine, and no result."""
    if (folder / MANIFEST).is_file():
        _refuse(read_json(folder / MANIFEST, "the manifest of the folder"), folder)


def _refuse(manifest: Any, folder: Path) -> None:
    if isinstance(manifest, dict) and "failed" in manifest:
        raise InputError(
            "grading.run_failed_no_result",
            failed=manifest["failed"],
            quarantine=QUARANTINE,
            where=str(folder / QUARANTINE if (folder / QUARANTINE).is_file() else folder),
        )


def _damaged(folder: Path, why: str) -> InputError:
    return InputError("grading.manifest_grading_cannot_read", why=why, where=str(folder / MANIFEST))
