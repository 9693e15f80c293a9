"""What mails say: plain text, with the token in a link, and nothing about anybody else."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Row


class Letter(NamedTuple):
    """Subject and text; `{link}` is where its token is of use."""

    subject: str
    page: str
    text: str


CHOOSE = "\n\n{link}\n\nThe link is good once, for an hour. If it was not you who asked, do nothing: nothing changes.\n"
LETTERS = {
    "verify": Letter(
        "Verify your address", "password", "Verify this address and choose the password of your account:" + CHOOSE
    ),
    "known": Letter(
        "You have an account",
        "password",
        "Somebody signed up with this address, which has an account already. Nothing was changed. To sign in after all, choose "
        "a new password:" + CHOOSE,
    ),
    "reset": Letter("Choose a new password", "password", "Choose a new password for your account:" + CHOOSE),
    "change": Letter("Confirm your new address", "address", "Confirm that this is the new address of your account:" + CHOOSE),
    "invitation": Letter(
        "You are invited",
        "invitation",
        "Somebody invites you to their workspace. Sign in, or sign up first, and accept:\n\n{link}\n\n"
        "The link is good once, for a week. If you do not know who might have asked, do nothing.\n",
    ),
    "changed": Letter(
        "Your address was changed",
        "",
        "This address does not sign in to your account any more; another one does. If it was not you, tell whoever runs this "
        "service.\n",
    ),
}


class Stale(Exception):
    """What the mail is about has ended, or its key is gone: it is not to be sent."""


def letter(mail: Row, token: str, *, sender: str, url: str) -> EmailMessage:  # type: ignore[type-arg]
    """The whole mail. Its Message-ID is the row's key, so that one that came twice can be told.

    Raises: Stale.
    """
    found = LETTERS[mail.kind]
    if found.page and not token:
        raise Stale(mail.kind)
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = found.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{UUID(str(mail.id))}@{address.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    of = f"{mail.about.hex}." if mail.about else ""
    # Behind the #, which browsers send to no server.
    message.set_content(found.text.format(link=f"{url.rstrip('/')}/{found.page}#token={of}{token}"), cte="7bit")
    return message
