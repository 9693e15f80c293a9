-- consequence: what else comes of a change of this table, once it is made.
create trigger {consequence} after {events} on {table} for each row execute function app.{consequence}();
