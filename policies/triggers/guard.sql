-- guard: a rule of this table that compares rows, as policies cannot.
create trigger {guard} before {events} on {table} for each row execute function app.{guard}();
