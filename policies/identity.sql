-- Identity: who is asking, and what the database makes by itself. Nothing here reads a table, so column defaults may use it.
-- A body that starts with `return` is bound to what it names when it is made: no search_path, and no temporary type of an
-- attacker's, changes it afterwards.

-- claimed_user_id: the bare setting, for column defaults and triggers, which run once per row, and for policies that let in
-- what a fence has verified. A local setting leaves '' behind in its session, hence nullif. Fences compare it with the trusted
-- one, once per statement.
create function app.claimed_user_id() returns uuid language sql stable parallel restricted
return nullif(current_setting('app.current_user_id', true), '')::uuid;
grant execute on function app.claimed_user_id() to app_user, app_guest, app_trash, app_viewer, app_auth, app_seal;

-- claimed_workspace: the one workspace that app.current_scope narrows an identity to, or null. A seal is over the scope too:
-- whoever reads this asks current_member_id() in the same expression or function body, where nothing of the caller's can
-- change a setting between the two.
create function app.claimed_workspace() returns uuid language sql stable parallel restricted
return nullif(split_part(current_setting('app.current_scope', true), ':', 2), '')::uuid;
grant execute on function app.claimed_workspace() to app_user, app_guest, app_trash, app_viewer, app_auth, app_seal;

-- current_member_id: who is asking, as far as workspaces go; what a scope leaves of them is app.my_workspaces' to say. A scope
-- that may only read is nobody in a transaction that could write, and Postgres lets none become one once it has read.
create function app.current_member_id() returns uuid language sql stable parallel restricted
return case when starts_with(coalesce(current_setting('app.current_scope', true), ''), 'read:')
  and current_setting('transaction_read_only') = 'off' then null else seal.verified('app.current_user_id')::uuid end;
grant execute on function app.current_member_id() to app_user, app_guest, app_trash, app_viewer, app_auth;

-- current_user_id: the identity that fences trust: whose rows are private, and who acts in their own name. Nobody where one
-- workspace is all, so that a table which does not think of scopes has no row there. The planner puts the body in its place,
-- so the call costs nothing.
create function app.current_user_id() returns uuid language sql stable parallel restricted
return case when app.claimed_workspace() is null then app.current_member_id() end;
grant execute on function app.current_user_id() to app_user, app_guest, app_trash, app_viewer, app_auth;

-- current_email: the address that policies trust, for those who sign up or in.
create function auth.current_email() returns text language sql stable parallel restricted
return seal.verified('auth.email');
grant execute on function auth.current_email() to app_auth;

-- uuidv7: time-ordered keys (RFC 9562: 48 bits of milliseconds, 12 of their fraction, 62 random), so that inserts stay
-- local and a page can be cut at a key. The same text on every version.
create function app.uuidv7() returns uuid language sql volatile parallel safe
return (
  overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 4096000)::bigint), 15, '0') placing '7' from 13 for 0)
  || right(gen_random_uuid()::text, 17)
)::uuid;
grant execute on function app.uuidv7() to app_user, app_inspector;

-- role_rank: roles in a workspace, in order; null is no role.
create function app.role_rank(role text) returns integer language sql immutable parallel safe
return array_position(array['viewer', 'editor', 'admin', 'owner'], role);
grant execute on function app.role_rank(role text) to app_user, app_trash, app_viewer, app_seal;
