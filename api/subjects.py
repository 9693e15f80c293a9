"""Who a provider's subject is here: a person of their own, made at first sight by issuer and subject, never by address."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth import Claims, unauthorized
from api.issuer import Issuer, Said
from api.remembered import Found, Remembered
from db.transaction import once, subject

ARRIVED = ("id", "user_id", "ended_at")


class Subjects:
    """The people behind a provider's tokens; for those seen lately nothing is asked of the database."""

    def __init__(self, issuer: Issuer, engine: AsyncEngine, remembered: Remembered) -> None:
        self.issuer, self._engine, self._remembered = issuer, engine, remembered

    async def read(self, token: str) -> Claims:
        """Whom a token is for.

        Raises: Problem 401 or 503; Unknown where the database cannot tell whether they have ended.
        """
        said = await self.issuer.read(token)
        found = await self._remembered.get(said.subject, lambda: self._arrived(said))
        if said.issued <= found.ended_at:
            raise unauthorized()
        return found.claims._replace(expires=said.expires, issued=said.issued)

    async def _arrived(self, said: Said) -> Found:
        arrive = select(func.auth.arrive(said.name, datetime.fromtimestamp(said.issued, UTC)).table_valued(*ARRIVED))
        rows = await once(self._engine, subject(self.issuer.settings.issuer, said.subject), arrive)
        if not rows:
            raise unauthorized()
        ended = rows[0].ended_at
        return Found(
            Claims(rows[0].user_id, rows[0].id, said.expires, said.issued, "provider"), ended.timestamp() if ended else 0
        )
