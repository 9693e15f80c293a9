-- Mails: written by the transaction that wants them and claimed by one sender; whoever holds a token read the mail it was in.

-- current_token: the hash of the token that a transaction of app_auth is bound to.
create function auth.current_token() returns bytea language sql stable parallel restricted
return decode(seal.verified('auth.token'), 'hex');
grant execute on function auth.current_token() to app_auth;

-- mailed: whom the token was sent to.
create function auth.mailed() returns uuid
language sql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
  select user_id from auth.mails where token_hash = auth.current_token() and expires_at > now();
$$;
grant execute on function auth.mailed() to app_auth;

-- stands: what credentials were when a token was made for them. Whatever changes them voids every token.
create function auth.stands(password_hash text, email text) returns bytea language sql stable parallel safe
return sha256(convert_to(stands.email || ' ' || stands.password_hash, 'UTF8'));

-- write_mail: to the address that the transaction is bound to, three an hour at most. Where it has no account as much is
-- written, and never sent, so that the work does not tell.
create function auth.write_mail(kind text, mail uuid, token_hash bytea) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  insert into auth.mails (id, kind, address, user_id, token_hash, stands, due_at)
  select write_mail.mail, write_mail.kind, auth.current_email(), c.user_id, write_mail.token_hash,
    auth.stands(c.password_hash, c.email), case when c.user_id is not null then now() end
  from (select) one left join auth.credentials c on c.email = auth.current_email()
  where (select count(*) from auth.mails m
    where m.address = auth.current_email() and m.created_at > now() - interval '1 hour') < 3;
$$;

-- register: auth.sign_up, but the account is of no use before its address is verified, and a mail says so: for a known address
-- that it has an account.
create function auth.register(password_hash text, name text, mail uuid, token_hash bytea) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  known boolean := exists (select from auth.credentials where email = auth.current_email());
begin
  perform auth.sign_up(password_hash, name);
  update auth.credentials set unverified = not known or unverified where email = auth.current_email();
  perform auth.write_mail(case when known then 'known' else 'verify' end, mail, token_hash);
end
$$;
grant execute on function auth.register(password_hash text, name text, mail uuid, token_hash bytea) to app_auth;

-- request_reset: a mail with which whoever reads it chooses a new password.
create function auth.request_reset(mail uuid, token_hash bytea) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select auth.write_mail('reset', request_reset.mail, request_reset.token_hash);
$$;
grant execute on function auth.request_reset(mail uuid, token_hash bytea) to app_auth;

-- reset_password: by the token of a mail that offered it; the address is verified, every session ends, every other token is void.
create function auth.reset_password(password_hash text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  mail auth.mails;
begin
  select * into mail from auth.mails
  where token_hash = auth.current_token() and expires_at > now() and kind in ('verify', 'known', 'reset');
  -- Of two that come at once, the second finds other credentials. Policies leave those of whom it was mailed to.
  update auth.credentials c set password_hash = reset_password.password_hash, unverified = false, updated_at = now()
  where auth.stands(c.password_hash, c.email) = mail.stands;
  if not found then
    return false;
  end if;
  delete from app.sessions where owner_id = mail.user_id;
  delete from auth.mails where token_hash = auth.current_token();
  return true;
end
$$;
grant execute on function auth.reset_password(password_hash text) to app_auth;

-- request_change: a mail to the new address, for who knows the password. Whether others have the address is not looked at.
create function auth.request_change(password_hash text, address text, mail uuid, token_hash bytea) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  insert into auth.mails (id, kind, address, user_id, token_hash, stands, due_at)
  select request_change.mail, 'change', request_change.address, c.user_id, request_change.token_hash,
    auth.stands(c.password_hash, c.email), now()
  from auth.credentials c
  where c.user_id = app.current_user_id() and c.password_hash = request_change.password_hash and (
    select count(*) from auth.mails m where m.user_id = app.current_user_id() and m.kind <> 'invitation'
      and m.created_at > now() - interval '1 hour') < 3;
$$;
grant execute on function auth.request_change(password_hash text, address text, mail uuid, token_hash bytea) to app_auth;

-- confirm_change: the new address read its mail; the old one is told.
create function auth.confirm_change() returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  mail auth.mails;
  before text;
begin
  select * into mail from auth.mails
  where token_hash = auth.current_token() and expires_at > now() and kind = 'change';
  select email into before from auth.credentials where user_id = mail.user_id;
  update auth.credentials c set email = mail.address, updated_at = now()
  where auth.stands(c.password_hash, c.email) = mail.stands;
  if not found then
    return false;
  end if;
  insert into auth.mails (kind, address, user_id, due_at) values ('changed', before, mail.user_id, now());
  delete from auth.mails where token_hash = auth.current_token();
  return true;
end
$$;
grant execute on function auth.confirm_change() to app_auth;

-- mail_invitation: to any address, an invitation that the caller just made: its token is in this mail alone. Twenty an hour.
create function auth.mail_invitation(invitation uuid, address text, mail uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into auth.mails (id, kind, address, user_id, about, due_at, expires_at)
  select mail_invitation.mail, 'invitation', mail_invitation.address, i.created_by, i.id, now(), i.expires_at
  from app.invitations i
  where i.id = invitation and i.created_by = app.current_user_id() and (
    select count(*) from auth.mails m where m.user_id = app.current_user_id() and m.kind = 'invitation'
      and m.created_at > now() - interval '1 hour') < 20;
  return found;
end
$$;
grant execute on function auth.mail_invitation(invitation uuid, address text, mail uuid) to app_auth;

-- claim_mails: what is due, for one sender alone: what it does not settle is never sent again by itself.
create function auth.claim_mails() returns table (id uuid, kind text, address text, token_hash bytea, created_at timestamptz, about uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  delete from auth.mails where expires_at < now() - interval '7 days';
  return query update auth.mails m set claimed_at = now(), due_at = null, tries = tries + 1
  where m.id in (
    select id from auth.mails where due_at <= now() and expires_at > now() order by due_at limit 10 for update skip locked)
  returning m.id, m.kind, m.address,
    coalesce(m.token_hash, (select i.token_hash from app.invitations i where i.id = m.about)), m.created_at, m.about;
end
$$;
grant execute on function auth.claim_mails() to app_auth;

-- settle_mail: it was taken by the server, or surely was not, and is due again, later each time.
create function auth.settle_mail(mail uuid, taken boolean) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update auth.mails set sent_at = case when taken then now() end, claimed_at = case when taken then claimed_at end,
    due_at = case when not taken then now() + least(interval '1 hour', interval '5 seconds' * 3 ^ tries) end
  where id = mail and claimed_at is not null and sent_at is null;
$$;
grant execute on function auth.settle_mail(mail uuid, taken boolean) to app_auth;
