"""What is attacked: a world with a victim's rows in it, and the owner's connection, which alone knows what changed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from db.models import metadata
from tests.isolation.attacks import TABLES, Ids
from tests.people import World, build
from tests.samples import ISOLATED, MODELS, body
from tests.server import Database, cloned
from tests.serving import serving

Owner = psycopg.Connection[Any]
ROLES, SETTINGS = "select r::text from pg_roles r where rolname ~ '^app_'", "select s::text from pg_db_role_setting s"
POLICIES = "select p::text from pg_policy p"
GRANTS = "select concat(relname, relacl, relowner, relrowsecurity, relforcerowsecurity) from pg_class where oid >= 16384"
FUNCTIONS = "select concat(proname, prosrc, proacl, proowner) from pg_proc where oid >= 16384"
CATALOG = [ROLES, SETTINGS, POLICIES, GRANTS, FUNCTIONS, "select c::text from auth.credentials c"]


@dataclass
class Ground:
    """Alice's rows are the victim's; mallory has a workspace of her own and nothing of alice's."""

    database: Database
    world: World
    owner: Owner
    mine: dict[str, UUID] = field(default_factory=dict)
    canaries: list[str] = field(default_factory=list)
    away: str = ""  # another workspace of alice's, in which there is nothing

    def ids(self, table: str, row: UUID | None = None) -> dict[str, Any]:
        """What an attacker knows, to be filled into a statement."""
        world = self.world
        known = Ids(row or world.live[table], UUID(world.workspace), world.mallory.id, world.alice.id)
        theirs = {f"their_{name}": id for name, id in world.live.items()}
        return {
            **known._asdict(),
            **theirs,
            "table": table,
            "mine": self.mine.get(table, uuid4()),
            "home": self.mine["workspaces"],
        }

    def restore(self) -> None:
        """Brings back what of their own the attacker has put into the bin."""
        for table in self.mine:
            if "deleted_at" in metadata.tables[f"app.{table}"].c:
                back = f"update app.{table} set deleted_at = null where deleted_at is not null and {self.attackers(table)}"
                self.owner.execute(f"set session_replication_role = replica; {back}; reset session_replication_role".encode())

    def truth(self) -> str:
        """All that is not the attacker's: everybody's rows, roles, policies, grants and functions, in one word."""
        parts = [f"select t::text from app.{table} t where not {self.attackers(table)}" for table in TABLES]
        every = " union all ".join(f"select string_agg(x, '|' order by x) from ({part}) x (x)" for part in [*parts, *CATALOG])
        row = self.owner.execute(f"select string_agg(md5(x), ' ') from ({every}) x (x)".encode()).fetchone()
        assert row is not None
        return str(row[0])

    def attackers(self, table: str) -> str:
        """SQL: whether a row is the attacker's."""
        columns, me, home = metadata.tables[f"app.{table}"].c, self.world.mallory.id, self.mine["workspaces"]
        if "workspace_id" in columns:
            return f"workspace_id = '{home}'"
        return f"owner_id = '{me}'" if "owner_id" in columns else f"id in ('{me}', '{home}')"


@contextmanager
def grounds(name: str) -> Iterator[Ground]:
    """Makes the world in a database of its own, over HTTP."""
    with cloned(name) as database, psycopg.connect(database.owner, autocommit=True) as owner:
        ground = asyncio.run(_populated(database, owner))
        _repeat(ground)
        ground.canaries = _canaries(ground)
        owner.execute("analyze")
        yield ground


@contextmanager
def copied(ground: Ground, name: str) -> Iterator[Ground]:
    """The same world once more, to break; nobody is connected to the first one meanwhile."""
    ground.owner.close()
    with cloned(name, template=ground.database.name) as database, psycopg.connect(database.owner, autocommit=True) as owner:
        yield Ground(database, ground.world, owner, ground.mine, ground.canaries, ground.away)


async def _populated(database: Database, owner: Owner) -> Ground:
    async with serving(database) as served:
        world = await build(served.client, owner)
        mine = {"users": world.mallory.id, "workspaces": UUID((await world.mallory.made("/v1/workspaces", name="home"))["id"])}
        for table in metadata.sorted_tables:
            model = MODELS[table.name] if table.name in ISOLATED else None
            if model and model.__create__ and "create" in model.__routes__:
                new = body(model, model.__create__, mine)
                mine[table.name] = UUID((await world.mallory.made(f"/v1/{table.name}", **new))["id"])
        away = (await world.alice.made("/v1/workspaces", name="away"))["id"]
        return Ground(database, world, owner, mine, away=away)


def _repeat(ground: Ground) -> None:
    """Texts that the victim has often, so that statistics of them would tell."""
    ground.owner.execute("set session_replication_role = replica")
    for table in ISOLATED:
        shape = metadata.tables[f"app.{table}"]
        if shape.info["written"]:
            columns = ", ".join(column.name for column in shape.columns if column.name != "id")
            again = f"select {columns} from app.{table}, generate_series(1, 50) where id = %s on conflict do nothing"
            ground.owner.execute(f"insert into app.{table} ({columns}) {again}".encode(), [ground.world.live[table]])
    ground.owner.execute("reset session_replication_role")


def _canaries(ground: Ground) -> list[str]:
    """Texts and addresses of everybody but the attacker, long enough to be found nowhere else."""
    found = [str(row[0]) for row in ground.owner.execute("select email from auth.credentials")]
    for table in TABLES:
        columns = ", ".join(metadata.tables[f"app.{table}"].info["written"])
        if columns:
            select = f"select {columns} from app.{table} where not {ground.attackers(table)}"
            found += [str(text) for row in ground.owner.execute(select.encode()) for text in row]
    return [text for text in found if len(text) >= 32]
