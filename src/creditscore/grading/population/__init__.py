"""The interpreter for populations: a plan as small tables, and named SELECTs over all subjects."""
