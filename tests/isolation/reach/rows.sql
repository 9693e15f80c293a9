-- Rows that differ in one thing each, so that a call finds the one and not the other; <ada> stands for an id.
create function pg_temp.named(bound text) returns uuid language sql
return left(encode(sha256(convert_to(bound, 'UTF8')), 'hex'), 32)::uuid;
set local session_replication_role = replica;
delete from auth.attempts; delete from auth.credentials; delete from auth.factors; delete from auth.mails;
delete from auth.refresh_tokens; delete from auth.revocations; delete from auth.subjects; delete from app.sessions;
delete from app.keys; delete from app.invitations; delete from app.memberships; delete from app.workspaces;
delete from app.users; delete from app.note_shares; delete from app.notes; delete from app.comments; delete from app.tasks;
delete from app.projects;
insert into app.users (id, name) values
  ('<ada>', 'ada'), ('<bob>', 'bob'), ('<fay>', 'fay'), ('<una>', 'una'), ('<eve>', 'eve'), ('<tim>', 'tim');
insert into auth.credentials (user_id, email, password_hash) values
  ('<fay>', 'fay@x.org', 'pw'), ('<bob>', 'bob@x.org', 'pw'), ('<ada>', 'ada@x.org', 'pw'),
  ('<una>', 'una@x.org', 'pw'), ('<eve>', 'eve@x.org', 'eves');
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
    (sha256('old'), now() - interval '8 days'), (sha256('again'), now() + interval '1 minute')) token (hash, used);
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
insert into auth.mails (kind, address, user_id)
  select 'invitation', 'guest' || i || '@x.org', '<fay>'::uuid from generate_series(1, 3) i;
-- In work ada is the only owner, in pair she and una are, solo is fay's alone, bin is binned, left has lost its owner.
insert into app.workspaces (id, name, deleted_at) values ('<work>', 'work', null), ('<pair>', 'pair', null),
  ('<solo>', 'solo', null), ('<bin>', 'bin', now()), ('<left>', 'left', null);
insert into app.memberships (id, workspace_id, user_id, role, created_by) values
  ('<ada-in-work>', '<work>', '<ada>', 'owner', '<ada>'), ('<bob-in-work>', '<work>', '<bob>', 'editor', '<ada>'),
  ('<eve-in-work>', '<work>', '<eve>', 'admin', '<ada>'), ('<tim-in-work>', '<work>', '<tim>', 'viewer', '<ada>'),
  ('<ada-in-pair>', '<pair>', '<ada>', 'owner', '<ada>'), ('<una-in-pair>', '<pair>', '<una>', 'owner', '<ada>'),
  ('<eve-in-pair>', '<pair>', '<eve>', 'viewer', '<ada>'), ('<tim-in-pair>', '<pair>', '<tim>', 'viewer', '<ada>'), ('<bob-in-pair>', '<pair>', '<bob>', 'admin', '<ada>'),
  ('<fay-in-solo>', '<solo>', '<fay>', 'owner', '<fay>'), ('<ada-in-bin>', '<bin>', '<ada>', 'owner', '<ada>'),
  ('<tim-in-left>', '<left>', '<tim>', 'viewer', null), ('<bob-in-left>', '<left>', '<bob>', 'viewer', null);
insert into app.users (id, name, service) values ('<bot>', 'bot', true), ('<robot>', 'robot', true);
insert into app.memberships (id, workspace_id, user_id, role, service) values ('<bot-in-work>', '<work>', '<bot>', 'editor', true),
  ('<robot-in-solo>', '<solo>', '<robot>', 'admin', true);
insert into app.invitations (id, workspace_id, role, token_hash, expires_at, accepted_at, created_by)
  select id::uuid, place::uuid, role, sha256(token::bytea), now() + life::interval, used::timestamptz, whose::uuid from (values
    ('<open>', '<work>', 'viewer', 'open', '1 day', null, '<ada>'), ('<late>', '<work>', 'viewer', 'late', '-1 day', null, '<ada>'),
    ('<used>', '<work>', 'viewer', 'used', '1 day', 'now', '<ada>'), ('<orphan>', '<work>', 'viewer', 'orphan', '1 day', null, null),
    ('<binned>', '<bin>', 'viewer', 'binned', '1 day', null, '<ada>'), ('<eves>', '<work>', 'editor', 'e', '1 day', null, '<eve>'),
    ('<eves-used>', '<work>', 'editor', 'eu', '1 day', 'now', '<eve>'), ('<bobs-in-pair>', '<pair>', 'viewer', 'b', '1 day', null, '<bob>'),
    ('<unas-owner>', '<pair>', 'owner', 'u', '1 day', null, '<una>'), ('<unas-viewer>', '<pair>', 'viewer', 'uv', '1 day', null, '<una>'),
    ('<in-solo>', '<solo>', 'viewer', 's', '1 day', null, '<fay>')) i (id, place, role, token, life, used, whose);
insert into app.projects (id, workspace_id, name, deleted_at, created_by) values ('<project>', '<work>', 'p', null, '<bob>'),
  ('<binned-project>', '<work>', 'p', 'yesterday', '<bob>'), ('<other-project>', '<pair>', 'p', null, '<una>'),
  ('<solo-project>', '<solo>', 'p', null, '<fay>'), ('<project-in-bin>', '<bin>', 'p', null, '<ada>');
insert into app.tasks (id, workspace_id, project_id, title, deleted_at, created_by)
  select id::uuid, place::uuid, project::uuid, 't', gone::timestamptz, whose::uuid from (values
    ('<task>', '<work>', '<project>', null, '<bob>'), ('<binned-task>', '<work>', '<project>', 'yesterday', '<bob>'),
    ('<task-gone-along>', '<work>', '<binned-project>', 'yesterday', '<bob>'),
    ('<task-gone-before>', '<work>', '<binned-project>', '2000-01-03', '<bob>'),
    ('<stray-task>', '<pair>', '<project>', null, '<bob>'), -- no key would take it
    ('<other-task>', '<pair>', '<other-project>', null, '<una>'), ('<solo-task>', '<solo>', '<solo-project>', null, '<fay>'))
  t (id, place, project, gone, whose);
insert into app.comments (id, workspace_id, task_id, body, deleted_at, created_by)
  select id::uuid, place::uuid, task::uuid, 'c', gone::timestamptz, whose::uuid from (values
    ('<comment>', '<work>', '<task>', null, '<bob>'), ('<binned-comment>', '<work>', '<task>', 'yesterday', '<bob>'),
    ('<comment-gone-along>', '<work>', '<binned-task>', 'yesterday', '<bob>'),
    ('<comment-gone-before>', '<work>', '<binned-task>', '2000-01-03', '<bob>'),
    ('<stray-comment>', '<pair>', '<task>', null, '<bob>'), -- no key would take it
    ('<solo-comment>', '<solo>', '<solo-task>', null, '<fay>')) c (id, place, task, gone, whose);
insert into app.notes (id, owner_id, title, created_by, updated_by, deleted_at) values ('<note>', '<ada>', 'n', '<ada>', '<ada>', null),
  ('<another-note>', '<ada>', 'n', '<ada>', '<ada>', null), ('<binned-note>', '<ada>', 'n', '<ada>', '<ada>', now()),
  ('<una-s-note>', '<una>', 'n', '<una>', '<una>', null);
insert into app.note_shares (id, owner_id, note_id, role, user_id, token_hash, expires_at, created_at)
  select id::uuid, owner::uuid, note::uuid, role, whose::uuid, sha256(token::bytea), now() + life::interval, now() - age::interval
  from (values
    ('<offer>', '<ada>', '<note>', 'writer', null, 'offer', null, '1 day'), ('<ended-offer>', '<ada>', '<note>', 'writer', null, 'ended', '-1 day', '2 days'),
    ('<old-offer>', '<ada>', '<note>', 'writer', null, 'old', null, '8 days'), ('<una-s-offer>', '<una>', '<una-s-note>', 'reader', null, 'una', null, '1 day'),
    ('<bob-reads>', '<ada>', '<note>', 'reader', '<bob>', null, null, '1 day'), ('<bob-writes>', '<ada>', '<another-note>', 'writer', '<bob>', null, null, '1 day'),
    ('<fay-wrote>', '<ada>', '<note>', 'writer', '<fay>', null, '-1 minute', '1 day'), ('<eve-writes>', '<ada>', '<note>', 'writer', '<eve>', null, '1 day', '1 day'))
  s (id, owner, note, role, whose, token, life, age);
insert into app.keys (id, owner_id, name, secret_hash, expires_at, disabled_at, read_only) values
  ('<her-key>', '<ada>', 'k', sha256('key'), now() + interval '1 day', null, true),
  ('<old-key>', '<ada>', 'k', sha256('old'), now(), null, false),
  ('<stopped-key>', '<ada>', 'k', sha256('stopped'), now() + interval '1 day', now(), false),
  ('<bobs-key>', '<bob>', 'k', sha256('bob'), now() + interval '1 day', null, false),
  ('<fays-key>', '<fay>', 'k', sha256('fay'), now() + interval '1 day', null, false);
insert into app.keys (id, owner_id, name, secret_hash, expires_at, only_workspace_id) values
  ('<bots-key>', '<bot>', 'k', sha256('bot'), now() + interval '1 day', '<work>'),
  ('<robots-key>', '<robot>', 'k', sha256('robot'), now() + interval '1 day', '<solo>');
insert into auth.attempts (bucket, failures, expires_at) values (sha256('busy'), 20, now() + interval '1 hour'),
  (sha256('calm'), 20, now() - interval '1 hour');
insert into auth.attempts (bucket, account, failures, expires_at)
  select case when place = '' then sha256(whose::bytea) else sha256(sha256(whose::bytea) || sha256(place::bytea)) end,
    sha256(whose::bytea), failures, now() + life::interval from (values
    ('address ada@x.org', 'here', 3, '1 hour'), ('address ada@x.org', '', 3, '1 hour'), ('address bob@x.org', 'here', 3, '-1 hour'),
    ('address fay@x.org', 'here', 2, '1 hour'), ('address fay@x.org', '', 12, '1 hour'), ('address una@x.org', 'here', 2, '1 hour'))
  a (whose, place, failures, life);
set constraints all immediate;
set local session_replication_role = origin;
