"""`creditscore.toml`: what is set once for a working folder; options and environment variables win over it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from creditscore.core.errors import InputError, UsageError
from creditscore.core.messages import LANGS

FILE = "creditscore.toml"
VARIABLE = "CREDITSCORE_CONFIG"
STORE, PERSON = "CREDITSCORE_STORE", "CREDITSCORE_PERSON"  # the variables that stand in for --store and --by
REVIEW_BODY, COURT = "CREDITSCORE_REVIEW_BODY", "CREDITSCORE_COURT"  # those for --review-body and --court


@dataclass(frozen=True)
class Settings:
    """What `creditscore.toml` says; what it leaves out is empty.

    Attributes
    ----------
    store
        The address of the office's store; a path counts from the folder of the file.
    person
        Who acts: a name or an id.
    roles
        The roles of that person: `queue list` shows their tasks.
    language
        `zh` or `en`.
    profile
        The district's profile: `grade` takes its schemes where none is named.
    review_body, court
        Who decides on an administrative review of the office's decisions, and the court of a suit: letters name both.
    """

    store: str = ""
    person: str = ""
    roles: tuple[str, ...] = ()
    language: str = ""
    profile: str = ""
    review_body: str = ""
    court: str = ""

    def of_variable(self, variable: str) -> str:
        """Return what stands in the file for an environment variable; empty for any other."""
        named = {STORE: self.store, PERSON: self.person, REVIEW_BODY: self.review_body, COURT: self.court}
        return named.get(variable, "")


KEYS = tuple(field.name for field in fields(Settings))


def load_settings() -> Settings:
    """Read the file that `CREDITSCORE_CONFIG` names, else the nearest `creditscore.toml` from here upwards.

    Raises
    ------
    InputError
        The file cannot be read, has an unknown key, or a value of the wrong type.
    UsageError
        `CREDITSCORE_CONFIG` names no file.
    """
    file = find_file()
    return Settings() if file is None else read_file(file)


def find_file() -> Path | None:
    """Return the file of settings; None where there is none."""
    named = os.environ.get(VARIABLE, "")
    if named:
        file = Path(named).expanduser()
        if not file.is_file():
            raise UsageError("cli.variable_names_no_file", where=str(file), variable=VARIABLE)
        return file
    here = Path.cwd()
    return next((folder / FILE for folder in (here, *here.parents) if (folder / FILE).is_file()), None)


def read_file(file: Path) -> Settings:
    """Read a file of settings strictly."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        place = str(error).rpartition("(at line ")[2].partition(",")[0]
        raise InputError("cli.settings_no_toml", where=f"{file}:{place}" if place.isdigit() else str(file)) from error
    except (OSError, UnicodeError) as error:
        raise InputError("cli.settings_unreadable", where=str(file)) from error
    unknown = [key for key in data if key not in KEYS]
    if unknown:
        raise InputError("cli.setting_unknown", where=str(file), allowed=KEYS, keys=unknown)
    for key, value in data.items():
        _check(key, value, file)
    texts = {key: value for key, value in data.items() if key not in ("store", "roles")}
    return Settings(_place_store(data.get("store", ""), file.parent), roles=tuple(data.get("roles", ())), **texts)


def _check(key: str, value: Any, file: Path) -> None:
    """Raise InputError for a value of the wrong type, or one that the key does not allow."""
    values = value if isinstance(value, list) else [value]
    are_texts = all(isinstance(text, str) and text.strip() for text in values)
    if key == "roles" and not (isinstance(value, list) and are_texts):
        raise InputError("cli.setting_no_list", where=str(file), key=key)
    if key != "roles" and (isinstance(value, list) or not are_texts):
        raise InputError("cli.setting_no_text", where=str(file), key=key)
    allowed = _list_allowed(key)
    wrong = [text for text in values if allowed and text not in allowed]
    if wrong:
        raise InputError("cli.setting_not_allowed", where=str(file), allowed=allowed, key=key, listed=wrong)


def _list_allowed(key: str) -> tuple[str, ...]:
    if key == "language":
        return LANGS
    if key == "roles":
        from creditscore.store.declarations import ROLES

        return ROLES
    return ()


def _place_store(address: str, folder: Path) -> str:
    """The address of a store with its path counted from the folder of the file that names it."""
    kind, separator, path = address.rpartition("sqlite:///")
    if not address or (not separator and "://" in address):
        return address
    return f"{kind}{separator}{(folder / Path(path).expanduser()).absolute()}"
