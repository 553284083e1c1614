"""Joint measures (联合奖惩): four lists, their links, and the way of a measure from a business event to its lifting.

A measure needs an entry on a list that is valid that day, a link with its reason, and a legal text in force; a person
decides, and nothing outlives the entry it hangs on. A score or grade alone triggers none.
"""
