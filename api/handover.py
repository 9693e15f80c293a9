"""One-time tokens: shown once to whoever makes one, handed over by them, and stored as a hash alone."""

from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field, create_model
from sqlalchemy import Row
from starlette.responses import Response

from api.bodies import Body, answer
from api.problems import not_found
from db.base import Table


class Accept(Body):
    """The token that somebody was handed."""

    token: str = Field(min_length=1, max_length=200)

    def parts(self) -> tuple[UUID, str]:
        """The key of the row that the token belongs to, and its secret.

        Raises: Problem 404, since a token that is none is like one that is wrong.
        """
        key, _, secret = self.token.partition(".")
        try:
            return UUID(hex=key), secret
        except ValueError as error:
            raise not_found() from error


def with_token(model: type[Table]) -> type[BaseModel]:
    """A new row as its maker sees it, once."""
    return create_model(
        f"{model.__name__}WithToken", __base__=answer(model), token=(str, Field(description="Shown once: hand it over."))
    )


def shown(row: Row[Any], secret: str) -> Response:
    """The new row with its token."""
    body = {**row._asdict(), "token": f"{row.id.hex}.{secret}"}
    return Response(orjson.dumps(body), 201, media_type="application/json")
