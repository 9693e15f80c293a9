-- append_only: what is written stays as it is, for the table's owner too; only who drops the trigger gets around it.
create trigger append_only before update or delete or truncate on {table} for each statement execute function app.append_only();
