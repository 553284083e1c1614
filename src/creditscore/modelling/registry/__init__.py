"""Release: a model as one readable object, its versions in MLflow, its promotions in the log, its card."""
