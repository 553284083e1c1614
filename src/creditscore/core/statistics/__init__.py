"""Statistics that models and supervision share: intervals and tails of rates and counts, isotonic blocks."""
