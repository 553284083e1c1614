"""Pages of results: functions that compute a table, and functions that draw it, each beside its JSON."""
