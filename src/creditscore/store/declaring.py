"""Declarations as the log holds them: whole, under their own streams, each before the first act under it."""

from __future__ import annotations

import sqlalchemy as sa

from creditscore.core.errors import StoreDiffers, StoreError
from creditscore.core.yaml_source import unplaced
from creditscore.store.canonical import hash_text
from creditscore.store.context import Registry
from creditscore.store.declarations import Workflow
from creditscore.store.log import Event, NewEvent, read_streams
from creditscore.store.tables import event as event_table


def name_declaration(flow: str) -> str:
    """Return the stream of a declaration.

    Examples
    --------
    >>> name_declaration("listing/1")
    'workflow/listing.1'
    """
    return f"workflow/{flow.replace('/', '.')}"


def find_missing_declarations(connection: sa.Connection, registry: Registry, flows: set[str]) -> list[NewEvent]:
    """Make the events of the declarations that acts name and the log does not hold yet.

    Raises
    ------
    StoreDiffers
        Where the log holds another text under the same number.
    """
    there = read_streams(connection, [name_declaration(flow) for flow in sorted(flows)])
    missing = []
    for flow in sorted(flows):
        name, declared = name_declaration(flow), registry.by_id[flow]
        if not there[name]:
            values = {"declaration": declared.text, "digest": declared.digest, "newest": declared.version}
            missing.append(NewEvent(name, "workflow.declared", {"set": values}, "declared", expected=-1))
        elif (there[name][0].payload or {}).get("set", {}).get("digest") != declared.digest:
            raise StoreDiffers(
                f"the declaration {flow} is not the one under which this store has acted",
                where=name,
                allowed="the same text under the same number",
                next="give the changed declaration a new version",
            )
    return missing


def require_newest(connection: sa.Connection, registry: Registry, flow: str) -> None:
    """Raise StoreError where others already act under a newer declaration than the newest that is at hand."""
    declared = registry.by_id[flow]
    query = sa.select(event_table.c.stream).where(event_table.c.kind == "workflow.declared")
    begin = f"workflow/{declared.workflow}."
    versions = [name.removeprefix(begin) for name in connection.execute(query).scalars() if name.startswith(begin)]
    newer = [int(version) for version in versions if version.isdecimal() and int(version) > declared.version]
    if newer:
        raise StoreError(
            f"others act under {declared.workflow}/{max(newer)} here, which this version of creditscore does not have",
            where=name_declaration(declared.id),
            allowed=f"{declared.workflow}/{max(newer)}",
            next="bring creditscore, or its declarations, up to date",
        )


def read_declaration(text: str) -> Workflow:
    """Read the text of a declaration as the log holds it."""
    return Workflow.model_validate({**unplaced(text), "text": text})


def find_declaration_fault(event: Event, workflow: Workflow) -> str | None:
    """Say why a declaration in the log is not what its stream and its event say."""
    values = (event.payload or {}).get("set", {})
    wanted = {"declaration": values.get("declaration"), "digest": workflow.digest, "newest": workflow.version}
    if (
        event.stream != name_declaration(workflow.id)
        or values != wanted
        or hash_text(str(values["declaration"])) != workflow.digest
    ):
        return "the declaration is not what its name or hash says"
    return None
