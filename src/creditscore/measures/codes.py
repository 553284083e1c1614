"""The codes of what can be wrong with the four lists, of flags of a measure and of why it ends; stable."""

from __future__ import annotations

# J1 files and ids, J2 sources, J3 links, J4 limits, J5 notes. What cannot be read at all has the codes E101 to E113.
CODES = {
    "J101": "A file of the set is missing.",
    "J102": "An id stands twice; ids are unique over all four tables.",
    "J103": "A text is empty, or the Chinese one has no Chinese character.",
    "J104": "A resident identity number stands in a text.",
    "J105": "A file lies in the folder that belongs to no table.",
    "J201": "No basis: the line carries no citation.",
    "J202": "A cited law has no file.",
    "J203": "The line carries no evidence mark.",
    "J204": "basis_level is not that of the strongest cited text.",
    "J205": "The measure cuts rights, and its basis is weaker than a departmental rule.",
    "J301": "A link leads to nothing.",
    "J302": "A link gives no reason why the measure is relevant to the conduct.",
    "J303": "A link joins a reward with dishonest conduct, or a punishment with good conduct.",
    "J304": "A link stands twice.",
    "J305": "A department has no entry in the head.",
    "J401": "The measure aims at natural persons.",
    "J402": "The criterion is a score or grade alone.",
    "J403": "The criterion is an internal risk class.",
    "J404": "The criterion names a scheme or trigger that does not exist.",
    "J405": "The list is of the wrong kind for its table, or its kind is not known.",
    "J406": "A list leads to two lines of conduct.",
    "J501": "The measure cuts rights on a departmental rule alone; whoever decides must acknowledge it with a reason.",
    "J502": "A number or name is a default of this package, an inference or recalled.",
    "J503": "No measure is linked: nothing follows from the conduct.",
    "J504": "No conduct is linked: the measure is never proposed.",
    "J505": "Nobody published how long the measure may last; it ends with the entry.",
    "J506": "It is not known from when a cited text is in force.",
}

# What a person who accepts a measure must acknowledge; words for all codes stand in the catalogue.
BASIS_DEPARTMENT_RULE = "basis_department_rule"
FLAGS = (BASIS_DEPARTMENT_RULE, "force_unknown", "condition", "weak_evidence")
MUST_ACKNOWLEDGE = (BASIS_DEPARTMENT_RULE,)

# Why a measure ends, in the order in which causes of one day are named.
ENDINGS = (
    "annulled",
    "repaired",
    "exited",
    "term_over",
    "period_over",
    "basis_gone",
    "on_black_or_watch_list",
    "entry_missing",
)
