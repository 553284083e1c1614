"""Fuzzing: made-up bad input of every kind through the command line, and the rule that every case must keep."""
