"""What everything read from YAML is made of: strict frozen models, and labels in Chinese and English."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    # strict: a text that looks like a number or date is not one
    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, arbitrary_types_allowed=True, strict=True
    )


class Label(Model):
    zh: str
    en: str
