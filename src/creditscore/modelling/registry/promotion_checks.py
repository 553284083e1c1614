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
        raise UsageError("modelling.no_name_model", name=name[:80], longest=LONGEST)


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
                "modelling.model_says_validated_report_not_here",
                where="report",
                allowed=str(validation.get("report_sha256")),
            )
        return
    if validation is None:
        raise InputError("modelling.report_model_names_none", where="report")
    about = report.get("about", {})
    data = {
        "report_sha256": report_sha256(report),
        "model_hash": about.get("model_hash"),
        "table_sha256": about.get("table_sha256"),
        "verdict": report.get("verdict"),
    }
    for name, value in data.items():
        if value != validation.get(name):
            raise InputError("modelling.report_not_model_names", where=name, allowed=validation.get(name))
    if about["model_hash"] != model.content_hash:
        raise InputError("modelling.report_about_another_model", where="model_hash", allowed=model.content_hash)
    if verdict_of(report["criteria"]) != report["verdict"]:
        raise InputError(
            "modelling.report_says_criteria_say",
            verdict=report["verdict"],
            verdict_of=verdict_of(report["criteria"]),
            where="verdict",
        )


def made_again(chosen: Version, stored: Any, table: Any) -> str:
    """The SHA-256 of the report made once more from the table; NotAllowed where its verdict is another one."""
    from creditscore.modelling.registry.validating import validate_model

    settings = dict(chosen.settings or {})
    if not settings:
        raise NotAllowed("modelling.promoting_log_not_say_how_validation", name=chosen.name, version=chosen.version)
    settings["commands"] = tuple(settings.get("commands", ()))
    report, _ = validate_model(stored, table, **settings)
    if report.verdict != chosen.verdict:
        raise NotAllowed(
            "modelling.promoting_validation_made_again_says",
            name=chosen.name,
            version=chosen.version,
            verdict=report.verdict,
            verdict_2=chosen.verdict,
        )
    return report.sha256
