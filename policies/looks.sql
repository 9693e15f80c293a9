-- looks: who looked through whose eyes, why and until when. The person sees it, and nobody changes or removes it.
-- needs: who text not null, whom uuid not null, created_at timestamptz not null default now(), until timestamptz not null
-- within: whom

-- At most the looks at oneself, whatever another policy says.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (whom = (select app.current_user_id()))
  with check (whom = (select app.current_user_id()));

-- Who looked at me.
create policy select_self on {table} for select to app_user, app_viewer
  using (whom = (select app.current_user_id()));

-- audit.look writes in the name of the login that asks, from now on and for an hour at most.
create policy insert_own on {table} for insert to app_inspector
  with check (who = session_user and created_at = now() and until <= now() + interval '1 hour');
