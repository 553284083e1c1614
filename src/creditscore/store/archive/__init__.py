"""What is too large for the log: kept runs and what was drawn anew, as Parquet files named by their SHA-256."""
