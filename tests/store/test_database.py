"""Errors of a server are told by their code, in whatever language it speaks."""

from __future__ import annotations

import pytest

from creditscore.core.errors import CreditscoreError, StoreBusy, StoreError, UsageError
from creditscore.store.database import Database


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("55P03", StoreBusy, "somebody else writes"),
        ("53100", UsageError, "disk of the store is full"),
        ("42501", StoreError, "cannot be opened or written"),
        ("25006", StoreError, "cannot be opened or written"),
        ("57P01", StoreError, "does not answer"),
        ("P0001", StoreError, "refuses this"),
    ],
)
def test_an_error_is_told_by_its_code(postgres_url: str, code: str, kind: type[CreditscoreError], words: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(kind, match=words), database.write() as connection:
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION 'no space: Fehler' USING ERRCODE = '{code}'; END $$")
    database.close()
