"""Models beside the rules: data sets, estimators, calibration, validation. No statutory grade depends on them."""
