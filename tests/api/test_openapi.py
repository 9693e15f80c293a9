"""The document is what the API answers: every row of every table fits its type, and nothing is hidden in it."""

from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from api.bodies import answer
from db.models import tables
from tests.people import World

MODELS = {str(model.__tablename__): model for model in tables() if model.__schema__ == "app"}


@pytest.fixture
async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    """What clients are made from."""
    found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


async def test_every_route_is_typed(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            code, good = next(each for each in operation["responses"].items() if each[0].startswith("2"))
            assert code == "204" or next(iter(good["content"].values()))["schema"], (method, path)
            assert operation["responses"]["4XX"]["content"]["application/problem+json"]


async def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", MODELS)
async def test_row_fits_its_type_exactly(world: World, name: str) -> None:
    row = (await world.alice.call("GET", f"{world.path(name)}/{world.live[name]}")).json()
    shape = answer(MODELS[name])
    assert set(row) == set(shape.model_fields)
    TypeAdapter(shape).validate_python(row, strict=False)


async def test_hidden_columns_are_in_no_type(document: dict[str, Any]) -> None:
    assert "token_hash" not in str(document)
    assert "password_hash" not in str(document)


async def test_docs_page_can_sign_in(client: httpx.AsyncClient, document: dict[str, Any]) -> None:
    assert (await client.get("/docs")).status_code == 200
    (scheme,) = document["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "/v1/auth/token"


async def test_health_needs_no_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).json() == {"status": "alive"}
    assert (await client.get("/readyz")).json()["status"] == "ready"


async def test_unknown_paths_and_methods_are_problems(client: httpx.AsyncClient) -> None:
    for method, path, status in (("GET", "/v1/none", 404), ("PUT", "/v1/notes", 405)):
        response = await client.request(method, path)
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
