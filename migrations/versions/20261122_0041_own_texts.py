"""a creditor's own words for messages, in versions; each message remembers which version wrote it"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "own_texts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("segment", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("number", _ID, nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("second", sa.JSON(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("made_by", _ID, nullable=True),
        sa.Column("set_aside_at", _AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_own_texts"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_own_texts_creditor_id"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_own_texts_creditor_id_id"),
        sa.UniqueConstraint(
            "creditor_id", "key", "channel", "segment", "language", "number",
            name="uq_own_texts_creditor_id_key_channel_segment_language_number",
        ),
    )  # fmt: skip
    op.add_column("messages", sa.Column("own_text_id", _ID, nullable=True))
    op.add_column("messages", sa.Column("wording", sa.String(length=1), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "wording")
    op.drop_column("messages", "own_text_id")
    op.drop_table("own_texts")
