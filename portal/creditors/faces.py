"""How a creditor presents itself on pages and in messages."""

from dataclasses import dataclass

from portal.core import ids
from portal.creditors.models import Creditor


@dataclass(frozen=True, slots=True)
class Face:
    """The creditor as templates know it; nothing here says what anybody owes."""

    id: int
    slug: str
    name: str
    display_name: str
    phone: str | None
    email: str | None
    contact_name: str | None
    hours: str | None
    address: str | None
    vat_number: str | None
    iban: str | None
    bic: str | None
    account_holder: str | None
    language: str
    time_zone: str
    currency: str
    gate_fact: str
    transfer_days: int
    partial_payments: bool
    least_partial_minor: int
    promise_days: int
    promise_times: int
    promise_least_minor: int
    already_paid_days: int
    accent: str | None
    logo_file_id: int | None

    @property
    def logo_url(self) -> str | None:
        """Names the file too, so that it may be kept for good and another logo has another address."""
        if self.logo_file_id is None:
            return None
        return f"/brand/{ids.spell(self.id)}/logo?v={ids.spell(self.logo_file_id)}"

    @property
    def brand_css_url(self) -> str | None:
        return f"/brand/{ids.spell(self.id)}/{self.accent[1:]}.css" if self.accent else None

    @property
    def holder(self) -> str:
        """Who the bank account belongs to, as the bank knows it (rule B-38)."""
        return self.account_holder or self.name


FIELDS = tuple(Face.__slots__)
COLUMNS = tuple(getattr(Creditor, name) for name in FIELDS)


def of(creditor: Creditor) -> Face:
    return Face(*(getattr(creditor, name) for name in FIELDS))
