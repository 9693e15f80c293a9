"""What a route asks for: the caller, or a transaction that belongs to the caller."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from api.apikeys import PREFIX
from api.auth import Claims, unauthorized
from api.problems import Problem
from db import transaction
from db.ended import Unknown
from db.seal import Identity

bearer = OAuth2PasswordBearer(tokenUrl="/v1/auth/token", auto_error=False)


class Caller(NamedTuple):
    """The signed-in person, and the way to run one statement as them."""

    claims: Claims
    engine: AsyncEngine

    @property
    def user_id(self) -> UUID:
        """Whom the token is for."""
        return self.claims.user_id

    def identity(self, role: str = "app_user") -> Identity:
        """What their transactions are bound to."""
        return transaction.person(self.user_id, role, self.claims.scope)

    @property
    def session_id(self) -> UUID:
        """Where they are signed in."""
        return self.claims.session_id

    async def once(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        """The rows of one statement as this person: one round trip, committed before the answer leaves."""
        return await transaction.once(self.engine, self.identity(), statement, **values)

    async def as_guest(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        """The same in what others share with this person too."""
        return await transaction.once(self.engine, self.identity("app_guest"), statement, **values)

    async def at_bin(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        """The same at the bin."""
        return await transaction.once(self.engine, self.identity("app_trash"), statement, **values)


async def caller(request: Request, token: Annotated[str | None, Depends(bearer)]) -> Caller:
    """Who is asking.

    Raises: Problem 401, or 503 where it cannot be told.
    """
    if not token:
        raise unauthorized()
    state = request.app.state
    try:
        if token.startswith(PREFIX):
            claims = await state.api_keys.read(token, request)
        elif state.subjects and not state.keys.own(token):
            claims = await state.subjects.read(token)
        else:
            claims = state.keys.read(token)
            if await state.ended.includes(claims.session_id):
                raise unauthorized()
    except Unknown as error:
        raise Problem(503, "The database does not answer.", headers={"Retry-After": "5"}) from error
    return Caller(claims, state.api)


Me = Annotated[Caller, Depends(caller)]


async def signed_in(me: Me) -> Caller:
    """A person, and no key that acts for them: a key that leaked must not become an account.

    Raises: Problem 403.
    """
    if me.claims.by == "key":
        raise Problem(403, "This takes a person who is signed in; a key cannot do it.")
    return me


SignedIn = Annotated[Caller, Depends(signed_in)]


async def begin(me: Me) -> AsyncIterator[AsyncSession]:
    """A session in the caller's transaction: n statements are n + 1 round trips."""
    async with transaction.begin(me.engine, me.identity()) as session:
        yield session


# scope="function": commit before the response leaves, so that a failed commit cannot answer 201.
Tx = Annotated[AsyncSession, Depends(begin, scope="function")]
