"""The public names of the modelling side: each exists, and stays what it is after its module is imported."""

import pytest

import creditscore.modelling as modelling


@pytest.mark.parametrize("name", modelling.__all__)
def test_a_public_name_is_there_and_stays(name: str) -> None:
    first = getattr(modelling, name)
    assert callable(first)
    assert getattr(modelling, name) is first


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        modelling.nothing_like_it  # noqa: B018
