"""Names that a package exports and loads only when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def export_lazily(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Make `__getattr__`, `__dir__` and `__all__` of a package whose names live in its modules.

    Parameters
    ----------
    package
        The name of the package, `__name__` there.
    homes
        Exported name to the module inside the package that defines it. No name may be that of a module of the package:
        once that module is loaded, it would stand in the place of what it defines.

    Returns
    -------
    tuple
        The three to bind in the package. What a type checker sees stands under `TYPE_CHECKING` in the package itself;
        a test keeps both equal.

    Examples
    --------
    >>> get, names, exported = export_lazily("creditscore.core", {"iso": "days"})
    >>> get("iso")(0), exported
    ('1970-01-01', ['iso'])
    """
    exported = sorted(homes)

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return get, lambda: exported, exported


def call_later(place: str, /, *args: Any, **kwargs: Any) -> Any:
    """Call a public function of a later package, `package.name`: what a method of an earlier one offers of it.

    >>> call_later("creditscore.core.days.iso", 0)
    '1970-01-01'
    """
    module, _, name = place.rpartition(".")
    return getattr(import_module(module), name)(*args, **kwargs)
