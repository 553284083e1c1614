"""The timeline of one subject: every change of its grade, on which day, and from which causes."""
