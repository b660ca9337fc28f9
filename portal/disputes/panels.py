"""What a dispute adds to the page of its case, for the customer and for the creditor's people."""

from typing import Any

from flask import g, url_for

from portal.cases import kinds
from portal.cases.models import Case
from portal.cases.panels import Panel
from portal.cases.states import CaseStatus
from portal.core import clock, ids
from portal.core.money import Money
from portal.core.text import Text, t
from portal.debtors.visits import current
from portal.disputes import credit_panel, presenting, queries, reasons, rules
from portal.disputes.models import Dispute
from portal.disputes.states import DisputeStatus
from portal.invoices import payable
from portal.invoices import queries as invoices
from portal.invoices.queries import Item
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.web import i18n

KIND = kinds.DISPUTE


def for_customer(case: Case) -> Panel | None:
    """What they contest and how it stands; what they may take back, ask again; and how to pay the rest."""
    dispute = queries.dispute(case.subject_id or 0)
    if dispute is None:
        return None
    visit, form = current(), g.get("dispute_form")
    items = invoices.items_of_debtor(visit.debtor_id, dispute.invoice_id, only_open=False)
    is_open = dispute.is_under_way
    why_not_again = rules.why_not_reopen(dispute.status, dispute.closed_at, dispute.reopened_at, clock.now())
    rest = _rest(items)
    return Panel(
        "disputes/debtor_panel.html",
        {
            "facts": presenting.facts(dispute, reasons.reasons(), _number(items), _lines(dispute)),
            "ended": presenting.ended(dispute, visit.creditor.display_name),
            "verdict": dispute.verdict or "",
            "steps": [i18n.say(one) for one in _steps(dispute, case, visit.creditor.display_name, rest=bool(rest))],
            "rest": i18n.money(rest) if rest is not None else "",
            "pay_url": _pay_url(items) if rest is not None else None,
            "withdraw_url": _act(dispute, "withdraw") if is_open else None,
            "again_url": _act(dispute, "ask_again") if why_not_again is None else None,
            "error_of": dict(form.errors) if form is not None else {},
            "again": form.typed.get("again", "") if form is not None else "",
        },
        None if is_open else _why_not_write(may_ask_again=why_not_again is None),
    )


def _why_not_write(*, may_ask_again: bool) -> Text:
    if may_ask_again:
        return t("If you see it differently, ask us above to look at it again.")
    return t("This is closed. For anything else please ask us anew: a person reads it.")


def _number(items: list[Item]) -> str:
    return items[0].number if items else ""


def _lines(dispute: Dispute) -> Any:
    return queries.lines(dispute.id) if dispute.about == rules.LINES else ()


def _act(dispute: Dispute, name: str) -> str:
    return url_for(f"disputes_debtor.{name}", dispute_id=dispute.id)


def _rest(items: list[Item]) -> Any:
    """What nobody contests of the invoice and can be paid now; None where that is nothing."""
    lines = payable.payable_now([item for item in items if item.is_open]).payable_lines
    return payable.rest(lines) or None


def _pay_url(items: list[Item]) -> str:
    named = [ids.spell(one.item_id) for one in items if one.is_open and one.free]
    chosen: dict[str, Any] = {"items[]": named}
    return url_for("payments_debtor.show_choices", **chosen)


def _steps(dispute: Dispute, case: Case, creditor: str, *, rest: bool) -> list[Text]:
    """What comes next, while it is under way."""
    if not dispute.is_under_way:
        return []
    zone = current().creditor.time_zone
    answer_by = i18n.day(clock.day_of(case.act_by, zone)) if case.act_by is not None else ""
    if dispute.status is DisputeStatus.INFO_REQUESTED:
        first = t("We have asked you something. Please write below, by %(day)s if you can.", day=answer_by)
    else:
        first = t("A person at %(creditor)s answers you by %(day)s.", creditor=creditor, day=answer_by)
    return [
        first,
        t("Until then nobody reminds you of what you contest."),
        *([t("The rest you can pay as always.")] if rest else []),
        t("We write to you at each step."),
    ]


def for_staff(case: Case) -> Panel | None:
    """What is contested, and the form that closes it."""
    dispute = queries.dispute(case.subject_id or 0)
    if dispute is None:
        return None
    form = g.get("dispute_form")
    typed = form.typed if form is not None else {}
    items = invoices.items_of_debtor(dispute.debtor_id, dispute.invoice_id, only_open=False)
    is_open = dispute.is_under_way
    rows = presenting.facts(dispute, reasons.reasons(), _number(items), _lines(dispute))
    rows.insert(0, (i18n.gettext("How it stands"), i18n.say(dispute.status.label)))
    if dispute.upheld_minor is not None:
        upheld = Money(dispute.upheld_minor, dispute.currency)
        rows.append((i18n.gettext("Valid of it"), i18n.money(upheld)))
    if dispute.credit:
        rows.append((i18n.gettext("Credit"), i18n.say(rules.CREDITS[dispute.credit])))
    return Panel(
        "disputes/staff_panel.html",
        {
            "facts": rows,
            "verdict": dispute.verdict or "",
            "credit": credit_panel.credit(dispute, may=person().may(Permission.ANSWER)) if not is_open else None,
            "in_doubt": credit_panel.in_doubt(dispute) if is_open else [],
            "invoice_url": url_for("invoices_creditor.show", invoice_id=dispute.invoice_id),
            "close_url": url_for("disputes_creditor.close", dispute_id=dispute.id)
            if is_open and person().may(Permission.ANSWER)
            else None,
            "version": case.version,
            "outcomes": [(key, i18n.say(label), "") for key, label in rules.OUTCOMES.items()],
            "credits": [
                (key, i18n.say(label), i18n.say(rules.CREDIT_HINTS[key])) for key, label in rules.CREDITS.items()
            ],
            "typed": {name: typed.get(name, "") for name in ("outcome", "upheld", "credit", "verdict", "others")},
            "contested": i18n.money(dispute.amount),
            "error_of": dict(form.errors) if form is not None else {},
        },
        leaves_closing=not is_open,
    )


def note_for_staff(case: Case) -> Panel | None:
    """What is waited for; it closes by itself when the note is here, or a person says that none comes."""
    return _note(case, leaves_closing=True)


def note_for_customer(case: Case) -> Panel | None:
    """What is credited, and that nobody asks for it until then."""
    why_not = _why_not_write(may_ask_again=False) if case.status is CaseStatus.CLOSED else None
    return _note(case, why_not_write=why_not)


def _note(case: Case, *, why_not_write: Text | None = None, leaves_closing: bool = False) -> Panel | None:
    dispute = queries.dispute(case.subject_id or 0)
    if dispute is None:
        return None
    rows = [(i18n.gettext("Valid of it"), i18n.money(Money(dispute.upheld_minor or 0, dispute.currency)))]
    if dispute.awaits:
        rows.append((i18n.gettext("Nobody asks for it"), i18n.money(dispute.awaits)))
    return Panel("disputes/note_panel.html", {"facts": rows}, why_not_write, leaves_closing)
