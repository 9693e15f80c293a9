-- subjects: how a provider signs a person in. A transaction sees the one subject that it is bound to, or the person's own.
-- needs: user_id uuid not null, issuer text not null, subject text not null
-- within: issuer, subject, user_id

-- auth.arrive sees the subject in the local setting auth.subject, and no other.
create policy select_subject on {table} for select to app_owner
  using (issuer = (select auth.current_issuer()) and subject = (select auth.current_subject()));

-- auth.arrive adds it at first sight.
create policy insert_subject on {table} for insert to app_owner
  with check (issuer = (select auth.current_issuer()) and subject = (select auth.current_subject()));

-- auth.set_subject_disabled disables and enables it.
create policy update_subject on {table} for update to app_owner
  using (issuer = (select auth.current_issuer()) and subject = (select auth.current_subject()))
  with check (issuer = (select auth.current_issuer()) and subject = (select auth.current_subject()));

-- A person who is signed in sees their own.
create policy select_self on {table} for select to app_auth, app_owner
  using (user_id = (select app.current_user_id()));
