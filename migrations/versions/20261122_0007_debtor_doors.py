"""one-time codes, typed codes, handed-over links, contact changes"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("debtors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preferred_channel", sa.String(length=10), nullable=True))
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.add_column(sa.Column("codes_from", portal.core.db.Instant(), nullable=True))
        batch_op.add_column(sa.Column("colleague", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("access_links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("from_link_id", _ID, nullable=True))
        batch_op.create_index("ix_access_links_from", ["creditor_id", "from_link_id"], unique=False)

    op.create_table(
        "step_ups",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("visit_id", _ID, nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("terms_text", sa.Text(), nullable=False),
        sa.Column("terms_sha256", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("signer_name", sa.String(length=120), nullable=True),
        sa.Column("signer_role", sa.String(length=30), nullable=True),
        sa.Column("statement", sa.String(length=300), nullable=True),
        sa.Column("contact_point_id", _ID, nullable=True),
        sa.Column("same_channel", sa.Boolean(), nullable=False),
        sa.Column("asked_at", portal.core.db.Instant(), nullable=True),
        sa.Column("code_salt", sa.String(length=32), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("code_made_at", portal.core.db.Instant(), nullable=True),
        sa.Column("tries", _ID, nullable=False),
        sa.Column("wrong_at", portal.core.db.Instant(), nullable=True),
        sa.Column("proved_at", portal.core.db.Instant(), nullable=True),
        sa.Column("why", sa.String(length=30), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", portal.core.db.Instant(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_step_ups_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_step_ups_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "visit_id"],
            ["visits.creditor_id", "visits.id"],
            name=op.f("fk_step_ups_creditor_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "contact_point_id"],
            ["contact_points.creditor_id", "contact_points.id"],
            name=op.f("fk_step_ups_creditor_id_contact_point_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_ups")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_step_ups_creditor_id_id")),
    )
    with op.batch_alter_table("step_ups", schema=None) as batch_op:
        batch_op.create_index("ix_step_ups_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_step_ups_status", ["creditor_id", "status", "id"], unique=False)

    op.create_table(
        "door_policies",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("no_other_channel", sa.String(length=10), nullable=False),
        sa.Column("hand_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_door_policies_creditor_id")),
        sa.PrimaryKeyConstraint("creditor_id", name=op.f("pk_door_policies")),
    )

    op.create_table(
        "typed_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("link_id", _ID, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_typed_codes_creditor_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_typed_codes")),
    )
    with op.batch_alter_table("typed_codes", schema=None) as batch_op:
        batch_op.create_index("ix_typed_codes_link", ["link_id"], unique=False)


def downgrade() -> None:
    op.drop_table("typed_codes")
    op.drop_table("door_policies")
    op.drop_table("step_ups")
    with op.batch_alter_table("access_links", schema=None) as batch_op:
        batch_op.drop_index("ix_access_links_from")
        batch_op.drop_column("from_link_id")
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.drop_column("colleague")
        batch_op.drop_column("codes_from")
    with op.batch_alter_table("debtors", schema=None) as batch_op:
        batch_op.drop_column("preferred_channel")
