"""What MLflow serves: a model read from JSON by code of this package; nothing is pickled.

`CODE` is the whole of the file that MLflow keeps beside the JSON ("models from code").
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.boundary import outside
from creditscore.core.errors import InputError
from creditscore.core.json_source import read_object

__all__ = ["CODE", "serve"]

CODE = """# A model of creditscore: its content is artifacts/model.json, this file only says who reads it.
from creditscore.modelling.registry.pyfunc import serve

serve()
"""
ARTIFACT = "model"


def serve() -> None:
    """Hand MLflow the object that it calls; runs inside the file `CODE` alone."""
    import pandas as pd
    from mlflow.models import set_model
    from mlflow.pyfunc import PythonModel

    def load_context(self: Any, context: Any) -> None:
        expected = (context.model_config or {}).get("content_hash")
        self.model = read_served(Path(context.artifacts[ARTIFACT]), expected)

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
        return self.model.predict(model_input, **(params or {}))

    # the one annotation for which MLflow keeps to the signature that was logged, and does not warn
    predict.__annotations__ = {"model_input": pd.DataFrame}
    set_model(type("Served", (PythonModel,), {"load_context": load_context, "predict": predict})())


def read_served(file: Path, expected: str | None) -> Any:
    """The model or scheme in the file; InputError when its hash is not the one that was registered."""
    result, stated = read_hashed(file)
    if stated != expected:
        raise InputError(
            "the model is not the one that was registered"
            if expected is not None
            else "nothing says which content hash was registered",
            where=str(file),
            allowed=expected,
            next="restore the artifact from a copy",
        )
    return result


def read_hashed(file: Path) -> tuple[Any, str]:
    """The model or scheme in the file, and the hash of its content; InputError when it names another or none."""
    from creditscore.modelling.registry.composite import CompositeModel
    from creditscore.modelling.registry.grading_model import GradingModel, stated_hash
    from creditscore.modelling.registry.statutory import StatutoryModel

    data = read_object(file, "the model")
    kinds: dict[str, Any] = {
        "grading_model": GradingModel,
        "statutory_scheme": StatutoryModel,
        "composite_model": CompositeModel,
    }
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise InputError("modelling.no_model_but", kind=str(kind)[:80], where=str(file), allowed=kinds)
    with outside("the model", file):
        return kinds[kind].from_dict(data), stated_hash(data, file)


def load_bundle(folder: str | Path) -> Any:
    """The model of a folder, or of its file, whatever its kind; InputError when it is none or was changed."""
    from creditscore.modelling.registry.grading_model import FILE, load_model

    place = Path(folder) / FILE if Path(folder).is_dir() else Path(folder)
    try:
        kind = read_object(place, "the model").get("kind")
    except InputError:  # `load_model` says what is wrong with it
        kind = None
    return read_hashed(place)[0] if kind == "composite_model" else load_model(folder)


def signature_of(model: Any) -> Any:
    """Inputs by name, of any type: MLflow refuses whole numbers where it was told of floats, and a missing column
    whatever its type. The model itself checks what is in them.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    inputs = Schema([ColSpec(AnyType(), name, required) for name, required in model.served_columns()])
    types = {"str": DataType.string, "int": DataType.long, "float": DataType.double, "bool": DataType.boolean}
    outputs = Schema([ColSpec(types[kind], name, required=False) for name, kind in model.served_outputs()])
    params = ParamSchema(
        [
            ParamSpec(name, DataType.string if isinstance(value, str) else DataType.long, value)
            for name, value in model.served_params().items()
        ]
    )
    return ModelSignature(inputs=inputs, outputs=outputs, params=params)
