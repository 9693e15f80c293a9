-- Shares of {parent}: asked by the policies of {parent}, and accepted by whoever holds a token.
-- Both run as app_owner, whose own policies show the caller's shares alone: no recursion, no bypass.

-- shared_{parent}: the rows of {parent} that are shared with the caller in this role or a higher one. The database's clock
-- decides, as the statement runs: a transaction that began before the end does not outlast it.
create function app.shared_{parent}(minimum text) returns uuid[]
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((
    select array_agg({column}) from app.{name}
    where user_id = app.claimed_user_id() and role in ('writer', minimum)
      and (expires_at is null or expires_at > clock_timestamp())
  ), '{}');
end
$$;
grant execute on function app.shared_{parent}(minimum text) to app_user, app_guest, app_viewer;

-- accept_shared_{parent}: the only way to hold a share. The token proves that the row's owner handed it over; its hash is
-- forgotten with the first use. Seven days from the offer, and never beyond the end of the share.
create function app.accept_shared_{parent}(share uuid, secret text) returns setof app.{name}
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  offer app.{name};
begin
  perform set_config('app.shown_token', secret, true);
  select * into offer from app.{name}
  where id = share and token_hash = app.shown_token() and owner_id <> app.claimed_user_id()
    and created_at > clock_timestamp() - interval '7 days' and (expires_at is null or expires_at > clock_timestamp())
  for update;
  if not found then
    raise no_data_found using message = 'no such share';
  end if;
  delete from app.{name} where {column} = offer.{column} and user_id = app.claimed_user_id();
  return query update app.{name} set user_id = app.claimed_user_id(), token_hash = null where id = share returning *;
end
$$;
grant execute on function app.accept_shared_{parent}(share uuid, secret text) to app_user;
