"""The OpenAPI document, with problems as what they are: `application/problem+json`, on every route."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import ProblemDocument

RESPONSES: dict[int | str, dict[str, Any]] = {"4XX": {"model": ProblemDocument, "description": "Refused, and why."}}


def install(app: FastAPI) -> None:
    """Replaces the document that FastAPI makes: it knows one media type, and promises its own errors."""

    def document() -> dict[str, Any]:
        if not app.openapi_schema:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            for operation in (each for methods in made["paths"].values() for each in methods.values()):
                operation["responses"].pop("422", None)
                refused = operation["responses"]["4XX"]["content"]
                refused["application/problem+json"] = refused.pop("application/json")
            for unused in ("HTTPValidationError", "ValidationError"):
                made["components"]["schemas"].pop(unused, None)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
