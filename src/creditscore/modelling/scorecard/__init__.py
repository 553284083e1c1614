"""The points card: bins, points, evidence of each column, selection, reasons, SQL and workbook."""

from creditscore.core.extras import require

require("models")
