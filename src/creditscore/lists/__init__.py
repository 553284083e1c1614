"""Lists: red, watch, abnormal and serious lists on the log of a store, driven by what the schemes say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.lists.draft import draft_notice as draft_notice
    from creditscore.lists.entries import Due as Due
    from creditscore.lists.entries import Expired as Expired
    from creditscore.lists.entries import expire_entries as expire_entries
    from creditscore.lists.entries import list_due as list_due
    from creditscore.lists.entries import list_in_force as list_in_force
    from creditscore.lists.entries import read_cases as read_cases
    from creditscore.lists.entry_tables import tabulate_events as tabulate_events
    from creditscore.lists.entry_tables import tabulate_exits as tabulate_exits
    from creditscore.lists.entry_tables import tabulate_listings as tabulate_listings
    from creditscore.lists.entry_tables import write_entries as write_entries
    from creditscore.lists.history import tell_entries as tell_entries
    from creditscore.lists.proposals import Proposals as Proposals
    from creditscore.lists.proposals import propose_graded as propose_graded
    from creditscore.lists.taking_over import TakenOver as TakenOver
    from creditscore.lists.taking_over import take_over_entries as take_over_entries
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Due": "entries",
            "Expired": "entries",
            "Proposals": "proposals",
            "TakenOver": "taking_over",
            "draft_notice": "draft",
            "expire_entries": "entries",
            "list_due": "entries",
            "list_in_force": "entries",
            "propose_graded": "proposals",
            "read_cases": "entries",
            "tabulate_events": "entry_tables",
            "tabulate_exits": "entry_tables",
            "tabulate_listings": "entry_tables",
            "take_over_entries": "taking_over",
            "tell_entries": "history",
            "write_entries": "entry_tables",
        },
    )
