"""The HTTP API: no SQL text, no ownership filter, no commit; Postgres decides what a request sees."""
