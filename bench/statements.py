"""The SQL that is measured: once as the API's role sends it, and once with the filter that a careful developer writes.

`{mine}` is that filter; under policies it is empty, and nothing else differs.
"""

from typing import NamedTuple

from db.models.notes import Note
from db.models.tasks import Task

NOTE, TASK = ", ".join(Note.model_fields), ", ".join(Task.model_fields)
OWNED = "and owner_id = %(me)s and deleted_at is null"
# What a person reads by its key: their own, and what others share with them.
LIVE_SHARES = "select note_id from app.note_shares where user_id = %(me)s and (expires_at is null or expires_at > now())"
OWNED_OR_SHARED = f"and (owner_id = %(me)s or id = any (array({LIVE_SHARES}))) and deleted_at is null"
MEMBER = (
    "and workspace_id = any (array(select workspace_id from app.memberships where user_id = %(me)s)) and deleted_at is null"
)
EDITOR = (
    "where %(workspace)s = any (array("
    "select workspace_id from app.memberships where user_id = %(me)s and role in ('editor', 'admin', 'owner')))"
)


class Case(NamedTuple):
    """One operation on one table; it runs `repeat` times in a turn, so that a turn is long enough to measure."""

    table: str
    operation: str
    repeat: int
    text: str
    mine: str = ""
    role: str = "app_user"

    @property
    def under_policies(self) -> str:
        return self.text.format(mine="")

    @property
    def by_hand(self) -> str:
        return self.text.format(mine=self.mine)

    @property
    def reads(self) -> bool:
        return self.text.startswith("select")


CASES = (
    Case("notes", "get", 200, f"select {NOTE} from app.notes where id = %(note)s {{mine}}", OWNED_OR_SHARED, "app_guest"),
    Case("notes", "get another's", 200, f"select {NOTE} from app.notes where id = %(shared)s {{mine}}", OWNED_OR_SHARED,
         "app_guest"),
    # On both sides, since a list says whose rows it is of; by hand it says itself that they are live.
    Case("notes", "page of others'", 100,
         f"select {NOTE} from app.notes where id = any ((select app.shared_notes('reader'))::uuid[]) {{mine}} "
         "order by id desc limit 20", "and deleted_at is null", "app_guest"),
    Case("notes", "page of 20", 100, f"select {NOTE} from app.notes where true {{mine}} order by id desc limit 20", OWNED),
    Case("notes", "count", 50, "select count(*) from app.notes where true {mine}", OWNED),
    # A new note is its writer's by the column's default, so there is nothing to add by hand.
    Case("notes", "insert", 100, "insert into app.notes (title, body) values (%(title)s, %(body)s) returning id"),
    Case("notes", "insert 1,000", 1,
         "insert into app.notes (title, body) select title, %(body)s from unnest(%(titles)s::text[]) title"),
    Case("tasks", "get", 200, f"select {TASK} from app.tasks where id = %(task)s {{mine}}", MEMBER),
    Case("tasks", "page of 20", 100,
         f"select {TASK} from app.tasks where workspace_id = %(workspace)s {{mine}} order by id desc limit 20", MEMBER),
    Case("tasks", "count", 10, "select count(*) from app.tasks where true {mine}", MEMBER),
    Case("tasks", "insert", 100,
         "insert into app.tasks (workspace_id, project_id, title, body) "
         "select %(workspace)s, %(project)s, %(title)s, %(body)s {mine} returning id", EDITOR),
    Case("tasks", "insert 1,000", 1,
         "insert into app.tasks (workspace_id, project_id, title, body) "
         "select %(workspace)s, %(project)s, title, %(body)s from unnest(%(titles)s::text[]) title {mine}", EDITOR),
)  # fmt: skip
