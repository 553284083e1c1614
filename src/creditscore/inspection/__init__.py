"""Graded inspection: how often whom, a random draw that anybody can run again, and what the visits found."""
