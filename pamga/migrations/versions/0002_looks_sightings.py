"""When an inbox was last looked at, and when each of its files was dropped: whoever reads it later finds it in time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("inbox", sa.Text, primary_key=True),
        sa.Column("fecha", sa.Date, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "sightings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("dropped_on", sa.Date, nullable=False),
        sa.UniqueConstraint("inbox", "path", "size", "mtime_ns", name="one_sighting_per_file"),
        if_not_exists=True,
    )


def downgrade() -> None:
    for table in ("sightings", "looks"):
        op.drop_table(table)
