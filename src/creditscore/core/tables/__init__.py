"""Tables: read from files of any encoding and from memory, written as Parquet and CSV, hashed by row."""
