"""Who is owed: the tenant, how it presents itself, and its own choices."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db


class Creditor(db.Base):
    """One tenant. Its own row is not owned by a scope: it is the scope."""

    __tablename__ = "creditors"
    __table_args__ = (Index("uq_creditors_slug", "slug", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))  # the legal name, as on its invoices
    display_name: Mapped[str] = mapped_column(String(100))  # shown before the gate: no word of debt in it
    vat_number: Mapped[str | None] = mapped_column(String(20))
    iban: Mapped[str | None] = mapped_column(String(34))
    bic: Mapped[str | None] = mapped_column(String(11))
    account_holder: Mapped[str | None] = mapped_column(String(70))  # as the bank knows it (rule B-38)
    address: Mapped[str | None] = mapped_column(String(300))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    contact_name: Mapped[str | None] = mapped_column(String(100))  # the human to reach
    hours: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(10), default="it")
    time_zone: Mapped[str] = mapped_column(String(60), default="Europe/Rome")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    gate_fact: Mapped[str] = mapped_column(String(20), default="vat_or_tax_code")  # portal.debtors.facts
    default_terms_days: Mapped[int] = mapped_column(default=30)
    caring_days_before: Mapped[int] = mapped_column(default=10)
    transfer_days: Mapped[int] = mapped_column(default=5)  # how long "my transfer is on its way" calms reminders
    accent: Mapped[str | None] = mapped_column(String(7))
    logo_file_id: Mapped[int | None]
    created_at: Mapped[datetime]
