"""The JSON Schema of a file of rules, for editors: what the strict reader accepts, short forms included."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class FileSchema(GenerateJsonSchema):
    """Schemas of what people write: numbers are plain, a list of one may be the one, a model may have a short form."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Describe an exact number: it is written without quotes."""
        return {"type": "number"}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """Describe what stands before a validator; where a list follows, one of its elements may stand alone."""
        inner = self.generate_inner(schema["schema"])
        is_list = schema["schema"]["type"] in ("list", "tuple")
        return {"anyOf": [inner, inner["items"]]} if is_list else inner

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Describe a model, and the short form in which it may be written (`short_form`)."""
        described = super().model_schema(schema)
        short_form = getattr(schema["cls"], "short_form", None)
        return {"anyOf": [described, short_form]} if short_form else described


def describe_file(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Describe the files of a model as JSON Schema.

    Parameters
    ----------
    model
        What a file may say.
    title
        What one of these files is called.

    Returns
    -------
    dict
        JSON Schema of the 2020-12 dialect. It knows keys, kinds and allowed words; what one value demands of another,
        and what is named elsewhere, only the reader checks.
    """
    schema = model.model_json_schema(by_alias=True, schema_generator=FileSchema)
    return {"$schema": DIALECT, **schema, "title": title}
