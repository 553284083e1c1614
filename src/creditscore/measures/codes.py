"""The codes of what can be wrong with the four lists, and of why a measure is not proposed; stable, one line each."""

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

# Flags that a person who accepts a measure must acknowledge, each with the note that explains it.
BASIS_DEPARTMENT_RULE = "basis_department_rule"
FLAGS = {
    BASIS_DEPARTMENT_RULE: "cuts rights on a departmental rule alone",
    "force_unknown": "it is not known whether the legal text was in force that day",
    "condition": "holds only where a condition is met, which a person checks",
    "weak_evidence": "the text was not read (recalled, derived, inference, local, default or unknown)",
}
MUST_ACKNOWLEDGE = (BASIS_DEPARTMENT_RULE,)

NOT_PROPOSED = {
    "natural_person": "a resident identity number or a natural person; measures are for organisations",
    "mangled_id": "a spreadsheet turned this id into a number; export the column as text",
    "bad_uscc": "not a valid unified social credit code",
    "empty_id": "no subject is named",
    "unknown_subject": "not in the table of subjects",
    "unknown_department": "no department of the four lists has this code",
    "not_yet_known": "the entry was recorded after the day of knowledge",
    "not_valid_that_day": "the entry had not begun or was over on that day",
    "unknown_list": "neither the library nor the four lists know this list",
    "no_conduct": "no line of the conduct tables names this list",
    "no_link": "no measure is linked to this conduct",
    "other_event": "the measure does not belong to this kind of event",
    "other_department": "the measure belongs to another department",
    "kind_not_named": "the measure does not name this kind of subject",
    "basis_not_in_force": "no cited legal text was in force and known on that day",
    "basis_too_low": "of the texts in force that day none may cut rights",
    "on_black_or_watch_list": "no reward while the subject is on a black or watch list",
    "entry_of_unknown_list": "no reward while an entry of a list that nobody knows is open",
    "already_open": "the same measure on the same entry is proposed or in force",
    "period_used_up": "the longest period of the measure on this entry is over",
}

# Why a measure ends, in the order in which causes of one day are named.
ENDINGS = {
    "annulled": "the decision was annulled",
    "repaired": "the entry ended by repair",
    "exited": "the entry was taken off the list",
    "term_over": "the term of the entry is over",
    "period_over": "the longest period of the measure is over",
    "basis_gone": "no cited legal text is in force any more",
    "on_black_or_watch_list": "the subject came onto a black or watch list",
    "entry_missing": "the entry does not stand in the log",
}
