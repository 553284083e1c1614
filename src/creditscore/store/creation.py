"""Make a store in which acts are signed."""

from __future__ import annotations

import os

from creditscore.store.beginning import begin_signed
from creditscore.store.context import Registry
from creditscore.store.keys import Key
from creditscore.store.store import Store


def create_store(
    address: str | os.PathLike[str], registry: Registry | None = None, *, mode: str, key: Key, approver: str
) -> Store:
    """Make a store in which acts are signed.

    Parameters
    ----------
    address, registry
        As in `Store`; nothing may be there yet.
    mode
        `keys`: persons sign; `accounts`: an application signs, and acts name accounts.
    key
        The key of the first approver, or of the application.
    approver
        The name of the first approver.

    Returns
    -------
    Store
        The open store.

    Raises
    ------
    StoreError
        Where there is a store already.
    """
    return Store(address, registry, key=key, beginning=begin_signed(mode, key, approver))
