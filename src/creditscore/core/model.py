"""What everything read from YAML is made of: strict frozen models, and labels in Chinese and English."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A part of a file. `short_form`: JSON Schema of what may be written in its place."""

    short_form: ClassVar[dict[str, Any] | None] = None
    # strict: a text that looks like a number or date is not one
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True, strict=True
    )


class Label(Model):
    zh: str
    en: str
