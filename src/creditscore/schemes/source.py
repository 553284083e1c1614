"""YAML with places, as schemes read it: `creditscore.core.yaml_source` under the name that scheme code uses."""

from creditscore.core.yaml_source import Fault, KeyPath, Severity, Source, dotted, read

__all__ = ["Fault", "KeyPath", "Severity", "Source", "dotted", "read"]
