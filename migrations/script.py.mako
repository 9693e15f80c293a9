"""${message}.

Access: say in words who gains or loses what.
"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# The oldest code revision that still works on this schema; set it when a revision takes something away from old code.
serves = ${repr(up_revision) if down_revision is None else None}

# What `make lint` finds in this revision and may stay: the rule, and why.
argued: dict[str, str] = {}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
