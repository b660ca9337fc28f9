"""Adding a creditor and changing how it presents itself."""

import re
from collections.abc import Mapping
from typing import Any

from portal.core import banking, clock, db, events, ids
from portal.core.errors import Invalid
from portal.core.text import t
from portal.creditors import events as happened
from portal.creditors import queries, rules
from portal.creditors.models import Creditor

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", re.ASCII)


def add(slug: str, name: str, **values: Any) -> Creditor:
    """A new creditor; `values` are columns of Creditor. Raises Invalid with what to mend."""
    if not _SLUG.fullmatch(slug):
        raise Invalid(t("A short name has small letters, digits and dashes only, for example rossi-impianti."))
    if queries.by_slug(slug) is not None:
        raise Invalid(t("There is a creditor called %(slug)s already.", slug=slug))
    if values.get("iban"):
        wrong = banking.why_not_iban(values["iban"])
        if wrong is not None:
            raise Invalid(wrong)
        values["iban"] = banking.normalise_iban(values["iban"])
    values.setdefault("display_name", name)
    _check_display_name(values["display_name"])
    creditor = Creditor(id=ids.new_id(), slug=slug, name=name, created_at=clock.now(), **values)
    db.session().add(creditor)
    db.session().flush()
    return creditor


def _check_display_name(name: str | None) -> None:
    wrong = rules.why_not_display_name(name or "")
    if wrong is not None:
        raise Invalid(wrong)


# What the creditor's own people may change on a page; the account that money goes to is not among it (rule A-66).
CHANGEABLE = frozenset(
    {
        "display_name", "phone", "email", "contact_name", "hours", "gate_fact", "caring_days_before",
        "default_terms_days", "transfer_days", "accent", "logo_file_id",
    }
)  # fmt: skip


def change_settings(creditor: Creditor, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Writes the settings that differ and says which; raises ValueError for one that no page may change.

    Raises Invalid for a display name that speaks of debts.
    """
    if not CHANGEABLE.issuperset(values):
        raise ValueError(f"not to be changed here: {sorted(set(values) - CHANGEABLE)}")
    if "display_name" in values:
        _check_display_name(values["display_name"])
    changed = tuple(sorted(name for name, value in values.items() if getattr(creditor, name) != value))
    for name in changed:
        setattr(creditor, name, values[name])
    if changed:
        events.record(happened.CreditorChanged(creditor_id=creditor.id, fields=changed))
    return changed
