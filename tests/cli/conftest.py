"""What tests of commands share with tests of explanations."""

from tests.explanation.conftest import folder, small

__all__ = ["folder", "small"]
