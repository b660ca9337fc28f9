"""The register, erasures and what is due, in words for the creditor's people."""

from typing import Any

from portal.core.events import EventRow
from portal.core.text import Text, t
from portal.privacy import rules
from portal.privacy.models import Erasure
from portal.privacy.register import Table, register
from portal.privacy.retention import Due
from portal.privacy.states import ErasureStatus
from portal.web import i18n

NAMES: dict[str, Text] = {
    "debtors": t("Who they are"),
    "contact_points": t("Addresses"),
    "payer_accounts": t("Accounts that they paid from"),
    "access_links": t("Links"),
    "gate_tries": t("Counts of wrong answers"),
    "link_traces": t("Page views and wrong answers at the door"),
    "visits": t("Visits"),
    "step_ups": t("What they confirmed with a code"),
    "messages": t("Messages"),
    "message_reports": t("What became of messages"),
    "courtesy_stops": t("Wishes to get no courtesy messages"),
    "channel_wishes": t("Ways by which they do not want to be reached"),
    "touches": t("Planned contacts"),
    "surveys": t("When they were asked how it went"),
    "survey_answers": t("How it went, as they said"),
    "survey_themes": t("What their words were about"),
    "outlooks": t("What comes next for them"),
    "cadence_pauses": t("Pauses of what goes out by itself"),
    "invoices": t("Documents"),
    "due_items": t("Due items"),
    "holds": t("Pauses"),
    "reservations": t("Payments by due item"),
    "receivables": t("What is open"),
    "credits": t("Credit"),
    "elsewhere_payments": t("Payments received elsewhere"),
    "ledger_transfers": t("Entries in the books"),
    "receipts": t("Where receipt stands"),
    "receipt_answers": t("Answers"),
    "cases": t("Questions and requests"),
    "rests": t("That it is hard to pay just now"),
    "calls": t("Calls that they booked"),
    "case_entries": t("What was written about them"),
    "disputes": t("What they contested"),
    "dispute_lines": t("Contested lines"),
    "case_files": t("Files that they sent"),
    "credits_ahead": t("Credits before their credit note"),
    "credit_covers": t("Credit notes that took their place"),
    "reasons": t("Why it was open, as they said"),
    "plans": t("Plans in instalments"),
    "plan_lines": t("What their plans are about"),
    "instalments": t("Their instalments"),
    "plan_rounds": t("What each side put forward for a plan"),
    "promises": t("Days that they named"),
    "promise_lines": t("What they promised for those days"),
    "promise_terms": t("Each day that they named"),
    "releases": t("Amounts that bring deliveries back"),
    "silences": t("When we left them alone"),
    "letters": t("Letters that went by post"),
    "limitation_restarts": t("When the time to ask counted anew"),
    "sdi_messages": t("What the tax system said of their invoices"),
    "sdi_files": t("Files in which their invoices were sent anew"),
    "credit_lines": t("How much they may owe"),
    "credit_line_changes": t("How that changed"),
    "credit_ratings": t("What others say of their credit"),
    "credit_alerts": t("Alerts about their credit"),
    "credit_decisions": t("What was decided about their credit"),
    "plan_papers": t("What was agreed on a plan, as evidence"),
    "paid_claims": t("What they said they had paid"),
    "paid_claim_items": t("What that was about"),
    "payment_attempts": t("Payments"),
    "saved_methods": t("Cards and accounts saved for instalments"),
    "auto_charges": t("Automatic payments of instalments"),
    "refunds": t("Money given back"),
    "card_disputes": t("Contested payments"),
    "transfer_notices": t("Announced transfers"),
    "overpayments": t("Paid too much"),
    "interest_waivers": t("Interest and costs that were waived"),
    "bank_movements": t("Bank movements"),
    "erasures": t("Erasures"),
    "mandate_debtors": t("Agencies that may see them"),
    "events": t("What happened, in ids and dates"),
}
PERIODS: dict[str, Text] = {
    "books": t("ten years, as the law asks"),
    "relation": t("ten years after the last entry, or until erased"),
    "traces": t("six months"),
    "visits": t("six months"),
    "links": t("90 days after they end"),
    "codes": t("24 hours"),
    "not_theirs": t("within 24 hours"),
    "messages": t("24 months"),
    "originals": t("twelve months; e-invoices as long as their invoice"),
    "reports": t("twelve months"),
    "deliveries": t("90 days"),
    "sessions": t("six months after they end"),
    "commands": t("30 days"),
    "mails": t("24 months"),
    "account": t("as long as you use the portal"),
}
_KINDS = {ErasureStatus.DONE: "good", ErasureStatus.REQUESTED: "wait", ErasureStatus.APPROVED: "wait"}


def name(table: str) -> str:
    return i18n.say(NAMES.get(table, Text(table)))


def period(key: str) -> str:
    return i18n.say(PERIODS.get(key, Text(register().periods[key].says)))


def held(found: list[tuple[Table, int]]) -> list[dict[str, str]]:
    return [{"what": name(table.name), "rows": str(rows), "kept": period(table.keep)} for table, rows in found]


def kept() -> list[str]:
    """What an erasure leaves, because the law asks for it; nobody's name is in it afterwards."""
    return [name(table.name) for table in register().of_debtors() if table.why_kept]


def erasure(row: Erasure, zone: str) -> dict[str, Any]:
    return {
        "when": i18n.moment(row.asked_at, zone),
        "what": i18n.say(rules.WHAT[row.what][0]),
        "why": i18n.say(rules.REASONS[row.why]),
        "status": row.status.label,
        "kind": _KINDS.get(row.status, "plain"),
    }


def due(one: Due) -> dict[str, str]:
    return {
        "what": i18n.say(one.kind.label),
        "kept": period(one.kind.period),
        "rows": str(one.rows),
        "due": str(one.due) if one.due else "–",
        "next": i18n.short_day(one.next_on) if one.next_on else "–",
    }


def last_run(row: EventRow | None, zone: str) -> str:
    if row is None:
        return i18n.gettext("It has not run yet.")
    when, rows = i18n.moment(row.at, zone), row.data.get("rows", 0)
    return i18n.say(t("It last ran on %(when)s: %(rows)s went.", when=when, rows=rows))
