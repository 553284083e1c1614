"""The engine that grades populations: DuckDB."""
