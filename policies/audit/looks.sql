-- Looks, for whoever asks who looked.

-- Who looked through whose eyes, why, when, and until when at most; newest last. Written by `call audit.become(…)`, and never
-- changed.
create view audit.looks with (security_invoker) as
select who, whom, why, "when", until from audit.looked();
