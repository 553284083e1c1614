"""Versions of models on the log of a store: registered, promoted by two people, undone; MLflow follows as an effect."""

from __future__ import annotations

from typing import Any

from creditscore.modelling.registry.promotion_checks import check_name
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import WORKFLOWS, StreamType
from creditscore.store.effects import ask_effect
from creditscore.store.fold import Stream

ALIASES = ("champion", "challenger")
ALIAS = StreamType(
    "alias",
    fields={"model": "text", "name": "text", "holder": "data"},  # holder: number, promotion, content_hash
    events={"alias.moved": ()},
)
VERSION_EFFECT, ALIAS_EFFECT = "mlflow.version", "mlflow.alias"


def make_registry() -> Registry:
    """Return what versions of models register with a store: their workflows, the kind of aliases, and functions."""
    declared = [workflow for workflow in WORKFLOWS.load() if workflow.workflow in ("model", "promotion")]
    code = {
        "model.read_earlier": read_earlier,
        "model.ask_version": ask_version,
        "promotion.read_version": read_version,
        "promotion.move_alias": move_alias,
    }
    return Registry(declared, [ALIAS], code)


# --- what the declarations call


def read_earlier(context: Context) -> dict[str, Any]:
    """Read the version before one that is registered: its kind is that of the whole name."""
    name, number = context.given["name"], context.given["number"]
    check_name(name)
    return {"kind": context.read(f"model/{name}.{number - 1}").fields.get("kind")}


def ask_version(context: Context) -> None:
    """Ask that MLflow keeps the version too."""
    given = context.given
    content = {name: given.get(name) for name in ("name", "number", "file", "report")}
    ask_effect(context, VERSION_EFFECT, f"{given['name']}/{given['number']}", content)


def read_version(context: Context) -> dict[str, Any]:
    """Read the version that a promotion is about, and who has the alias."""
    about = context.given if context.rule.opens else context.case
    model, number, alias = about["model"], about["number"], about["alias"]
    version, holder = context.read(f"model/{model}.{number}"), context.read(f"alias/{model}.{alias}")
    known = ("kind", "verdict", "data_hash", "content_hash", "report_sha256", "registered_on")
    facts = {name: version.fields.get(name) for name in known} | {"aliases": ALIASES}
    has_alias: Any = holder.fields.get("holder")
    facts |= {
        "holder": has_alias,
        "has_alias": bool(has_alias) and has_alias["promotion"] == context.stream,
        "moved_on": holder.events[-1].on_day if holder.events else None,
    }
    return facts | (_name_promotion(context, f"{model}.{number}.{alias}") if context.rule.opens else {})


def _name_promotion(context: Context, what: str) -> dict[str, Any]:
    """The next name for a promotion, and the proposal of the same that is open."""
    if context.before.name:  # taken again by a correction
        return {"id": context.before.name.partition("/")[2]}
    count = 1
    newest = Stream("")
    while (earlier := context.read(f"promotion/{what}.{count}")).version >= 0:
        newest, count = earlier, count + 1
    return {"id": f"{what}.{count}", "open": newest.name if newest.state == "proposed" else None}


def move_alias(context: Context) -> None:
    """Give the alias to the version, or back to what had it before; ask that MLflow's alias follows."""
    case = context.case
    holder = context.case.get("previous")
    if context.act == "approve":
        own = {"number": case["number"], "promotion": context.stream, "content_hash": case["content_hash"]}
        holder = own
    stream = f"alias/{case['model']}.{case['alias']}"
    context.emit(stream, "alias.moved", set={"model": case["model"], "name": case["alias"], "holder": holder})
    ask_effect(
        context, ALIAS_EFFECT, f"{case['model']}@{case['alias']}", {"model": case["model"], "alias": case["alias"]}
    )
