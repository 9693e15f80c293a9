"""Two mails with a token each, alice's and vic's, and transactions of whoever holds one."""

from hashlib import sha256
from uuid import UUID, uuid4

from tests.people import World
from tests.policies.catalog import Connection, rows

HERS, VICS = sha256(b"hers").digest(), sha256(b"vics").digest()
INSERT = "insert into auth.mails (id, kind, address, user_id) values ('{}', 'reset', '{}', {})"
WRITE = "insert into auth.mails (id, kind, address, user_id, token_hash, stands) values (%s, %s, %s, %s, %s, %s)"


def email(owner: Connection, who: UUID) -> str:
    """The address of somebody's account."""
    found: str = rows(owner, "select email from auth.credentials where user_id = %s", who)[0]
    return found


def two_mails(world: World, owner: Connection) -> None:
    """Each with a token to choose a password, and no others."""
    owner.execute("delete from auth.mails")
    for who, made in ((world.vic, VICS), (world.alice, HERS)):
        there = email(owner, who.id)
        stands = rows(owner, "select auth.stands(password_hash, email) from auth.credentials where user_id = %s", who.id)[0]
        owner.execute(WRITE, [uuid4(), "reset", there, who.id, made, stands])
