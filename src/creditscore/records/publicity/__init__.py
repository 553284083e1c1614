"""双公示: published administrative penalties and licences, imported as subjects and records of the data contract."""

from creditscore.records.publicity.imported import Imported
from creditscore.records.publicity.importing import import_licences, import_penalties, import_publicity

__all__ = ["Imported", "import_licences", "import_penalties", "import_publicity"]
