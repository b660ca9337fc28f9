"""accounts at providers that another took the place of are kept, and payments say on which they were begun"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = portal.core.db.Instant()
_IN_USE = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("method_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaced_at", _INSTANT, nullable=True))
        batch_op.drop_constraint(op.f("uq_method_accounts_creditor_id_method"), type_="unique")
    op.create_index(
        "uq_method_accounts_in_use",
        "method_accounts",
        ["creditor_id", "method"],
        unique=True,
        sqlite_where=_IN_USE,
        postgresql_where=_IN_USE,
    )
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("missing_since", _INSTANT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_payment_attempts_creditor_id_account_id"),
            "method_accounts",
            ["creditor_id", "account_id"],
            ["creditor_id", "id"],
        )
    op.execute(
        "UPDATE payment_attempts SET account_id = (SELECT method_accounts.id FROM method_accounts WHERE "
        "method_accounts.creditor_id = payment_attempts.creditor_id AND method_accounts.method = payment_attempts.method)"
    )


def downgrade() -> None:
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_payment_attempts_creditor_id_account_id"), type_="foreignkey")
        batch_op.drop_column("missing_since")
        batch_op.drop_column("account_id")
    op.drop_index("uq_method_accounts_in_use", table_name="method_accounts")
    # Only one account a method can be told apart again: those that were kept go, with what is sealed in them.
    op.execute("DELETE FROM method_accounts WHERE replaced_at IS NOT NULL")
    with op.batch_alter_table("method_accounts", schema=None) as batch_op:
        batch_op.create_unique_constraint(
            op.f("uq_method_accounts_creditor_id_method"), ["creditor_id", "method"]
        )
        batch_op.drop_column("replaced_at")
