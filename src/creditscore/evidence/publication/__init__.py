"""The public export of a grading: what may be public, its rows and its page."""
