"""Composite: grades of several domains become one score from 0 to 1000 and one grade, every point shared out."""
