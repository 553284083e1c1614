"""Lists: red, watch, abnormal and serious lists as state machines driven by what the schemes say of them."""

from creditscore.lists.case import ListCase
from creditscore.lists.correct import correct
from creditscore.lists.draft import draft
from creditscore.lists.due import Due, due
from creditscore.lists.events import Event
from creditscore.lists.exits import Expired, expire, leave, revoke, withdraw
from creditscore.lists.import_entry import take_over
from creditscore.lists.listings import list_events, list_exits, listings
from creditscore.lists.procedure import check, decide, extend, notice, objected_to, publish
from creditscore.lists.propose import Proposals, propose, propose_one
from creditscore.lists.register import Book, book_of
from creditscore.lists.running import apply_for, bar, prolong, refuse
from creditscore.lists.store import load, save

__all__ = [
    "Book",
    "Due",
    "Event",
    "Expired",
    "ListCase",
    "Proposals",
    "apply_for",
    "bar",
    "book_of",
    "check",
    "correct",
    "decide",
    "draft",
    "due",
    "expire",
    "extend",
    "leave",
    "list_events",
    "list_exits",
    "listings",
    "load",
    "notice",
    "objected_to",
    "prolong",
    "propose",
    "propose_one",
    "publish",
    "refuse",
    "revoke",
    "save",
    "take_over",
    "withdraw",
]
