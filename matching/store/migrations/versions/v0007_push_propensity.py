"""With which chance a posting was put into a message, and whether the plan held it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "push_items",
        sa.Column("propensity", sa.Float, comment="Chance with which it was put there; null where that is not known."),
    )
    op.add_column(
        "push_items",
        sa.Column(
            "planned",
            sa.Boolean,
            nullable=False,
            server_default=sa.true(),
            comment="The plan held it; else chance drew it.",
        ),
    )
