"""Mails are written with what they are about, and sent by any process: each by one, retried while surely not taken."""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.letters import letter
from api.secret import digest
from api.smtp import NotTaken, Smtp
from db.beside import beside
from db.settings import Settings

log = logging.getLogger("rowkeep")
Send = Callable[[EmailMessage], Awaitable[None]]


class New(NamedTuple):
    """A mail's key, and the hash of its token, which nobody has yet."""

    mail: UUID
    token_hash: bytes


class Outbox:
    """Makes tokens from the keys of mails, so that no token is stored; sends what is due."""

    def __init__(self, settings: Settings) -> None:
        self._keys = settings.derived("mails")
        self._sender, self._url = settings.mail_from or "Rowkeep <rowkeep@localhost>", settings.public_url
        self._send: Send = Smtp(settings.smtp_url.get_secret_value()) if settings.smtp_url else printed
        self._seconds = settings.mail_seconds
        self._written = asyncio.Event()

    def new(self) -> New:
        """A mail to write, and to wake the sender for."""
        mail = uuid4()
        return New(mail, digest(self._token(self._keys[0], mail)))

    def wake(self) -> None:
        """A mail was written and committed; the sender looks for it at once."""
        self._written.set()

    @asynccontextmanager
    async def sending(self, engine: AsyncEngine) -> AsyncIterator[None]:
        """Sends beside requests, for as long as the block lasts."""
        async with beside(self._forever(engine)):
            yield

    async def _forever(self, engine: AsyncEngine) -> None:
        while True:
            try:
                while mails := await _asked(engine, func.auth.claim_mails().table_valued(*CLAIMED)):
                    await asyncio.gather(*(self._deliver(engine, mail) for mail in mails))
            except (SQLAlchemyError, OSError) as error:
                log.warning("mails cannot be looked for: %s", type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._written.wait()
            self._written.clear()

    async def _deliver(self, engine: AsyncEngine, mail: Row[Any]) -> None:
        made = (self._token(key, mail.id) for key in self._keys)
        token = next((each for each in made if digest(each) == mail.token_hash), "")
        try:
            await self._send(letter(mail, token, sender=self._sender, url=self._url))
        except NotTaken as error:
            log.warning("mail %s was not taken, and is tried again later: %s", mail.id, error)
            await _asked(engine, func.auth.settle_mail(mail.id, False))
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail is not sent again
            # It may have been taken, or never will be: what stays claimed is not sent again by itself.
            log.error("mail %s was not sent, or nobody knows: %s", mail.id, type(error).__name__)  # noqa: TRY400 - may name secrets
        else:
            await _asked(engine, func.auth.settle_mail(mail.id, True))

    @staticmethod
    def _token(key: bytes, mail: UUID) -> str:
        return base64.urlsafe_b64encode(hmac.digest(key, mail.bytes, hashlib.sha256)).rstrip(b"=").decode()


CLAIMED = ("id", "kind", "address", "token_hash", "created_at", "about")


async def _asked(engine: AsyncEngine, function: Any) -> list[Row[Any]]:
    async with engine.connect() as connection:
        return list(await connection.execute(select(function)))


async def printed(message: EmailMessage) -> None:
    """Where there is no SMTP_URL: for development, since it shows the token to whoever sees the console."""
    print(f"--- mail, printed since SMTP_URL is not set\n{message}---", flush=True)
