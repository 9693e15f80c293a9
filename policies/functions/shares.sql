-- Shares: what every table of shares has in common.

-- shown_token: the hash of the token that this transaction shows, null where it shows none. A setting, so that policies
-- compare it: whoever sets it by hand needs the token, and with the token may accept anyway.
create function app.shown_token() returns bytea language sql stable parallel restricted
return sha256(convert_to(nullif(current_setting('app.shown_token', true), ''), 'UTF8'));
