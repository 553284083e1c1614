"""Models beside the rules: trained, calibrated, validated; their outputs are advisory and set no statutory grade."""
