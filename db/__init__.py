"""The database: models, and the one way to reach Postgres."""
