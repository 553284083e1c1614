"""Records: the scheme-free half of intake. Nothing here knows schemes or grading."""

from creditscore.records.fold import Folded, fold
from creditscore.records.intake import ingest
from creditscore.records.snapshot import Snapshot
from creditscore.records.snapshot_files import read_snapshot, write_snapshot

__all__ = ["Folded", "Snapshot", "fold", "ingest", "read_snapshot", "write_snapshot"]
