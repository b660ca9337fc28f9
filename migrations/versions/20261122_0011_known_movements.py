"""movements that may be known already wait for a person; accounts of the creditor's besides its own"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAME_AS = "fk_bank_movements_creditor_id_same_as_id"


def upgrade() -> None:
    op.create_table(
        "own_accounts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("known_by", sa.String(length=10), nullable=False),
        sa.Column("since", portal.core.db.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_own_accounts_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_accounts")),
        sa.UniqueConstraint("creditor_id", "account", name=op.f("uq_own_accounts_creditor_id_account")),
    )
    with op.batch_alter_table("bank_movements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_key", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("same_as_id", _ID, nullable=True))
        batch_op.create_foreign_key(
            op.f(_SAME_AS), "bank_movements", ["creditor_id", "same_as_id"], ["creditor_id", "id"]
        )
        batch_op.create_index("ix_bank_movements_amount", ["creditor_id", "amount_minor", "value_on"], unique=False)
        batch_op.create_index("ix_bank_movements_returns", ["creditor_id", "returns_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("bank_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_movements_returns")
        batch_op.drop_index("ix_bank_movements_amount")
        batch_op.drop_constraint(op.f(_SAME_AS), type_="foreignkey")
        batch_op.drop_column("same_as_id")
        batch_op.drop_column("file_key")
    op.drop_table("own_accounts")
