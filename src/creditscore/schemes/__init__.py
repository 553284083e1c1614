"""Schemes: rules as dated YAML, loaded strictly; which there are, what one says, which is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.schemes.browse import list as list
    from creditscore.schemes.browse import pick as pick
    from creditscore.schemes.browse import show as show
    from creditscore.schemes.laws import load_laws as load_laws
    from creditscore.schemes.load import load_scheme as load_scheme
    from creditscore.schemes.model import Scheme as Scheme
    from creditscore.schemes.profiles import load_profile as load_profile
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Scheme": "model",
            "list": "browse",
            "load_laws": "laws",
            "load_profile": "profiles",
            "load_scheme": "load",
            "pick": "browse",
            "show": "browse",
        },
    )
