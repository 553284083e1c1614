"""The validation of models: figures with intervals, criteria and a verdict, drift, fairness, rules beside models."""

from creditscore.core.extras import require

require("models")
