"""Request and answer types of a table, made from its model, so that OpenAPI and the column grants cannot disagree."""

from copy import copy
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator
from sqlmodel import SQLModel

from db.base import Table


class Body(SQLModel):
    """A request's body: unknown fields are refused, and text that Postgres cannot store."""

    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]

    @field_validator("*", mode="after", check_fields=False)
    @classmethod
    def refuse_nul(cls, value: object) -> object:
        """Raises ValueError, so that the answer names the field."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("text cannot contain NUL")
        return value


class Patch(Body):
    """A body that changes what it names and nothing else."""

    @model_validator(mode="after")
    def refuse_nothing(self) -> Self:
        """Raises ValueError where there is nothing to change."""
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        return self


def create_body(model: type[Table], shape: type[SQLModel]) -> type[Body]:
    """The body of POST."""
    return create_model(f"{model.__name__}Create", __base__=(Body, shape))  # type: ignore[arg-type]


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def patch_body(model: type[Table], shape: type[SQLModel]) -> type[Patch]:
    """The body of PATCH: each field may be left out; null only where the column allows it."""
    fields: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        optional = copy(field)
        optional.default, optional.default_factory = None, None
        optional.json_schema_extra = _without_default
        fields[name] = (field.annotation, optional)
    return create_model(f"{model.__name__}Patch", __base__=Patch, **fields)


def columns(model: type[Table]) -> list[Any]:
    """The columns that an answer shows, in the model's order."""
    return [getattr(model, name) for name in model.model_fields if name not in model.__hidden__]


def answer(model: type[Table]) -> type[BaseModel]:
    """One row, every field present."""
    shown = {name: field.annotation for name, field in model.model_fields.items() if name not in model.__hidden__}
    return create_model(model.__name__, **{name: (kind, ...) for name, kind in shown.items()})  # type: ignore[call-overload, no-any-return]


def page(model: type[Table], row: type[BaseModel]) -> type[BaseModel]:
    """Rows, newest first, and the cursor of the next page."""
    return create_model(
        f"{model.__name__}Page",
        items=(list[row], ...),  # type: ignore[valid-type]
        next=(str | None, Field(description="Give it back as `cursor`; null on the last page.")),
    )
