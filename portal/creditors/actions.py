"""Adding a creditor and changing how it presents itself."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.core import banking, clock, db, events, ids
from portal.core.errors import Invalid
from portal.core.text import t
from portal.creditors import events as happened
from portal.creditors import queries, rules
from portal.creditors.models import Creditor

FORMER_EMAIL_DAYS = timedelta(days=30)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?", re.ASCII)


def add(slug: str, name: str, **values: Any) -> Creditor:
    """A new creditor; `values` are columns of Creditor. Raises Invalid with what to mend."""
    if not _SLUG.fullmatch(slug):
        raise Invalid(t("A short name has small letters, digits and dashes only, for example rossi-impianti."))
    if queries.by_slug(slug) is not None:
        raise Invalid(t("There is a creditor called %(slug)s already.", slug=slug))
    values = _checked({"name": name, "display_name": name, **values})
    creditor = Creditor(id=ids.new_id(), slug=slug, created_at=clock.now(), **values)
    db.session().add(creditor)
    db.session().flush()
    return creditor


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept; raises Invalid for the first that cannot be."""
    kept = dict(values)
    if kept.get("iban"):
        wrong = banking.why_not_iban(kept["iban"])
        if wrong is not None:
            raise Invalid(wrong)
        kept["iban"] = banking.normalise_iban(kept["iban"])
    if kept.get("bic"):
        if not banking.is_bic(kept["bic"]):
            raise Invalid(t("This is no BIC: it has 8 or 11 letters and digits, like UNCRITMM."))
        kept["bic"] = banking.normalise_bic(kept["bic"])
    if "display_name" in kept:
        _check_display_name(kept["display_name"])
    for name, value in kept.items():
        most = getattr(getattr(Creditor, name).type, "length", None)
        if most is not None and value is not None and len(value) > most:
            raise Invalid(t("“%(value)s…” is too long: at most %(most)s characters.", value=value[:20], most=most))
    return kept


def _check_display_name(name: str | None) -> None:
    wrong = rules.why_not_display_name(name or "")
    if wrong is not None:
        raise Invalid(wrong)


# What the creditor's own people may change on a page; the account that money goes to is not among it (rule A-66).
CHANGEABLE = frozenset(
    {
        "display_name", "phone", "email", "contact_name", "hours", "gate_fact",
        "default_terms_days", "transfer_days", "partial_payments", "least_partial_minor", "overpayments_kept",
        "promise_days", "promise_times", "promise_least_minor", "already_paid_days", "post_days",
        "accent", "logo_file_id",
    }
)  # fmt: skip


# What only whoever runs the portal changes besides, on the command line.
OPERATORS = frozenset({"name", "vat_number", "iban", "bic", "account_holder", "address", "language"})
_NEVER_EMPTY = frozenset({"name", "display_name", "language"})


def change_as_operator(creditor: Creditor, values: Mapping[str, Any]) -> tuple[str, ...]:
    """As change_settings, the account and the legal name too; an empty string takes a value away.

    Raises Invalid with what to mend.
    """
    if not (CHANGEABLE | OPERATORS).issuperset(values):
        raise ValueError(f"not to be changed here: {sorted(set(values) - CHANGEABLE - OPERATORS)}")
    empty = sorted(name for name in _NEVER_EMPTY & set(values) if not values[name])
    if empty:
        raise Invalid(t("A creditor cannot be without this: %(what)s.", what=", ".join(empty)))
    return _write(creditor, _checked({name: None if value == "" else value for name, value in values.items()}))


def change_settings(creditor: Creditor, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Writes the settings that differ and says which; raises ValueError for one that no page may change.

    Raises Invalid for a display name that speaks of debts.
    """
    if not CHANGEABLE.issuperset(values):
        raise ValueError(f"not to be changed here: {sorted(set(values) - CHANGEABLE)}")
    if "display_name" in values:
        _check_display_name(values["display_name"])
    return _write(creditor, values)


def _write(creditor: Creditor, values: Mapping[str, Any]) -> tuple[str, ...]:
    changed = tuple(sorted(name for name, value in values.items() if getattr(creditor, name) != value))
    if "email" in changed:
        _keep_former_email(creditor)
    for name in changed:
        setattr(creditor, name, values[name])
    if changed:
        events.record(happened.CreditorChanged(creditor_id=creditor.id, fields=changed))
    return changed


def _keep_former_email(creditor: Creditor) -> None:
    """The address that was there before the first change of these weeks: who takes over hides nothing by two."""
    now = clock.now()
    if creditor.email_changed_at is None or creditor.email_changed_at <= now - FORMER_EMAIL_DAYS:
        creditor.former_email = creditor.email
    creditor.email_changed_at = now


def contact_addresses(creditor: Creditor) -> list[str]:
    """Where the creditor is told of what is grave: its contact address, and the one that was it until lately."""
    changed_at = creditor.email_changed_at
    lately = changed_at is not None and changed_at > clock.now() - FORMER_EMAIL_DAYS
    found = (creditor.former_email if lately else None, creditor.email)
    return list(dict.fromkeys(address for address in found if address))


def put_account(creditor: Creditor, *, iban: str, bic: str | None, holder: str) -> tuple[str, ...]:
    """Where money goes from now on. Only for what four eyes have seen (portal.people.account_changes), and for
    whoever runs the portal. Says which fields were different; raises Invalid for an account that is none.
    """
    wrong = rules.why_not_account(iban, bic, holder)
    if wrong:
        raise Invalid(next(iter(wrong.values())))
    values = {
        "iban": banking.normalise_iban(iban),
        "bic": banking.normalise_bic(bic) if bic else None,
        "account_holder": holder,
    }
    changed = tuple(sorted(name for name, value in values.items() if getattr(creditor, name) != value))
    for name in changed:
        setattr(creditor, name, values[name])
    if changed:
        events.record(happened.CreditorChanged(creditor_id=creditor.id, fields=changed))
    return changed
