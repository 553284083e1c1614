"""Steps that bring the two tables of the log from one format to the next; projections are rebuilt instead."""
