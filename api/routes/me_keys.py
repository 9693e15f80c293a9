"""Keys of one's own: made here, once, by somebody who is signed in; seen and revoked by the routes of their table."""

from datetime import UTC, datetime, timedelta

import orjson
from fastapi import APIRouter
from pydantic import Field, create_model
from sqlalchemy import insert
from starlette.responses import Response

from api.apikeys import written
from api.bodies import Body, answer, columns
from api.deps import SignedIn
from api.secret import digest, new_secret
from db.models.keys import Key, KeyWrite

router = APIRouter(prefix="/v1/me/keys", tags=["keys"])
Shown = create_model("KeyWithSecret", __base__=answer(Key), key=(str, Field(description="Shown once.")))


class New(Body, KeyWrite):
    """A key, and for how long."""

    days: int = Field(default=90, ge=1, le=365)


@router.post("", status_code=201, response_model=Shown)
async def create(me: SignedIn, new: New) -> Response:
    """Make a key; it is shown here and never again."""
    secret = new_secret()
    values = new.model_dump(exclude={"days"})
    stored = {"secret_hash": digest(secret), "expires_at": datetime.now(UTC) + timedelta(days=new.days)}
    (row,) = await me.once(insert(Key).values(values | stored).returning(*columns(Key)))
    return Response(orjson.dumps({**row._asdict(), "key": written(row.id, secret)}), 201, media_type="application/json")
