-- touch: updated_at, updated_by and version are the database's.
create trigger touch before update on {table} for each row execute function app.touch();
