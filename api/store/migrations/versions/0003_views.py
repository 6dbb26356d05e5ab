"""Keep who accepted which feed's view."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of accepted views."""
    op.create_table(
        "accepted_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accepted_views"),
    )
    op.create_index("ix_accepted_views_feed_id_id", "accepted_views", ["feed_id", "id"])
