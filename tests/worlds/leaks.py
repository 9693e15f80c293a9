"""Five leaks, each of a kind that real backends have: planted in both worlds, it must tell them apart."""

from typing import NamedTuple

from fastapi import APIRouter
from sqlalchemy import text

from api.deps import Me
from tests.worlds.pair import Caller
from tests.worlds.run import Pair


class Leak(NamedTuple):
    """What the telling answers show, what is changed in the schema, and a route where the leak is one."""

    shown: str
    sql: str
    routers: tuple[APIRouter, ...] = ()


counting = APIRouter()


@counting.get("/v1/planted/count")
async def count(me: Me) -> int:
    """Reads a view that checks its maker's rights."""
    return int((await me.once(text("select many from app.planted")))[0][0])


LEAKS = {
    # A page's "1 to 20 of 1,203" from a view without security_invoker, whose maker is above row security.
    "a count without policy": Leak(
        "GET /v1/planted/count",
        "create view app.planted as select count(*) as many from app.notes; grant select on app.planted to app_user",
        (counting,),
    ),
    # What somebody else's title is, my title cannot be. Such a table never held a second of two.
    "a unique constraint across tenants": Leak(
        "There is one already.",
        """
        delete from app.notes n using app.notes o where n.title = o.title
          and (n.owner_id = current_setting('planted.caller')::uuid, n.id)
            < (o.owner_id = current_setting('planted.caller')::uuid, o.id);
        alter table app.notes add unique (title)""",
    ),
    # A task of my workspace accepts a project of anybody's, if there is one.
    "a foreign-key oracle": Leak(
        "no such row to refer to",
        """
        drop trigger live_projects on app.tasks;
        alter table app.tasks drop constraint tasks_workspace_id_project_id_fkey;
        alter table app.tasks add constraint planted foreign key (project_id) references app.projects (id)""",
    ),
    # Numbers that everybody draws from say how many others drew.
    "a sequence-based id": Leak(
        "f0000000-?0000",
        """
        select setval('worlds.keys', (select count(*) from app.notes))""",
    ),
    # The same status, and a sentence that says too much.
    "an error detail": Leak(
        "No more than",
        """
        create function app.planted() returns trigger language plpgsql security definer as $$
        begin
          if new.title = 'coveted' then
            raise restrict_violation using message = format('no more than %s notes', (select count(*) from app.notes));
          end if;
          return new;
        end $$;
        create trigger planted before insert or update on app.notes for each row execute function app.planted()""",
    ),
}


def plant(pair: Pair, caller: Caller, leak: Leak) -> None:
    """Changes the schema of both worlds."""
    for world in pair:
        world.owner.execute("select set_config('planted.caller', %s, false)", [str(caller.id)])
        world.owner.execute(leak.sql.encode())
