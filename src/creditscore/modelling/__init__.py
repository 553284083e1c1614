"""Modelling: grading models trained and calibrated beside the statutory rules. What they say is advisory."""
