-- bin_time: the moment of binning is the database's.
create trigger bin_time before update of deleted_at on {table} for each row execute function app.bin_time();
