"""What must hold before a version is registered or promoted: name, moment, report, verdict, data and artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from creditscore.core.clock import moment
from creditscore.core.errors import InputError, NotAllowed, UsageError

if TYPE_CHECKING:
    from creditscore.modelling.registry.versions import Version

__all__ = ["check_moment", "check_name", "check_report", "made_again", "may_be_promoted"]

LONGEST = 64  # signs in a name


def check_name(name: str) -> None:
    """Letters of any script, digits, - _ . and no more than fits in a table."""
    if not 0 < len(name) <= LONGEST or any(not (sign.isalnum() or sign in "-_.") for sign in name):
        raise UsageError(f"{name[:80]!r} is no name of a model", allowed=f"1 to {LONGEST} letters, digits, - _ .")


def check_moment(at: str | None, *earlier: tuple[str, str | None]) -> None:
    """An act is neither in the future nor before what it rests on; `earlier`: (what, its moment or None)."""
    text = moment(at)
    if text > moment(None):
        raise UsageError(f"{at} lies in the future", allowed="a moment that has passed", where="at")
    for what, before in earlier:
        if before is not None and text < before:
            raise UsageError(f"{text} lies before {what}", allowed=f"{before} or later", where="at")


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


def may_be_promoted(chosen: Version, data_hash: str | None, reason: str) -> None:
    """NotAllowed unless the validation passed, or warns and `reason` says why that will do, on these very data."""
    what = f"promoting {chosen.name} {chosen.version}"
    if chosen.kind != "scheme" and chosen.verdict not in ("pass", "warn"):
        raise NotAllowed(
            f"{what}: its validation " + ("failed" if chosen.verdict else "is missing"),
            allowed="a validation that passed",
            next="validate it, mend what the report names, and register it again",
        )
    if chosen.kind != "scheme" and chosen.verdict == "warn" and not reason.strip():
        raise NotAllowed(
            f"{what}: its validation warns, and nobody says why that is accepted",
            allowed="a validation that passed, or a reason",
            next="read the warnings in the report; mend them, or give --reason with why they are accepted",
        )
    if data_hash is None or data_hash != chosen.data_hash:
        raise NotAllowed(
            f"{what}: the hash of the data " + ("is missing" if data_hash is None else "is another one"),
            where=str(data_hash),
            allowed=str(chosen.data_hash),
            next="give the table on which the model was validated",
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
