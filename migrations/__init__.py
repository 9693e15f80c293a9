"""Migrations: one way to bring a database to this code's schema, from an empty one or from any earlier revision."""

from migrations.run import check, head, revision, upgrade

__all__ = ["check", "head", "revision", "upgrade"]
