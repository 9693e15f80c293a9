"""The public halves of the keys that sign access tokens, for whoever else verifies them."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

router = APIRouter(tags=["auth"])


class PublicKey(BaseModel):
    """An Ed25519 key as a JWK (RFC 8037)."""

    kid: str
    kty: str
    crv: str
    x: str
    alg: str
    use: str


class PublicKeys(BaseModel):
    """A JWK set (RFC 7517)."""

    keys: list[PublicKey]


@router.get("/.well-known/jwks.json")
async def jwks(request: Request, response: Response) -> PublicKeys:
    """The first signs; the others signed before it, or will after it."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublicKeys.model_validate(request.app.state.keys.jwks)
