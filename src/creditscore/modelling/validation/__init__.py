"""The validation of models: figures with intervals, criteria and a verdict, drift, fairness, rules beside models."""
