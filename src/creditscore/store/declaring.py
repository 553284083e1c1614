"""Declarations as the log holds them: whole, under their own streams, each before the first act under it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from creditscore.core.canonical import hash_text
from creditscore.core.catalogue import RuleFile, read_state
from creditscore.core.errors import StoreDiffers, StoreError, UsageError
from creditscore.core.yaml_source import unplaced
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS, Workflow
from creditscore.store.log import Event, NewEvent, read_streams
from creditscore.store.projections import Projections
from creditscore.store.tables import event as event_table

if TYPE_CHECKING:
    from creditscore.store.store import Store


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
            missing.append(make_declaration(declared))
        elif (there[name][0].payload or {}).get("set", {}).get("digest") != declared.digest:
            raise StoreDiffers("store.declaration_not_under_store_acted", flow=flow, where=name)
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
            "store.others_act_under_here_version_creditscore",
            workflow=declared.workflow,
            max=max(newer),
            where=name_declaration(declared.id),
        )


def declare_workflow(store: Store, file: Path | str, *, by: str = "", on: date | str | None = None) -> Workflow:
    """Write an office's own workflow to its log; from the next opening on everybody who opens the store can act by it.

    Parameters
    ----------
    store
        The open store.
    file
        The declaration, `<name>/<version>.yaml`.
    by, on
        Who (an approver), and when; today where it is not given.

    Returns
    -------
    Workflow
        What was declared.

    Raises
    ------
    SchemeError
        For a declaration with faults; every one is named.
    UsageError
        Where a workflow of that name ships with the package, or this version of it was declared before, or a newer one.
    """
    declared = read_workflow(file)
    name, own = declared.workflow, store.registry.newest.get(declared.workflow)
    if name in {shipped.workflow for shipped in WORKFLOWS.load()}:
        raise UsageError("store.workflow_ships_creditscore_not_declared_anew", name=name, where=str(file))
    if own is not None and own.version >= declared.version:
        raise UsageError("store.declared_here_already", id=own.id, count=own.version + 1, where=str(file))
    if missing := declared.functions() - {*store.registry.code}:
        raise UsageError(
            "store.names_functions_not_registered_here",
            id=declared.id,
            listed=", ".join(sorted(missing)),
            where=str(file),
            allowed=sorted(store.registry.code) or "no function",
        )
    _require_tables(store.registry, declared, str(file))
    store.record(lambda people: [make_declaration(declared)], by=by, on=on, role="approver")
    return declared


def _require_tables(registry: Registry, declared: Workflow, file: str) -> None:
    """Raise UsageError where no tables can be made for a declaration: nobody could open the store any more."""
    fields, parts = registry.fields_of(declared.workflow)
    older = {("", name): kind for name, kind in fields.items()}
    older |= {(part, name): kind for part, cells in parts.items() for name, kind in cells.items()}
    newer = {("", name): kind for name, kind in declared.fields.items()}
    newer |= {(part, name): kind for part, cells in declared.parts.items() for name, kind in cells.items()}
    changed = [".".join(filter(None, place)) for place, kind in newer.items() if older.get(place, kind) != kind]
    if changed:
        raise UsageError(
            "store.earlier_version_declares_another_type",
            listed=", ".join(changed),
            workflow=declared.workflow,
            where=file,
        )
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            event_table.metadata.create_all(connection)
            Projections(registry.joined(Registry([declared], code=registry.code))).create(connection)
    except (sa.exc.SQLAlchemyError, ValueError) as error:
        raise UsageError("store.no_tables_made_name_taken_none", id=declared.id, where=file) from error
    finally:
        engine.dispose()


def read_workflow(file: Path | str) -> Workflow:
    """Read the file of a declaration; SchemeError names every fault of it."""
    there: RuleFile = read_state(str(Path(file).resolve()), str(file))
    return WORKFLOWS.load_file(there._replace(is_named=True))


def make_declaration(declared: Workflow) -> NewEvent:
    """Make the event that holds a declaration."""
    values = {"declaration": declared.text, "digest": declared.digest, "newest": declared.version}
    return NewEvent(name_declaration(declared.id), "workflow.declared", {"set": values}, "declared", expected=-1)


def read_own_workflows(connection: sa.Connection) -> list[Workflow]:
    """Read the workflows that approvers have declared in a log.

    Raises
    ------
    StoreDiffers
        For an event that was edited.
    """
    query = sa.select(event_table.c.stream).where(event_table.c.kind == "workflow.declared")
    names = connection.execute(query.where(event_table.c.role == "approver").order_by(event_table.c.seq)).scalars()
    streams = read_streams(connection, names.all()).values()
    texts = [(events[0].payload or {}).get("set", {}).get("declaration") for events in streams]
    return [read_declaration(str(text)) for text in texts]


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
