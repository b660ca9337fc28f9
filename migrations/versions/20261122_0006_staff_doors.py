"""second factors, sessions, organisations and mandates, changes that wait for a second person"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, portal.core.db.Instant(), nullable=nullable)


def _reference(name: str, table: str, target: str, local: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([local], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    _agencies()
    _people()
    _second_factors()
    _accounts()


def _agencies() -> None:
    op.create_table(
        "organisations",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("vat_number", sa.String(length=20), nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("vat_number", name=op.f("uq_organisations_vat_number")),
    )
    op.create_table(
        "mandates",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("everyone", sa.Boolean(), nullable=False),
        _instant("from_at"),
        _instant("until_at", nullable=True),
        sa.Column("made_by", _ID, nullable=False),
        _instant("made_at"),
        _instant("ended_at", nullable=True),
        _reference("creditor_id", "mandates", "creditors", "creditor_id"),
        _reference("organisation_id", "mandates", "organisations", "organisation_id"),
        _reference("made_by", "mandates", "staff", "made_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandates")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_mandates_creditor_id_id")),
    )
    op.create_index("ix_mandates_creditor", "mandates", ["creditor_id", "organisation_id"], unique=False)
    op.create_table(
        "mandate_debtors",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("mandate_id", _ID, autoincrement=False, nullable=False),
        sa.Column("debtor_id", _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id", "mandate_id"],
            ["mandates.creditor_id", "mandates.id"],
            name=op.f("fk_mandate_debtors_creditor_id_mandate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_mandate_debtors_creditor_id_debtor_id"),
        ),
        sa.PrimaryKeyConstraint("mandate_id", "debtor_id", name=op.f("pk_mandate_debtors")),
    )
    op.create_index("ix_mandate_debtors_debtor", "mandate_debtors", ["creditor_id", "debtor_id"], unique=False)


def _people() -> None:
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("organisation_id", _ID, nullable=True))
        batch_op.add_column(_instant("role_since", nullable=True))
        batch_op.add_column(sa.Column("role_by", _ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_memberships_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_foreign_key(op.f("fk_memberships_role_by"), "staff", ["role_by"], ["id"])
    op.execute("UPDATE memberships SET role_since = since")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.alter_column("role_since", existing_type=portal.core.db.Instant(), nullable=False)
    # The addresses that were given out under the hash open nothing any more: the open ones are taken back.
    op.execute("UPDATE invitations SET withdrawn_at = made_at WHERE accepted_at IS NULL AND withdrawn_at IS NULL")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_invitations_secret_hash"), type_="unique")
        batch_op.drop_column("secret_hash")
        batch_op.add_column(sa.Column("organisation_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("made_by", _ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_invitations_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_foreign_key(op.f("fk_invitations_made_by"), "staff", ["made_by"], ["id"])
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.add_column(_instant("proved_at", nullable=True))
        batch_op.add_column(sa.Column("waits_for_code", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("code_tries", _ID, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("held_path", sa.String(length=400), nullable=True))
        batch_op.add_column(sa.Column("held_form", sa.Text(), nullable=True))
        batch_op.add_column(_instant("held_at", nullable=True))
    op.execute("UPDATE staff_sessions SET proved_at = started_at")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        batch_op.alter_column("proved_at", existing_type=portal.core.db.Instant(), nullable=False)
    op.create_table(
        "staff_mails",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("staff_id", _ID, nullable=True),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("about_id", _ID, nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        _instant("planned_at"),
        _instant("sent_at", nullable=True),
        _instant("failed_at", nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        _reference("creditor_id", "staff_mails", "creditors", "creditor_id"),
        _reference("staff_id", "staff_mails", "staff", "staff_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_mails")),
    )
    op.create_index("ix_staff_mails_about", "staff_mails", ["creditor_id", "about_id"], unique=False)


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("staff_id", _ID, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.String(length=300), nullable=True),
        _instant("confirmed_at", nullable=True),
        sa.Column("last_step", _ID, nullable=True),
        sa.Column("pending_sealed", sa.String(length=300), nullable=True),
        _instant("pending_at", nullable=True),
        _reference("staff_id", "second_factors", "staff", "staff_id"),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("place", _ID, nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        _instant("used_at", nullable=True),
        _reference("staff_id", "recovery_codes", "staff", "staff_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("staff_id", "place", name=op.f("uq_recovery_codes_staff_id_place")),
    )
    op.create_table(
        "second_factor_resets",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("by_staff_id", _ID, nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        _instant("at"),
        _reference("creditor_id", "second_factor_resets", "creditors", "creditor_id"),
        _reference("staff_id", "second_factor_resets", "staff", "staff_id"),
        _reference("by_staff_id", "second_factor_resets", "staff", "by_staff_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor_resets")),
    )


def _accounts() -> None:
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former_email", sa.String(length=254), nullable=True))
        batch_op.add_column(_instant("email_changed_at", nullable=True))
    op.create_table(
        "account_changes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("bic", sa.String(length=11), nullable=True),
        sa.Column("holder", sa.String(length=70), nullable=False),
        sa.Column("told", sa.String(length=520), nullable=False),
        sa.Column("asked_by", _ID, nullable=False),
        _instant("asked_at"),
        sa.Column("approved_by", _ID, nullable=True),
        _instant("approved_at", nullable=True),
        _instant("effective_at", nullable=True),
        sa.Column("closed_by", _ID, nullable=True),
        sa.Column("why", sa.String(length=40), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        _instant("status_at"),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("asked_by <> approved_by", name=op.f("ck_account_changes_four_eyes")),
        _reference("creditor_id", "account_changes", "creditors", "creditor_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_changes")),
    )
    op.create_index("ix_account_changes_creditor", "account_changes", ["creditor_id", "id"], unique=False)
    op.create_index(
        "uq_account_changes_open",
        "account_changes",
        ["creditor_id"],
        unique=True,
        sqlite_where=sa.text("is_open"),
        postgresql_where=sa.text("is_open"),
    )


def downgrade() -> None:
    for table in ("account_changes", "second_factor_resets", "recovery_codes", "second_factors", "staff_mails"):
        op.drop_table(table)
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        batch_op.drop_column("email_changed_at")
        batch_op.drop_column("former_email")
    with op.batch_alter_table("staff_sessions", schema=None) as batch_op:
        for column in ("held_at", "held_form", "held_path", "code_tries", "waits_for_code", "proved_at"):
            batch_op.drop_column(column)
    op.execute("DELETE FROM invitations")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_invitations_made_by"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_invitations_organisation_id"), type_="foreignkey")
        batch_op.drop_column("made_by")
        batch_op.drop_column("organisation_id")
        batch_op.add_column(sa.Column("secret_hash", sa.String(length=64), nullable=False))
        batch_op.create_unique_constraint(op.f("uq_invitations_secret_hash"), ["secret_hash"])
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_memberships_role_by"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_memberships_organisation_id"), type_="foreignkey")
        batch_op.drop_column("role_by")
        batch_op.drop_column("role_since")
        batch_op.drop_column("organisation_id")
    for table in ("mandate_debtors", "mandates", "organisations"):
        op.drop_table(table)
