"""One mail to one SMTP server: taken, surely not taken, or nobody knows; what nobody knows is never sent twice."""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib

SECONDS = 30


class NotTaken(Exception):
    """The server surely does not have it; trying again cannot send it twice."""


class Smtp:
    """Sends through the server that SMTP_URL names; TLS by `smtps`, or by STARTTLS where the server offers it."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self._where, self._seconds = urlsplit(url), seconds

    async def __call__(self, message: EmailMessage) -> None:
        """Returns once the server has taken it.

        Raises: NotTaken; any other error where the server may have it, or will never take it.
        """
        where, secure = self._where, self._where.scheme == "smtps"
        client = aiosmtplib.SMTP(
            hostname=where.hostname,
            port=where.port or (465 if secure else 587),
            username=unquote(where.username) if where.username else None,
            password=unquote(where.password) if where.password else None,
            use_tls=secure,
            # A password is not shown to a network that hides STARTTLS.
            start_tls=True if where.username and not secure else None,
            timeout=self._seconds,
        )
        try:
            try:
                await client.connect()
                await client.mail(message["From"].addresses[0].addr_spec)
                await client.rcpt(message["To"].addresses[0].addr_spec)
            except aiosmtplib.SMTPResponseException as error:
                raise (error if error.code >= 500 else NotTaken(f"it answered {error.code}")) from error
            except (aiosmtplib.SMTPException, OSError) as error:
                raise NotTaken(f"{type(error).__name__}") from error
            try:
                await client.data(message.as_bytes())
            except aiosmtplib.SMTPResponseException as error:
                raise (error if error.code >= 500 else NotTaken(f"it answered {error.code}")) from error
        finally:
            # Without the goodbye, which would wait for a server that hangs.
            client.close()
