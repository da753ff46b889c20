"""Arrivals of dropped files, reminders sent, approvals given.

SQLite commits each table on its own: a process killed between two of them must find its way when it runs again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("inbox", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("archivo", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("dependencia", sa.Text),
        sa.Column("export", sa.Text),
        sa.Column("trimestre", sa.String(6)),
        sa.Column("version", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("refused_id", sa.String(16)),
        sa.Column("not_yet", sa.Boolean, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.UniqueConstraint("inbox", "path", "size", "mtime_ns", name="one_arrival_per_file"),
        if_not_exists=True,
    )
    op.create_table(
        "reminders",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("dependencia", sa.Text, nullable=False),
        sa.Column("asunto", sa.Text, nullable=False),
        sa.Column("fecha", sa.Date, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "approvals",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("persona", sa.Text, nullable=False),
        sa.Column("motivo", sa.Text),
        sa.Column("fecha", sa.Date, nullable=False),
        if_not_exists=True,
    )


def downgrade() -> None:
    for table in ("approvals", "reminders", "arrivals"):
        op.drop_table(table)
