"""A suite that looks at isolation and sees nothing: only the owner's own rows. Mutants must survive it."""

from tests.isolation.session import acting, outcome
from tests.people import World
from tests.server import Database


async def test_owner_sees_own_note(world: World, database: Database) -> None:
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"select from app.notes where id = '{world.live['notes']}'") == 1
