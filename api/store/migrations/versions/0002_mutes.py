"""Keep muted places, and how the place of an incident looks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of mutes, and box and look to incidents."""
    op.add_column("incidents", sa.Column("box", sa.JSON(), nullable=True))
    op.add_column("incidents", sa.Column("look", sa.Text(), nullable=True))
    op.create_table(
        "mutes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("unlike", sa.Float(), nullable=True),
        sa.Column("unlike_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grounds", sa.JSON(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mutes"),
    )
    op.create_index("ix_mutes_state_expires_at", "mutes", ["state", "expires_at"])
    op.create_index("ix_mutes_feed_id_matter", "mutes", ["feed_id", "matter"])
