"""Tests on a real PostgreSQL, as the roles that requests really have."""
