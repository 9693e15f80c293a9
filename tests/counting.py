"""An API whose traffic with Postgres is counted, each login's by itself, and nothing but requests talks to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import NamedTuple

import pytest
from fastapi import APIRouter

from api.outbox import Outbox
from db.watch import Watch
from tests.proxy import Wire, proxied
from tests.server import Database
from tests.serving import Served, serving


class Counting(NamedTuple):
    """What is served, and what its logins' connections say."""

    served: Served
    wire: Wire
    auth: Wire


@asynccontextmanager
async def counting(database: Database, *routers: APIRouter, **changes: object) -> AsyncIterator[Counting]:
    """One connection a login; without the watch and the sender of mails, which talk to Postgres beside the requests."""
    async with proxied(database.api) as (api, wire), proxied(database.auth) as (auth, asked):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Watch, "watching", nullcontext)
            patch.setattr(Outbox, "sending", nullcontext)
            alone = {"pool_size": 1, "auth_pool_size": 1, "revocation_seconds": 3600, **changes}
            async with serving(database._replace(api=api, auth=auth), *routers, **alone) as served:
                yield Counting(served, wire, asked)
