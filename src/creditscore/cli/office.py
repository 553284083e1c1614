"""What commands on the log of an office share: which store, whose key, on which day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.output import say_aside, told
from creditscore.cli.settings import PERSON, STORE
from creditscore.core.i18n import Lang, language, phrase

if TYPE_CHECKING:
    from creditscore.office.opening import Store
    from creditscore.store.keys import Key

StoreAddress = Annotated[
    str,
    typer.Option("--store", envvar=STORE, show_default=False),
]
KeyFile = Annotated[Path | None, typer.Option("--key", show_default=False)]
By = Annotated[str, typer.Option("--by", envvar=PERSON)]
On = Annotated[str, typer.Option("--on", show_default=False)]
OnDay = Annotated[str | None, typer.Option("--on", show_default=False)]
KnownOn = Annotated[str | None, typer.Option("--known-on")]
Office = Annotated[str, typer.Option("--office")]
LangOption = Annotated[Lang, typer.Option("--lang", show_default=False)]  # what is not given is `language()`


@contextmanager
def open_store(address: str, key: Path | None = None, *, says_mode: bool = True) -> Iterator[Store]:
    """An office's store that is there already; what goes wrong outside the log, and waiting, is said aside."""
    from creditscore.office import Store

    with Store(address, key=read_key(key), create=False, say=say_aside) as store:
        yield store
        if says_mode and store.mode == "open":
            say_aside(told("mode_open"))


def read_key(file: Path | None) -> Key | None:
    """The key in a file, its passphrase from the environment or from who sits there."""
    from creditscore.store.keys import load_key

    return None if file is None else load_key(file, ask_passphrase(confirm=False))


def ask_passphrase(*, confirm: bool) -> str:
    """The passphrase of a key, from `CREDITSCORE_PASSPHRASE` or from who sits there."""
    from creditscore.store.keys import VARIABLE as PASSPHRASE

    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    asked = phrase("cli", "passphrase", language())
    return str(typer.prompt(asked, hide_input=True, confirmation_prompt=confirm))
