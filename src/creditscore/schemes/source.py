"""YAML with places, as schemes read it: `creditscore.placed` under the name that scheme code uses."""

from creditscore.placed import Fault, KeyPath, Severity, Source, dotted, read

__all__ = ["Fault", "KeyPath", "Severity", "Source", "dotted", "read"]
