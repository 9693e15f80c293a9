-- Rows that differ in one thing each, so that a call finds the one and not the other; <ada> stands for an id.
create function pg_temp.named(bound text) returns uuid language sql
return left(encode(sha256(convert_to(bound, 'UTF8')), 'hex'), 32)::uuid;
set local session_replication_role = replica;
delete from auth.attempts; delete from auth.credentials; delete from auth.factors; delete from auth.mails;
delete from auth.refresh_tokens; delete from auth.revocations; delete from auth.subjects; delete from app.sessions;
delete from app.keys; delete from app.invitations; delete from app.memberships; delete from app.workspaces;
delete from app.users;
insert into app.users (id, name) values
  ('<ada>', 'ada'), ('<bob>', 'bob'), ('<fay>', 'fay'), ('<una>', 'una'), ('<eve>', 'eve'), ('<tim>', 'tim');
insert into auth.credentials (user_id, email, password_hash) values
  ('<ada>', 'ada@x.org', 'pw'), ('<bob>', 'bob@x.org', 'pw'), ('<fay>', 'fay@x.org', 'pw'),
  ('<una>', 'una@x.org', 'pw'), ('<eve>', 'eve@x.org', 'pw');
update auth.credentials set unverified = true where user_id = '<una>';
update auth.credentials set disabled_at = now() where user_id = '<eve>';
insert into auth.factors (user_id, secret, kind, confirmed, last_step) values
  ('<fay>', sha256('fay'), 'totp', true, 5), ('<fay>', sha256('recovery'), 'recovery', false, 0),
  ('<una>', sha256('una'), 'totp', false, 0),
  ('<eve>', sha256('eve'), 'totp', true, 5), ('<eve>', sha256('recovery'), 'recovery', false, 0);
insert into app.sessions (id, owner_id, expires_at) values ('<hers>', '<ada>', now() + interval '1 day'),
  ('<lapsed>', '<ada>', now() - interval '1 day'), ('<another>', '<ada>', now() + interval '1 day'),
  ('<bobs>', '<bob>', now() + interval '1 day');
insert into auth.refresh_tokens (owner_id, session_id, token_hash, used_at)
  select owner_id, id, hash, used from app.sessions, (values (sha256('a'), null), (sha256('copied'), now() - interval '1 minute'),
    (sha256('old'), now() - interval '8 days'), (sha256('again'), now() - interval '1 second')) token (hash, used);
insert into auth.refresh_tokens (owner_id, session_id, token_hash) values ('<ada>', '<hers>', sha256('hers alone'));
insert into auth.revocations (session_id, created_at) values ('<new>', now() - interval '1 hour'),
  ('<tim>', now() - interval '3 days'), (pg_temp.named('https://issuer back'), now() - interval '1 hour');
insert into auth.subjects (id, user_id, issuer, subject, disabled_at)
  select pg_temp.named(issuer || ' ' || subject), whose::uuid, issuer, subject, disabled from (values
    ('<fay>', 'https://issuer', 'fay', null), ('<bob>', 'https://issuer', 'bob', null),
    ('<eve>', 'https://issuer', 'eve', now()), ('<una>', 'https://another', 'fay', null)) s (whose, issuer, subject, disabled);
insert into auth.mails (token_hash, kind, address, user_id, stands, created_at, expires_at)
  select sha256(token::bytea), kind, address, whose::uuid, auth.stands(password, email), now() - age::interval, now() + life::interval
  from (values
    ('reset', 'reset', 'ada@x.org', '<ada>', 'pw', 'ada@x.org', '0', '1 hour'),
    ('late', 'reset', 'ada@x.org', '<ada>', 'pw', 'ada@x.org', '0', '-1 hour'),
    ('void', 'reset', 'ada@x.org', '<ada>', 'before', 'ada@x.org', '0', '1 hour'),
    ('verify', 'verify', 'una@x.org', '<una>', 'pw', 'una@x.org', '0', '1 hour'),
    ('known', 'known', 'bob@x.org', '<bob>', 'pw', 'bob@x.org', '0', '1 hour'),
    ('change', 'change', 'new@x.org', '<ada>', 'pw', 'ada@x.org', '0', '1 hour'),
    ('late-change', 'change', 'new@x.org', '<ada>', 'pw', 'ada@x.org', '0', '-1 hour'),
    ('told', 'changed', 'ada@x.org', '<ada>', 'pw', 'ada@x.org', '0', '1 hour'),
    ('m1', 'reset', 'bob@x.org', '<bob>', 'pw', 'bob@x.org', '0', '1 hour'),
    ('m2', 'reset', 'bob@x.org', '<bob>', 'pw', 'bob@x.org', '0', '1 hour'),
    ('m3', 'reset', 'fay@x.org', '<fay>', 'pw', 'fay@x.org', '2 hours', '1 hour'),
    ('m4', 'reset', 'fay@x.org', '<fay>', 'pw', 'fay@x.org', '2 hours', '1 hour'),
    ('m5', 'reset', 'fay@x.org', '<fay>', 'pw', 'fay@x.org', '2 hours', '1 hour'))
  m (token, kind, address, whose, password, email, age, life);
insert into auth.mails (id, kind, address, user_id, due_at, claimed_at, sent_at, expires_at) values
  ('<due>', 'known', 'fay@x.org', '<fay>', now(), null, null, now() + interval '1 hour'),
  ('<taken>', 'known', 'una@x.org', '<una>', null, now(), null, now() + interval '1 hour'),
  ('<sent>', 'known', 'una@x.org', '<una>', null, now(), now(), now() + interval '1 hour'),
  ('<stale>', 'known', 'eve@x.org', '<eve>', now(), null, null, now() - interval '1 hour'),
  (app.uuidv7(), 'known', 'eve@x.org', '<eve>', now() + interval '1 minute', null, null, now() + interval '1 hour'),
  (app.uuidv7(), 'known', 'tim@x.org', '<tim>', null, null, null, now() - interval '8 days');
insert into app.workspaces (id, name, deleted_at) values ('<work>', 'work', null), ('<bin>', 'bin', now());
insert into app.memberships (workspace_id, user_id, role) values ('<work>', '<ada>', 'owner'), ('<bin>', '<ada>', 'owner');
insert into app.invitations (id, workspace_id, role, token_hash, expires_at, accepted_at, created_by) values
  ('<open>', '<work>', 'viewer', sha256('open'), now() + interval '1 day', null, '<ada>'),
  ('<late>', '<work>', 'viewer', sha256('late'), now() - interval '1 day', null, '<ada>'),
  ('<used>', '<work>', 'viewer', sha256('used'), now() + interval '1 day', now(), '<ada>'),
  ('<orphan>', '<work>', 'viewer', sha256('orphan'), now() + interval '1 day', null, null),
  ('<binned>', '<bin>', 'viewer', sha256('binned'), now() + interval '1 day', null, '<ada>');
insert into app.keys (id, owner_id, name, secret_hash, expires_at, disabled_at, read_only) values
  ('<her-key>', '<ada>', 'k', sha256('key'), now() + interval '1 day', null, true),
  ('<old-key>', '<ada>', 'k', sha256('old'), now(), null, false),
  ('<stopped-key>', '<ada>', 'k', sha256('stopped'), now() + interval '1 day', now(), false),
  ('<bobs-key>', '<bob>', 'k', sha256('bob'), now() + interval '1 day', null, false);
insert into auth.attempts (bucket, account, failures, expires_at) values
  (sha256(sha256('address ada@x.org') || sha256('here')), sha256('address ada@x.org'), 3, now() + interval '1 hour'),
  (sha256(sha256('address bob@x.org') || sha256('here')), sha256('address bob@x.org'), 3, now() - interval '1 hour'),
  (sha256('address ada@x.org'), sha256('address ada@x.org'), 3, now() + interval '1 hour'),
  (sha256('address fay@x.org'), sha256('address fay@x.org'), 9, now() + interval '1 hour'),
  (sha256('busy'), null, 9, now() + interval '1 hour'), (sha256('calm'), null, 9, now() - interval '1 hour');
set constraints all immediate;
set local session_replication_role = origin;
