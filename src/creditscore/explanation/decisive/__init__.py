"""Decisive records: the search for withdrawals that change a grade, its proof, and columns for a population."""
