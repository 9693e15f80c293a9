"""Of functions, and of what they run with."""

from tests.weakenings import Weakening

ORIGINAL = "the function's own body"  # which the test reads first

FUNCTIONS = {
    "function rewritten": Weakening(
        "create or replace function app.my_workspaces(minimum text default 'viewer') returns uuid[] language plpgsql stable "
        "parallel restricted security definer set search_path = pg_catalog, pg_temp "
        "as $$begin return array(select id from app.workspaces); end$$",
        ORIGINAL,
        "new: function app.my_workspaces(minimum text) returns uuid[]: owner app_owner, plpgsql, stable",
    ),
    "search_path taken": Weakening(
        "alter function app.my_workspaces(text) reset search_path",
        "alter function app.my_workspaces(text) set search_path = pg_catalog, pg_temp",
        "gone: function app.my_workspaces(minimum text)",
    ),
    "function made a definer": Weakening(
        "alter function app.my_people() security definer",
        "alter function app.my_people() security invoker",
        "parallel restricted, security definer, search_path=pg_catalog, pg_temp",
    ),
}
