"""Keys of one's own: made here, once, by somebody who is signed in; seen and revoked by the routes of their table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from fastapi import APIRouter
from pydantic import Field, create_model
from sqlalchemy import Insert, insert
from starlette.responses import Response

from api.apikeys import written
from api.bodies import Body, answer, columns
from api.deps import Caller, SignedIn
from api.problems import not_found
from api.secret import digest, new_secret
from db.models.keys import Key, KeyWrite

router = APIRouter(prefix="/v1/me/keys", tags=["keys"])
Shown = create_model("KeyWithSecret", __base__=answer(Key), key=(str, Field(description="Shown once.")))


class Lasting(Body):
    """For how long."""

    days: int = Field(default=90, ge=1, le=365)


class New(Lasting, KeyWrite):
    """A key, and for how long."""


@router.post("", status_code=201, response_model=Shown)
async def create(me: SignedIn, new: New) -> Response:
    """Make a key; it is shown here and never again."""
    secret = new_secret()
    return await shown(me, insert(Key).values(new.model_dump(exclude={"days"}) | stored(secret, new.days)), secret)


def stored(secret: str, days: int) -> dict[str, Any]:
    """What is kept of a secret, and until when."""
    return {"secret_hash": digest(secret), "expires_at": datetime.now(UTC) + timedelta(days=days)}


async def shown(me: Caller, made: Insert, secret: str) -> Response:
    """The new key, and this once with its secret.

    Raises: Problem 404 where it was for nobody.
    """
    rows = await me.once(made.returning(*columns(Key)))
    if not rows:
        raise not_found()
    body = {**rows[0]._asdict(), "key": written(rows[0].id, secret)}
    return Response(orjson.dumps(body), 201, media_type="application/json")
