"""A value that each column accepts, made from its model; a test that needs none better asks here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin
from uuid import UUID, uuid4

from pydantic.fields import FieldInfo
from sqlalchemy import Column

from db.base import Table
from db.models import tables

# Tables that HTTP serves, by name.
MODELS: dict[str, Any] = {str(model.__tablename__): model for model in tables() if model.__schema__ == "app"}
# Their rows are everybody's who is signed in: there is nobody to keep them from.
EVERYBODYS = frozenset(name for name, model in MODELS.items() if model.__access__ == "reference")
ISOLATED = [name for name in MODELS if name not in EVERYBODYS]
SHORT: dict[type, Any] = {bool: True, date: "2000-01-01", datetime: "2000-01-01T00:00:00Z", bytes: b"x" * 32, float: 1.5}


def sample(model: type[Table], name: str, ids: Mapping[str, UUID]) -> Any:
    """What a request sends for the column: a reference names one of `ids`, by table; a text or number is like no other.

    Raises: ValueError saying what to add, where the field's own limits do not tell a value.
    """
    field, column = model.model_fields[name], model.__table__.c[name]  # type: ignore[attr-defined]
    if field.examples:
        return field.examples[0]
    parent = referenced(column)
    if parent:
        return str(ids[parent])
    made = (_value(kind, _limits(field)) for kind in (field.annotation, *get_args(field.annotation)))
    found = next((value for value in made if value is not None), None)
    if found is None:
        raise ValueError(f"{model.__module__}: tests need a value for {name}: give its Field examples=[…]")
    return found


def at(table: str) -> str:
    """Where HTTP serves the table."""
    where: str = MODELS[table].path()
    return where


def _value(kind: Any, limits: dict[str, Any]) -> Any:
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if kind is str and "pattern" not in limits:
        return uuid4().hex.ljust(limits.get("min_length", 0), "x")[: limits.get("max_length")]
    if kind is int:
        least = limits.get("ge", 1)
        return least + uuid4().int % (limits.get("le", least + 1_000_000) - least + 1)
    return str(uuid4()) if kind is UUID else SHORT.get(kind)


def body(model: type[Table], shape: Any, ids: Mapping[str, UUID]) -> dict[str, Any]:
    """A request's body that is right in form; columns that no answer shows come from the route itself."""
    return {name: sample(model, name, ids) for name in shape.model_fields if name not in model.__hidden__}


def referenced(column: Column[Any]) -> str | None:
    """The table whose key this column finally holds, through however many foreign keys."""
    for key in sorted(column.foreign_keys, key=lambda key: key.column.name != "id"):
        table = key.column.table.name
        return table if key.column.primary_key else referenced(key.column)
    return None


def literal(value: Any) -> str:
    """The value as SQL."""
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return str(value).lower() if isinstance(value, bool | int | float) else "'" + str(value).replace("'", "''") + "'"


def _limits(field: FieldInfo) -> dict[str, Any]:
    names = ("min_length", "max_length", "ge", "le", "pattern")
    return {name: getattr(each, name) for each in field.metadata for name in names if getattr(each, name, None) is not None}
