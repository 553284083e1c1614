"""The seam to the engine that grades populations, and DuckDB behind it."""
