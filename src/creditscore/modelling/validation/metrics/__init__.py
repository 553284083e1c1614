"""Measures of a model: discrimination, calibration, concentration, migration, stability, fairness."""
