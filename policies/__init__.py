"""Policies: access as SQL that a person wrote, turned into entities that Alembic compares and migrates."""

from policies.compile import entities

__all__ = ["entities"]
