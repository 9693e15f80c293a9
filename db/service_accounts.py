"""Statements about a service account that a path names: which there are for the caller, and what they may, policies decide."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Select, delete, insert, literal, select
from sqlmodel import col

from db.models.keys import Key
from db.models.memberships import Membership


def ended(account: UUID) -> Delete:
    """It with its membership, which is what keeps it; a person who has this id is none."""
    return delete(Membership).where(col(Membership.user_id) == account, col(Membership.service))


def keys_of(account: UUID, columns: list[Any]) -> Select[Any]:
    """Its keys, newest first."""
    return select(*columns).where(col(Key.owner_id) == account).order_by(col(Key.id).desc())


def new_key(account: UUID, values: Mapping[str, Any]) -> Insert:
    """A key of it, for the workspace that it belongs to; of nobody where it is no service account that the caller sees."""
    whose = select(col(Membership.user_id), col(Membership.workspace_id), *(literal(value) for value in values.values())).where(
        col(Membership.user_id) == account, col(Membership.service)
    )
    return insert(Key).from_select(["owner_id", "only_workspace_id", *values], whose)


def key_gone(account: UUID, key: UUID) -> Delete:
    """One of its keys, revoked."""
    return delete(Key).where(col(Key.id) == key, col(Key.owner_id) == account)
