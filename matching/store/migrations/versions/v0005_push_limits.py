"""A campaign of the push has limits of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column(
        "push_campaigns",
        sa.Column(
            "limits",
            sa.Text,
            nullable=False,
            server_default="{}",
            comment="JSON: its own limits, in place of settings'.",
        ),
    )
