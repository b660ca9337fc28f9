"""how often an agency contacted a person, across creditors"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "agency_contacts",
        sa.Column("organisation_id", _ID, autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("contacts", _ID, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "person", "on", name="pk_agency_contacts"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_agency_contacts_organisation_id"
        ),
    )


def downgrade() -> None:
    op.drop_table("agency_contacts")
