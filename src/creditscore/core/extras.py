"""Optional libraries: which extra of the package brings each, and the error that names it where one is missing."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec

from creditscore.core.errors import MissingExtra

__all__ = ["EXTRAS", "explain_missing", "require"]

# Extra of pyproject.toml -> the modules it brings. The core needs none of them.
EXTRAS: dict[str, tuple[str, ...]] = {
    "models": ("sklearn", "pandas", "scipy", "mlflow", "threadpoolctl"),
    "shap": ("shap",),
    "boost": ("lightgbm",),
    "plots": ("matplotlib",),
    "excel": ("openpyxl",),
    "docx": ("docx",),
    "postgres": ("psycopg",),
    "spark": ("pyspark",),
    "polars": ("polars",),
}


@lru_cache
def require(extra: str) -> None:
    """Check that the libraries of an extra are installed; nothing is imported.

    Call it before the first import of a library that the core does not bring.

    Parameters
    ----------
    extra : str
        A name of `EXTRAS`.

    Raises
    ------
    MissingExtra
        Where a library is missing; it names the command that installs it.

    Examples
    --------
    >>> require("models")
    """
    missing = [module for module in EXTRAS[extra] if find_spec(module) is None]
    if missing:
        raise _describe(extra, missing)


def explain_missing(error: BaseException) -> MissingExtra | None:
    """Translate a failed import into the error that names its extra; None for anything else."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    module = error.name.partition(".")[0]
    extra = next((name for name, modules in EXTRAS.items() if module in modules), None)
    return None if extra is None else _describe(extra, [module])


def _describe(extra: str, missing: list[str]) -> MissingExtra:
    return MissingExtra("core.needs_extra_not_installed", extra=extra, listed=", ".join(missing))
