"""Problems: every refusal as `application/problem+json` (RFC 9457) that names the field, never another user's data."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response


class FieldError(BaseModel):
    """What is wrong with one part of the request: a JSON pointer into the body, the name of a parameter, or a workspace."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    workspace_id: str | None = None


class ProblemDocument(BaseModel):
    """The body of every answer of 400 and above."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    needed: str | None = None
    errors: list[FieldError] | None = None


class Problem(Exception):
    """Raised anywhere in a request; answered as its document."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Iterable[dict[str, str]] = (),
        needed: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.needed = status, detail, list(errors), needed
        self.headers = headers or {}

    def response(self) -> Response:
        """The document; byte-equal for equal reasons, so that nothing tells a hidden row from no row."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.needed:
            body["needed"] = self.needed
        if self.errors:
            body["errors"] = self.errors
        return Response(orjson.dumps(body), self.status, self.headers, media_type="application/problem+json")


def in_body(field: str, detail: str) -> dict[str, str]:
    """A field of the request's body."""
    return {"detail": detail, "pointer": f"#/{field}" if field else "#"}


def in_parameter(name: str, detail: str) -> dict[str, str]:
    """A query or path parameter."""
    return {"detail": detail, "parameter": name}


def not_found() -> Problem:
    """No row, or somebody else's: the same."""
    return Problem(404, "There is no such row.")
