"""Two files with one path do not start: the first would answer, and nobody hear of the second."""

import pytest
from fastapi import APIRouter

from api.paths import Claims, claim
from api.routes import me
from db.refusal import Refusal


async def nothing() -> None:
    """A route."""


def router(method: str, path: str) -> APIRouter:
    """One route."""
    made = APIRouter()
    made.add_api_route(path, nothing, methods=[method])
    return made


def test_path_of_another_file_cannot_be_claimed() -> None:
    claims: Claims = {}
    claim(claims, me.router, "api/routes/me.py")
    with pytest.raises(
        Refusal, match=r"^db/models/me\.py: GET /v1/me is a path of api/routes/me\.py already: give one of them"
    ):
        claim(claims, router("GET", "/v1/me"), "db/models/me.py")


def test_parameter_of_another_name_is_the_same_path() -> None:
    claims: Claims = {}
    claim(claims, router("GET", "/v1/notes/{id}"), "a.py")
    with pytest.raises(Refusal, match=r"^b\.py: GET /v1/notes/\{key\} is a path of a\.py already"):
        claim(claims, router("GET", "/v1/notes/{key}"), "b.py")


def test_path_may_have_a_method_of_each_file() -> None:
    claims: Claims = {}
    claim(claims, router("GET", "/v1/notes"), "a.py")
    claim(claims, router("POST", "/v1/notes"), "b.py")
    claim(claims, router("GET", "/v1/notes/{id}"), "b.py")
    assert len(claims) == 3
