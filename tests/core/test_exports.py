"""Names that a package exports are loaded when somebody asks for them."""

from __future__ import annotations

import pytest

from creditscore.core.days import iso
from creditscore.core.exports import export_lazily


def test_a_name_is_that_of_its_module_and_another_is_none() -> None:
    get, list_names, exported = export_lazily("creditscore.core", {"to_day": "days", "iso": "days"})
    assert get("iso") is iso
    assert list_names() == exported == ["iso", "to_day"]
    with pytest.raises(AttributeError, match=r"module 'creditscore\.core' has no attribute 'days'"):
        get("days")
