"""Models and what makes grades of them: ordinal and boosted models, calibration, cut-offs, scales, explanations."""

from creditscore.core.extras import require

require("models")
