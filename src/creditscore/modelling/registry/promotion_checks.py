"""What must hold before a version is registered or promoted: its name, its report, and the validation made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError, NotAllowed, UsageError

if TYPE_CHECKING:
    from creditscore.modelling.registry.versions import Version

__all__ = ["check_name", "check_report", "made_again"]

LONGEST = 64  # signs in a name


def check_name(name: str) -> None:
    """Letters of any script, digits, - _ . and no more than fits in a table."""
    if not 0 < len(name) <= LONGEST or any(not (sign.isalnum() or sign in "-_.") for sign in name):
        raise UsageError(f"{name[:80]!r} is no name of a model", allowed=f"1 to {LONGEST} letters, digits, - _ .")


def check_report(model: Any, report: Mapping[str, Any] | None) -> None:
    """A model that says it was validated comes with its report, and the report says the same.

    Hash, model, table and verdict must be those that the model names, and the verdict the one that the report's own
    criteria give. InputError names what differs.
    """
    from creditscore.modelling.validation.criteria import verdict_of
    from creditscore.modelling.validation.validate import report_sha256

    validation = getattr(model, "validation", None)
    if report is None:
        if validation is not None:
            raise InputError(
                "the model says that it was validated, and its report is not here",
                where="report",
                allowed=str(validation.get("report_sha256")),
                next="give validation.json, or validate the model again",
            )
        return
    if validation is None:
        raise InputError("there is a report, and the model names none", where="report", next="validate the model again")
    about = report.get("about", {})
    data = {
        "report_sha256": report_sha256(report),
        "model_hash": about.get("model_hash"),
        "table_sha256": about.get("table_sha256"),
        "verdict": report.get("verdict"),
    }
    for name, value in data.items():
        if value != validation.get(name):
            raise InputError(
                "the report is not the one that the model names",
                where=name,
                allowed=validation.get(name),
                next="validate the model again",
            )
    if about["model_hash"] != model.content_hash:
        raise InputError("the report is about another model", where="model_hash", allowed=model.content_hash)
    if verdict_of(report["criteria"]) != report["verdict"]:
        raise InputError(
            f"the report says {report['verdict']}, and its criteria say {verdict_of(report['criteria'])}",
            where="verdict",
            next="validate the model again",
        )


def made_again(chosen: Version, stored: Any, table: Any) -> str:
    """The SHA-256 of the report made once more from the table; NotAllowed where its verdict is another one."""
    from creditscore.modelling.registry.validating import validate_model

    settings = dict(chosen.settings or {})
    if not settings:
        raise NotAllowed(
            f"promoting {chosen.name} {chosen.version}: the log does not say how its validation was made",
            next="validate it again and register it, or give the hash of the data in place of the table",
        )
    settings["commands"] = tuple(settings.get("commands", ()))
    report, _ = validate_model(stored, table, **settings)
    if report.verdict != chosen.verdict:
        raise NotAllowed(
            f"promoting {chosen.name} {chosen.version}: its validation, made again, says {report.verdict}",
            allowed=f"what was registered: {chosen.verdict}",
            next="validate the model again and register it",
        )
    return report.sha256
